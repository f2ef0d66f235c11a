/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interface Queue on the bus, with its signals. Main thread.
 */
#pragma once

#include "ipc/dbus/adapters.h"

G_BEGIN_DECLS

typedef struct _ObQueueAdapter ObQueueAdapter;

/* @context: borrowed; it must outlive the adapter */
ObQueueAdapter *ob_queue_adapter_new (const ObAdapterContext *context);
void ob_queue_adapter_free (ObQueueAdapter *adapter);

/* Exports the interface. */
gboolean ob_queue_adapter_export (ObQueueAdapter *adapter, GDBusConnection *connection, GError **error);

G_END_DECLS
