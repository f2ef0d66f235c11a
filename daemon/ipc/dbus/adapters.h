/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One adapter an interface of the bus, over the generated skeletons. Each lives as long as the skeleton that it returns
 * (transfer full); broker and callers are borrowed. Main thread.
 */
#pragma once

#include "broker/broker.h"
#include "dbus/outbox-dbus.h"
#include "ipc/caller.h"

G_BEGIN_DECLS

typedef struct _ObUploadsAdapter ObUploadsAdapter;

ObUploadsAdapter *ob_uploads_adapter_new (ObBroker *broker);
void ob_uploads_adapter_free (ObUploadsAdapter *adapter);

/* Exports the interface. */
gboolean ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error);

GDBusInterfaceSkeleton *ob_queue_adapter_new (ObBroker *broker);
GDBusInterfaceSkeleton *ob_destinations_adapter_new (ObBroker *broker);

/* What this version does not do. */
GDBusInterfaceSkeleton *ob_groups_adapter_new (void);
GDBusInterfaceSkeleton *ob_policy_adapter_new (void);
GDBusInterfaceSkeleton *ob_access_adapter_new (void);

/* Lets a method answer NotSupported. @signals: of the skeleton, such as "handle-create"; ends with NULL. */
void ob_adapter_refuse (GDBusInterfaceSkeleton *skeleton, const char *const *signals);

/* Answers a method that has no results: an ObCommandDone whose data is the invocation (transfer full). */
void ob_adapter_reply (const GError *error, gpointer invocation);

G_END_DECLS
