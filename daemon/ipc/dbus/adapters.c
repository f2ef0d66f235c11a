/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the adapters share, and the interfaces of which this version does nothing. Main thread.
 */
#include "ipc/dbus/adapters.h"

#include "base/text.h"
#include "dbus/error.h"

/* The invocation is the first argument of every one of these signals, whatever follows it. */
static gboolean
on_refused (gpointer skeleton, GDBusMethodInvocation *invocation)
{
  g_dbus_method_invocation_return_error (invocation, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED,
                                         "This version does not do %s.%s",
                                         g_dbus_method_invocation_get_interface_name (invocation),
                                         g_dbus_method_invocation_get_method_name (invocation));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

void
ob_adapter_refuse (GDBusInterfaceSkeleton *skeleton, const char *const *signals)
{
  for (; *signals; signals++)
    g_signal_connect (skeleton, *signals, G_CALLBACK (on_refused), NULL);
}

typedef struct
{
  GDBusMethodInvocation *invocation;
  ObOperation operation;
  ObAdapterCall call;
  gpointer user_data;
} Admission;

static void
on_caller_found (const ObCaller *caller, const GError *error, gpointer user_data)
{
  g_autofree Admission *admission = user_data;

  if (!caller)
    g_dbus_method_invocation_return_gerror (admission->invocation, error);
  else if (ob_access_get (caller, admission->operation) == OB_ACCESS_NONE)
    g_dbus_method_invocation_return_error (admission->invocation, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                                           "%s may not do that", caller->app);
  else
    admission->call (admission->user_data, admission->invocation, caller);
}

gboolean
ob_adapter_admit (ObCallers *callers, GDBusMethodInvocation *invocation, ObOperation operation, ObAdapterCall call,
                  gpointer user_data)
{
  Admission *admission = g_new (Admission, 1);

  *admission = (Admission){ invocation, operation, call, user_data };
  ob_callers_find (callers, g_dbus_method_invocation_get_sender (invocation), on_caller_found, admission);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

void
ob_adapter_reply (const GError *error, gpointer invocation)
{
  if (error)
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_method_invocation_return_value (invocation, NULL);
}

ObUpload *
ob_adapter_find_upload (ObBroker *broker, const ObCaller *caller, ObOperation operation, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (broker, id, error);

  if (!upload || ob_access_get (caller, operation) == OB_ACCESS_ALL || g_str_equal (upload->app, caller->app))
    return g_steal_pointer (&upload);
  ob_text_set_not_found (error, "upload", id);

  return NULL;
}

GDBusInterfaceSkeleton *
ob_access_adapter_new (void)
{
  const char *const signals[] = { "handle-list-apps", "handle-approve", "handle-deny", "handle-revoke", NULL };
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (outbox_dbus_access_skeleton_new ());

  ob_adapter_refuse (skeleton, signals);

  return skeleton;
}
