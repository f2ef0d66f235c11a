/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A lasting way to the system bus, which may come late, end, come back, or accept and never answer. It connects again and
 * again, and gives every watcher the present connection. Main thread, never blocks.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

typedef struct _ObSystemBus ObSystemBus;

/* @watchers: of ObWatcher; each gets the connection, or hears that there is none, from the main loop */
ObSystemBus *ob_system_bus_new (GPtrArray *watchers);
void ob_system_bus_free (ObSystemBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSystemBus, ob_system_bus_free)

G_END_DECLS
