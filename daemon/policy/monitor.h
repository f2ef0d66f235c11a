/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel or the portal says of the network as a whole, where there is no NetworkManager. Main thread.
 */
#pragma once

#include "policy/network-facts.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): NULL: neither can be had. */
GNetworkMonitor *ob_monitor_new (gboolean *is_portal);

/* Sets whether there is a default route, and what the portal says of it. @monitor: (nullable) */
void ob_monitor_read (GNetworkMonitor *monitor, gboolean is_portal, ObNetworkFacts *facts);

G_END_DECLS
