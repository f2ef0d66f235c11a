/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signals of org.outbox.Outbox1.Uploads. Generated emitters broadcast, so they are emitted by hand. Main thread.
 */
#include "ipc/dbus/watchers.h"

#include "dbus/error.h"
#include "dbus/names.h"
#include "ipc/document.h"

#define UPLOADS_INTERFACE "org.outbox.Outbox1.Uploads"

struct _ObWatchers
{
  ObBroker *broker; /* borrowed */
  GDBusConnection *connection;
  GHashTable *filters; /* unique name → ObFilter */
};

static void
tell (ObWatchers *watchers, const char *sender, const char *signal, GVariant *parameters)
{
  (void) g_dbus_connection_emit_signal (watchers->connection, sender, OUTBOX_OBJECT_PATH, UPLOADS_INTERFACE, signal,
                                        parameters, NULL);
}

static void
tell_upload (ObWatchers *watchers, const char *signal, const ObUpload *upload)
{
  g_autoptr (GVariant) parameters = NULL;
  GHashTableIter iter;
  gpointer sender, filter;

  g_hash_table_iter_init (&iter, watchers->filters);
  while (g_hash_table_iter_next (&iter, &sender, &filter))
    {
      if (!ob_filter_matches (filter, upload))
        continue;
      if (!parameters)
        parameters = g_variant_ref_sink (g_variant_new ("(@a{sv})", ob_document_upload (watchers->broker, upload)));
      tell (watchers, sender, signal, parameters);
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
  g_autofree char *sequence = ob_broker_dup_sequence (broker, number);
  GHashTableIter iter;
  gpointer sender, filter;

  g_hash_table_iter_init (&iter, watchers->filters);
  while (g_hash_table_iter_next (&iter, &sender, &filter))
    if (ob_filter_matches (filter, upload))
      tell (watchers, sender, "Removed", g_variant_new ("(ss)", ((const ObUpload *) upload)->id, sequence));
}

static void
on_holds_changed (ObBroker *broker, gpointer user_data)
{
  ObWatchers *watchers = user_data;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_last_sequence (broker));
  GHashTableIter iter;
  gpointer sender, filter;

  g_hash_table_iter_init (&iter, watchers->filters);
  while (g_hash_table_iter_next (&iter, &sender, &filter))
    tell (watchers, sender, "HoldsChanged",
          g_variant_new ("(@aa{sv}s)", ob_document_holds (broker, ((const ObFilter *) filter)->app), sequence));
}

typedef struct
{
  ObWatchers *watchers;
  const char *sender;
  const ObFilter *filter;
} Replay;

static void
on_replayed (const char *id, gint64 last_sequence, gpointer user_data)
{
  Replay *replay = user_data;
  ObBroker *broker = replay->watchers->broker;
  g_autoptr (ObUpload) upload = ob_broker_get (broker, id, NULL);
  g_autofree char *sequence = NULL;

  if (upload && ob_filter_matches (replay->filter, upload))
    tell (replay->watchers, replay->sender, "Changed", g_variant_new ("(@a{sv})", ob_document_upload (broker, upload)));
  else if (!upload)
    {
      sequence = ob_broker_dup_sequence (broker, last_sequence);
      tell (replay->watchers, replay->sender, "Removed", g_variant_new ("(ss)", id, sequence));
    }
}

/* Signals what changed after a sequence of this epoch. Errors: InvalidArgument. */
static gboolean
replay (ObWatchers *watchers, const char *sender, const ObFilter *filter, const char *after, GError **error)
{
  Replay what = { watchers, sender, filter };
  g_auto (GStrv) parts = g_strsplit (after, "-", 2);
  gint64 epoch, number;

  if (g_strv_length (parts) != 2 || !g_ascii_string_to_signed (parts[0], 10, 0, G_MAXINT64, &epoch, NULL)
      || !g_ascii_string_to_signed (parts[1], 10, 0, G_MAXINT64, &number, NULL))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "after: not a sequence that was given out");
      return FALSE;
    }
  /* The past of another epoch is gone: whoever sees the new one lists anew. */
  if (epoch != ob_database_get_epoch (ob_broker_get_database (watchers->broker)))
    return TRUE;

  return ob_journal_read_since (ob_broker_get_database (watchers->broker), number, filter->app, on_replayed, &what,
                                error);
}

char *
ob_watchers_add (ObWatchers *watchers, const char *sender, ObFilter *filter, const char *after, GError **error)
{
  g_autoptr (ObFilter) owned = filter;
  gint64 present = ob_broker_get_last_sequence (watchers->broker);

  if (*after && !replay (watchers, sender, filter, after, error))
    return NULL;
  g_hash_table_replace (watchers->filters, g_strdup (sender), g_steal_pointer (&owned));

  return ob_broker_dup_sequence (watchers->broker, present);
}

void
ob_watchers_remove (ObWatchers *watchers, const char *sender)
{
  (void) g_hash_table_remove (watchers->filters, sender);
}

void
ob_watchers_set_connection (ObWatchers *watchers, GDBusConnection *connection)
{
  g_set_object (&watchers->connection, connection);
}

ObWatchers *
ob_watchers_new (ObBroker *broker)
{
  ObWatchers *watchers = g_new0 (ObWatchers, 1);

  watchers->broker = broker;
  watchers->filters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_filter_free);
  g_object_connect (broker, "signal::added", on_added, watchers, "signal::changed", on_changed, watchers,
                    "signal::removed", on_removed, watchers, "signal::holds-changed", on_holds_changed, watchers, NULL);

  return watchers;
}

void
ob_watchers_free (ObWatchers *watchers)
{
  g_signal_handlers_disconnect_by_data (watchers->broker, watchers);
  g_clear_object (&watchers->connection);
  g_hash_table_unref (watchers->filters);
  g_free (watchers);
}
