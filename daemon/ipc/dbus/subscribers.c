/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Subscribers, and the pings that find out whether they read. Main thread.
 */
#include "ipc/dbus/subscribers.h"

#include "dbus/names.h"
#include "ipc/dbus/window.h"

#define UPLOADS_INTERFACE OUTBOX_BUS_NAME ".Uploads"

/* A stopped program does not read, a busy one may be late. One that answers later can watch again. */
#define SILENCE_MOST_MS (10 * 1000)

struct _ObSubscribers
{
  ObFeed *feed; /* borrowed; NULL: all is over */
  GDBusConnection *connection;
  GHashTable *all; /* unique name → Subscriber */
  GCancellable *closing;
};

typedef struct
{
  ObSubscribers *subscribers; /* borrowed */
  char *sender;
  ObSubscription *subscription;
  ObWindow window;
  ObSubscribersDone done; /* NULL: Watch was answered */
  gpointer user_data;
} Subscriber;

/* Answers Watch, unless it has been answered. */
static void
answer (Subscriber *subscriber, const char *sequence, const GError *error)
{
  ObSubscribersDone done = subscriber->done;

  subscriber->done = NULL;
  if (done)
    done (sequence, error, subscriber->user_data);
}

/* Watch is answered with what has been told so far. */
static void
end_subscription (Subscriber *subscriber)
{
  g_autofree char *sequence = NULL;

  if (!subscriber->subscription)
    return;
  sequence = ob_subscription_dup_sequence (subscriber->subscription);
  answer (subscriber, sequence, NULL);
  g_clear_pointer (&subscriber->subscription, ob_subscription_free);
}

static void
subscriber_free (Subscriber *subscriber)
{
  end_subscription (subscriber);
  g_free (subscriber->sender);
  g_free (subscriber);
}

/* --- Sending --- */

static void
emit (const Subscriber *subscriber, const char *signal, GVariant *body)
{
  (void) g_dbus_connection_emit_signal (subscriber->subscribers->connection, subscriber->sender, OUTBOX_OBJECT_PATH,
                                        UPLOADS_INTERFACE, signal, body, NULL);
}

/* It hears of it when it reads again, and can watch from there. */
static void
drop (Subscriber *subscriber)
{
  g_autofree char *sequence = ob_subscription_dup_sequence (subscriber->subscription);

  emit (subscriber, "WatchEnded", g_variant_new ("(s)", sequence));
  (void) g_hash_table_remove (subscriber->subscribers->all, subscriber->sender);
}

/* A ping under way. It finds its subscriber by name, since that may be gone. */
typedef struct
{
  ObSubscribers *subscribers; /* a reference */
  char *sender;
} Ping;

static void
ping_free (Ping *ping)
{
  g_rc_box_release (ping->subscribers);
  g_free (ping->sender);
  g_free (ping);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ping, ping_free)

static void ping_subscriber (Subscriber *subscriber);

/* Any answer shows that it reads, even "unknown method". */
static void
on_pong (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Ping) ping = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Subscriber *subscriber = ping->subscribers->feed ? g_hash_table_lookup (ping->subscribers->all, ping->sender) : NULL;

  if (!subscriber || subscriber->window.pinged_bytes == 0)
    return;
  if (!reply && !g_dbus_error_is_remote_error (error))
    {
      drop (subscriber);
      return;
    }
  if (ob_window_hear (&subscriber->window))
    ping_subscriber (subscriber);
  ob_subscription_go_on (subscriber->subscription);
}

static void
ping_subscriber (Subscriber *subscriber)
{
  ObSubscribers *subscribers = subscriber->subscribers;
  Ping *ping = g_new0 (Ping, 1);

  ping->subscribers = g_rc_box_acquire (subscribers);
  ping->sender = g_strdup (subscriber->sender);
  g_dbus_connection_call (subscribers->connection, subscriber->sender, "/", "org.freedesktop.DBus.Peer", "Ping", NULL,
                          NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, SILENCE_MOST_MS, subscribers->closing, on_pong, ping);
}

/* --- What the feed tells --- */

static gboolean
is_open (gpointer user_data)
{
  return ob_window_is_open (&((Subscriber *) user_data)->window);
}

static void
on_event (ObFeedEvent event, GVariant *body, gpointer user_data)
{
  static const char *const signals[] = { [OB_FEED_ADDED] = "Added",
                                         [OB_FEED_CHANGED] = "Changed",
                                         [OB_FEED_REMOVED] = "Removed",
                                         [OB_FEED_HOLDS_CHANGED] = "HoldsChanged",
                                         [OB_FEED_RESET] = "WatchReset" };
  Subscriber *subscriber = user_data;
  gsize bytes = body ? g_variant_get_size (body) : 0;

  emit (subscriber, signals[event], body);
  if (ob_window_send (&subscriber->window, bytes))
    ping_subscriber (subscriber);
}

static void
on_caught_up (const char *sequence, gpointer user_data)
{
  answer (user_data, sequence, NULL);
}

static void
on_failed (const GError *error, gpointer user_data)
{
  answer (user_data, NULL, error);
  drop (user_data);
}

static const ObFeedSubscriber feed_subscriber = { is_open, on_event, on_caught_up, on_failed, NULL, NULL };

/* --- Coming and going --- */

/* Bytes sent to it before that are unread still count. */
static Subscriber *
find_or_make (ObSubscribers *subscribers, const char *sender)
{
  Subscriber *subscriber = g_hash_table_lookup (subscribers->all, sender);

  if (subscriber)
    return subscriber;
  subscriber = g_new0 (Subscriber, 1);
  subscriber->subscribers = subscribers;
  subscriber->sender = g_strdup (sender);
  g_hash_table_insert (subscribers->all, subscriber->sender, subscriber);

  return subscriber;
}

void
ob_subscribers_add (ObSubscribers *subscribers, const char *sender, const ObCaller *caller, GVariant *options,
                    const char *after, ObSubscribersDone done, gpointer user_data)
{
  Subscriber *subscriber = find_or_make (subscribers, sender);
  g_autoptr (GError) error = NULL;
  ObSubscription *subscription
      = ob_feed_subscribe (subscribers->feed, caller, options, after, &feed_subscriber, subscriber, &error);

  if (!subscription)
    {
      if (!subscriber->subscription)
        (void) g_hash_table_remove (subscribers->all, sender);
      done (NULL, error, user_data);
      return;
    }
  end_subscription (subscriber);
  subscriber->subscription = subscription;
  subscriber->done = done;
  subscriber->user_data = user_data;
  ob_subscription_start (subscription);
}

void
ob_subscribers_remove (ObSubscribers *subscribers, const char *sender)
{
  (void) g_hash_table_remove (subscribers->all, sender);
}

void
ob_subscribers_end_all (ObSubscribers *subscribers)
{
  g_autoptr (GList) all = g_hash_table_get_values (subscribers->all);

  for (GList *each = all; each; each = each->next)
    drop (each->data);
}

void
ob_subscribers_set_connection (ObSubscribers *subscribers, GDBusConnection *connection)
{
  g_set_object (&subscribers->connection, connection);
}

ObSubscribers *
ob_subscribers_new (ObFeed *feed)
{
  ObSubscribers *subscribers = g_rc_box_new0 (ObSubscribers);

  subscribers->feed = feed;
  subscribers->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) subscriber_free);
  subscribers->closing = g_cancellable_new ();

  return subscribers;
}

void
ob_subscribers_free (ObSubscribers *subscribers)
{
  g_cancellable_cancel (subscribers->closing);
  g_clear_pointer (&subscribers->all, g_hash_table_unref);
  subscribers->feed = NULL;
  g_clear_object (&subscribers->connection);
  g_clear_object (&subscribers->closing);
  g_rc_box_release (subscribers);
}
