/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Groups. A sandboxed caller knows its own groups alone. Main thread.
 */
#include "dbus/error.h"
#include "ipc/cursor.h"
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"
#include "ipc/options.h"

#define LIST_DEFAULT 100
#define LIST_MAX 1000

static const ObOption list_options[] = {
  { "app", "s" },
  { "cursor", "s" },
  { "limit", "u" },
  { NULL, NULL },
};

/* Returns: (nullable): the app whose uploads alone the caller may know of. */
static const char *
get_own_app (const ObCaller *caller, ObOperation operation)
{
  return ob_access_get (caller, operation) == OB_ACCESS_ALL ? NULL : caller->app;
}

/* @after_app: (out) (transfer full). The strings of @filter live as long as it and @options. */
static gboolean
read_list (GVariant *options, const ObCaller *caller, ObGroupsFilter *filter, char **after_app, GError **error)
{
  const char *own = get_own_app (caller, OB_OPERATION_LOOK);
  const char *cursor = "";

  *filter = (ObGroupsFilter){ .app = own, .limit = LIST_DEFAULT };
  if (!ob_options_check (options, list_options, error))
    return FALSE;
  (void) g_variant_lookup (options, "app", "&s", &filter->uploader);
  (void) g_variant_lookup (options, "cursor", "&s", &cursor);
  (void) g_variant_lookup (options, "limit", "u", &filter->limit);
  if (own && filter->uploader && !g_str_equal (filter->uploader, own))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "app: %s sees its own uploads alone", own);
  else if (filter->limit < 1 || filter->limit > LIST_MAX)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "limit: 1 to %d", LIST_MAX);
  else if (ob_cursor_read_group (cursor, after_app, &filter->after_key, error))
    {
      filter->after_app = *after_app;
      return TRUE;
    }

  return FALSE;
}

static void
list (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 0);
  g_autoptr (GArray) groups = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *after_app = NULL;
  g_autofree char *cursor = NULL;
  ObGroupsFilter filter;
  GVariantBuilder documents;

  if (read_list (options, caller, &filter, &after_app, &error))
    groups = ob_broker_list_groups (broker, &filter, &error);
  if (!groups)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < groups->len; i++)
    g_variant_builder_add_value (&documents, ob_document_group (&g_array_index (groups, ObGroupStatus, i)));
  if (groups->len == filter.limit)
    {
      const ObGroup *last = g_array_index (groups, ObGroupStatus, groups->len - 1).group;

      cursor = ob_cursor_dup_group (last->app, last->key);
    }
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(aa{sv}s)", &documents, cursor ? cursor : ""));
}

static void
get (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_auto (ObGroupStatus) group = { 0 };
  g_autoptr (GError) error = NULL;
  const char *name;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &name);
  if (ob_broker_get_group (broker, get_own_app (caller, OB_OPERATION_LOOK), name, &group, &error))
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", ob_document_group (&group)));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static void
send_now (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autofree const char **names = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(^a&s)", &names);
  ob_broker_send_groups_now (broker, names, ob_adapter_reply, invocation);
}

static void
pause_or_resume (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  gboolean is_pause = g_str_equal (g_dbus_method_invocation_get_method_name (invocation), "Pause");
  g_autofree const char **names = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(^a&s)", &names);
  ob_broker_pause_groups (broker, get_own_app (caller, OB_OPERATION_COMMAND), names, is_pause, ob_adapter_reply,
                          invocation);
}

static gboolean
admit (gpointer user_data, GDBusMethodInvocation *invocation, ObOperation operation, ObAdapterCall call)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, operation, call, context->broker);
}

static gboolean
on_list (OutboxDBusGroups *skeleton, GDBusMethodInvocation *invocation, GVariant *filter, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_LOOK, list);
}

static gboolean
on_get (OutboxDBusGroups *skeleton, GDBusMethodInvocation *invocation, const char *key, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_LOOK, get);
}

static gboolean
on_send_now (OutboxDBusGroups *skeleton, GDBusMethodInvocation *invocation, const char *const *keys, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_SEND_NOW, send_now);
}

/* Of both. */
static gboolean
on_pause (OutboxDBusGroups *skeleton, GDBusMethodInvocation *invocation, const char *const *keys, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_COMMAND, pause_or_resume);
}

GDBusInterfaceSkeleton *
ob_groups_adapter_new (const ObAdapterContext *context)
{
  OutboxDBusGroups *skeleton = outbox_dbus_groups_skeleton_new ();

  g_object_connect (skeleton, "signal::handle-list", on_list, context, "signal::handle-get", on_get, context,
                    "signal::handle-pause", on_pause, context, "signal::handle-resume", on_pause, context,
                    "signal::handle-send-now", on_send_now, context, NULL);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
