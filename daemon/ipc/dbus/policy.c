/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Policy. Main thread.
 */
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"

static void
get (gpointer configuration, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", ob_document_policy (configuration)));
}

static const char *
get_text (GDBusMethodInvocation *invocation)
{
  const char *text;

  g_variant_get (g_dbus_method_invocation_get_parameters (invocation), "(&s)", &text);

  return text;
}

static void
set (gpointer configuration, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GError) error = NULL;

  (void) ob_configuration_write_own (configuration, get_text (invocation), &error);
  ob_adapter_reply (error, invocation);
}

static void
check (gpointer configuration, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GError) error = NULL;

  (void) ob_configuration_check (configuration, get_text (invocation), &error);
  ob_adapter_reply (error, invocation);
}

static void
explain (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload
      = ob_adapter_find_upload (broker, caller, OB_OPERATION_LOOK, get_text (invocation), &error);
  gboolean is_persons = ob_access_get (caller, OB_OPERATION_POLICY) == OB_ACCESS_ALL;

  if (upload)
    g_dbus_method_invocation_return_value (invocation,
                                           g_variant_new ("(@a{sv})",
                                                          ob_document_explanation (broker, upload, is_persons)));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static gboolean
admit (gpointer user_data, GDBusMethodInvocation *invocation, ObOperation operation, ObAdapterCall call)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, operation, call, context->configuration);
}

static gboolean
on_get (OutboxDBusPolicy *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_POLICY, get);
}

static gboolean
on_set (OutboxDBusPolicy *skeleton, GDBusMethodInvocation *invocation, const char *text, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_POLICY, set);
}

/* Its errors tell of files that only who steers may read. */
static gboolean
on_check (OutboxDBusPolicy *skeleton, GDBusMethodInvocation *invocation, const char *text, gpointer user_data)
{
  return admit (user_data, invocation, OB_OPERATION_POLICY, check);
}

static gboolean
on_explain (OutboxDBusPolicy *skeleton, GDBusMethodInvocation *invocation, const char *id, gpointer user_data)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, OB_OPERATION_LOOK, explain, context->broker);
}

GDBusInterfaceSkeleton *
ob_policy_adapter_new (const ObAdapterContext *context)
{
  OutboxDBusPolicy *skeleton = outbox_dbus_policy_skeleton_new ();

  g_signal_connect (skeleton, "handle-get", G_CALLBACK (on_get), (gpointer) context);
  g_signal_connect (skeleton, "handle-set", G_CALLBACK (on_set), (gpointer) context);
  g_signal_connect (skeleton, "handle-check", G_CALLBACK (on_check), (gpointer) context);
  g_signal_connect (skeleton, "handle-explain", G_CALLBACK (on_explain), (gpointer) context);
  g_signal_connect_object (context->configuration, "changed", G_CALLBACK (outbox_dbus_policy_emit_changed), skeleton,
                           G_CONNECT_SWAPPED);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
