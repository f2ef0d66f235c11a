/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A request body on its way into a deposit, and the faults that act on it. Main thread.
 */
#include "exchange.h"

#include <string.h>
#include <sys/socket.h>

/* A pause shorter than this is left to the next chunk. */
#define SHORTEST_PAUSE_US 5000

static void
set_trouble (Exchange *exchange, guint status, const char *words)
{
  if (exchange->status != 0)
    return;
  exchange->status = status;
  exchange->trouble = g_strdup (words);
}

static gboolean
on_resume (gpointer user_data)
{
  Exchange *exchange = user_data;

  exchange->resume_source = 0;
  soup_server_message_unpause (exchange->message);
  return G_SOURCE_REMOVE;
}

/* All bodies share one rate, as they would share a link. */
static void
keep_pace (Exchange *exchange, gsize length)
{
  Receiver *receiver = exchange->receiver;
  gint64 rate = faults_get_habits (receiver->faults)->rate;
  gint64 now = g_get_monotonic_time ();
  gint64 ahead;

  if (rate <= 0)
    return;
  receiver->rate_free_at_us = MAX (receiver->rate_free_at_us, now) + (gint64) length * G_USEC_PER_SEC / rate;
  ahead = receiver->rate_free_at_us - now;
  if (ahead > SHORTEST_PAUSE_US && exchange->resume_source == 0)
    {
      soup_server_message_pause (exchange->message);
      exchange->resume_source = g_timeout_add (ahead / 1000, on_resume, exchange);
    }
}

/* How much of the next bytes the fault lets through. */
static gsize
apply_limit (Exchange *exchange, gsize length)
{
  gint64 before = exchange->received - (gint64) length;

  if (exchange->fault == NULL)
    return length;
  return CLAMP (exchange->fault->bytes - before, 0, (gint64) length);
}

static void
act_on_fault (Exchange *exchange)
{
  if (exchange->fault == NULL || exchange->received < exchange->fault->bytes)
    return;
  if (exchange->fault->kind == FAULT_CUT_AFTER)
    connection_reset (exchange->message);
  else if (exchange->fault->kind == FAULT_STALL_AFTER)
    soup_server_message_pause (exchange->message);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  Exchange *exchange = user_data;
  Deposit *deposit = exchange_get_deposit (exchange);
  gsize length;
  const void *bytes = g_bytes_get_data (chunk, &length);
  gsize usable;
  g_autoptr (GError) error = NULL;

  exchange->received += length;
  exchange->receiver->body_bytes += length;
  if (deposit == NULL || exchange->status != 0)
    return;
  deposit->received += length;

  usable = apply_limit (exchange, length);
  if (deposit->size >= 0 && deposit->offset + (gint64) usable > deposit->size)
    set_trouble (exchange, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "more bytes than Upload-Length\n");
  else if (!deposit_append (deposit, bytes, usable, &error))
    set_trouble (exchange, SOUP_STATUS_INSUFFICIENT_STORAGE, error->message);

  if (exchange->checksum != NULL)
    gnutls_hash (exchange->checksum, bytes, length);
  act_on_fault (exchange);
  keep_pace (exchange, length);
}

static void
note_end (Exchange *exchange, Deposit *deposit, gboolean is_cut)
{
  JsonObject *facts = deposit_facts (deposit);

  json_object_set_int_member (facts, "start", exchange->start);
  json_object_set_int_member (facts, "received", exchange->received);
  json_object_set_boolean_member (facts, "cut", is_cut);
  if (exchange->status != 0)
    json_object_set_int_member (facts, "status", exchange->status);
  ledger_write (exchange->receiver->ledger, "patch-end", facts);
}

/* As a server that does what it does at the end only after a whole request. */
static gboolean
is_left_unfinished (const Exchange *exchange)
{
  return exchange->fault != NULL && g_strcmp0 (exchange->fault->mode, "unfinished") == 0;
}

/* The request ended without an answer of ours: the peer or a fault cut it. */
static void
end_by_cut (Exchange *exchange)
{
  Deposit *deposit = exchange_get_deposit (exchange);
  g_autoptr (GError) error = NULL;

  if (deposit == NULL || exchange->handlers[0] == 0)
    return;
  if (exchange->leaves_nothing && !deposit_rewind (deposit, exchange->start, &error))
    g_warning ("%s", error->message);
  note_end (exchange, deposit, TRUE);
  deposit_rest (deposit);
  if (deposit->size < 0)
    shelf_remove (exchange->receiver->shelf, deposit);
  else if (deposit_is_whole (deposit) && !is_left_unfinished (exchange))
    /* Only the answer could not be given. */
    (void) receiver_finish (exchange->receiver, NULL, deposit);
}

static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  Exchange *exchange = user_data;

  end_by_cut (exchange);
  g_hash_table_remove (exchange->receiver->exchanges, message);
}

Exchange *
exchange_find (Receiver *receiver, SoupServerMessage *message)
{
  return g_hash_table_lookup (receiver->exchanges, message);
}

Deposit *
exchange_get_deposit (Exchange *exchange)
{
  return shelf_find (exchange->receiver->shelf, exchange->deposit_id);
}

void
exchange_take_over (Receiver *receiver, const Deposit *deposit)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, receiver->exchanges);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Exchange *exchange = value;

      /* One that has all its bytes only waits for its answer to go out. */
      if (exchange->handlers[0] == 0 || strcmp (exchange->deposit_id, deposit->id) != 0)
        continue;
      end_by_cut (exchange);
      connection_reset (exchange->message);
      soup_server_message_unpause (exchange->message);
      g_hash_table_iter_remove (&iter);
    }
}

/* A window that the kernel opens wide would hide a slow reader behind megabytes of buffer. */
static void
narrow_window (Exchange *exchange, gint64 rate)
{
  GSocket *socket = soup_server_message_get_socket (exchange->message);

  if (rate > 0 && socket != NULL)
    g_socket_set_option (socket, SOL_SOCKET, SO_RCVBUF, CLAMP (rate / 8, 8192, 262144), NULL);
}

Exchange *
exchange_begin (Receiver *receiver, SoupServerMessage *message, Deposit *deposit)
{
  const Habits *habits = faults_get_habits (receiver->faults);
  FaultSubject subject = { soup_server_message_get_method (message),
                           g_uri_get_path (soup_server_message_get_uri (message)), deposit->id, deposit->key,
                           deposit->outbox_id };
  Exchange *exchange;
  JsonObject *facts = deposit_facts (deposit);

  exchange_take_over (receiver, deposit);
  exchange = g_new0 (Exchange, 1);
  exchange->receiver = receiver;
  exchange->message = message;
  exchange->deposit_id = g_strdup (deposit->id);
  exchange->start = deposit->offset;
  exchange->leaves_nothing = habits->buffering;
  exchange->fault = faults_take (receiver->faults, FAULT_STAGE_BODY, &subject);
  narrow_window (exchange, habits->rate);
  if (exchange->leaves_nothing)
    deposit_mark (deposit);

  exchange->handlers[0] = g_signal_connect (message, "got-chunk", G_CALLBACK (on_got_chunk), exchange);
  exchange->handlers[1] = g_signal_connect (message, "finished", G_CALLBACK (on_finished), exchange);
  g_hash_table_insert (receiver->exchanges, message, exchange);

  json_object_set_int_member (facts, "length",
                              soup_message_headers_get_content_length (
                                soup_server_message_get_request_headers (message)));
  ledger_write (receiver->ledger, "patch-begin", facts);
  return exchange;
}

gboolean
exchange_expect_checksum (Exchange *exchange, const char *header)
{
  g_auto (GStrv) words = g_strsplit (header, " ", 2);
  gnutls_digest_algorithm_t algorithm = GNUTLS_DIG_UNKNOWN;
  gsize length;
  g_autofree guchar *value = NULL;

  if (g_strcmp0 (words[0], "sha1") == 0)
    algorithm = GNUTLS_DIG_SHA1;
  else if (g_strcmp0 (words[0], "sha256") == 0)
    algorithm = GNUTLS_DIG_SHA256;
  if (algorithm == GNUTLS_DIG_UNKNOWN || words[1] == NULL)
    return FALSE;
  value = g_base64_decode (words[1], &length);
  if (length != (gsize) gnutls_hash_get_len (algorithm))
    return FALSE;

  exchange->expected = g_bytes_new (value, length);
  gnutls_hash_init (&exchange->checksum, algorithm);
  deposit_mark (exchange_get_deposit (exchange));
  return TRUE;
}

static void
check_sum (Exchange *exchange)
{
  gsize length;
  const void *expected;
  guint8 actual[64];

  if (exchange->checksum == NULL)
    return;
  expected = g_bytes_get_data (exchange->expected, &length);
  gnutls_hash_output (exchange->checksum, actual);
  if (memcmp (actual, expected, length) != 0)
    set_trouble (exchange, 460, "checksum mismatch\n");
}

gboolean
exchange_complete (Exchange *exchange)
{
  Deposit *deposit = exchange_get_deposit (exchange);
  g_autoptr (GError) error = NULL;

  g_clear_signal_handler (&exchange->handlers[0], exchange->message);
  if (deposit == NULL)
    {
      reply_text (exchange->message, SOUP_STATUS_GONE, "deleted meanwhile\n");
      return FALSE;
    }
  check_sum (exchange);
  if (exchange->status == 460 && !deposit_rewind (deposit, exchange->start, &error))
    g_warning ("%s", error->message);
  note_end (exchange, deposit, FALSE);
  deposit_rest (deposit);
  if (exchange->status == 0)
    return TRUE;
  reply_text (exchange->message, exchange->status, exchange->trouble);
  return FALSE;
}

void
exchange_free (Exchange *exchange)
{
  g_clear_signal_handler (&exchange->handlers[0], exchange->message);
  g_clear_signal_handler (&exchange->handlers[1], exchange->message);
  g_clear_handle_id (&exchange->resume_source, g_source_remove);
  g_clear_pointer (&exchange->fault, fault_unref);
  g_clear_pointer (&exchange->expected, g_bytes_unref);
  if (exchange->checksum != NULL)
    gnutls_hash_deinit (exchange->checksum, NULL);
  g_free (exchange->trouble);
  g_free (exchange->deposit_id);
  g_free (exchange);
}
