/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Requests of tus. A file is a recording of the broker that the door writes itself (tus-upload.h). Main thread.
 */
#include "ipc/rest/tus-private.h"

#include "dbus/error.h"
#include "ipc/rest/arguments.h"
#include "ipc/rest/tus-fields.h"

static void
clear (gpointer data)
{
  Tus *tus = data;

  ob_tus_head_clear (&tus->head);
  g_clear_pointer (&tus->upload, ob_tus_upload_unref);
  g_clear_pointer (&tus->submission, g_variant_unref);
  g_free (tus->location);
}

void
ob_tus_unref (gpointer tus)
{
  g_rc_box_release_full (tus, clear);
}

static void
on_visit_over (gpointer data)
{
  Tus *tus = data;

  g_signal_handler_disconnect (ob_exchange_get_message (tus->exchange), tus->chunks);
  tus->exchange = NULL;
  if (tus->is_sending)
    ob_tus_upload_end (tus->upload, FALSE);
  ob_tus_unref (tus);
}

/* --- Answers --- */

static SoupMessageHeaders *
get_answer (const Tus *tus)
{
  return soup_server_message_get_response_headers (ob_exchange_get_message (tus->exchange));
}

static const char *
get_method (const Tus *tus)
{
  return ob_exchange_get_route (tus->exchange)->method;
}

/* Not before it is answered: where libsoup says 100 first, it drops what the answer had. */
static void
set_common (const Tus *tus)
{
  ObBroker *broker = ob_exchange_get_context (tus->exchange)->broker;

  if (tus->location)
    soup_message_headers_replace (get_answer (tus), "Location", tus->location);
  if (tus->upload)
    ob_tus_set_expiry (ob_exchange_get_message (tus->exchange),
                       ob_broker_get_expiry_ms (broker, ob_tus_upload_get_id (tus->upload)));
}

static void
answer (const Tus *tus, guint status)
{
  set_common (tus);
  ob_exchange_answer (tus->exchange, status, NULL);
}

void
ob_tus_answer_offset (const Tus *tus, guint64 offset)
{
  ob_tus_set_number (ob_exchange_get_message (tus->exchange), "Upload-Offset", offset);
  answer (tus, tus->head.options ? 201 : 204);
}

void
ob_tus_refuse (const Tus *tus, guint status, const char *detail)
{
  set_common (tus);
  ob_exchange_refuse (tus->exchange, status, detail);
}

static const char *
find_words_of_full_disk (const Tus *tus)
{
  if (g_str_equal (get_method (tus), "PATCH"))
    return "This device has no room for the rest; HEAD tells what was kept";

  return tus->location ? "This device has no room for the file; HEAD tells what was kept"
                       : "This device has no room for that";
}

void
ob_tus_fail (const Tus *tus, const GError *error)
{
  if (!tus->exchange)
    return;
  set_common (tus);
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH))
    ob_exchange_refuse (tus->exchange, 460, error->message);
  else if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL))
    ob_exchange_refuse (tus->exchange, 507, find_words_of_full_disk (tus));
  else
    ob_exchange_fail (tus->exchange, error);
}

/* --- A piece --- */

static void
on_drained (gpointer user_data)
{
  Tus *tus = user_data;

  if (tus->exchange && !tus->is_whole)
    ob_exchange_go_on (tus->exchange);
}

static void
on_piece_done (guint64 offset, const GError *error, gpointer user_data)
{
  Tus *tus = user_data;

  tus->is_sending = FALSE;
  if (error)
    ob_tus_fail (tus, error);
  else if (tus->exchange)
    ob_tus_answer_offset (tus, offset);
  ob_tus_unref (tus);
}

void
ob_tus_begin_piece (Tus *tus)
{
  const ObTusPiece piece = { .size_bytes = tus->head.length,
                             .algorithm = tus->head.algorithm,
                             .checksum = tus->head.checksum,
                             .drained = on_drained,
                             .done = on_piece_done,
                             .user_data = g_rc_box_acquire (tus) };

  tus->is_sending = TRUE;
  ob_tus_upload_begin (tus->upload, &piece);
}

static void
on_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  Tus *tus = user_data;

  if (tus->is_sending && !ob_exchange_is_over (tus->exchange)
      && ob_tus_upload_add (tus->upload, chunk) >= OB_TUS_WAITING_MAX_BYTES)
    ob_exchange_pause (tus->exchange);
}

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
    soup_message_headers_replace (get_answer (tus), "Upload-Defer-Length", "1");
  if (row->tus_metadata)
    soup_message_headers_replace (get_answer (tus), "Upload-Metadata", row->tus_metadata);
  ob_tus_answer_offset (tus, offset);
}

static void tell_offset (Tus *tus, gboolean may_commit);

static void
on_completed (guint64 offset, const GError *error, gpointer user_data)
{
  Tus *tus = user_data;

  tus->is_sending = FALSE;
  if (error)
    ob_tus_fail (tus, error);
  else if (tus->exchange)
    tell_offset (tus, FALSE);
  ob_tus_unref (tus);
}

/* All is here, and the daemon ended, or the disk failed, before it was committed. */
void
ob_tus_complete (Tus *tus)
{
  const ObTusPiece piece
      = { .size_bytes = -1, .drained = on_drained, .done = on_completed, .user_data = g_rc_box_acquire (tus) };

  ob_tus_upload_commit (tus->upload, &piece);
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
    ob_tus_complete (tus);
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
    answer (tus, 204);
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
  if (g_str_equal (get_method (tus), "HEAD"))
    settle (tus, on_head_settled);
  else if (g_str_equal (get_method (tus), "DELETE"))
    settle (tus, on_removal_settled);
  else
    {
      ob_exchange_pause (exchange);
      ob_tus_upload_end (tus->upload, TRUE);
    }
}

static Tus *
begin (ObExchange *exchange, ObTusHead *head)
{
  Tus *tus = g_rc_box_new0 (Tus);

  tus->exchange = exchange;
  tus->head = *head;
  tus->chunks = g_signal_connect (ob_exchange_get_message (exchange), "got-chunk", G_CALLBACK (on_chunk), tus);
  ob_exchange_set_part (exchange, tus, on_visit_over);

  return tus;
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
  (void) begin (exchange, &head);
  if (g_str_equal (method, "POST"))
    ob_tus_take_creation (ob_exchange_get_part (exchange));
  else if (g_str_equal (method, "PATCH"))
    take_piece (ob_exchange_get_part (exchange),
                (guint64) soup_message_headers_get_content_length (soup_server_message_get_request_headers (message)));
}
