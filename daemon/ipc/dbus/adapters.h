/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bus as a door: the interface XML's names of methods and arguments make a call a request, and its answer a reply.
 * Interfaces add their own signals. Main thread.
 */
#pragma once

#include "dbus/outbox-dbus.h"
#include "ipc/dbus/callers.h"
#include "ipc/feed.h"
#include "ipc/requests/request.h"

G_BEGIN_DECLS

/* What every adapter uses; it must outlive them. */
typedef struct
{
  ObRequestContext requests;
  ObCallers *callers;
  ObFeed *feed;
} ObAdapterContext;

/* The interfaces without state; access.h, queue.h and uploads.h have the others. Returns: (transfer full): the skeleton. @context:
 * borrowed */
GDBusInterfaceSkeleton *ob_destinations_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_groups_adapter_new (const ObAdapterContext *context);
GDBusInterfaceSkeleton *ob_policy_adapter_new (const ObAdapterContext *context);

/* Has the methods of an interface run the requests of their names, each when it is its caller's turn, or answer NotSupported if there is none. @own:
 * (nullable): names of methods that the adapter answers itself, ended by NULL */
void ob_adapter_connect (const ObAdapterContext *context, GDBusInterfaceSkeleton *skeleton, const char *const *own);

G_END_DECLS
