/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Of which kind a network device is, where no service says so. Any thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

/* What the kernel says of a device. Borrowed. */
typedef struct
{
  const char *name;
  guint hardware; /* ARPHRD_…; G_MAXUINT: not known */
  const char
      *type; /* DEVTYPE of its uevent: "wlan", "wwan", "bluetooth"…; NULL: it has none, or sysfs has no word of it */
  gboolean is_radio; /* it has the folder of a Wi-Fi */
} ObDeviceFacts;

/* Pure. OB_LINK_CELLULAR for mobile data (wwan, raw IP, ppp: who dials in by cable has to say so in the configuration of
 * NetworkManager); OB_LINK_UNKNOWN for what is carried by another device (a tunnel, a bridge). */
ObLink ob_device_decide (const ObDeviceFacts *facts);

/* Asks the kernel: sysfs, and a socket where sysfs is of another network namespace. */
ObLink ob_device_get_link (const char *name);

/* The device that carries what goes by a tunnel or a bridge: the best of those that are up and have an address. Returns:
 * whether there is one. */
gboolean ob_device_find_best (char name[IF_NAMESIZE]);

/* Pure. Whether the name is among the patterns (nullable) that the administrator gave. */
gboolean ob_device_is_among (const char *name, char *const *patterns);

G_END_DECLS
