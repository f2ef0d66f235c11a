/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kind of a network device, for when no service tells it. Any thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* A device's facts, as the kernel tells them. Borrowed. */
typedef struct
{
  const char *name;
  guint hardware; /* ARPHRD_…; G_MAXUINT: not known */
  const char
      *type; /* DEVTYPE of its uevent, such as "wlan", "wwan", "bluetooth"; NULL: it has none, or sysfs does not tell */
  gboolean is_radio; /* sysfs has a Wi-Fi's folder for it */
} ObDeviceFacts;

/* Pure. Mobile data (wwan, raw IP, ppp) is OB_LINK_CELLULAR; a person who uses ppp over a cable has to tell
 * NetworkManager so. A tunnel or bridge, which another device carries, is OB_LINK_UNKNOWN. */
ObLink ob_device_decide (const ObDeviceFacts *facts);

/* Asks sysfs, or a socket if sysfs is of another network namespace. */
ObLink ob_device_get_link (const char *name);

/* Finds the device that carries a tunnel or bridge: the best of those that are up and have an address. Returns: whether
 * there is one. */
gboolean ob_device_find_best (char name[IF_NAMESIZE]);

/* Pure. Returns: whether a name matches one of the administrator's patterns. @patterns: (nullable) */
gboolean ob_device_is_among (const char *name, char *const *patterns);

G_END_DECLS
