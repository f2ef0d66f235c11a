/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bus as a door: a call becomes a request by the names of its method and arguments in the interface XML, and what that
 * answers becomes the reply. Signals are here too, as each interface has its own. Main thread.
 */
#pragma once

#include "dbus/outbox-dbus.h"
#include "ipc/feed.h"
#include "ipc/requests/request.h"

G_BEGIN_DECLS

/* What every adapter needs; all outlive it. */
typedef struct
{
  ObRequestContext requests;
  ObCallers *callers;
  ObFeed *feed;
} ObAdapterContext;

/* Interfaces without a state of their own; uploads.h and queue.h have the others. They live as long as the skeleton (transfer full); the context is borrowed. */
GDBusInterfaceSkeleton *ob_destinations_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_groups_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_policy_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_access_adapter_new (const ObAdapterContext *context);

/* Lets the methods of an interface run the requests of their names; one that there is no request for answers NotSupported.
 * @own: (nullable): names of methods that the adapter answers itself; ends with NULL. */
void ob_adapter_connect (const ObAdapterContext *context, GDBusInterfaceSkeleton *skeleton, const char *const *own);

/* Runs the request of a call's method. @invocation: (transfer full). */
void ob_adapter_run (const ObAdapterContext *context, GDBusMethodInvocation *invocation);

G_END_DECLS
