/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Watches the network: by NetworkManager, and by the kernel's routes or the portal where there is none. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

#define OB_TYPE_NETWORK_WATCHER (ob_network_watcher_get_type ())
G_DECLARE_FINAL_TYPE (ObNetworkWatcher, ob_network_watcher, OB, NETWORK_WATCHER, GObject)

/* @system_bus: (nullable). Until NetworkManager has answered for the first time, or has had its time to, there is no
 * network: nothing must leave by one that turns out to cost. */
ObWatcher *ob_network_watcher_new (GDBusConnection *system_bus);

G_END_DECLS
