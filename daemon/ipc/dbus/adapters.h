/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One adapter an interface of the bus, over the generated skeletons. Those with a state of their own are types; the others
 * live as long as the skeleton that they return (transfer full). The context is borrowed. Main thread.
 */
#pragma once

#include "broker/broker.h"
#include "dbus/outbox-dbus.h"
#include "ipc/access.h"
#include "policy/configuration.h"

G_BEGIN_DECLS

/* What every adapter needs; all outlive it. */
typedef struct
{
  ObBroker *broker;
  ObCallers *callers;
  ObConfiguration *configuration;
} ObAdapterContext;

typedef struct _ObUploadsAdapter ObUploadsAdapter;

ObUploadsAdapter *ob_uploads_adapter_new (const ObAdapterContext *context);
void ob_uploads_adapter_free (ObUploadsAdapter *adapter);

/* Exports the interface. */
gboolean ob_uploads_adapter_export (ObUploadsAdapter *adapter, GDBusConnection *connection, GError **error);

typedef struct _ObQueueAdapter ObQueueAdapter;

ObQueueAdapter *ob_queue_adapter_new (const ObAdapterContext *context);
void ob_queue_adapter_free (ObQueueAdapter *adapter);
gboolean ob_queue_adapter_export (ObQueueAdapter *adapter, GDBusConnection *connection, GError **error);

GDBusInterfaceSkeleton *ob_destinations_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_groups_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_policy_adapter_new (const ObAdapterContext *context);

/* What this version does not do. */
GDBusInterfaceSkeleton *ob_access_adapter_new (void);

/* Lets a method answer NotSupported. @signals: of the skeleton, such as "handle-create"; ends with NULL. */
void ob_adapter_refuse (GDBusInterfaceSkeleton *skeleton, const char *const *signals);

/* A call by a caller who may make it. Its parameters are those of @invocation (transfer full). */
typedef void (*ObAdapterCall) (gpointer user_data, GDBusMethodInvocation *invocation, const ObCaller *caller);

/* Asks who calls, refuses whom the table of access refuses, and runs the call. Returns: that it is handled. */
gboolean ob_adapter_admit (ObCallers *callers, GDBusMethodInvocation *invocation, ObOperation operation,
                           ObAdapterCall call, gpointer user_data);

/* An upload that the caller may not see is to it as if it were not there. Errors: NotFound, Storage. */
ObUpload *ob_adapter_find_upload (ObBroker *broker, const ObCaller *caller, ObOperation operation, const char *id,
                                  GError **error);

/* Answers a method that has no results: an ObCommandDone whose data is the invocation (transfer full). */
void ob_adapter_reply (const GError *error, gpointer invocation);

G_END_DECLS
