/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Kinds of network devices. Any thread.
 */
#include "policy/device.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define HARDWARE_RAW_IP 519 /* ARPHRD_RAWIP */

/* Kinds by what sysfs says. If it says nothing, by the names that the kernel, udev and pppd give to devices. */
static const struct
{
  const char *type;
  const char *pattern;
  ObLink link;
} kinds[] = {
  { "wwan", "ww*", OB_LINK_CELLULAR },         { NULL, "rmnet*", OB_LINK_CELLULAR },
  { NULL, "ppp*", OB_LINK_CELLULAR },          { "wlan", "wl*", OB_LINK_WIFI },
  { "bluetooth", "bnep*", OB_LINK_BLUETOOTH }, { "bridge", "br*", OB_LINK_UNKNOWN },
  { "wireguard", "wg*", OB_LINK_UNKNOWN },     { "vlan", "vlan*", OB_LINK_UNKNOWN },
  { "bond", "bond*", OB_LINK_UNKNOWN },        { NULL, "tun*", OB_LINK_UNKNOWN },
  { NULL, "tap*", OB_LINK_UNKNOWN },
};

ObLink
ob_device_decide (const ObDeviceFacts *facts)
{
  if (facts->hardware == ARPHRD_PPP || facts->hardware == HARDWARE_RAW_IP)
    return OB_LINK_CELLULAR;
  for (guint i = 0; facts->type && i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (facts->type, kinds[i].type) == 0)
      return kinds[i].link;
  if (facts->is_radio)
    return OB_LINK_WIFI;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_pattern_match_simple (kinds[i].pattern, facts->name))
      return kinds[i].link;

  return facts->hardware == ARPHRD_ETHER ? OB_LINK_ETHERNET : OB_LINK_UNKNOWN;
}

static guint
ask_hardware (const char *name)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = { 0 };
  guint hardware = G_MAXUINT;

  (void) g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  if (fd >= 0 && ioctl (fd, SIOCGIFHWADDR, &request) == 0)
    hardware = request.ifr_hwaddr.sa_family;
  if (fd >= 0)
    (void) close (fd);

  return hardware;
}

static char *
dup_type (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "uevent", NULL);
  g_autofree char *text = NULL;
  char *type;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !(type = strstr (text, "DEVTYPE=")))
    return NULL;

  return g_strndup (type + strlen ("DEVTYPE="), strcspn (type + strlen ("DEVTYPE="), "\n"));
}

ObLink
ob_device_get_link (const char *name)
{
  g_autofree char *folder = g_build_filename ("/sys/class/net", name, NULL);
  g_autofree char *radio = g_build_filename (folder, "phy80211", NULL);
  g_autofree char *wireless = g_build_filename (folder, "wireless", NULL);
  g_autofree char *type = dup_type (folder);
  const ObDeviceFacts facts
      = { .name = name,
          .hardware = ask_hardware (name),
          .type = type,
          .is_radio = g_file_test (radio, G_FILE_TEST_EXISTS) || g_file_test (wireless, G_FILE_TEST_EXISTS) };

  return *name ? ob_device_decide (&facts) : OB_LINK_UNKNOWN;
}

/* The order of ObLink is the order in which NetworkManager prefers them. */
gboolean
ob_device_find_best (char name[IF_NAMESIZE])
{
  struct ifaddrs *list = NULL;
  ObLink best = OB_N_LINKS;

  if (getifaddrs (&list) != 0)
    return FALSE;
  for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
    {
      gboolean is_used = entry->ifa_addr && entry->ifa_addr->sa_family != AF_PACKET
                         && (entry->ifa_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING)
                         && !(entry->ifa_flags & IFF_LOOPBACK);
      ObLink link = is_used ? ob_device_get_link (entry->ifa_name) : OB_LINK_UNKNOWN;

      if (link == OB_LINK_UNKNOWN || link >= best)
        continue;
      best = link;
      (void) g_strlcpy (name, entry->ifa_name, IF_NAMESIZE);
    }
  freeifaddrs (list);

  return best < OB_N_LINKS;
}

gboolean
ob_device_is_among (const char *name, char *const *patterns)
{
  for (; patterns && *patterns; patterns++)
    if (g_pattern_match_simple (*patterns, name))
      return TRUE;

  return FALSE;
}
