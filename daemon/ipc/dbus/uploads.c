/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Uploads: its requests, and the subscribers that its signals go to. Main thread.
 */
#include "ipc/dbus/uploads.h"

#include "dbus/names.h"
#include "ipc/dbus/subscribers.h"

struct _ObUploadsAdapter
{
  const ObAdapterContext *context;
  OutboxDBusUploads *skeleton;
  ObSubscribers *subscribers;
};

static void
on_watching (const char *sequence, const GError *error, gpointer user_data)
{
  GDBusMethodInvocation *invocation = user_data;

  if (sequence)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(s)", sequence));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

typedef struct
{
  ObUploadsAdapter *adapter;
  GDBusMethodInvocation *invocation;
} Call;

static void
on_caller_found (const ObCaller *caller, const GError *error, gpointer user_data)
{
  g_autofree Call *call = user_data;
  g_autoptr (GVariant) options = NULL;
  const char *after;

  if (!caller)
    {
      on_watching (NULL, error, call->invocation);
      return;
    }
  g_variant_get (g_dbus_method_invocation_get_parameters (call->invocation), "(@a{sv}&s)", &options, &after);
  ob_subscribers_add (call->adapter->subscribers, g_dbus_method_invocation_get_sender (call->invocation), caller,
                      options, after, on_watching, call->invocation);
}

static gboolean
on_watch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, GVariant *options, const char *after,
          gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;
  Call *call = g_new (Call, 1);

  *call = (Call){ adapter, invocation };
  ob_callers_find (adapter->context->callers, g_dbus_method_invocation_get_sender (invocation), on_caller_found, call);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_unwatch (OutboxDBusUploads *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObUploadsAdapter *adapter = user_data;

  ob_subscribers_remove (adapter->subscribers, g_dbus_method_invocation_get_sender (invocation));
  outbox_dbus_uploads_complete_unwatch (skeleton, invocation);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
on_caller_gone (const char *sender, gpointer user_data)
{
  ob_subscribers_remove (((ObUploadsAdapter *) user_data)->subscribers, sender);
}

/* --- Life --- */

ObUploadsAdapter *
ob_uploads_adapter_new (const ObAdapterContext *context)
{
  const char *const own[] = { "Watch", "Unwatch", NULL };
  ObUploadsAdapter *adapter = g_new0 (ObUploadsAdapter, 1);

  adapter->context = context;
  ob_callers_watch (context->callers, on_caller_gone, adapter);
  adapter->skeleton = outbox_dbus_uploads_skeleton_new ();
  adapter->subscribers = ob_subscribers_new (context->feed);
  ob_adapter_connect (context, G_DBUS_INTERFACE_SKELETON (adapter->skeleton), own);
  g_signal_connect (adapter->skeleton, "handle-watch", G_CALLBACK (on_watch), adapter);
  g_signal_connect (adapter->skeleton, "handle-unwatch", G_CALLBACK (on_unwatch), adapter);

  return adapter;
}

gboolean
ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error)
{
  ob_subscribers_set_connection (adapter->subscribers, connection);

  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), connection,
                                           OUTBOX_OBJECT_PATH, error);
}

void
ob_uploads_adapter_end_watches (ObUploadsAdapter *adapter)
{
  ob_subscribers_end_all (adapter->subscribers);
}

void
ob_uploads_adapter_free (ObUploadsAdapter *adapter)
{
  ob_subscribers_free (adapter->subscribers);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (adapter->skeleton));
  g_object_unref (adapter->skeleton);
  ob_callers_watch (adapter->context->callers, NULL, NULL);
  g_free (adapter);
}
