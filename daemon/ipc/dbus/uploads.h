/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The interface Uploads on the bus: submits and commands, and the signals that tell of uploads. Main thread.
 */
#pragma once

#include "ipc/dbus/adapters.h"

G_BEGIN_DECLS

typedef struct _ObUploadsAdapter ObUploadsAdapter;

/* @context: borrowed; it must outlive the adapter */
ObUploadsAdapter *ob_uploads_adapter_new (const ObAdapterContext *context);
void ob_uploads_adapter_free (ObUploadsAdapter *adapter);

/* Tells all subscribers that their watch has ended, and from where to go on. */
void ob_uploads_adapter_end_watches (ObUploadsAdapter *adapter);

/* Exports the interface. */
gboolean ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error);

G_END_DECLS
