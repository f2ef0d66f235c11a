/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests of tus. A file is a recording of the broker that the door writes itself (tus-upload.h). Main thread.
 */
#include "ipc/rest/tus.h"

#include "dbus/error.h"
#include "ipc/rest/arguments.h"
#include "ipc/rest/tus-creation.h"
#include "ipc/rest/tus-fields.h"

/* --- PATCH, HEAD, DELETE --- */

/* Returns: (transfer full) (nullable): the row; %NULL: it is refused */
static ObUpload *
find (Tus *tus)
{
  ObExchange *exchange = tus->exchange;
  g_autoptr (GError) error = NULL;
  ObUpload *row = ob_request_find_written (ob_exchange_get_context (exchange), ob_exchange_get_caller (exchange),
                                           ob_exchange_get_parameter (exchange), &error);

  if (!row)
    ob_tus_fail (tus, error);
  else if (!tus->upload)
    tus->upload = ob_tus_uploads_get (ob_exchange_get_tus (exchange), row->id);

  return row;
}

static gboolean
is_handed_over (const ObUpload *row)
{
  return row->stored != OB_STORED_SAVING;
}

static gboolean
check_piece (Tus *tus, const ObUpload *row, guint64 body_bytes)
{
  g_autoptr (GError) error = NULL;
  const char *detail = NULL;
  gint64 size_bytes;
  guint64 offset;
  guint refusal;

  if (ob_tus_upload_is_busy (tus->upload))
    ob_tus_refuse (tus, 423, "Another request is writing the upload; HEAD ends that");
  else if (is_handed_over (row))
    ob_tus_refuse (tus, 409, "All of the upload has come");
  else if (!ob_tus_upload_look (tus->upload, &size_bytes, &offset, &error))
    ob_tus_fail (tus, error);
  else if ((refusal = ob_tus_head_judge_piece (&tus->head, body_bytes, size_bytes, offset, &detail)) != 0)
    ob_tus_refuse (tus, refusal, detail);
  else
    return TRUE;

  return FALSE;
}

static void
take_piece (Tus *tus, guint64 body_bytes)
{
  g_autoptr (ObUpload) row = find (tus);

  if (row && check_piece (tus, row, body_bytes))
    ob_tus_begin_piece (tus);
}

static void
tell (Tus *tus, const ObUpload *row, gint64 size_bytes, guint64 offset)
{
  if (size_bytes >= 0)
    ob_tus_set_number (ob_exchange_get_message (tus->exchange), "Upload-Length", (guint64) size_bytes);
  else
    soup_message_headers_replace (ob_tus_get_answer (tus), "Upload-Defer-Length", "1");
  if (row->tus_metadata)
    soup_message_headers_replace (ob_tus_get_answer (tus), "Upload-Metadata", row->tus_metadata);
  ob_tus_answer_offset (tus, offset);
}

static void tell_offset (Tus *tus, gboolean may_commit);

static void
on_committed (gpointer tus, guint64 offset)
{
  tell_offset (tus, FALSE);
}

static void
tell_offset (Tus *tus, gboolean may_commit)
{
  g_autoptr (ObUpload) row = find (tus);
  g_autoptr (GError) error = NULL;
  gint64 size_bytes;
  guint64 offset;

  if (!row)
    return;
  if (is_handed_over (row))
    tell (tus, row, (gint64) row->size_bytes, row->size_bytes);
  else if (!ob_tus_upload_look (tus->upload, &size_bytes, &offset, &error))
    ob_tus_fail (tus, error);
  else if (size_bytes >= 0 && offset == (guint64) size_bytes && may_commit)
    ob_tus_commit (tus, on_committed);
  else
    tell (tus, row, size_bytes, offset);
}

static void
on_head_settled (gpointer user_data)
{
  Tus *tus = user_data;

  if (tus->exchange && !ob_tus_upload_is_busy (tus->upload))
    tell_offset (tus, TRUE);
  else if (tus->exchange)
    ob_tus_refuse (tus, 423, "Another request is writing the upload");
  ob_tus_unref (tus);
}

static void
on_removed (GVariant *results, const GError *error, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;
  const Tus *tus = ob_exchange_is_over (exchange) ? NULL : ob_exchange_get_part (exchange);

  if (tus && error)
    ob_tus_fail (tus, error);
  else if (tus)
    ob_tus_answer (tus, 204);
}

static void
remove_upload (Tus *tus, const ObUpload *row)
{
  g_autoptr (GVariant) arguments
      = ob_arguments_make_one ("ids", g_variant_new_strv ((const char *const *) &row->id, 1));

  ob_tus_upload_close (tus->upload);
  ob_exchange_ask (tus->exchange, ob_exchange_get_route (tus->exchange)->request, arguments, NULL, on_removed);
}

static void
on_removal_settled (gpointer user_data)
{
  Tus *tus = user_data;
  g_autoptr (ObUpload) row = tus->exchange ? find (tus) : NULL;
  g_autoptr (GError) error = NULL;
  gint64 size_bytes;
  guint64 offset;

  if (row && is_handed_over (row))
    ob_tus_refuse (tus, 409, "All of the upload has come, and Outbox has it; DELETE /v1/uploads/ID removes it");
  else if (row && ob_tus_upload_is_busy (tus->upload))
    ob_tus_refuse (tus, 423, "Another request is writing the upload");
  else if (row && !ob_tus_upload_look (tus->upload, &size_bytes, &offset, &error))
    ob_tus_fail (tus, error);
  else if (row)
    remove_upload (tus, row);
  ob_tus_unref (tus);
}

/* @settled: gets a reference of @tus */
static void
settle (Tus *tus, void (*settled) (gpointer user_data))
{
  g_autoptr (ObUpload) row = find (tus);

  if (!row)
    return;
  ob_exchange_pause (tus->exchange);
  ob_tus_upload_take_over (tus->upload, settled, g_rc_box_acquire (tus));
}

/* --- Both parts --- */

void
ob_tus_take_body (ObExchange *exchange)
{
  Tus *tus = ob_exchange_get_part (exchange);

  if (!tus || ob_exchange_is_over (exchange))
    return;
  tus->is_whole = TRUE;
  if (g_str_equal (ob_tus_get_method (tus), "HEAD"))
    settle (tus, on_head_settled);
  else if (g_str_equal (ob_tus_get_method (tus), "DELETE"))
    settle (tus, on_removal_settled);
  else
    {
      ob_exchange_pause (exchange);
      ob_tus_upload_end (tus->upload, TRUE);
    }
}

void
ob_tus_take_head (ObExchange *exchange)
{
  SoupServerMessage *message = ob_exchange_get_message (exchange);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *method = ob_exchange_get_route (exchange)->method;
  ObTusHead head;

  if (g_str_equal (method, "OPTIONS"))
    {
      ob_tus_answer_options (exchange);
      return;
    }
  head = ob_tus_read_head (method, message);
  if (head.status != 0)
    {
      if (head.status == 412)
        soup_message_headers_replace (headers, "Tus-Version", OB_TUS_VERSION);
      ob_exchange_refuse (exchange, head.status, head.detail);
      ob_tus_head_clear (&head);
      return;
    }
  (void) ob_tus_begin_request (exchange, &head);
  if (g_str_equal (method, "POST"))
    ob_tus_take_creation (ob_exchange_get_part (exchange));
  else if (g_str_equal (method, "PATCH"))
    take_piece (ob_exchange_get_part (exchange),
                (guint64) soup_message_headers_get_content_length (soup_server_message_get_request_headers (message)));
}
