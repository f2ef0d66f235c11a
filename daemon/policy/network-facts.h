/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Turns what NetworkManager and the kernel say into the network part of the conditions. Pure.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* An active connection of NetworkManager. Strings are NULL until it has answered. */
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
  /* As NetworkManager says, if it has answered. Paths are NULL for none. */
  gboolean is_managed;
  guint connectivity;
  guint metered;
  const char *primary;
  const char *primary_type;
  const char *activating; /* the connection that is to become the primary one */
  const ObActiveConnection *actives;
  guint n_actives;

  /* As the kernel or the portal says, if NetworkManager is absent or manages nothing. */
  gboolean has_route;
  ObLink route_link; /* of the device that the default route uses */
  ObConnectivity route_connectivity;
  ObMetered route_metered;
} ObNetworkFacts;

/* Sets the network part of @conditions, except roaming. Returns: (nullable): the connection that carries the bytes */
const ObActiveConnection *ob_network_facts_decide (const ObNetworkFacts *facts, ObConditions *conditions);

/* For when NetworkManager is gone for a moment. Keeps in @conditions, which have only the kernel's word, what @kept says
 * against sending. Permissions are not kept. Pure. */
void ob_network_facts_keep (const ObConditions *kept, ObConditions *conditions);

G_END_DECLS
