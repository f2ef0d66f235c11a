/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * org.outbox.Outbox1.Queue: its requests, and the signal with the summary. Main thread.
 */
#include "ipc/dbus/queue.h"

#include "dbus/names.h"
#include "ipc/document.h"

#define TELL_EVERY_MS 250

struct _ObQueueAdapter
{
  ObBroker *broker; /* borrowed */
  OutboxDBusQueue *skeleton;
  guint timer;    /* until the summary may be sent again */
  GVariant *told; /* owned: the last one that was sent; NULL: none */
};

static gboolean
on_tell (gpointer data)
{
  ObQueueAdapter *adapter = data;
  g_autoptr (GVariant) summary = ob_document_summary (adapter->broker, NULL);

  adapter->timer = 0;
  if (!summary)
    return G_SOURCE_REMOVE;
  g_variant_ref_sink (summary);
  /* Each byte that arrives is committed, and changes no count. */
  if (adapter->told && g_variant_equal (adapter->told, summary))
    return G_SOURCE_REMOVE;
  g_clear_pointer (&adapter->told, g_variant_unref);
  adapter->told = g_variant_ref (summary);
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
  ObQueueAdapter *adapter = g_new0 (ObQueueAdapter, 1);

  adapter->broker = context->requests.broker;
  adapter->skeleton = outbox_dbus_queue_skeleton_new ();
  outbox_dbus_queue_set_only_in_memory (adapter->skeleton, ob_broker_is_in_memory (adapter->broker));
  ob_adapter_connect (context, G_DBUS_INTERFACE_SKELETON (adapter->skeleton), NULL);
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
  g_clear_pointer (&adapter->told, g_variant_unref);
  g_free (adapter);
}
