/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Calls and signals over one connection. Owns the connection and its subscriptions. One thread.
 */
#include "outbox-client-private.h"

#include "dbus/names.h"

/* A broker whose queue cannot be opened, such as while its disk is away, tries as often itself. */
#define WATCH_AGAIN_S 5

struct _OutboxClient
{
  GObject parent_instance;

  GDBusConnection *connection;
  guint subscription;
  guint name_watch;
  gboolean is_there;
  GVariant *watch_filter; /* a{sv} of Watch; NULL: does not watch */
  gint64 epoch;           /* of the newest sequence, with the next */
  gint64 number;
  guint watch_source;  /* when to try to watch again */
  gboolean is_another; /* since the last watch another process has answered */
};

enum
{
  ADDED,
  CHANGED,
  REMOVED,
  HOLDS_CHANGED,
  SUMMARY_CHANGED,
  BROKER_LOST,
  BROKER_BACK,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (OutboxClient, outbox_client, G_TYPE_OBJECT)

static void
outbox_client_finalize (GObject *object)
{
  OutboxClient *self = OUTBOX_CLIENT (object);

  if (self->subscription > 0)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_clear_handle_id (&self->name_watch, g_bus_unwatch_name);
  g_clear_handle_id (&self->watch_source, g_source_remove);
  g_clear_pointer (&self->watch_filter, g_variant_unref);
  g_clear_object (&self->connection);
  G_OBJECT_CLASS (outbox_client_parent_class)->finalize (object);
}

static void
outbox_client_class_init (OutboxClientClass *klass)
{
  GType type = G_TYPE_FROM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = outbox_client_finalize;
  signals[ADDED]
      = g_signal_new ("added", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, OUTBOX_TYPE_UPLOAD);
  signals[CHANGED]
      = g_signal_new ("changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, OUTBOX_TYPE_UPLOAD);
  signals[REMOVED]
      = g_signal_new ("removed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[HOLDS_CHANGED]
      = g_signal_new ("holds-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
  signals[SUMMARY_CHANGED]
      = g_signal_new ("summary-changed", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_VARIANT);
  signals[BROKER_LOST] = g_signal_new ("broker-lost", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[BROKER_BACK]
      = g_signal_new ("broker-back", type, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
}

static void
outbox_client_init (OutboxClient *self)
{
}

GDBusConnection *
outbox_client_get_connection (OutboxClient *self)
{
  return self->connection;
}

/* --- Signals --- */

/* Remembers the newest sequence. Returns: whether its epoch is the one known so far */
static gboolean
note_sequence (OutboxClient *self, const char *sequence)
{
  gint64 epoch, number;
  char *rest;
  gboolean is_same;

  epoch = g_ascii_strtoll (sequence, &rest, 10);
  if (*rest != '-')
    return FALSE;
  number = g_ascii_strtoll (rest + 1, NULL, 10);
  is_same = epoch == self->epoch;
  self->number = is_same ? MAX (self->number, number) : number;
  self->epoch = epoch;

  return is_same;
}

static void
emit_upload (OutboxClient *self, guint signal, GVariant *parameters)
{
  g_autoptr (GVariant) document = NULL;
  g_autoptr (OutboxUpload) upload = NULL;
  const char *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(a{sv})")))
    return;
  document = g_variant_get_child_value (parameters, 0);
  upload = outbox_upload_new_for_document (document);
  if (g_variant_lookup (document, "sequence", "&s", &sequence))
    (void) note_sequence (self, sequence);
  g_signal_emit (self, signal, 0, upload);
}

static void
emit_removed (OutboxClient *self, GVariant *parameters)
{
  const char *id, *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(ss)")))
    return;
  g_variant_get (parameters, "(&s&s)", &id, &sequence);
  (void) note_sequence (self, sequence);
  g_signal_emit (self, signals[REMOVED], 0, id);
}

static void watch_again (OutboxClient *self);

static gboolean
on_time_to_watch (gpointer user_data)
{
  OutboxClient *self = user_data;

  self->watch_source = 0;
  watch_again (self);

  return G_SOURCE_REMOVE;
}

/* Reads the answer to Watch. Another process is always announced. The same process, which had ended a silent watch, or opened its
 * queue anew, only if its past is of another epoch, which is like another broker. */
static void
on_watched_again (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OutboxClient *self = OUTBOX_CLIENT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, &error);
  const char *sequence;
  gboolean is_same_epoch;

  /* While the name has an owner, nothing tells when its queue is open again. If it has none, this begins anew when it is back. */
  if (!results && self->is_there && self->watch_source == 0
      && g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER))
    self->watch_source = g_timeout_add_seconds (WATCH_AGAIN_S, on_time_to_watch, self);
  if (!results)
    return;
  g_variant_get (results, "(&s)", &sequence);
  is_same_epoch = note_sequence (self, sequence);
  if (self->is_another || !is_same_epoch)
    {
      self->is_another = FALSE;
      g_signal_emit (self, signals[BROKER_BACK], 0, is_same_epoch);
    }
}

static void
watch_again (OutboxClient *self)
{
  g_autofree char *after = g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, self->epoch, self->number);

  g_clear_handle_id (&self->watch_source, g_source_remove);
  outbox_client_call_async (self, "Uploads", "Watch", g_variant_new ("(@a{sv}s)", self->watch_filter, after), NULL,
                            on_watched_again, NULL);
}

/* Watch from where the broker says: the last signals were not in the order of sequences. */
static void
watch_from (OutboxClient *self, GVariant *parameters)
{
  const char *sequence;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(s)")))
    return;
  g_variant_get (parameters, "(&s)", &sequence);
  self->number = 0;
  (void) note_sequence (self, sequence);
  watch_again (self);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  OutboxClient *self = user_data;
  g_autoptr (GVariant) first = g_variant_n_children (parameters) > 0 ? g_variant_get_child_value (parameters, 0) : NULL;

  if (g_str_equal (signal, "Added"))
    emit_upload (self, signals[ADDED], parameters);
  else if (g_str_equal (signal, "Changed"))
    emit_upload (self, signals[CHANGED], parameters);
  else if (g_str_equal (signal, "Removed"))
    emit_removed (self, parameters);
  else if (g_str_equal (signal, "WatchEnded") && self->watch_filter)
    watch_from (self, parameters);
  else if (g_str_equal (signal, "WatchReset"))
    self->epoch = self->number = 0; /* take the next answer as of another epoch */
  else if (g_str_equal (signal, "HoldsChanged") && first && g_variant_is_of_type (first, G_VARIANT_TYPE ("aa{sv}")))
    g_signal_emit (self, signals[HOLDS_CHANGED], 0, first);
  else if (g_str_equal (signal, "SummaryChanged") && first && g_variant_is_of_type (first, G_VARIANT_TYPE_VARDICT))
    g_signal_emit (self, signals[SUMMARY_CHANGED], 0, first);
}

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  OutboxClient *self = user_data;

  self->is_there = TRUE;
  if (!self->watch_filter || self->epoch == 0)
    return;
  /* Another process answers now, and knows no watchers. */
  self->is_another = TRUE;
  watch_again (self);
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  OutboxClient *self = user_data;

  if (self->is_there)
    g_signal_emit (self, signals[BROKER_LOST], 0);
  self->is_there = FALSE;
  g_clear_handle_id (&self->watch_source, g_source_remove);
}

/* --- Connecting --- */

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxClient) self = g_object_new (OUTBOX_TYPE_CLIENT, NULL);

  self->connection = g_bus_get_finish (result, &error);
  if (!self->connection)
    {
      g_task_return_new_error (
          task, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
          "There is no session bus (set DBUS_SESSION_BUS_ADDRESS, or XDG_RUNTIME_DIR, as /run/user/UID): %s",
          error->message);
      return;
    }
  self->subscription
      = g_dbus_connection_signal_subscribe (self->connection, OUTBOX_BUS_NAME, NULL, NULL, OUTBOX_OBJECT_PATH, NULL,
                                            G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->name_watch = g_bus_watch_name_on_connection (self->connection, OUTBOX_BUS_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                     on_name_appeared, on_name_vanished, self, NULL);
  g_task_return_pointer (task, g_steal_pointer (&self), g_object_unref);
}

void
outbox_client_new_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  /* Register the error domain before the first answer. */
  (void) OUTBOX_ERROR;
  g_bus_get (G_BUS_TYPE_SESSION, cancellable, on_bus, g_task_new (NULL, cancellable, callback, user_data));
}

OutboxClient *
outbox_client_new_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Calls --- */

static GVariant *
or_empty (GVariant *options)
{
  return options ? options : g_variant_new ("a{sv}", NULL);
}

void
outbox_client_command_async (OutboxClient *self, OutboxCommand command, const char *const *ids,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  static const char *const methods[] = { "Pause", "Resume", "Retry", "Remove", "SendNow" };

  outbox_client_call_async (self, "Uploads", methods[command], g_variant_new ("(^as)", ids), cancellable, callback,
                            user_data);
}

void
outbox_client_amend_async (OutboxClient *self, const char *id, GVariant *options, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  outbox_client_call_async (self, "Uploads", "Amend", g_variant_new ("(s@a{sv})", id, options), cancellable, callback,
                            user_data);
}

gboolean
outbox_client_amend_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);

  return results != NULL;
}

void
outbox_client_command_groups_async (OutboxClient *self, OutboxCommand command, const char *const *keys,
                                    GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (command == OUTBOX_COMMAND_PAUSE || command == OUTBOX_COMMAND_RESUME);

  outbox_client_call_async (self, "Groups", command == OUTBOX_COMMAND_PAUSE ? "Pause" : "Resume",
                            g_variant_new ("(^as)", keys), cancellable, callback, user_data);
}

static void
on_watched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  OutboxClient *self = OUTBOX_CLIENT (source);
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GVariant *results = outbox_client_call_finish (self, result, &error);
  const char *sequence;

  if (!results)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  g_variant_get (results, "(&s)", &sequence);
  (void) note_sequence (self, sequence);
  g_clear_pointer (&self->watch_filter, g_variant_unref);
  self->watch_filter = g_variant_ref (g_task_get_task_data (task));
  g_task_return_pointer (task, results, (GDestroyNotify) g_variant_unref);
}

void
outbox_client_watch_async (OutboxClient *self, GVariant *filter, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  GVariant *owned = g_variant_ref_sink (or_empty (filter));

  g_task_set_task_data (task, owned, (GDestroyNotify) g_variant_unref);
  outbox_client_call_async (self, "Uploads", "Watch", g_variant_new ("(@a{sv}s)", owned, ""), cancellable, on_watched,
                            task);
}

void
outbox_client_get_async (OutboxClient *self, const char *id, GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  outbox_client_call_async (self, "Uploads", "Get", g_variant_new ("(s)", id), cancellable, callback, user_data);
}

OutboxUpload *
outbox_client_get_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document ? outbox_upload_new_for_document (document) : NULL;
}

void
outbox_client_get_group_async (OutboxClient *self, const char *key, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  outbox_client_call_async (self, "Groups", "Get", g_variant_new ("(s)", key), cancellable, callback, user_data);
}

OutboxGroup *
outbox_client_get_group_finish (OutboxClient *self, GAsyncResult *result, GError **error)
{
  g_autoptr (GVariant) results = outbox_client_call_finish (self, result, error);
  g_autoptr (GVariant) document = results ? g_variant_get_child_value (results, 0) : NULL;

  return document ? outbox_group_new_for_document (document) : NULL;
}
