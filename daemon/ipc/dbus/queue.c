/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Queue. Main thread.
 */
#include "dbus/error.h"
#include "ipc/dbus/adapters.h"
#include "ipc/document.h"

#define TELL_EVERY_MS 250

static void
pause_queue (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_set_paused (broker, TRUE, ob_adapter_reply, invocation);
}

static gboolean
on_pause (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, OB_OPERATION_STEER, pause_queue, context->broker);
}

static void
resume_queue (gpointer broker, GDBusMethodInvocation *invocation, const ObCaller *caller)
{
  ob_broker_set_paused (broker, FALSE, ob_adapter_reply, invocation);
}

static gboolean
on_resume (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  const ObAdapterContext *context = user_data;

  return ob_adapter_admit (context->callers, invocation, OB_OPERATION_STEER, resume_queue, context->broker);
}

static gboolean
on_summary (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  GVariant *summary = ob_document_summary (user_data, &error);

  if (summary)
    outbox_dbus_queue_complete_summary (skeleton, invocation, summary);
  else
    g_dbus_method_invocation_return_gerror (invocation, error);

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_holds (OutboxDBusQueue *skeleton, GDBusMethodInvocation *invocation, gpointer user_data)
{
  outbox_dbus_queue_complete_holds (skeleton, invocation, ob_document_holds (user_data));

  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
on_tell (gpointer data)
{
  OutboxDBusQueue *skeleton = data;
  ObBroker *broker = g_object_get_data (data, "broker");
  GVariant *summary;

  g_object_set_data (data, "timer", NULL);
  /* Once it is not exported any more the broker may be gone. */
  if (!g_dbus_interface_skeleton_get_connection (G_DBUS_INTERFACE_SKELETON (skeleton)))
    return G_SOURCE_REMOVE;
  summary = ob_document_summary (broker, NULL);
  if (summary)
    outbox_dbus_queue_emit_summary_changed (skeleton, summary);

  return G_SOURCE_REMOVE;
}

static void
on_counts_changed (ObBroker *broker, gpointer user_data)
{
  if (g_object_get_data (user_data, "timer"))
    return;
  g_object_set_data (user_data, "broker", broker);
  g_object_set_data (user_data, "timer", GUINT_TO_POINTER (1));
  g_timeout_add_full (G_PRIORITY_DEFAULT, TELL_EVERY_MS, on_tell, g_object_ref (user_data), g_object_unref);
}

GDBusInterfaceSkeleton *
ob_queue_adapter_new (const ObAdapterContext *context)
{
  const char *const refused[] = { "handle-conditions", "handle-rest-address", NULL };
  OutboxDBusQueue *skeleton = outbox_dbus_queue_skeleton_new ();

  ob_adapter_refuse (G_DBUS_INTERFACE_SKELETON (skeleton), refused);
  g_signal_connect (skeleton, "handle-pause", G_CALLBACK (on_pause), (gpointer) context);
  g_signal_connect (skeleton, "handle-resume", G_CALLBACK (on_resume), (gpointer) context);
  g_signal_connect (skeleton, "handle-summary", G_CALLBACK (on_summary), context->broker);
  g_signal_connect (skeleton, "handle-holds", G_CALLBACK (on_holds), context->broker);
  g_signal_connect_object (context->broker, "counts-changed", G_CALLBACK (on_counts_changed), skeleton, 0);

  return G_DBUS_INTERFACE_SKELETON (skeleton);
}
