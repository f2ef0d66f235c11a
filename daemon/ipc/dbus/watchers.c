/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watchers, and the pings that tell who reads. Main thread.
 */
#include "ipc/dbus/watchers.h"

#include "dbus/names.h"
#include "ipc/dbus/window.h"

#define UPLOADS_INTERFACE OUTBOX_BUS_NAME ".Uploads"

/* A stopped program does not read, a busy one may be late. Whoever answers later watches again. */
#define SILENCE_MOST_MS (10 * 1000)

struct _ObWatchers
{
  ObFeed *feed; /* borrowed; NULL: it is over */
  GDBusConnection *connection;
  GHashTable *all; /* unique name → Watcher */
  GCancellable *closing;
};

typedef struct
{
  ObWatchers *watchers; /* borrowed */
  char *sender;
  ObSubscription *subscription;
  ObWindow window;
  ObWatchersDone done; /* NULL: Watch was answered */
  gpointer user_data;
} Watcher;

/* Answers Watch, if it is not. */
static void
answer (Watcher *watcher, const char *sequence, const GError *error)
{
  ObWatchersDone done = watcher->done;

  watcher->done = NULL;
  if (done)
    done (sequence, error, watcher->user_data);
}

/* Watch is answered with what was told until now. */
static void
end_subscription (Watcher *watcher)
{
  g_autofree char *sequence = NULL;

  if (!watcher->subscription)
    return;
  sequence = ob_subscription_dup_sequence (watcher->subscription);
  answer (watcher, sequence, NULL);
  g_clear_pointer (&watcher->subscription, ob_subscription_free);
}

static void
watcher_free (Watcher *watcher)
{
  end_subscription (watcher);
  g_free (watcher->sender);
  g_free (watcher);
}

/* --- Sending --- */

static void
emit (const Watcher *watcher, const char *signal, GVariant *body)
{
  (void) g_dbus_connection_emit_signal (watcher->watchers->connection, watcher->sender, OUTBOX_OBJECT_PATH,
                                        UPLOADS_INTERFACE, signal, body, NULL);
}

/* It learns so when it reads, and may watch from there. */
static void
drop (Watcher *watcher)
{
  g_autofree char *sequence = ob_subscription_dup_sequence (watcher->subscription);

  emit (watcher, "WatchEnded", g_variant_new ("(s)", sequence));
  (void) g_hash_table_remove (watcher->watchers->all, watcher->sender);
}

/* A ping that is under way. Its watcher, if that is still there, is found by its name. */
typedef struct
{
  ObWatchers *watchers; /* a reference */
  char *sender;
} Ping;

static void
ping_free (Ping *ping)
{
  g_rc_box_release (ping->watchers);
  g_free (ping->sender);
  g_free (ping);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Ping, ping_free)

static void ping_watcher (Watcher *watcher);

/* Any answer shows that it reads, that it knows no pings as well. */
static void
on_pong (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Ping) ping = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Watcher *watcher = ping->watchers->feed ? g_hash_table_lookup (ping->watchers->all, ping->sender) : NULL;

  if (!watcher || watcher->window.pinged_bytes == 0)
    return;
  if (!reply && !g_dbus_error_is_remote_error (error))
    {
      drop (watcher);
      return;
    }
  if (ob_window_hear (&watcher->window))
    ping_watcher (watcher);
  ob_subscription_go_on (watcher->subscription);
}

static void
ping_watcher (Watcher *watcher)
{
  ObWatchers *watchers = watcher->watchers;
  Ping *ping = g_new0 (Ping, 1);

  ping->watchers = g_rc_box_acquire (watchers);
  ping->sender = g_strdup (watcher->sender);
  g_dbus_connection_call (watchers->connection, watcher->sender, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, SILENCE_MOST_MS, watchers->closing, on_pong, ping);
}

/* --- The subscriber --- */

static gboolean
is_open (gpointer user_data)
{
  return ob_window_is_open (&((Watcher *) user_data)->window);
}

static void
on_event (ObFeedEvent event, GVariant *body, gpointer user_data)
{
  static const char *const signals[] = { [OB_FEED_ADDED] = "Added",
                                         [OB_FEED_CHANGED] = "Changed",
                                         [OB_FEED_REMOVED] = "Removed",
                                         [OB_FEED_HOLDS_CHANGED] = "HoldsChanged",
                                         [OB_FEED_RESET] = "WatchReset" };
  Watcher *watcher = user_data;
  gsize bytes = body ? g_variant_get_size (body) : 0;

  emit (watcher, signals[event], body);
  if (ob_window_send (&watcher->window, bytes))
    ping_watcher (watcher);
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

static const ObFeedSubscriber subscriber = { is_open, on_event, on_caught_up, on_failed };

/* --- Coming and going --- */

/* What was sent to it before and is unread stays so. */
static Watcher *
find_or_make (ObWatchers *watchers, const char *sender)
{
  Watcher *watcher = g_hash_table_lookup (watchers->all, sender);

  if (watcher)
    return watcher;
  watcher = g_new0 (Watcher, 1);
  watcher->watchers = watchers;
  watcher->sender = g_strdup (sender);
  g_hash_table_insert (watchers->all, watcher->sender, watcher);

  return watcher;
}

void
ob_watchers_add (ObWatchers *watchers, const char *sender, const ObCaller *caller, GVariant *options, const char *after,
                 ObWatchersDone done, gpointer user_data)
{
  Watcher *watcher = find_or_make (watchers, sender);
  g_autoptr (GError) error = NULL;
  ObSubscription *subscription
      = ob_feed_subscribe (watchers->feed, caller, options, after, &subscriber, watcher, &error);

  if (!subscription)
    {
      if (!watcher->subscription)
        (void) g_hash_table_remove (watchers->all, sender);
      done (NULL, error, user_data);
      return;
    }
  end_subscription (watcher);
  watcher->subscription = subscription;
  watcher->done = done;
  watcher->user_data = user_data;
  ob_subscription_start (subscription);
}

void
ob_watchers_remove (ObWatchers *watchers, const char *sender)
{
  (void) g_hash_table_remove (watchers->all, sender);
}

void
ob_watchers_end_all (ObWatchers *watchers)
{
  g_autoptr (GList) all = g_hash_table_get_values (watchers->all);

  for (GList *each = all; each; each = each->next)
    drop (each->data);
}

void
ob_watchers_set_connection (ObWatchers *watchers, GDBusConnection *connection)
{
  g_set_object (&watchers->connection, connection);
}

ObWatchers *
ob_watchers_new (ObFeed *feed)
{
  ObWatchers *watchers = g_rc_box_new0 (ObWatchers);

  watchers->feed = feed;
  watchers->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) watcher_free);
  watchers->closing = g_cancellable_new ();

  return watchers;
}

void
ob_watchers_free (ObWatchers *watchers)
{
  g_cancellable_cancel (watchers->closing);
  g_clear_pointer (&watchers->all, g_hash_table_unref);
  watchers->feed = NULL;
  g_clear_object (&watchers->connection);
  g_clear_object (&watchers->closing);
  g_rc_box_release (watchers);
}
