/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A body on its way to the disk. Bytes are written by a thread, one piece at a time; all else is on the main thread.
 */
#include "ipc/rest/submit.h"

#include "ipc/rest/arguments.h"
#include "ipc/rest/tus-fields.h"

typedef struct
{
  ObExchange *exchange; /* borrowed; NULL: the visit is over */
  GVariant *options;    /* of Submit */
  guint64 size_bytes;
  gboolean is_tus;     /* it is told as an upload of tus */
  ObWriter *writer;    /* the thread's while it writes */
  GByteArray *waiting; /* came, and is not being written yet */
  gboolean is_writing;
  gboolean is_whole; /* nothing more comes */
  gulong chunks;     /* the handler that hears of them */
} Submit;

static void
clear (gpointer data)
{
  Submit *submit = data;

  g_clear_pointer (&submit->options, g_variant_unref);
  g_clear_pointer (&submit->writer, ob_writer_unref);
  g_byte_array_unref (submit->waiting);
}

static void
submit_unref (gpointer submit)
{
  g_rc_box_release_full (submit, clear);
}

static void
on_visit_over (gpointer data)
{
  Submit *submit = data;

  g_signal_handler_disconnect (ob_exchange_get_message (submit->exchange), submit->chunks);
  submit->exchange = NULL;
  submit_unref (submit);
}

/* --- It is handed over --- */

static void
tell (ObExchange *exchange, const char *id)
{
  SoupServerMessage *message = ob_exchange_get_message (exchange);
  const Submit *submit = ob_exchange_get_part (exchange);
  g_autofree char *location = g_strconcat (submit->is_tus ? OB_TUS_PATH : "/v1/uploads/", id, NULL);

  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location", location);
  if (submit->is_tus)
    ob_tus_set_number (message, "Upload-Offset", submit->size_bytes);
}

static void
on_submitted (GVariant *results, const GError *error, gpointer user_data)
{
  g_autoptr (ObExchange) exchange = user_data;
  g_autoptr (GVariant) owned = results ? g_variant_ref_sink (results) : NULL;
  const char *id = "";

  if (ob_exchange_is_over (exchange))
    return;
  if (error)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  (void) g_variant_lookup (owned, "id", "&s", &id);
  tell (exchange, id);
  ob_exchange_answer (exchange, 201, owned);
}

static int
take_file (gpointer user_data, GError **error)
{
  Submit *submit = ob_exchange_get_part (user_data);

  return ob_writer_seal (submit->writer, error);
}

static void
hand_over (Submit *submit)
{
  g_autoptr (GVariant) arguments = ob_arguments_make_one ("options", submit->options);

  ob_exchange_run (submit->exchange, &(ObRequest){ .arguments = arguments,
                                                   .take_file = take_file,
                                                   .writer = submit->writer,
                                                   .done = on_submitted });
}

/* --- Bytes --- */

static void write_on (Submit *submit);

/* On a thread of GLib's pool. */
static void
write_piece (GTask *task, gpointer source, gpointer bytes, GCancellable *cancellable)
{
  ObWriter *writer = ((Submit *) g_task_get_source_tag (task))->writer;
  GError *error = NULL;
  gsize size_bytes;
  const void *data = g_bytes_get_data (bytes, &size_bytes);

  if (ob_writer_append (writer, data, size_bytes, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Submit *submit = user_data;
  g_autoptr (GError) error = NULL;

  submit->is_writing = FALSE;
  if (!g_task_propagate_boolean (G_TASK (result), &error) && submit->exchange)
    {
      /* What else comes is read and dropped: the client hears of it when it has sent all. */
      ob_exchange_fail (submit->exchange, error);
    }
  else if (submit->exchange && !ob_exchange_is_over (submit->exchange))
    {
      write_on (submit);
      if (!submit->is_whole)
        ob_exchange_go_on (submit->exchange);
    }
  submit_unref (submit);
}

static void
write_on (Submit *submit)
{
  g_autoptr (GTask) task = NULL;

  if (submit->is_writing)
    return;
  if (submit->waiting->len < (submit->is_whole ? 1 : OB_WRITER_PIECE_BYTES))
    {
      if (submit->is_whole)
        hand_over (submit);
      return;
    }
  submit->is_writing = TRUE;
  task = g_task_new (NULL, NULL, on_written, g_rc_box_acquire (submit));
  g_task_set_source_tag (task, submit);
  g_task_set_task_data (task, g_byte_array_free_to_bytes (submit->waiting), (GDestroyNotify) g_bytes_unref);
  submit->waiting = g_byte_array_new ();
  g_task_run_in_thread (task, write_piece);
}

static void
on_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  Submit *submit = user_data;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (chunk, &size_bytes);

  if (ob_exchange_is_over (submit->exchange))
    return;
  g_byte_array_append (submit->waiting, bytes, (guint) size_bytes);
  write_on (submit);
  if (submit->waiting->len >= OB_SUBMIT_WAITING_MAX_BYTES)
    ob_exchange_pause (submit->exchange);
}

void
ob_submit_take_body (ObExchange *exchange)
{
  Submit *submit = ob_exchange_get_part (exchange);

  if (!submit || ob_exchange_is_over (exchange))
    return;
  submit->is_whole = TRUE;
  write_on (submit);
  ob_exchange_pause (exchange);
}

/* --- The head --- */

/* What clients say who know nothing of the file. */
static gboolean
says_nothing (const char *type)
{
  return g_ascii_strcasecmp (type, "application/octet-stream") == 0
         || g_ascii_strcasecmp (type, "application/x-www-form-urlencoded") == 0;
}

/* Returns: (transfer full) (nullable): the options of Submit */
static GVariant *
read_options (ObExchange *exchange, GError **error)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (exchange));
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr (GVariant) query = ob_arguments_read_query (ob_exchange_get_query (exchange),
                                                        ob_exchange_get_route (exchange)->query, TRUE, error);
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (query);

  if (!query
      || !ob_arguments_add_field (&options, "key", soup_message_headers_get_one (headers, "Idempotency-Key"), error)
      || !ob_arguments_add_field (&options, "media_type", type && !says_nothing (type) ? type : NULL, error))
    return NULL;

  return g_variant_ref_sink (g_variant_dict_end (&options));
}

/* @options: of Submit */
static void
begin (ObExchange *exchange, GVariant *options, guint64 size_bytes, gboolean is_tus)
{
  const ObRequestContext *context = ob_exchange_get_context (exchange);
  g_autoptr (GError) error = NULL;
  ObWriter *writer = NULL;
  Submit *submit;

  if (ob_request_check_submit (context, ob_exchange_get_caller (exchange), options, &error))
    writer = ob_broker_begin_file (context->broker, size_bytes, &error);
  if (!writer)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  submit = g_rc_box_new0 (Submit);
  submit->exchange = exchange;
  submit->options = g_variant_ref (options);
  submit->size_bytes = size_bytes;
  submit->is_tus = is_tus;
  submit->writer = writer;
  submit->waiting = g_byte_array_new ();
  submit->chunks = g_signal_connect (ob_exchange_get_message (exchange), "got-chunk", G_CALLBACK (on_chunk), submit);
  ob_exchange_set_part (exchange, submit, on_visit_over);
}

void
ob_submit_begin_for_tus (ObExchange *exchange, GVariant *options, guint64 size_bytes)
{
  ob_exchange_set_route (exchange, "POST", "/v1/uploads");
  begin (exchange, options, size_bytes, TRUE);
}

void
ob_submit_take_head (ObExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (exchange));
  const char *type = soup_message_headers_get_content_type (headers, NULL);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;

  if (!soup_message_headers_get_one (headers, "Content-Length"))
    ob_exchange_refuse (exchange, 411, "A file comes with its length");
  else if (type && g_ascii_strncasecmp (type, "multipart/", strlen ("multipart/")) == 0)
    ob_exchange_refuse (exchange, 415, "The body is the file, not a form that has it");
  else if (!(options = read_options (exchange, &error)))
    ob_exchange_fail (exchange, error);
  else
    begin (exchange, options, (guint64) soup_message_headers_get_content_length (headers), FALSE);
}
