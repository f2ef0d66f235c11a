/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Uploads: calls to commands, changes to the signals of those who watch. Main thread.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"
#include "ipc/options.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#define UPLOADS_INTERFACE "org.outbox.Outbox1.Uploads"
#define LIST_DEFAULT 100
#define LIST_MAX 1000
#define PAGE_MAX_BYTES (8 * 1024 * 1024)
#define LOG_ROWS 200
#define HISTORY_ROWS 1000

struct _ObUploadsAdapter
{
  ObBroker *broker; /* borrowed */
  OutboxDBusUploads *skeleton;
  GDBusConnection *connection;
  ObCallers *callers;
  GHashTable *watchers; /* unique name → Filter */
};

typedef struct
{
  char *group;
  char *app;
  char *destination;
  gboolean has_state;
  OutboxState state;
  gboolean is_unfinished;
} Filter;

static void
filter_free (Filter *filter)
{
  g_free (filter->group);
  g_free (filter->app);
  g_free (filter->destination);
  g_free (filter);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Filter, filter_free)

static const ObOption submit_options[] = {
  { "name", "s" },        { "media_type", "s" },   { "destination", "s" }, { "group", "s" },
  { "group_title", "s" }, { "form", "b" },         { "metadata", "a{ss}" }, { "priority", "i" },
  { "key", "s" },         { "sha256", "s" },       { "not_before", "x" },   { NULL, NULL },
};

static const ObOption list_options[] = {
  { "state", "s" }, { "group", "s" }, { "app", "s" }, { "destination", "s" }, { "unfinished", "b" },
  { "cursor", "s" }, { "limit", "u" }, { NULL, NULL },
};

/* No state: an upload that leaves a state must be told to those who saw it there. */
static const ObOption watch_options[] = {
  { "group", "s" }, { "app", "s" }, { "destination", "s" }, { NULL, NULL },
};

static gboolean
fail (GDBusMethodInvocation *invocation, const GError *error)
{
  g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- Submit --- */

typedef struct
{
  ObUploadsAdapter *adapter;
  GDBusMethodInvocation *invocation;
  GVariant *options;
  int fd;
} Submission;

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;

  if (id)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", id));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static void
on_submitter_found (const char *app, const GError *error, gpointer user_data)
{
  Submission *call = user_data;
  g_autoptr (GVariant) metadata = g_variant_lookup_value (call->options, "metadata", G_VARIANT_TYPE ("a{ss}"));
  ObSubmission submission = { .app = app, .metadata = metadata };

  (void) g_variant_lookup (call->options, "key", "&s", &submission.key);
  (void) g_variant_lookup (call->options, "name", "&s", &submission.name);
  (void) g_variant_lookup (call->options, "media_type", "&s", &submission.media_type);
  (void) g_variant_lookup (call->options, "sha256", "&s", &submission.sha256);
  (void) g_variant_lookup (call->options, "group", "&s", &submission.group);
  (void) g_variant_lookup (call->options, "group_title", "&s", &submission.group_title);
  (void) g_variant_lookup (call->options, "destination", "&s", &submission.destination);
  (void) g_variant_lookup (call->options, "priority", "i", &submission.priority);
  (void) g_variant_lookup (call->options, "form", "b", &submission.is_form);
  (void) g_variant_lookup (call->options, "not_before", "x", &submission.not_before_ms);
  if (app)
    ob_broker_submit (call->adapter->broker, &submission, call->fd, on_submitted, call->invocation);
  else
    {
      (void) close (call->fd);
      g_dbus_method_invocation_return_gerror (call->invocation, error);
    }
  g_variant_unref (call->options);
  g_free (call);
}

/* Takes the descriptor out of the call, rather than a copy of it: a burst holds one for each file that waits. A handle is an
 * index into the descriptors of its message, and the bus does not check it. Returns: -1 with @error where there is none. */
static int
take_descriptor (GDBusMethodInvocation *invocation, GUnixFDList *list, gint32 handle, GError **error)
{
  gint n_fds = 0;
  g_autofree int *fds = list ? g_unix_fd_list_steal_fds (list, &n_fds) : NULL;
  int taken = -1;

  for (gint i = 0; i < n_fds; i++)
    if (i == handle)
      taken = fds[i];
    else
      (void) close (fds[i]);
  /* The kernel drops those of a message that the process has no room for; the message still counts them. */
  if (taken < 0 && n_fds == 0
      && g_dbus_message_get_num_unix_fds (g_dbus_method_invocation_get_message (invocation)) > 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "Too many descriptors are open; try again");
  else if (taken < 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The call carries no descriptor");

  return taken;
}

static gboolean
on_submit (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GUnixFDList *fds, GVariant *handle,
           GVariant *options, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GError) error = NULL;
  Submission *call;
  int fd;

  if (!ob_options_check (options, submit_options, &error))
    return fail (invocation, error);
  fd = take_descriptor (invocation, fds, g_variant_get_handle (handle), &error);
  if (fd < 0)
    return fail (invocation, error);
  call = g_new0 (Submission, 1);
  call->adapter = adapter;
  call->invocation = invocation;
  call->options = g_variant_ref (options);
  call->fd = fd;
  ob_callers_find (adapter->callers, g_dbus_method_invocation_get_sender (invocation), on_submitter_found, call);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- Get, List, History --- */

static gboolean
on_get (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *id, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = ob_broker_get (adapter->broker, id, &error);

  if (!upload)
    return fail (invocation, error);
  outbox_dbus_uploads_complete_get (skeleton, invocation, ob_document_upload (adapter->broker, upload));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static Filter *
read_filter (GVariant *options, const ObOption *table, GError **error)
{
  g_autoptr (Filter) filter = g_new0 (Filter, 1);
  const char *state = NULL;

  if (!ob_options_check (options, table, error))
    return NULL;
  (void) g_variant_lookup (options, "group", "s", &filter->group);
  (void) g_variant_lookup (options, "app", "s", &filter->app);
  (void) g_variant_lookup (options, "destination", "s", &filter->destination);
  (void) g_variant_lookup (options, "unfinished", "b", &filter->is_unfinished);
  filter->has_state = g_variant_lookup (options, "state", "&s", &state);
  if (filter->has_state && !outbox_state_from_name (state, &filter->state))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "There is no state %s", state);
      return NULL;
    }

  return g_steal_pointer (&filter);
}

/* Pages through the rows until the page is full. Returns: the cursor. */
static char *
fill_page (ObUploadsAdapter *adapter, const Filter *filter, gint64 after, guint limit, GVariantBuilder *list,
           GError **error)
{
  g_autoptr (GArray) kinds
      = filter->has_state ? ob_broker_find_kinds (adapter->broker, filter->state, error) : NULL;
  const ObUploadsFilter stored = { .group = filter->group,
                                   .app = filter->app,
                                   .destination = filter->destination,
                                   .kinds = kinds,
                                   .is_unfinished = filter->is_unfinished };
  gsize page_bytes = 0;
  guint n_found = 0;

  if (filter->has_state && !kinds)
    return NULL;
  for (;;)
    {
      g_autoptr (GPtrArray) uploads
          = ob_uploads_list (ob_broker_get_database (adapter->broker), &stored, after, limit, error);

      if (!uploads)
        return NULL;
      for (guint i = 0; i < uploads->len && n_found < limit; i++)
        {
          const ObUpload *upload = uploads->pdata[i];
          GVariant *document;

          after = upload->number;
          if (filter->has_state && ob_broker_get_status (adapter->broker, upload).state != filter->state)
            continue;
          document = ob_document_upload (adapter->broker, upload);
          page_bytes += g_variant_get_size (document);
          g_variant_builder_add_value (list, document);
          n_found++;
          /* A message has a size that the bus takes; the cursor leads on. */
          if (page_bytes > PAGE_MAX_BYTES)
            limit = n_found;
        }
      if (uploads->len < limit && n_found < limit)
        return g_strdup ("");
      if (n_found == limit)
        return g_strdup_printf ("%" G_GINT64_FORMAT, after);
    }
}

static gboolean
read_page (GVariant *options, gint64 *after, guint *limit, GError **error)
{
  const char *cursor = "";

  *after = 0;
  *limit = LIST_DEFAULT;
  (void) g_variant_lookup (options, "limit", "u", limit);
  (void) g_variant_lookup (options, "cursor", "&s", &cursor);
  if (*limit < 1 || *limit > LIST_MAX)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "limit: 1 to %d", LIST_MAX);
  else if (*cursor && !g_ascii_string_to_signed (cursor, 10, 0, G_MAXINT64, after, NULL))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "cursor: not one that was given out");
  else
    return TRUE;

  return FALSE;
}

static gboolean
on_list (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *options, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (Filter) filter = read_filter (options, list_options, &error);
  g_autofree char *cursor = NULL;
  GVariantBuilder list;
  gint64 after;
  guint limit;

  if (!filter || !read_page (options, &after, &limit, &error))
    return fail (invocation, error);
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  cursor = fill_page (adapter, filter, after, limit, &list, &error);
  if (!cursor)
    {
      g_variant_builder_clear (&list);
      return fail (invocation, error);
    }
  outbox_dbus_uploads_complete_list (skeleton, invocation, g_variant_builder_end (&list), cursor);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

typedef struct
{
  ObBroker *broker;
  GVariantBuilder list;
  guint n_rows;
} History;

static void
on_history_row (const ObJournalRow *row, gpointer user_data)
{
  History *history = user_data;

  history->n_rows++;
  g_variant_builder_add_value (&history->list, ob_document_journal_row (history->broker, row));
}

static gboolean
has_upload (ObUploadsAdapter *adapter, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (adapter->broker, id, error);

  return upload != NULL;
}

static gboolean
on_history (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *id, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  History history = { .broker = adapter->broker };
  g_autoptr (GError) error = NULL;

  g_variant_builder_init (&history.list, G_VARIANT_TYPE ("aa{sv}"));
  if (!ob_journal_read (ob_broker_get_database (adapter->broker), *id ? id : NULL, *id ? HISTORY_ROWS : LOG_ROWS,
                        on_history_row, &history, &error)
      || (*id && history.n_rows == 0 && !has_upload (adapter, id, &error)))
    {
      g_variant_builder_clear (&history.list);
      return fail (invocation, error);
    }
  outbox_dbus_uploads_complete_history (skeleton, invocation, g_variant_builder_end (&history.list));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- Commands --- */

static gboolean
command (gpointer user_data, GDBusMethodInvocation *invocation, ObCommand what, const char *const *ids, gint value)
{
  ob_broker_command (((ObUploadsAdapter *) user_data)->broker, what, ids, value, ob_adapter_reply, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_pause (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return command (user_data, invocation, OB_COMMAND_PAUSE, ids, 0);
}

static gboolean
on_resume (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return command (user_data, invocation, OB_COMMAND_RESUME, ids, 0);
}

static gboolean
on_retry (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return command (user_data, invocation, OB_COMMAND_RETRY, ids, 0);
}

static gboolean
on_remove (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return command (user_data, invocation, OB_COMMAND_REMOVE, ids, 0);
}

static gboolean
on_set_priority (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gint priority,
                 gpointer user_data)
{
  return command (user_data, invocation, OB_COMMAND_SET_PRIORITY, ids, priority);
}

/* --- Watchers --- */

static void
tell (ObUploadsAdapter *adapter, const char *sender, const char *signal, GVariant *parameters)
{
  (void) g_dbus_connection_emit_signal (adapter->connection, sender, OUTBOX_OBJECT_PATH, UPLOADS_INTERFACE, signal,
                                        parameters, NULL);
}

static gboolean
matches (const Filter *filter, const ObUpload *upload)
{
  return (!filter->group || g_strcmp0 (filter->group, upload->group) == 0)
         && (!filter->app || g_str_equal (filter->app, upload->app))
         && (!filter->destination || g_str_equal (filter->destination, upload->destination));
}

static void
tell_upload (ObUploadsAdapter *adapter, const char *signal, const ObUpload *upload)
{
  g_autoptr (GVariant) parameters = NULL;
  GHashTableIter iter;
  gpointer sender, filter;

  g_hash_table_iter_init (&iter, adapter->watchers);
  while (g_hash_table_iter_next (&iter, &sender, &filter))
    {
      if (!matches (filter, upload))
        continue;
      if (!parameters)
        parameters = g_variant_ref_sink (g_variant_new ("(@a{sv})", ob_document_upload (adapter->broker, upload)));
      tell (adapter, sender, signal, parameters);
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
on_removed (ObBroker *broker, const char *id, gint64 number, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, number);
  GHashTableIter iter;
  gpointer sender;

  g_hash_table_iter_init (&iter, adapter->watchers);
  while (g_hash_table_iter_next (&iter, &sender, NULL))
    tell (adapter, sender, "Removed", g_variant_new ("(ss)", id, sequence));
}

static void
on_holds_changed (ObBroker *broker, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autofree char *sequence = ob_broker_dup_sequence (broker, ob_broker_get_last_sequence (broker));
  GHashTableIter iter;
  gpointer sender;

  g_hash_table_iter_init (&iter, adapter->watchers);
  while (g_hash_table_iter_next (&iter, &sender, NULL))
    tell (adapter, sender, "HoldsChanged", g_variant_new ("(@aa{sv}s)", ob_document_holds (broker), sequence));
}

typedef struct
{
  ObUploadsAdapter *adapter;
  const char *sender;
  const Filter *filter;
} Replay;

static void
on_replayed (const char *id, gint64 last_sequence, gpointer user_data)
{
  Replay *replay = user_data;
  ObBroker *broker = replay->adapter->broker;
  g_autoptr (ObUpload) upload = ob_broker_get (broker, id, NULL);
  g_autofree char *sequence = NULL;

  if (upload && matches (replay->filter, upload))
    tell (replay->adapter, replay->sender, "Changed", g_variant_new ("(@a{sv})", ob_document_upload (broker, upload)));
  else if (!upload)
    {
      sequence = ob_broker_dup_sequence (broker, last_sequence);
      tell (replay->adapter, replay->sender, "Removed", g_variant_new ("(ss)", id, sequence));
    }
}

/* Signals what changed after a sequence of this epoch. Errors: InvalidArgument. */
static gboolean
replay (ObUploadsAdapter *adapter, const char *sender, const Filter *filter, const char *after, GError **error)
{
  Replay what = { adapter, sender, filter };
  g_auto (GStrv) parts = g_strsplit (after, "-", 2);
  gint64 epoch, number;

  if (g_strv_length (parts) != 2 || !g_ascii_string_to_signed (parts[0], 10, 0, G_MAXINT64, &epoch, NULL)
      || !g_ascii_string_to_signed (parts[1], 10, 0, G_MAXINT64, &number, NULL))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "after: not a sequence that was given out");
      return FALSE;
    }
  /* The past of another epoch is gone: whoever sees the new one lists anew. */
  if (epoch != ob_database_get_epoch (ob_broker_get_database (adapter->broker)))
    return TRUE;

  return ob_journal_read_since (ob_broker_get_database (adapter->broker), number, on_replayed, &what, error);
}

typedef struct
{
  ObUploadsAdapter *adapter;
  GDBusMethodInvocation *invocation;
  Filter *filter;
  char *after;
} WatchCall;

static void
on_watcher_found (const char *app, const GError *error, gpointer user_data)
{
  WatchCall *call = user_data;
  ObUploadsAdapter *adapter = call->adapter;
  const char *sender = g_dbus_method_invocation_get_sender (call->invocation);
  g_autoptr (GError) own_error = NULL;
  g_autofree char *sequence = ob_broker_dup_sequence (adapter->broker, ob_broker_get_last_sequence (adapter->broker));

  if (!app)
    g_dbus_method_invocation_return_gerror (call->invocation, error);
  else if (*call->after && !replay (adapter, sender, call->filter, call->after, &own_error))
    g_dbus_method_invocation_return_gerror (call->invocation, own_error);
  else
    {
      g_hash_table_replace (adapter->watchers, g_strdup (sender), g_steal_pointer (&call->filter));
      outbox_dbus_uploads_complete_watch (adapter->skeleton, call->invocation, sequence);
    }
  g_clear_pointer (&call->filter, filter_free);
  g_free (call->after);
  g_free (call);
}

static gboolean
on_watch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *options, const char *after,
          gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GError) error = NULL;
  Filter *filter = read_filter (options, watch_options, &error);
  WatchCall *call;

  if (!filter)
    return fail (invocation, error);
  call = g_new0 (WatchCall, 1);
  call->adapter = adapter;
  call->invocation = invocation;
  call->filter = filter;
  call->after = g_strdup (after);
  /* Asked for so that its leaving is noticed. */
  ob_callers_find (adapter->callers, g_dbus_method_invocation_get_sender (invocation), on_watcher_found, call);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_unwatch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;

  (void) g_hash_table_remove (adapter->watchers, g_dbus_method_invocation_get_sender (invocation));
  outbox_dbus_uploads_complete_unwatch (skeleton, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_caller_gone (const char *sender, gpointer user_data)
{
  (void) g_hash_table_remove (((ObUploadsAdapter *) user_data)->watchers, sender);
}

/* --- Life --- */

ObUploadsAdapter *
ob_uploads_adapter_new (ObBroker *broker)
{
  const char *const refused[] = { "handle-create", "handle-commit",    "handle-send-now", "handle-amend",
                                  "handle-verify", "handle-thumbnail", NULL };
  ObUploadsAdapter *adapter = g_new0 (ObUploadsAdapter, 1);

  adapter->broker = broker;
  adapter->skeleton = outbox_dbus_uploads_skeleton_new ();
  adapter->watchers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) filter_free);
  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), refused);
  g_object_connect (adapter->skeleton, "signal::handle-submit", on_submit, adapter, "signal::handle-get", on_get,
                    adapter, "signal::handle-list", on_list, adapter, "signal::handle-history", on_history, adapter,
                    "signal::handle-pause", on_pause, adapter, "signal::handle-resume", on_resume, adapter,
                    "signal::handle-retry", on_retry, adapter, "signal::handle-remove", on_remove, adapter,
                    "signal::handle-set-priority", on_set_priority, adapter, "signal::handle-watch", on_watch, adapter,
                    "signal::handle-unwatch", on_unwatch, adapter, NULL);
  g_object_connect (broker, "signal::added", on_added, adapter, "signal::changed", on_changed, adapter,
                    "signal::removed", on_removed, adapter, "signal::holds-changed", on_holds_changed, adapter, NULL);

  return adapter;
}

gboolean
ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error)
{
  adapter->connection = g_object_ref (connection);
  adapter->callers = ob_callers_new (connection, on_caller_gone, adapter);

  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), connection,
                                           OUTBOX_OBJECT_PATH, error);
}

void
ob_uploads_adapter_free (ObUploadsAdapter *adapter)
{
  g_signal_handlers_disconnect_by_data (adapter->broker, adapter);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (adapter->skeleton));
  g_object_unref (adapter->skeleton);
  g_clear_pointer (&adapter->callers, ob_callers_free);
  g_clear_object (&adapter->connection);
  g_hash_table_unref (adapter->watchers);
  g_free (adapter);
}
