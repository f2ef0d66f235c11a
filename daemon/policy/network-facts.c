/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides which connection counts, and what it is. No shared state.
 */
#include "policy/network-facts.h"

/* Types of connections with a device of their own. Any other, such as a VPN or a bridge, is carried by one of them. */
static const struct
{
  const char *type;
  ObLink link;
} links[] = {
  { "802-3-ethernet", OB_LINK_ETHERNET },
  { "pppoe", OB_LINK_ETHERNET },
  { "adsl", OB_LINK_ETHERNET },
  { "802-11-wireless", OB_LINK_WIFI },
  { "gsm", OB_LINK_CELLULAR },
  { "cdma", OB_LINK_CELLULAR },
  { "bluetooth", OB_LINK_BLUETOOTH },
  { "802-11-olpc-mesh", OB_LINK_OTHER },
  { "infiniband", OB_LINK_OTHER },
  { "wifi-p2p", OB_LINK_OTHER },
  { "wimax", OB_LINK_OTHER },
  { "wpan", OB_LINK_OTHER },
};

static ObLink
link_of_type (const char *type)
{
  for (guint i = 0; type && i < G_N_ELEMENTS (links); i++)
    if (g_str_equal (type, links[i].type))
      return links[i].link;

  return OB_LINK_UNKNOWN;
}

static const ObActiveConnection *
find (const ObNetworkFacts *facts, const char *path)
{
  for (guint i = 0; path && i < facts->n_actives; i++)
    if (g_str_equal (facts->actives[i].path, path))
      return &facts->actives[i];

  return NULL;
}

/* NetworkManager prefers devices in the order of ObLink, unless a person has set other metrics. */
static const ObActiveConnection *
find_device (const ObNetworkFacts *facts)
{
  const ObActiveConnection *best = NULL;
  ObLink best_link = OB_N_LINKS;

  for (guint i = 0; i < facts->n_actives; i++)
    {
      ObLink link = link_of_type (facts->actives[i].type);

      if (facts->actives[i].is_activated && link != OB_LINK_UNKNOWN && link < best_link)
        {
          best = &facts->actives[i];
          best_link = link;
        }
    }

  return best;
}

static const ObActiveConnection *
decide_by_primary (const ObNetworkFacts *facts, ObConditions *conditions)
{
  const ObActiveConnection *primary = find (facts, facts->primary);
  const char *type = primary && primary->type ? primary->type : facts->primary_type;

  conditions->is_network_available = TRUE;
  conditions->link = link_of_type (type);
  if (primary)
    ob_conditions_set_network (conditions, primary->id, primary->uuid);
  if (conditions->link != OB_LINK_UNKNOWN)
    return primary;

  /* For a connection without a device, NetworkManager always guesses "no": do not believe that. */
  if (conditions->metered == OB_METERED_GUESS_NO)
    conditions->metered = OB_METERED_UNKNOWN;
  primary = find_device (facts);
  conditions->link = link_of_type (primary ? primary->type : NULL);

  return primary;
}

/* There is a default route that is not NetworkManager's primary connection: of a device that it does not manage, or of a
 * connection that it is just making. */
static const ObActiveConnection *
decide_by_route (const ObNetworkFacts *facts, ObConditions *conditions)
{
  const ObActiveConnection *activating = find (facts, facts->activating);

  conditions->is_network_available = TRUE;
  conditions->connectivity = facts->route_connectivity;
  conditions->metered = facts->route_metered;
  conditions->link = activating ? link_of_type (activating->type) : facts->route_link;

  return activating;
}

/* There is no default route, but perhaps a server on the local network. */
static const ObActiveConnection *
decide_by_device (const ObNetworkFacts *facts, ObConditions *conditions)
{
  const ObActiveConnection *device = find_device (facts);

  conditions->is_network_available = device != NULL;
  conditions->link = link_of_type (device ? device->type : NULL);
  if (device)
    ob_conditions_set_network (conditions, device->id, device->uuid);

  return device;
}

const ObActiveConnection *
ob_network_facts_decide (const ObNetworkFacts *facts, ObConditions *conditions)
{
  ob_conditions_set_network (conditions, NULL, NULL);
  if (!facts->is_managed)
    {
      conditions->is_network_available = facts->has_route;
      conditions->connectivity = facts->route_connectivity;
      conditions->metered = facts->route_metered;
      conditions->link = facts->has_route ? facts->route_link : OB_LINK_UNKNOWN;
      return NULL;
    }

  conditions->connectivity
      = facts->connectivity <= OB_CONNECTIVITY_FULL ? facts->connectivity : OB_CONNECTIVITY_UNKNOWN;
  conditions->metered = facts->metered <= OB_METERED_GUESS_NO ? facts->metered : OB_METERED_UNKNOWN;
  if (facts->primary)
    return decide_by_primary (facts, conditions);

  return facts->has_route ? decide_by_route (facts, conditions) : decide_by_device (facts, conditions);
}

void
ob_network_facts_keep (const ObConditions *kept, ObConditions *conditions)
{
  if (ob_conditions_is_metered (kept) && !ob_conditions_is_metered (conditions))
    conditions->metered = kept->metered == OB_METERED_UNKNOWN ? OB_METERED_GUESS_YES : kept->metered;
  if (conditions->link == OB_LINK_UNKNOWN || kept->link == OB_LINK_CELLULAR)
    conditions->link = kept->link;
  conditions->is_roaming |= kept->is_roaming;
  if (kept->connectivity == OB_CONNECTIVITY_PORTAL && conditions->connectivity == OB_CONNECTIVITY_UNKNOWN)
    conditions->connectivity = OB_CONNECTIVITY_PORTAL;
}
