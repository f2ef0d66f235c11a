/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interface Access on the bus, with its signal. Main thread.
 */
#pragma once

#include "ipc/dbus/adapters.h"

G_BEGIN_DECLS

typedef struct _ObAccessAdapter ObAccessAdapter;

/* @context: borrowed; it must outlive the adapter */
ObAccessAdapter *ob_access_adapter_new (const ObAdapterContext *context);
void ob_access_adapter_free (ObAccessAdapter *adapter);

/* Exports the interface. */
gboolean ob_access_adapter_export (ObAccessAdapter *adapter, GDBusConnection *connection, GError **error);

G_END_DECLS
