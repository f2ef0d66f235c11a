/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Uploads: calls to commands. Main thread.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "ipc/app.h"
#include "ipc/dbus/adapters.h"
#include "ipc/dbus/watchers.h"
#include "ipc/document.h"
#include "ipc/submit-options.h"
#include "store/short-id.h"

#include <gio/gunixfdlist.h>
#include <unistd.h>

#define LOG_ROWS 200
#define HISTORY_ROWS 1000

struct _ObUploadsAdapter
{
  ObBroker *broker; /* borrowed, as is the next */
  ObCallers *callers;
  OutboxDBusUploads *skeleton;
  ObWatchers *watchers;
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

/* --- Submit --- */

static gboolean
may_have_priority (const ObCaller *caller, gint priority, GError **error)
{
  return priority <= OB_PRIORITY_OF_APPS || ob_access_check (caller, OB_OPERATION_GO_FIRST, "priority", error);
}

/* A program of the host may hand over for another app, as a script does that has a name of its own. */
static gboolean
may_be_of_app (const ObCaller *caller, const char *app, GError **error)
{
  if (!g_str_equal (app, caller->app) && !ob_access_check (caller, OB_OPERATION_NAME_APP, "app", error))
    return FALSE;
  if (ob_app_is_name (app))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               "app: 1 to %d bytes, without a slash or control characters", OB_APP_MAX_BYTES);

  return FALSE;
}

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
  ObSubmission submission = { .app = caller->app, .group_app = caller->is_sandboxed ? caller->app : NULL };
  gint32 handle;
  int fd;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(h@a{sv})", &handle, &options);
  if (!ob_submit_options_read (options, &submission, &metadata, &error)
      || !may_have_priority (caller, submission.priority, &error) || !may_be_of_app (caller, submission.app, &error)
      || (fd = take_descriptor (invocation, fds, handle, &error)) < 0)
    {
      (void) fail (invocation, error);
      return;
    }
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
  g_autofree char *whole = NULL;
  const char *id;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &id);
  /* Apps know their ids; a part of one is what people type, who may see all. */
  if (!g_uuid_string_is_valid (id) && ob_access_get (caller, OB_OPERATION_LOOK) == OB_ACCESS_ALL)
    whole = ob_short_id_find (ob_broker_get_database (adapter->broker), id, &error);
  if (!error)
    upload = ob_adapter_find_upload (adapter->broker, caller, OB_OPERATION_LOOK, whole ? whole : id, &error);
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

static void
list_page (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  g_autoptr (GVariant) options = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObFilter) filter = ob_filter_read_list (options, caller, &error);
  g_autofree char *cursor = NULL;
  GVariantBuilder list;

  g_variant_builder_init (&list, G_VARIANT_TYPE ("aa{sv}"));
  if (filter)
    cursor = ob_filter_list (filter, adapter->broker, options, &list, &error);
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

/* @id: empty: of everything */
static gboolean
read_history (ObBroker *broker, const char *id, History *entries, GError **error)
{
  ObDatabase *database = ob_broker_get_database (broker);
  g_autoptr (ObUpload) upload = *id ? ob_broker_get (broker, id, NULL) : NULL;
  g_autofree char *lane = upload ? ob_broker_dup_lane_key (upload->destination, upload->rule) : NULL;
  g_autofree char *group = upload && upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;
  const ObJournalCover cover = { .destination = upload ? upload->destination : NULL,
                                 .lane = lane,
                                 .group = group,
                                 .last = !upload                            ? 0
                                         : upload->stored == OB_STORED_DONE ? upload->sequence
                                                                            : G_MAXINT64 };

  return *id ? ob_journal_read_history (database, id, &cover, HISTORY_ROWS, on_history_row, entries, error)
             : ob_journal_read (database, LOG_ROWS, on_history_row, entries, error);
}

/* The log of an upload that was removed is there for its app, and for those who may read the log of all. */
static gboolean
may_read_history (ObUploadsAdapter *adapter, const ObCaller *caller, const char *id, guint n_rows, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;

  if (ob_access_get (caller, OB_OPERATION_LOG) == OB_ACCESS_ALL && (*id == '\0' || n_rows > 0))
    return TRUE;
  if (ob_journal_is_of_app (ob_broker_get_database (adapter->broker), id, caller->app))
    return TRUE;
  upload = ob_adapter_find_upload (adapter->broker, caller, OB_OPERATION_LOOK, id, error);

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
  if (!read_history (adapter->broker, id, &entries, &error)
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

/* The methods that take ids, by their names. */
static const char *const command_names[] = {
  [OB_COMMAND_PAUSE] = "Pause",   [OB_COMMAND_RESUME] = "Resume",    [OB_COMMAND_RETRY] = "Retry",
  [OB_COMMAND_REMOVE] = "Remove", [OB_COMMAND_SEND_NOW] = "SendNow", [OB_COMMAND_SET_PRIORITY] = "SetPriority",
};

/* Of an upload that it may not see, an app hears that there is none, whatever it asks of it. */
static gboolean
may_set (ObUploadsAdapter *adapter, const ObCaller *caller, const char *id, gint value, GError **error)
{
  g_autoptr (ObUpload) upload = NULL;

  if (may_have_priority (caller, value, NULL))
    return TRUE;
  upload = id ? ob_adapter_find_upload (adapter->broker, caller, OB_OPERATION_COMMAND, id, error) : NULL;

  return (upload || !id) && may_have_priority (caller, value, error);
}

static void
command (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  GVariant *parameters = g_dbus_method_invocation_get_parameters (invocation);
  g_autofree const char **ids = NULL;
  g_autoptr (GError) error = NULL;
  ObCommand what = OB_COMMAND_PAUSE;
  gint value = 0;

  while (!g_str_equal (command_names[what], g_dbus_method_invocation_get_method_name (invocation)))
    what++;
  g_variant_get_child (parameters, 0, "^a&s", &ids);
  if (what == OB_COMMAND_SET_PRIORITY)
    g_variant_get_child (parameters, 1, "i", &value);
  if (may_set (adapter, caller, ids[0], value, &error))
    ob_broker_command_of_app (adapter->broker,
                              ob_access_get (caller, OB_OPERATION_COMMAND) == OB_ACCESS_ALL ? NULL : caller->app, what,
                              ids, value, ob_adapter_reply, invocation);
  else
    (void) fail (invocation, error);
}

/* Connected swapped: the invocation comes second in each of these signals, whatever follows it. */
static gboolean
on_command (gpointer adapter, GDBusMethodInvocation *invocation)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);

  return admit (adapter, invocation, g_str_equal (method, "SendNow") ? OB_OPERATION_SEND_NOW : OB_OPERATION_COMMAND,
                command);
}

/* --- Watch --- */

static void
on_watching (const char *sequence, const GError *error, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;

  if (sequence)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", sequence));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static void
watch (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ObUploadsAdapter *adapter = user_data;
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  g_autoptr (GVariant) options = NULL;
  g_autoptr (GError) error = NULL;
  ObFilter *filter;
  const char *after;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(@a{sv}&s)", &options, &after);
  filter = ob_filter_read_watch (options, caller, &error);
  if (filter)
    ob_watchers_add (adapter->watchers, sender, filter, after, on_watching, invocation);
  else
    (void) fail (invocation, error);
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

  ob_watchers_remove (adapter->watchers, g_dbus_method_invocation_get_sender (invocation));
  outbox_dbus_uploads_complete_unwatch (skeleton, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_caller_gone (const char *sender, gpointer user_data)
{
  ob_watchers_remove (((ObUploadsAdapter *) user_data)->watchers, sender);
}

/* --- Life --- */

ObUploadsAdapter *
ob_uploads_adapter_new (const ObAdapterContext *context)
{
  const char *const refused[]
      = { "handle-create", "handle-commit", "handle-amend", "handle-verify", "handle-thumbnail", NULL };
  ObUploadsAdapter *adapter = g_new0 (ObUploadsAdapter, 1);

  adapter->broker = context->broker;
  adapter->callers = context->callers;
  ob_callers_watch (adapter->callers, on_caller_gone, adapter);
  adapter->skeleton = outbox_dbus_uploads_skeleton_new ();
  adapter->watchers = ob_watchers_new (adapter->broker);
  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), refused);
  g_object_connect (adapter->skeleton, "signal::handle-submit", on_submit, adapter, "signal::handle-get", on_get,
                    adapter, "signal::handle-list", on_list, adapter, "signal::handle-history", on_history, adapter,
                    "signal::handle-watch", on_watch, adapter, "signal::handle-unwatch", on_unwatch, adapter,
                    "swapped_signal::handle-pause", on_command, adapter, "swapped_signal::handle-resume", on_command,
                    adapter, "swapped_signal::handle-retry", on_command, adapter, "swapped_signal::handle-remove",
                    on_command, adapter, "swapped_signal::handle-send-now", on_command, adapter,
                    "swapped_signal::handle-set-priority", on_command, adapter, NULL);

  return adapter;
}

gboolean
ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error)
{
  ob_watchers_set_connection (adapter->watchers, connection);

  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), connection,
                                           OUTBOX_OBJECT_PATH, error);
}

void
ob_uploads_adapter_free (ObUploadsAdapter *adapter)
{
  ob_watchers_free (adapter->watchers);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (adapter->skeleton));
  g_object_unref (adapter->skeleton);
  ob_callers_watch (adapter->callers, NULL, NULL);
  g_free (adapter);
}
