/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way to an address, as the kernel's routes have it at this moment. Asks without a packet. Any thread, never blocks.
 */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

G_BEGIN_DECLS

/* A plain record: copied by assignment, owns nothing. */
typedef struct
{
  gboolean is_reachable;
  gboolean is_loopback; /* it is an address of this device */
  /* By which bytes would leave; empty: not known. A cable that is out keeps its routes: it is no way. */
  char device[IF_NAMESIZE];
  gboolean is_metered; /* that device costs; set by who knows of devices */
} ObWay;

/**
 * ob_way_find:
 *
 * Whether a connection to @address would find a route: a UDP socket is connected to it, which sends nothing, and rtnetlink
 * tells the device and whether its carrier is gone. "No default route" is no reason of its own. Where the question itself
 * cannot be asked (no descriptor is left), there is a way: a try will tell.
 */
ObWay ob_way_find (GSocketAddress *address);

/* The way that everything without a route of its own takes, of IPv4 or else of IPv6. */
ObWay ob_way_find_default (void);

/* Whether there is any network beside this device: a device that is up, has a carrier, and has an address that is more
 * than its link's. */
gboolean ob_way_is_any (void);

G_END_DECLS
