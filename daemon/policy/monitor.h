/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel or the portal says of the network, for a system without NetworkManager. Main thread.
 */
#pragma once

#include "policy/network-facts.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): %NULL if there is neither */
GNetworkMonitor *ob_monitor_new (gboolean *is_portal);

/* Sets whether there is a default route, and what the portal says. @monitor: (nullable) */
void ob_monitor_read (GNetworkMonitor *monitor, gboolean is_portal, ObNetworkFacts *facts);

G_END_DECLS
