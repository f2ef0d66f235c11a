/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Creations of tus, also those that come again with their key. Main thread.
 */
#include "ipc/rest/tus-creation.h"

#include "dbus/error.h"
#include "ipc/rest/arguments.h"
#include "ipc/rest/submit.h"

#include <unistd.h>

static guint64
get_body_bytes (const Tus *tus)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (tus->exchange));

  return (guint64) soup_message_headers_get_content_length (headers);
}

static void
hand_over_whole (Tus *tus)
{
  ObExchange *exchange = tus->exchange;
  g_autoptr (GVariant) submission = g_variant_ref (tus->submission);

  ob_submit_begin_for_tus (exchange, submission, get_body_bytes (tus));
  ob_exchange_go_on (exchange);
}

/* The key has an upload that does not go on here. With all of the file, the bytes are compared as those of any other file. */
static void
refuse_key (Tus *tus, const GError *error)
{
  if (tus->head.length >= 0 && (guint64) tus->head.length == get_body_bytes (tus))
    hand_over_whole (tus);
  else
    ob_tus_fail (tus, error);
}

static void
refuse_other (Tus *tus, const char *why)
{
  g_autoptr (GError) error = g_error_new (OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The key was used for %s", why);

  refuse_key (tus, error);
}

/* The one before has become an upload while this one waited for its end. */
static gboolean
is_handed_over (const Tus *tus, const GError *error)
{
  return g_variant_lookup (tus->submission, "key", "&s", NULL)
         && g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
}

static void
on_committed (gpointer tus, guint64 offset)
{
  ob_tus_answer_offset (tus, offset);
}

/* One that was there before goes on where it is, and the body is dropped. */
static void
go_on (Tus *tus)
{
  g_autoptr (GError) error = NULL;
  gint64 size_bytes;
  guint64 offset;

  if (ob_tus_upload_is_busy (tus->upload))
    ob_tus_refuse (tus, 423, "Another request is writing the upload");
  else if (!ob_tus_upload_look (tus->upload, &size_bytes, &offset, &error))
    {
      if (is_handed_over (tus, error))
        refuse_other (tus, "a file all of which has come");
      else
        ob_tus_fail (tus, error);
    }
  else if (!ob_tus_head_is_again (&tus->head, size_bytes, offset))
    refuse_other (tus, "a file of another size");
  else if (offset == 0)
    {
      ob_tus_begin_piece (tus);
      ob_exchange_go_on (tus->exchange);
    }
  else if (size_bytes >= 0 && offset == (guint64) size_bytes)
    ob_tus_commit (tus, on_committed);
  else
    ob_tus_answer_offset (tus, offset);
}

static void
on_settled (gpointer user_data)
{
  Tus *tus = user_data;

  if (tus->exchange)
    go_on (tus);
  ob_tus_unref (tus);
}

static void
on_created (GVariant *results, const GError *error, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;
  g_autoptr (GVariant) owned = results ? g_variant_ref_sink (results) : NULL;
  Tus *tus = ob_exchange_get_part (exchange);
  const char *id = "";
  gint32 fd = -1;

  if (owned)
    (void) g_variant_lookup (owned, "fd", "h", &fd);
  if (fd >= 0)
    (void) close (fd);
  if (ob_exchange_is_over (exchange))
    return;
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED))
    refuse_key (tus, error);
  else if (error)
    ob_tus_fail (tus, error);
  else
    {
      (void) g_variant_lookup (owned, "id", "&s", &id);
      tus->location = g_strconcat (OB_TUS_PATH, id, NULL);
      tus->upload = ob_tus_uploads_get (ob_exchange_get_tus (exchange), id);
      ob_tus_upload_take_over (tus->upload, on_settled, g_rc_box_acquire (tus));
    }
}

static GVariant *
make_options (const Tus *tus, GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (tus->exchange));
  g_autoptr (GVariant) query = ob_arguments_read_query (ob_exchange_get_query (tus->exchange),
                                                        ob_exchange_get_route (tus->exchange)->query, FALSE, error);
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (query);
  GVariantIter iter;
  const char *name;
  GVariant *value;

  if (!query)
    return NULL;
  g_variant_iter_init (&iter, tus->head.options);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    g_variant_dict_insert_value (&options, name, value);
  if (!ob_arguments_add_field (&options, "key", soup_message_headers_get_one (headers, "Idempotency-Key"), error))
    return NULL;

  return g_variant_ref_sink (g_variant_dict_end (&options));
}

void
ob_tus_take_creation (Tus *tus)
{
  ObExchange *exchange = tus->exchange;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) options = make_options (tus, &error);
  g_autoptr (GVariant) arguments = NULL;

  if (!options)
    {
      ob_tus_fail (tus, error);
      return;
    }
  arguments = ob_arguments_make_one ("options", options);
  tus->submission = g_variant_ref (options);
  ob_exchange_run (exchange, &(ObRequest){ .arguments = arguments,
                                           .tus_metadata = tus->head.metadata,
                                           .is_stream = TRUE,
                                           .done = on_created });
}
