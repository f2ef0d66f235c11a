/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way to the system bus, which may come late, end, come back, or take a connection and never answer: connects to it
 * again and again, and gives every watcher the connection that there is. Main thread, never blocks.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

typedef struct _ObSystemBus ObSystemBus;

/* @watchers: of ObWatcher; they are given a connection, or told that there is none, from the main loop. */
ObSystemBus *ob_system_bus_new (GPtrArray *watchers);
void ob_system_bus_free (ObSystemBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSystemBus, ob_system_bus_free)

G_END_DECLS
