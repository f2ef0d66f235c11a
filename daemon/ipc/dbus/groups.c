/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Groups. A sandboxed caller sees the groups in which it has uploads, and of them only those; it commands
 * a group that is all its own. Main thread.
 */
#include "dbus/error.h"
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

static gboolean
read_list (GVariant *options, const ObCaller *caller, const char **app, const char **cursor, guint *limit,
           GError **error)
{
  const char *own = get_own_app (caller, OB_OPERATION_LOOK);

  *app = own;
  *cursor = "";
  *limit = LIST_DEFAULT;
  if (!ob_options_check (options, list_options, error))
    return FALSE;
  (void) g_variant_lookup (options, "app", "&s", app);
  (void) g_variant_lookup (options, "cursor", "&s", cursor);
  (void) g_variant_lookup (options, "limit", "u", limit);
  if (own && !g_str_equal (*app, own))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "app: %s sees its own uploads alone", own);
  else if (*limit < 1 || *limit > LIST_MAX)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "limit: 1 to %d", LIST_MAX);
  else
    return TRUE;

  return FALSE;
}

static void
list (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (g_dbus_method_invocation_get_parameters (invocation), 0);
  g_autoptr (GArray) groups = NULL;
  g_autoptr (GError) error = NULL;
  const char *app, *cursor;
  GVariantBuilder documents;
  guint limit;

  if (read_list (options, caller, &app, &cursor, &limit, &error))
    groups = ob_broker_list_groups (broker, app, cursor, limit, &error);
  if (!groups)
    {
      g_dbus_method_invocation_return_gerror (invocation, error);
      return;
    }
  g_variant_builder_init (&documents, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < groups->len; i++)
    g_variant_builder_add_value (&documents, ob_document_group (&g_array_index (groups, ObGroupStatus, i)));
  cursor = groups->len == limit ? g_array_index (groups, ObGroupStatus, limit - 1).group->key : "";
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(aa{sv}s)", &documents, cursor));
}

static void
get (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_auto (ObGroupStatus) group = { 0 };
  g_autoptr (GError) error = NULL;
  const char *key;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &key);
  if (ob_broker_get_group (broker, key, get_own_app (caller, OB_OPERATION_LOOK), &group, &error))
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", ob_document_group (&group)));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static guint64
count_all (const ObGroupStatus *group)
{
  guint64 n_all = 0;

  for (guint i = 0; i < OUTBOX_N_STATES; i++)
    n_all += group->uploads[i];

  return n_all;
}

/* Whether all of them are the caller's to command. */
static gboolean
may_command (ObBroker *broker, const ObCaller *caller, const char *const *keys, GError **error)
{
  const char *app = get_own_app (caller, OB_OPERATION_COMMAND);

  for (; app && *keys; keys++)
    {
      g_auto (ObGroupStatus) own = { 0 };
      g_auto (ObGroupStatus) whole = { 0 };

      if (!ob_broker_get_group (broker, *keys, app, &own, error)
          || !ob_broker_get_group (broker, *keys, NULL, &whole, error))
        return FALSE;
      if (count_all (&own) < count_all (&whole))
        {
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "%s commands its own uploads alone", app);
          return FALSE;
        }
    }

  return TRUE;
}

static void
command (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);
  g_autofree const char **keys = NULL;
  g_autoptr (GError) error = NULL;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(^a&s)", &keys);
  if (!may_command (broker, caller, keys, &error))
    g_dbus_method_invocation_return_gerror (invocation, error);
  else if (g_str_equal (method, "SendNow"))
    ob_broker_send_groups_now (broker, keys, ob_adapter_reply, invocation);
  else
    ob_broker_pause_groups (broker, keys, g_str_equal (method, "Pause"), ob_adapter_reply, invocation);
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

/* Of all methods that take keys. */
static gboolean
on_command (OutboxDBusGroups *skeleton, GDBusMethodInvocation *invocation, const char *const *keys, gpointer user_data)
{
  const char *method = g_dbus_method_invocation_get_method_name (invocation);

  return admit (user_data, invocation, g_str_equal (method, "SendNow") ? OB_OPERATION_SEND_NOW : OB_OPERATION_COMMAND,
                command);
}

GDBusInterfaceSkeleton *
ob_groups_adapter_new (const ObAdapterContext *context)
{
  OutboxDBusGroups *skeleton = outbox_dbus_groups_skeleton_new ();

  g_object_connect (skeleton, "signal::handle-list", on_list, context, "signal::handle-get", on_get, context,
                    "signal::handle-pause", on_command, context, "signal::handle-resume", on_command, context,
                    "signal::handle-send-now", on_command, context, NULL);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
