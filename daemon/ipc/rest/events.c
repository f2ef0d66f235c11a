/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream belongs to its exchange. What the feed tells gathers in `open` until the feed says how far it has told; then it is in
 * `whole`, which goes out when it may. Main thread.
 */
#include "ipc/rest/events.h"

#include "base/json.h"
#include "ipc/feed.h"
#include "ipc/rest/arguments.h"
#include "ipc/rest/batch.h"

#define MEDIA_TYPE "text/event-stream"

#define SPACE_US (OB_EVENTS_EVERY_MS * G_GINT64_CONSTANT (1000))

typedef struct
{
  ObExchange *exchange; /* borrowed */
  ObSubscription *subscription;
  ObBatch *open;
  ObBatch *whole;
  char *sequence;    /* up to which @whole goes */
  char *asked;       /* the client's Last-Event-ID, or empty */
  gboolean is_ready; /* it has been told so */
  gboolean wants_ready;
  gboolean wants_reset;
  gboolean wants_apps;
  ObPairing *pairing; /* borrowed; NULL: it may not see web apps */
  gsize sent_bytes;   /* that the client has not taken yet */
  gint64 last_us;     /* when it was last sent something */
  guint timer;        /* until it may be sent something again */
  gulong taken;       /* the handler that hears of bytes that went */
} Stream;

static void
stream_free (gpointer data)
{
  Stream *stream = data;

  g_signal_handler_disconnect (ob_exchange_get_message (stream->exchange), stream->taken);
  g_clear_handle_id (&stream->timer, g_source_remove);
  ob_heartbeat_remove (ob_exchange_get_heartbeat (stream->exchange), stream);
  if (stream->pairing)
    ob_pairing_unwatch (stream->pairing, stream);
  if (stream->subscription)
    ob_subscription_free (stream->subscription);
  ob_batch_free (stream->open);
  ob_batch_free (stream->whole);
  g_free (stream->sequence);
  g_free (stream->asked);
  g_free (stream);
}

/* --- Out --- */

static void
send_text (Stream *stream, char *text)
{
  stream->sent_bytes += strlen (text);
  ob_exchange_send (stream->exchange, text);
}

static void
send_event (Stream *stream, const char *name, const char *json)
{
  send_text (stream, stream->sequence
                         ? g_strdup_printf ("id: %s\nevent: %s\ndata: %s\n\n", stream->sequence, name, json)
                         : g_strdup_printf ("event: %s\ndata: %s\n\n", name, json));
}

static void
send_ready (Stream *stream)
{
  GVariantBuilder ready;
  g_autoptr (GVariant) document = NULL;
  g_autofree char *json = NULL;

  g_variant_builder_init (&ready, G_VARIANT_TYPE_VARDICT);
  if (stream->sequence)
    g_variant_builder_add (&ready, "{sv}", "sequence", g_variant_new_string (stream->sequence));
  document = g_variant_ref_sink (g_variant_builder_end (&ready));
  json = ob_json_write (document);
  send_event (stream, "ready", json);
}

static void
send_changes (Stream *stream)
{
  g_autofree char *json = ob_batch_write (stream->whole);

  send_event (stream, "changes", json);
  ob_batch_clear (stream->whole);
}

static void send_what_may_go (Stream *stream);

static gboolean
on_time (gpointer user_data)
{
  Stream *stream = user_data;

  stream->timer = 0;
  send_what_may_go (stream);

  return G_SOURCE_REMOVE;
}

/* What was sent is out of the way, and it is not too soon. */
static gboolean
may_send (Stream *stream)
{
  gint64 wait_us = stream->last_us + SPACE_US - g_get_monotonic_time ();

  if (stream->sent_bytes > 0)
    return FALSE;
  if (wait_us > 0 && stream->timer == 0)
    stream->timer = g_timeout_add ((guint) (wait_us / 1000) + 1, on_time, stream);

  return wait_us <= 0;
}

static gboolean
has_something (const Stream *stream)
{
  return !ob_batch_is_empty (stream->whole) || stream->wants_ready || stream->wants_reset
         || (stream->wants_apps && stream->is_ready);
}

static void
send_what_may_go (Stream *stream)
{
  if (!has_something (stream) || !may_send (stream))
    return;
  stream->last_us = g_get_monotonic_time ();
  if (stream->wants_reset)
    send_event (stream, "reset", "{}");
  if (!ob_batch_is_empty (stream->whole))
    send_changes (stream);
  if (stream->wants_ready)
    send_ready (stream);
  if (stream->wants_apps && stream->is_ready)
    send_event (stream, "apps", "{}");
  stream->wants_reset = stream->wants_ready = FALSE;
  stream->wants_apps &= !stream->is_ready;
}

static void
on_bytes_taken (SoupServerMessage *message, guint size_bytes, gpointer user_data)
{
  Stream *stream = user_data;

  stream->sent_bytes -= MIN (size_bytes, stream->sent_bytes);
  if (stream->sent_bytes > 0)
    return;
  send_what_may_go (stream);
  ob_subscription_go_on (stream->subscription);
}

static void
on_heartbeat (gpointer member)
{
  Stream *stream = member;

  if (stream->sent_bytes == 0)
    send_text (stream, g_strdup (":\n\n"));
}

/* --- What the feed tells --- */

static gboolean
is_open (gpointer user_data)
{
  const Stream *stream = user_data;

  return stream->sent_bytes + ob_batch_get_bytes (stream->open) + ob_batch_get_bytes (stream->whole)
         < OB_EVENTS_WAITING_MAX_BYTES;
}

/* @text: (transfer full): of the first of @body */
static void
take_text (Stream *stream, ObFeedEvent event, GVariant *body, GRefString *text)
{
  g_autoptr (GVariant) document = g_variant_get_child_value (body, 0);
  const char *id = "";

  if (event == OB_FEED_HOLDS_CHANGED)
    ob_batch_set_holds (stream->open, text);
  else if (g_variant_lookup (document, "id", "&s", &id))
    ob_batch_add_upload (stream->open, id, text);
  g_ref_string_release (text);
}

static void
on_event (ObFeedEvent event, GVariant *body, gpointer user_data)
{
  Stream *stream = user_data;
  g_autoptr (GVariant) owned = body ? g_variant_ref_sink (body) : NULL;
  const char *id;

  switch (event)
    {
    case OB_FEED_ADDED:
    case OB_FEED_CHANGED:
    case OB_FEED_HOLDS_CHANGED:
      take_text (stream, event, body, ob_last_text_write (ob_exchange_get_last_text (stream->exchange), body));
      return;
    case OB_FEED_REMOVED:
      g_variant_get_child (body, 0, "&s", &id);
      ob_batch_add_removed (stream->open, id);
      return;
    case OB_FEED_RESET:
      stream->wants_reset = TRUE;
      return;
    default:
      g_return_if_reached ();
    }
}

static void
on_told (const char *sequence, gpointer user_data)
{
  Stream *stream = user_data;

  g_free (stream->sequence);
  stream->sequence = g_strdup (sequence);
  ob_batch_merge (stream->whole, stream->open);
  send_what_may_go (stream);
}

/* It will be told again. */
static void
on_fell_behind (gpointer user_data)
{
  ob_batch_clear (((Stream *) user_data)->open);
}

/* Returns: whether both are of one database */
static gboolean
is_of_epoch (const char *a, const char *b)
{
  gsize length = strcspn (a, "-");

  return length == strcspn (b, "-") && strncmp (a, b, length) == 0;
}

static void
on_caught_up (const char *sequence, gpointer user_data)
{
  Stream *stream = user_data;

  if (!stream->is_ready)
    {
      stream->is_ready = stream->wants_ready = TRUE;
      stream->wants_reset |= *stream->asked != '\0' && !is_of_epoch (stream->asked, sequence);
    }
  on_told (sequence, stream);
}

/* The client comes back with the last id that it has. */
static void
on_failed (const GError *error, gpointer user_data)
{
  ob_exchange_end (((Stream *) user_data)->exchange);
}

static const ObFeedSubscriber subscriber = { is_open, on_event, on_caught_up, on_failed, on_told, on_fell_behind };

/* --- Web apps --- */

static void
on_apps_changed (const ObPairingRequest *request, gpointer user_data)
{
  Stream *stream = user_data;

  stream->wants_apps = TRUE;
  send_what_may_go (stream);
}

static void
watch_apps (Stream *stream)
{
  if (ob_access_get (ob_exchange_get_caller (stream->exchange), OB_OPERATION_APPS) != OB_ACCESS_ALL)
    return;
  stream->pairing = ob_exchange_get_context (stream->exchange)->pairing;
  ob_pairing_watch (stream->pairing, on_apps_changed, stream);
}

/* --- In --- */

static Stream *
stream_new (ObExchange *exchange, const char *asked)
{
  Stream *stream = g_new0 (Stream, 1);

  stream->exchange = exchange;
  stream->asked = g_strdup (asked);
  stream->open = ob_batch_new ();
  stream->whole = ob_batch_new ();
  stream->taken
      = g_signal_connect (ob_exchange_get_message (exchange), "wrote-body-data", G_CALLBACK (on_bytes_taken), stream);
  ob_exchange_set_part (exchange, stream, stream_free);

  return stream;
}

void
ob_events_take_body (ObExchange *exchange)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (ob_exchange_get_message (exchange));
  const char *asked = soup_message_headers_get_one (headers, "Last-Event-ID");
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) options = ob_arguments_read_query (ob_exchange_get_query (exchange),
                                                          ob_exchange_get_route (exchange)->query, FALSE, &error);
  Stream *stream;

  if (!options)
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  if (g_str_equal (soup_server_message_get_method (ob_exchange_get_message (exchange)), "HEAD"))
    {
      ob_exchange_begin_stream (exchange, MEDIA_TYPE);
      ob_exchange_end (exchange);
      return;
    }
  if (!ob_exchange_check_stream (exchange, &error))
    {
      ob_exchange_fail (exchange, error);
      return;
    }
  stream = stream_new (exchange, asked ? asked : "");
  stream->subscription = ob_feed_subscribe (ob_exchange_get_feed (exchange), ob_exchange_get_caller (exchange), options,
                                            stream->asked, &subscriber, stream, &error);
  if (!stream->subscription)
    {
      ob_exchange_set_part (exchange, NULL, NULL);
      ob_exchange_fail (exchange, error);
      return;
    }
  ob_exchange_begin_stream (exchange, MEDIA_TYPE);
  ob_heartbeat_add (ob_exchange_get_heartbeat (exchange), on_heartbeat, stream);
  watch_apps (stream);
  ob_subscription_start (stream->subscription);
}
