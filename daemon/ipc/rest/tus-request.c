/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Holds a request of tus until it has its answer. Main thread.
 */
#include "ipc/rest/tus-request.h"

#include "dbus/error.h"
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

SoupMessageHeaders *
ob_tus_get_answer (const Tus *tus)
{
  return soup_server_message_get_response_headers (ob_exchange_get_message (tus->exchange));
}

const char *
ob_tus_get_method (const Tus *tus)
{
  return ob_exchange_get_route (tus->exchange)->method;
}

/* Not before it is answered: where libsoup says 100 first, it drops what the answer had. */
static void
set_common (const Tus *tus)
{
  ObBroker *broker = ob_exchange_get_context (tus->exchange)->broker;

  if (tus->location)
    soup_message_headers_replace (ob_tus_get_answer (tus), "Location", tus->location);
  if (tus->upload)
    ob_tus_set_expiry (ob_exchange_get_message (tus->exchange),
                       ob_broker_get_expiry_ms (broker, ob_tus_upload_get_id (tus->upload)));
}

void
ob_tus_answer (const Tus *tus, guint status)
{
  set_common (tus);
  ob_exchange_answer (tus->exchange, status, NULL);
}

void
ob_tus_answer_offset (const Tus *tus, guint64 offset)
{
  ob_tus_set_number (ob_exchange_get_message (tus->exchange), "Upload-Offset", offset);
  ob_tus_answer (tus, tus->head.options ? 201 : 204);
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
  if (g_str_equal (ob_tus_get_method (tus), "PATCH"))
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

static void
on_committed (guint64 offset, const GError *error, gpointer user_data)
{
  Tus *tus = user_data;

  tus->is_sending = FALSE;
  if (error)
    ob_tus_fail (tus, error);
  else if (tus->exchange)
    tus->committed (tus, offset);
  ob_tus_unref (tus);
}

void
ob_tus_commit (Tus *tus, void (*committed) (gpointer tus, guint64 offset))
{
  const ObTusPiece piece
      = { .size_bytes = -1, .drained = on_drained, .done = on_committed, .user_data = g_rc_box_acquire (tus) };

  tus->committed = committed;
  ob_tus_upload_commit (tus->upload, &piece);
}

/* --- The beginning --- */

Tus *
ob_tus_begin_request (ObExchange *exchange, ObTusHead *head)
{
  Tus *tus = g_rc_box_new0 (Tus);

  tus->exchange = exchange;
  tus->head = *head;
  tus->chunks = g_signal_connect (ob_exchange_get_message (exchange), "got-chunk", G_CALLBACK (on_chunk), tus);
  ob_exchange_set_part (exchange, tus, on_visit_over);

  return tus;
}
