/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The way to an address by the kernel's present routes. Asks without sending a packet. Any thread, never blocks.
 */
#pragma once

#include <gio/gio.h>
#include <net/if.h>

G_BEGIN_DECLS

/* A plain record: copied by assignment, owns nothing. */
typedef struct
{
  gboolean is_reachable;
  gboolean is_loopback; /* the address is this device's own */
  /* The device that bytes would leave by; empty: not known. A device without a carrier is no way. */
  char device[IF_NAMESIZE];
  gboolean is_metered; /* the device costs money; set by the caller that knows of devices */
} ObWay;

/**
 * ob_way_find:
 *
 * Asks whether the kernel has a route to @address. Connects a UDP socket to it, which sends nothing; rtnetlink tells the device, and
 * whether its carrier is gone. A missing default route is no reason by itself. If the kernel cannot be asked (no descriptor is
 * left), there is a way: an attempt will tell.
 */
ObWay ob_way_find (GSocketAddress *address);

/* Returns: the way of the default route, of IPv4 or else of IPv6 */
ObWay ob_way_find_default (void);

/* Returns: whether there is a network besides loopback: a device that is up, with a carrier and an address that is not
 * link-local. */
gboolean ob_way_is_any (void);

G_END_DECLS
