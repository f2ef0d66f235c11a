/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From what NetworkManager and the kernel say to the network part of the conditions. Pure.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* An active connection of NetworkManager. Strings are NULL where it has not answered yet. */
typedef struct
{
  const char *path;
  const char *type;
  const char *id;
  const char *uuid;
  gboolean is_activated;
} ObActiveConnection;

/* Borrowed. */
typedef struct
{
  /* NetworkManager, where it has answered. Paths are NULL for none. */
  gboolean is_managed;
  guint connectivity;
  guint metered;
  const char *primary;
  const char *primary_type;
  const char *activating; /* what is to become the primary one */
  const ObActiveConnection *actives;
  guint n_actives;

  /* What stands in for it, where there is none or where it manages nothing. */
  gboolean has_route;
  ObLink route_link; /* of the device that the route leaves by */
  ObConnectivity route_connectivity;
  ObMetered route_metered;
} ObNetworkFacts;

/* Sets the network part of @conditions, but for roaming. Returns: (nullable): which connection carries the bytes. */
const ObActiveConnection *ob_network_facts_decide (const ObNetworkFacts *facts, ObConditions *conditions);

/* When NetworkManager is gone for a moment: what @kept says against sending stays in @conditions, which the kernel alone has
 * said. Permissions do not stay. Pure. */
void ob_network_facts_keep (const ObConditions *kept, ObConditions *conditions);

G_END_DECLS
