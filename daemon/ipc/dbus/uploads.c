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
  ObBroker *broker;   /* borrowed, as is the next */
  ObCallers *callers;
  OutboxDBusUploads *skeleton;
  GDBusConnection *connection;
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

static gboolean
admit (gpointer user_data, GDBusMethodInvocation *invocation, ObOperation operation, ObAdapterCall call)
{
  return ob_adapter_admit (((ObUploadsAdapter *) user_data)->callers, invocation, operation, call, user_data);
}

/* An upload that the caller may not see is to it as if it were not there. Errors: NotFound, Storage. */
static ObUpload *
find_upload (ObUploadsAdapter *adapter, const ObCaller *caller, ObOperation operation, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (adapter->broker, id, error);

  if (!upload || ob_access_get (caller, operation) == OB_ACCESS_ALL || g_str_equal (upload->app, caller->app))
    return g_steal_pointer (&upload);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "There is no upload %s", id);

  return NULL;
}

/* --- Submit --- */

static void
on_submitted (const char *id, const GError *error, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;

  if (id)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", id));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
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

static void
submit (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  GUnixFDList *fds = g_dbus_message_get_unix_fd_list (g_dbus_method_invocation_get_message (invocation));
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GVariant) metadata = NULL;
  g_autoptr (GError) error = NULL;
  ObSubmission submission = { .app = caller->app };
  gint32 handle;
  int fd;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(h@a{sv})", &handle, &options);
  if (!ob_options_check (options, submit_options, &error)
      || (fd = take_descriptor (invocation, fds, handle, &error)) < 0)
    {
      (void) fail (invocation, error);
      return;
    }
  metadata = g_variant_lookup_value (options, "metadata", G_VARIANT_TYPE ("a{ss}"));
  submission.metadata = metadata;
  (void) g_variant_lookup (options, "key", "&s", &submission.key);
  (void) g_variant_lookup (options, "name", "&s", &submission.name);
  (void) g_variant_lookup (options, "media_type", "&s", &submission.media_type);
  (void) g_variant_lookup (options, "sha256", "&s", &submission.sha256);
  (void) g_variant_lookup (options, "group", "&s", &submission.group);
  (void) g_variant_lookup (options, "group_title", "&s", &submission.group_title);
  (void) g_variant_lookup (options, "destination", "&s", &submission.destination);
  (void) g_variant_lookup (options, "priority", "i", &submission.priority);
  (void) g_variant_lookup (options, "form", "b", &submission.is_form);
  (void) g_variant_lookup (options, "not_before", "x", &submission.not_before_ms);
  ob_broker_submit (adapter->broker, &submission, fd, on_submitted, invocation);
}

static gboolean
on_submit (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GUnixFDList *fds, GVariant *handle,
           GVariant *options, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_SUBMIT, submit);
}

/* --- Get, List, History --- */

static void
get (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  const char *id;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &id);
  upload = find_upload (adapter, caller, OB_OPERATION_LOOK, id, &error);
  if (upload)
    outbox_dbus_uploads_complete_get (adapter->skeleton, invocation, ob_document_upload (adapter->broker, upload));
  else
    (void) fail (invocation, error);
}

static gboolean
on_get (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *id, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_LOOK, get);
}

/* What a caller asks to see, of what it may see. */
static Filter *
read_filter (GVariant *options, const ObOption *table, const ObCaller *caller, GError **error)
{
  g_autoptr (Filter) filter = g_new0 (Filter, 1);
  const char *state = NULL;

  if (!ob_options_check (options, table, error))
    return NULL;
  (void) g_variant_lookup (options, "group", "s", &filter->group);
  (void) g_variant_lookup (options, "app", "s", &filter->app);
  if (ob_access_get (caller, OB_OPERATION_LOOK) != OB_ACCESS_ALL)
    {
      if (filter->app && !g_str_equal (filter->app, caller->app))
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "app: %s sees its own uploads alone", caller->app);
          return NULL;
        }
      g_free (filter->app);
      filter->app = g_strdup (caller->app);
    }
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

static void
list_page (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GVariant) options = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (Filter) filter = read_filter (options, list_options, caller, &error);
  g_autofree char *cursor = NULL;
  GVariantBuilder list;
  gint64 after;
  guint limit;

  if (!filter || !read_page (options, &after, &limit, &error))
    {
      (void) fail (invocation, error);
      return;
    }
  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  cursor = fill_page (adapter, filter, after, limit, &list, &error);
  if (!cursor)
    {
      g_variant_builder_clear (&list);
      (void) fail (invocation, error);
      return;
    }
  outbox_dbus_uploads_complete_list (adapter->skeleton, invocation, g_variant_builder_end (&list), cursor);
}

static gboolean
on_list (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *options, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_LOOK, list_page);
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

/* The log of an upload that was removed is there for those who may read the log of all. */
static gboolean
may_read_history (ObUploadsAdapter *adapter, const ObCaller *caller, const char *id, guint n_rows, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;

  if (ob_access_get (caller, OB_OPERATION_LOG) == OB_ACCESS_ALL && (*id == '\0' || n_rows > 0))
    return TRUE;
  upload = find_upload (adapter, caller, OB_OPERATION_LOOK, id, error);

  return upload != NULL;
}

static void
history (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  History entries = { .broker = adapter->broker };
  g_autoptr (GError) error = NULL;
  const char *id;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &id);
  g_variant_builder_init (&entries.list, G_VARIANT_TYPE ("aa{sv}"));
  if (!ob_journal_read (ob_broker_get_database (adapter->broker), *id ? id : NULL, *id ? HISTORY_ROWS : LOG_ROWS,
                        on_history_row, &entries, &error)
      || !may_read_history (adapter, caller, id, entries.n_rows, &error))
    {
      g_variant_builder_clear (&entries.list);
      (void) fail (invocation, error);
      return;
    }
  outbox_dbus_uploads_complete_history (adapter->skeleton, invocation, g_variant_builder_end (&entries.list));
}

static gboolean
on_history (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *id, gpointer user_data)
{
  return admit (user_data, invocation, *id ? OB_OPERATION_LOOK : OB_OPERATION_LOG, history);
}

/* --- Commands --- */

/* Whether all of them are the caller's to command. */
static gboolean
may_command (ObUploadsAdapter *adapter, const ObCaller *caller, const char *const *ids, GError **error)
{
  if (ob_access_get (caller, OB_OPERATION_COMMAND) == OB_ACCESS_ALL)
    return TRUE;
  for (; *ids; ids++)
    {
      g_autoptr (ObUpload) upload = find_upload (adapter, caller, OB_OPERATION_COMMAND, *ids, error);

      if (!upload)
        return FALSE;
    }

  return TRUE;
}

static void
command (ObUploadsAdapter *adapter, GDBusMethodInvocation *invocation, const ObCaller *caller, ObCommand what)
{
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autofree const char **ids = NULL;
  g_autoptr (GError) error = NULL;
  gint value = 0;

  g_variant_get_child (parameters, 0, "^a&s", &ids);
  if (what == OB_COMMAND_SET_PRIORITY)
    g_variant_get_child (parameters, 1, "i", &value);
  if (may_command (adapter, caller, ids, &error))
    ob_broker_command (adapter->broker, what, ids, value, ob_adapter_reply, invocation);
  else
    (void) fail (invocation, error);
}

static void
pause_uploads (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  command (user_data, invocation, caller, OB_COMMAND_PAUSE);
}

static gboolean
on_pause (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, pause_uploads);
}

static void
resume_uploads (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  command (user_data, invocation, caller, OB_COMMAND_RESUME);
}

static gboolean
on_resume (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, resume_uploads);
}

static void
retry_uploads (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  command (user_data, invocation, caller, OB_COMMAND_RETRY);
}

static gboolean
on_retry (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, retry_uploads);
}

static void
remove_uploads (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  command (user_data, invocation, caller, OB_COMMAND_REMOVE);
}

static gboolean
on_remove (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, remove_uploads);
}

static void
set_priority (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  command (user_data, invocation, caller, OB_COMMAND_SET_PRIORITY);
}

static gboolean
on_set_priority (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, const char *const *ids, gint priority,
                 gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, set_priority);
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

static void
watch (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  g_autofree char *sequence = ob_broker_dup_sequence (adapter->broker, ob_broker_get_last_sequence (adapter->broker));
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (Filter) filter = NULL;
  const char *after;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(@a{sv}&s)", &options, &after);
  filter = read_filter (options, watch_options, caller, &error);
  if (!filter || (*after && !replay (adapter, sender, filter, after, &error)))
    {
      (void) fail (invocation, error);
      return;
    }
  g_hash_table_replace (adapter->watchers, g_strdup (sender), g_steal_pointer (&filter));
  outbox_dbus_uploads_complete_watch (adapter->skeleton, invocation, sequence);
}

static gboolean
on_watch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *options, const char *after,
          gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_LOOK, watch);
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
ob_uploads_adapter_new (const ObAdapterContext *context)
{
  const char *const refused[] = { "handle-create", "handle-commit",    "handle-send-now", "handle-amend",
                                  "handle-verify", "handle-thumbnail", NULL };
  ObUploadsAdapter *adapter = g_new0 (ObUploadsAdapter, 1);

  adapter->broker = context->broker;
  adapter->callers = context->callers;
  ob_callers_watch (adapter->callers, on_caller_gone, adapter);
  adapter->skeleton = outbox_dbus_uploads_skeleton_new ();
  adapter->watchers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) filter_free);
  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), refused);
  g_object_connect (adapter->skeleton, "signal::handle-submit", on_submit, adapter, "signal::handle-get", on_get,
                    adapter, "signal::handle-list", on_list, adapter, "signal::handle-history", on_history, adapter,
                    "signal::handle-pause", on_pause, adapter, "signal::handle-resume", on_resume, adapter,
                    "signal::handle-retry", on_retry, adapter, "signal::handle-remove", on_remove, adapter,
                    "signal::handle-set-priority", on_set_priority, adapter, "signal::handle-watch", on_watch, adapter,
                    "signal::handle-unwatch", on_unwatch, adapter, NULL);
  g_object_connect (adapter->broker, "signal::added", on_added, adapter, "signal::changed", on_changed, adapter,
                    "signal::removed", on_removed, adapter, "signal::holds-changed", on_holds_changed, adapter, NULL);

  return adapter;
}

gboolean
ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error)
{
  adapter->connection = g_object_ref (connection);

  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), connection,
                                           OUTBOX_OBJECT_PATH, error);
}

void
ob_uploads_adapter_free (ObUploadsAdapter *adapter)
{
  g_signal_handlers_disconnect_by_data (adapter->broker, adapter);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (adapter->skeleton));
  g_object_unref (adapter->skeleton);
  ob_callers_watch (adapter->callers, NULL, NULL);
  g_clear_object (&adapter->connection);
  g_hash_table_unref (adapter->watchers);
  g_free (adapter);
}
