/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the network: by NetworkManager, or without it by the kernel's routes or the portal. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

#define OB_TYPE_NETWORK_WATCHER (ob_network_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ObNetworkWatcher, ob_network_watcher, OB, NETWORK_WATCHER, GObject)

/* @system_bus: (nullable): NULL if there is none. Until NetworkManager has answered, or its time is over, the conditions
 * say is_awaited: nothing may leave by a network that turns out to cost. */
ObWatcher *ob_network_watcher_new (GDBusConnection *system_bus);

/* The same for a system bus that is still being connected; ob_watcher_set_bus() will give it. */
ObWatcher *ob_network_watcher_new_before_bus (void);

/* @patterns: (nullable): of names of devices that cost, whatever others say; copied */
void ob_network_watcher_set_metered (ObNetworkWatcher *self, char *const *patterns);

G_END_DECLS
