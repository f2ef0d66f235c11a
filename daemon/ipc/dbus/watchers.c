/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signals of org.outbox.Outbox1.Uploads. Generated emitters broadcast, so they are emitted by hand. A watcher is live, and
 * told of each change; or behind, and read to from the journal, page by page, as fast as it reads. Main thread.
 */
#include "ipc/dbus/watchers.h"

#include "dbus/names.h"
#include "ipc/cursor.h"
#include "ipc/dbus/window.h"
#include "ipc/document.h"
#include "store/journal.h"
#include "store/prune.h"

#define UPLOADS_INTERFACE "org.outbox.Outbox1.Uploads"

/* Rows of the journal: a millisecond. */
#define ROWS_A_TURN 200

/* A stopped program does not read, a busy one may be late. Whoever answers later watches again. */
#define SILENCE_MOST_MS (10 * 1000)

struct _ObWatchers
{
  ObBroker *broker; /* borrowed; NULL: it is over */
  GDBusConnection *connection;
  GHashTable *all;       /* unique name → Watcher */
  gint64 told_sequence;  /* of all that the live ones were told */
  gint64 flush_sequence; /* the journal's last one when they were told last: rows of the next turn may be among it */
  GCancellable *closing;
};

typedef struct
{
  ObWatchers *watchers; /* borrowed */
  char *sender;
  ObFilter *filter;
  ObWindow window;
  gint64 sequence;       /* of what it was told, while it is behind */
  gboolean is_behind;    /* it is read to from the journal */
  gboolean is_reading;   /* the next page is on its way */
  gboolean misses_holds; /* they have changed since they were told */
  ObWatchersDone done;   /* NULL: Watch was answered */
  gpointer user_data;
} Watcher;

static void read_on (Watcher *watcher);

static char *
dup_sequence (const Watcher *watcher)
{
  const ObWatchers *watchers = watcher->watchers;

  return ob_broker_dup_sequence (watchers->broker, watcher->is_behind ? watcher->sequence : watchers->told_sequence);
}

/* Answers Watch, if it is not. */
static void
answer (Watcher *watcher, const char *sequence, const GError *error)
{
  ObWatchersDone done = watcher->done;

  watcher->done = NULL;
  if (done)
    done (sequence, error, watcher->user_data);
}

static void
watcher_free (Watcher *watcher)
{
  g_autofree char *sequence = watcher->done ? dup_sequence (watcher) : NULL;

  answer (watcher, sequence, NULL);
  ob_filter_free (watcher->filter);
  g_free (watcher->sender);
  g_free (watcher);
}

/* --- Sending --- */

/* What comes back later finds its watcher, if that is still there, by its name. */
typedef struct
{
  ObWatchers *watchers; /* a reference */
  char *sender;
} Later;

static Later *
later_new (const Watcher *watcher)
{
  Later *later = g_new0 (Later, 1);

  later->watchers = g_rc_box_acquire (watcher->watchers);
  later->sender = g_strdup (watcher->sender);

  return later;
}

static void
later_free (Later *later)
{
  g_rc_box_release (later->watchers);
  g_free (later->sender);
  g_free (later);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Later, later_free)

static Watcher *
find (const Later *later)
{
  return later->watchers->broker ? g_hash_table_lookup (later->watchers->all, later->sender) : NULL;
}

static void
emit (const Watcher *watcher, const char *signal, GVariant *parameters)
{
  (void) g_dbus_connection_emit_signal (watcher->watchers->connection, watcher->sender, OUTBOX_OBJECT_PATH,
                                        UPLOADS_INTERFACE, signal, parameters, NULL);
}

/* It did not answer: it learns so when it reads again, and may watch from there. */
static void
drop (Watcher *watcher)
{
  g_autofree char *sequence = dup_sequence (watcher);

  emit (watcher, "WatchEnded", g_variant_new ("(s)", sequence));
  (void) g_hash_table_remove (watcher->watchers->all, watcher->sender);
}

static void ping (Watcher *watcher);

/* Any answer shows that it reads, that it knows no pings as well. */
static void
on_pong (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Later) later = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Watcher *watcher = find (later);

  if (!watcher || watcher->window.pinged_bytes == 0)
    return;
  if (!reply && !g_dbus_error_is_remote_error (error))
    {
      drop (watcher);
      return;
    }
  if (ob_window_hear (&watcher->window))
    ping (watcher);
  if (watcher->is_behind)
    read_on (watcher);
}

static void
ping (Watcher *watcher)
{
  ObWatchers *watchers = watcher->watchers;

  g_dbus_connection_call (watchers->connection, watcher->sender, "/", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, SILENCE_MOST_MS, watchers->closing, on_pong,
                          later_new (watcher));
}

static void
tell (Watcher *watcher, const char *signal, GVariant *parameters)
{
  gsize bytes = g_variant_get_size (parameters);

  emit (watcher, signal, parameters);
  if (ob_window_send (&watcher->window, bytes))
    ping (watcher);
}

static void
tell_holds (Watcher *watcher)
{
  ObBroker *broker = watcher->watchers->broker;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_last_sequence (broker));

  watcher->misses_holds = FALSE;
  tell (watcher, "HoldsChanged",
        g_variant_new ("(@aa{sv}s)", ob_document_holds (broker, watcher->filter->app), sequence));
}

static void
tell_removed (Watcher *watcher, const char *id, gint64 number)
{
  g_autofree char *sequence = ob_broker_dup_sequence (watcher->watchers->broker, number);

  tell (watcher, "Removed", g_variant_new ("(ss)", id, sequence));
}

/* --- Those who are behind --- */

/* Returns: whether there may be more at once. */
static gboolean
on_row (const char *id, gint64 number, gpointer user_data)
{
  Watcher *watcher = user_data;
  ObBroker *broker = watcher->watchers->broker;
  g_autoptr (ObUpload) upload = ob_broker_get (broker, id, NULL);

  if (!upload)
    tell_removed (watcher, id, number);
  else if (ob_filter_matches (watcher->filter, upload))
    tell (watcher, "Changed", g_variant_new ("(@a{sv})", ob_document_upload (broker, upload)));

  return ob_window_is_open (&watcher->window);
}

static void
become_live (Watcher *watcher)
{
  ObBroker *broker = watcher->watchers->broker;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_last_sequence (broker));

  watcher->is_behind = FALSE;
  if (watcher->misses_holds)
    tell_holds (watcher);
  answer (watcher, sequence, NULL);
}

static gboolean
on_idle (gpointer user_data)
{
  Watcher *watcher = find (user_data);

  if (watcher)
    read_on (watcher);

  return G_SOURCE_REMOVE;
}

/* Only what is committed is told. */
static void
on_committed (const GError *error, gpointer user_data)
{
  g_autoptr (Later) later = user_data;
  Watcher *watcher = find (later);
  g_autoptr (GError) own_error = NULL;
  gboolean is_end = FALSE;

  if (!watcher)
    return;
  watcher->is_reading = FALSE;
  if (!watcher->is_behind || !ob_window_is_open (&watcher->window))
    return;
  if (!ob_journal_read_since (ob_broker_get_database (watcher->watchers->broker), &watcher->sequence,
                              watcher->filter->app, ROWS_A_TURN, &is_end, on_row, watcher, &own_error))
    {
      answer (watcher, NULL, own_error);
      drop (watcher);
    }
  else if (is_end)
    become_live (watcher);
  else if (ob_window_is_open (&watcher->window))
    (void) g_idle_add_full (G_PRIORITY_DEFAULT + 20, on_idle, later_new (watcher), (GDestroyNotify) later_free);
}

static void
read_on (Watcher *watcher)
{
  if (watcher->is_reading)
    return;
  watcher->is_reading = TRUE;
  ob_broker_after_commit (watcher->watchers->broker, on_committed, later_new (watcher));
}

/* --- Those who are live --- */

/* Where too much is unread already, it is told from the journal when it reads again: from before the commit whose changes are
 * being told, in whatever order. */
static gboolean
may_tell (Watcher *watcher)
{
  if (!watcher->is_behind && !ob_window_is_open (&watcher->window))
    {
      watcher->is_behind = TRUE;
      watcher->sequence = watcher->watchers->told_sequence;
    }

  return !watcher->is_behind;
}

static void
tell_upload (ObWatchers *watchers, const char *signal, const ObUpload *upload)
{
  g_autoptr (GVariant) parameters = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, watchers->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Watcher *watcher = value;

      if (!ob_filter_matches (watcher->filter, upload) || !may_tell (watcher))
        continue;
      if (!parameters)
        parameters = g_variant_ref_sink (g_variant_new ("(@a{sv})", ob_document_upload (watchers->broker, upload)));
      tell (watcher, signal, parameters);
    }
}

static void
on_added (ObBroker *broker, gpointer upload, gpointer user_data)
{
  tell_upload (user_data, "Added", upload);
}

static void
on_changed (ObBroker *broker, gpointer upload, gpointer user_data)
{
  tell_upload (user_data, "Changed", upload);
}

static void
on_removed (ObBroker *broker, gpointer upload, gint64 number, gpointer user_data)
{
  ObWatchers *watchers = user_data;
  GHashTableIter iter;
  gpointer watcher;

  g_hash_table_iter_init (&iter, watchers->all);
  while (g_hash_table_iter_next (&iter, NULL, &watcher))
    if (ob_filter_matches (((Watcher *) watcher)->filter, upload) && may_tell (watcher))
      tell_removed (watcher, ((const ObUpload *) upload)->id, number);
}

static void
on_holds_changed (ObBroker *broker, gpointer user_data)
{
  ObWatchers *watchers = user_data;
  GHashTableIter iter;
  gpointer watcher;

  g_hash_table_iter_init (&iter, watchers->all);
  while (g_hash_table_iter_next (&iter, NULL, &watcher))
    if (may_tell (watcher))
      tell_holds (watcher);
    else
      ((Watcher *) watcher)->misses_holds = TRUE;
}

/* The last signal of a commit. Rows of the next one may be there already, and be taken back. */
static void
on_counts_changed (ObBroker *broker, gpointer user_data)
{
  ObWatchers *watchers = user_data;
  gint64 last = ob_broker_get_last_sequence (broker);

  watchers->told_sequence = MIN (watchers->flush_sequence, last);
  watchers->flush_sequence = last;
}

/* --- Coming and going --- */

/* What was sent to it before and is unread stays so. */
static Watcher *
renew (ObWatchers *watchers, const char *sender, ObFilter *filter)
{
  Watcher *watcher = g_hash_table_lookup (watchers->all, sender);
  g_autofree char *sequence = watcher ? dup_sequence (watcher) : NULL;

  if (watcher)
    {
      answer (watcher, sequence, NULL);
      ob_filter_free (watcher->filter);
    }
  else
    {
      watcher = g_new0 (Watcher, 1);
      watcher->watchers = watchers;
      watcher->sender = g_strdup (sender);
      g_hash_table_insert (watchers->all, watcher->sender, watcher);
    }
  watcher->filter = filter;
  watcher->misses_holds = FALSE;

  return watcher;
}

void
ob_watchers_add (ObWatchers *watchers, const char *sender, ObFilter *filter, const char *after, ObWatchersDone done,
                 gpointer user_data)
{
  ObDatabase *database = ob_broker_get_database (watchers->broker);
  g_autoptr (GError) error = NULL;
  gint64 epoch = 0, number = 0;
  Watcher *watcher;

  if (*after && !ob_cursor_read_sequence (after, &epoch, &number, &error))
    {
      ob_filter_free (filter);
      done (NULL, error, user_data);
      return;
    }
  watcher = renew (watchers, sender, filter);
  watcher->done = done;
  watcher->user_data = user_data;
  /* The past of another epoch is gone: whoever sees the new one lists anew. */
  watcher->is_behind = *after && epoch == ob_database_get_epoch (database);
  if (watcher->is_behind && number < ob_prune_get_floor (database))
    {
      watcher->is_behind = FALSE;
      emit (watcher, "WatchReset", NULL);
    }
  watcher->sequence = number;
  if (watcher->is_behind)
    read_on (watcher);
  else
    become_live (watcher);
}

void
ob_watchers_remove (ObWatchers *watchers, const char *sender)
{
  (void) g_hash_table_remove (watchers->all, sender);
}

void
ob_watchers_set_connection (ObWatchers *watchers, GDBusConnection *connection)
{
  g_set_object (&watchers->connection, connection);
}

ObWatchers *
ob_watchers_new (ObBroker *broker)
{
  ObWatchers *watchers = g_rc_box_new0 (ObWatchers);

  watchers->broker = broker;
  watchers->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) watcher_free);
  watchers->told_sequence = watchers->flush_sequence = ob_broker_get_last_sequence (broker);
  watchers->closing = g_cancellable_new ();
  g_object_connect (broker, "signal::added", on_added, watchers, "signal::changed", on_changed, watchers,
                    "signal::removed", on_removed, watchers, "signal::holds-changed", on_holds_changed, watchers,
                    "signal::counts-changed", on_counts_changed, watchers, NULL);

  return watchers;
}

void
ob_watchers_free (ObWatchers *watchers)
{
  g_signal_handlers_disconnect_by_data (watchers->broker, watchers);
  g_cancellable_cancel (watchers->closing);
  g_clear_pointer (&watchers->all, g_hash_table_unref);
  watchers->broker = NULL;
  g_clear_object (&watchers->connection);
  g_clear_object (&watchers->closing);
  g_rc_box_release (watchers);
}
