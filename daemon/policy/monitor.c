/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GLib's network monitors, one of which stands in for NetworkManager. Main thread.
 */
#include "policy/monitor.h"

/* Not g_network_monitor_get_default(): if NetworkManager runs, that is a second client of it, made by blocking calls,
 * which keeps the last state when NetworkManager vanishes. */
GNetworkMonitor *
ob_monitor_new (gboolean *is_portal)
{
  const char *const names[] = { "portal", "netlink" };
  GIOExtensionPoint *point;

  /* GLib registers its extension points when one is first used. */
  (void) g_tls_backend_get_default ();
  point = g_io_extension_point_lookup (G_NETWORK_MONITOR_EXTENSION_POINT_NAME);
  for (guint i = 0; point && i < G_N_ELEMENTS (names); i++)
    {
      GIOExtension *extension = g_io_extension_point_get_extension_by_name (point, names[i]);
      gpointer monitor = extension ? g_initable_new (g_io_extension_get_type (extension), NULL, NULL, NULL) : NULL;

      *is_portal = i == 0;
      if (monitor)
        return monitor;
    }
  g_warning ("Neither a portal nor the kernel tells of changes of the network");

  return NULL;
}

void
ob_monitor_read (GNetworkMonitor *monitor, gboolean is_portal, ObNetworkFacts *facts)
{
  const ObConnectivity connectivities[] = {
    [G_NETWORK_CONNECTIVITY_LOCAL] = OB_CONNECTIVITY_NONE,
    [G_NETWORK_CONNECTIVITY_LIMITED] = OB_CONNECTIVITY_LIMITED,
    [G_NETWORK_CONNECTIVITY_PORTAL] = OB_CONNECTIVITY_PORTAL,
    [G_NETWORK_CONNECTIVITY_FULL] = OB_CONNECTIVITY_FULL,
  };
  guint connectivity;

  facts->has_route = !monitor || g_network_monitor_get_network_available (monitor);
  if (!facts->has_route)
    facts->route_connectivity = OB_CONNECTIVITY_NONE;
  /* The kernel knows only routes. The portal's "not metered" may mean that it does not know. */
  if (!is_portal || !monitor || !facts->has_route)
    return;
  connectivity = g_network_monitor_get_connectivity (monitor);
  if (connectivity < G_N_ELEMENTS (connectivities))
    facts->route_connectivity = connectivities[connectivity];
  if (g_network_monitor_get_network_metered (monitor))
    facts->route_metered = OB_METERED_GUESS_YES;
}
