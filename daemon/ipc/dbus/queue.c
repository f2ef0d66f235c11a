/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Queue. Main thread.
 */
#include "dbus/error.h"
#include "dbus/names.h"
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"

#define TELL_EVERY_MS 250

struct _ObQueueAdapter
{
  ObBroker *broker;   /* borrowed */
  ObCallers *callers; /* borrowed */
  OutboxDBusQueue *skeleton;
  guint timer; /* until the summary may be told again */
};

static void
pause_queue (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_set_paused (broker, TRUE, ob_adapter_reply, invocation);
}

static gboolean
on_pause (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_STEER, pause_queue, adapter->broker);
}

static void
resume_queue (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_set_paused (broker, FALSE, ob_adapter_reply, invocation);
}

static gboolean
on_resume (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_STEER, resume_queue, adapter->broker);
}

static void
allow_network (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_allow_network (broker, ob_adapter_reply, invocation);
}

static gboolean
on_allow_network (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_STEER, allow_network, adapter->broker);
}

static void
summarise (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_autoptr (GError) error = NULL;
  GVariant *summary = ob_document_summary (broker, &error);

  if (summary)
    g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", summary));
  else
    g_dbus_method_invocation_return_gerror (invocation, error);
}

static gboolean
on_summary (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_COUNT, summarise, adapter->broker);
}

static void
list_holds (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  const char *app = ob_access_get (caller, OB_OPERATION_LOOK) == OB_ACCESS_ALL ? NULL : caller->app;

  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@aa{sv})", ob_document_holds (broker, app)));
}

static gboolean
on_holds (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_LOOK, list_holds, adapter->broker);
}

static void
tell_conditions (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  g_auto (GStrv) sources = ob_broker_list_sources (broker);
  GVariant *document = ob_document_conditions (ob_broker_get_conditions (broker), (const char *const *) sources,
                                               ob_broker_get_metered_bytes (broker), ob_broker_is_in_memory (broker),
                                               ob_broker_get_now_ms (broker));

  g_dbus_method_invocation_return_value (invocation, g_variant_new ("(@a{sv})", document));
}

static gboolean
on_conditions (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  return ob_adapter_admit (adapter->callers, invocation, OB_OPERATION_CONDITIONS, tell_conditions, adapter->broker);
}

static gboolean
on_tell (gpointer data)
{
  ObQueueAdapter *adapter = data;
  GVariant *summary = ob_document_summary (adapter->broker, NULL);

  adapter->timer = 0;
  if (summary)
    outbox_dbus_queue_emit_summary_changed (adapter->skeleton, summary);

  return G_SOURCE_REMOVE;
}

static void
on_counts_changed (ObBroker *broker, gpointer user_data)
{
  ObQueueAdapter *adapter = user_data;

  if (adapter->timer == 0)
    adapter->timer = g_timeout_add (TELL_EVERY_MS, on_tell, adapter);
}

ObQueueAdapter *
ob_queue_adapter_new (const ObAdapterContext *context)
{
  const char *const refused[] = { "handle-rest-address", NULL };
  ObQueueAdapter *adapter = g_new0 (ObQueueAdapter, 1);

  adapter->broker = context->broker;
  adapter->callers = context->callers;
  adapter->skeleton = outbox_dbus_queue_skeleton_new ();
  outbox_dbus_queue_set_only_in_memory (adapter->skeleton, ob_broker_is_in_memory (adapter->broker));
  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), refused);
  g_object_connect (adapter->skeleton, "signal::handle-pause", on_pause, adapter, "signal::handle-resume", on_resume,
                    adapter, "signal::handle-allow-network", on_allow_network, adapter, "signal::handle-summary",
                    on_summary, adapter, "signal::handle-holds", on_holds, adapter, "signal::handle-conditions",
                    on_conditions, adapter, NULL);
  g_signal_connect (adapter->broker, "counts-changed", G_CALLBACK (on_counts_changed), adapter);

  return adapter;
}

gboolean
ob_queue_adapter_export (ObQueueAdapter *adapter, GDBusConnection *connection, GError **error)
{
  return g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (adapter->skeleton), connection,
                                           OUTBOX_OBJECT_PATH, error);
}

void
ob_queue_adapter_free (ObQueueAdapter *adapter)
{
  g_clear_handle_id (&adapter->timer, g_source_remove);
  g_signal_handlers_disconnect_by_data (adapter->broker, adapter);
  g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (adapter->skeleton));
  g_object_unref (adapter->skeleton);
  g_free (adapter);
}
