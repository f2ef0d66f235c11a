/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The snapshot, the names of its values, and the watchers' interface. No shared state.
 */
#include "policy/conditions.h"

static const char *const link_names[OB_N_LINKS] = {
  [OB_LINK_UNKNOWN] = "unknown",   [OB_LINK_ETHERNET] = "ethernet",   [OB_LINK_WIFI] = "wifi",
  [OB_LINK_CELLULAR] = "cellular", [OB_LINK_BLUETOOTH] = "bluetooth", [OB_LINK_OTHER] = "other",
};

static const char *const metered_names[] = {
  [OB_METERED_UNKNOWN] = "unknown",     [OB_METERED_YES] = "yes",           [OB_METERED_NO] = "no",
  [OB_METERED_GUESS_YES] = "guess-yes", [OB_METERED_GUESS_NO] = "guess-no",
};

static const char *const connectivity_names[] = {
  [OB_CONNECTIVITY_UNKNOWN] = "unknown", [OB_CONNECTIVITY_NONE] = "none", [OB_CONNECTIVITY_PORTAL] = "portal",
  [OB_CONNECTIVITY_LIMITED] = "limited", [OB_CONNECTIVITY_FULL] = "full",
};

void
ob_conditions_init (ObConditions *conditions)
{
  *conditions = (ObConditions){ .is_network_available = TRUE };
}

static void
copy_name (char *to, const char *from, gsize size_bytes)
{
  const char *end;

  (void) g_strlcpy (to, from ? from : "", size_bytes);
  (void) g_utf8_validate (to, -1, &end);
  to[end - to] = '\0';
}

void
ob_conditions_set_network (ObConditions *conditions, const char *id, const char *uuid)
{
  copy_name (conditions->network_id, id, sizeof conditions->network_id);
  copy_name (conditions->network_uuid, uuid, sizeof conditions->network_uuid);
}

gboolean
ob_conditions_equal (const ObConditions *a, const ObConditions *b)
{
  return a->is_awaited == b->is_awaited && a->n_ways == b->n_ways && a->is_network_available == b->is_network_available
         && a->connectivity == b->connectivity && a->metered == b->metered && a->link == b->link
         && a->is_roaming == b->is_roaming && g_str_equal (a->network_id, b->network_id)
         && g_str_equal (a->network_uuid, b->network_uuid) && a->is_on_battery == b->is_on_battery
         && (!a->is_on_battery || a->battery_percent == b->battery_percent) && a->is_power_saver == b->is_power_saver
         && a->is_sleeping == b->is_sleeping && a->is_shutting_down == b->is_shutting_down;
}

gboolean
ob_conditions_is_metered (const ObConditions *conditions)
{
  if (conditions->metered == OB_METERED_UNKNOWN)
    return conditions->link == OB_LINK_CELLULAR;

  return conditions->metered == OB_METERED_YES || conditions->metered == OB_METERED_GUESS_YES;
}

const char *
ob_conditions_get_network_key (const ObConditions *conditions)
{
  const char *key = *conditions->network_uuid ? conditions->network_uuid
                    : *conditions->network_id ? conditions->network_id
                                              : ob_link_get_name (conditions->link);
  g_autofree char *abroad = NULL;

  if (!conditions->is_network_available)
    return "";
  if (!conditions->is_roaming)
    return key;
  /* A device has one or two such connections in its life. */
  abroad = g_strconcat (key, " roaming", NULL);

  return g_intern_string (abroad);
}

#define NO_NETWORK "none"
#define ROAMING "cellular-roaming"

const char *
ob_conditions_get_kind (const ObConditions *conditions)
{
  if (!conditions->is_network_available)
    return NO_NETWORK;

  return conditions->is_roaming ? ROAMING : ob_link_get_name (conditions->link);
}

const char *
ob_conditions_read_kind (const char *text, gboolean *is_roaming)
{
  ObLink link = OB_LINK_CELLULAR;

  *is_roaming = g_strcmp0 (text, ROAMING) == 0;
  if (g_strcmp0 (text, NO_NETWORK) == 0)
    return NO_NETWORK;

  return *is_roaming || (text && ob_link_from_name (text, &link)) ? ob_link_get_name (link) : NULL;
}

const char *
ob_link_get_name (ObLink link)
{
  return link_names[link];
}

gboolean
ob_link_from_name (const char *name, ObLink *link)
{
  for (guint i = 0; i < OB_N_LINKS; i++)
    if (g_str_equal (name, link_names[i]))
      {
        *link = i;
        return TRUE;
      }

  return FALSE;
}

const char *
ob_metered_get_name (ObMetered metered)
{
  return metered_names[metered];
}

const char *
ob_connectivity_get_name (ObConnectivity connectivity)
{
  return connectivity_names[connectivity];
}

G_DEFINE_INTERFACE (ObWatcher, ob_watcher, G_TYPE_OBJECT)

static void
ob_watcher_default_init (ObWatcherInterface *iface)
{
  g_signal_new ("changed", OB_TYPE_WATCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
ob_watcher_read (ObWatcher *self, ObConditions *conditions)
{
  OB_WATCHER_GET_IFACE (self)->read (self, conditions);
}

void
ob_watcher_set_bus (ObWatcher *self, GDBusConnection *bus)
{
  if (OB_WATCHER_GET_IFACE (self)->set_bus)
    OB_WATCHER_GET_IFACE (self)->set_bus (self, bus);
}

gboolean
ob_watcher_find_way (ObWatcher *self, const char *url, ObWay *way)
{
  return OB_WATCHER_GET_IFACE (self)->find_way && OB_WATCHER_GET_IFACE (self)->find_way (self, url, way);
}

void
ob_watcher_list_sources (ObWatcher *self, GStrvBuilder *sources)
{
  if (OB_WATCHER_GET_IFACE (self)->list_sources)
    OB_WATCHER_GET_IFACE (self)->list_sources (self, sources);
}

void
ob_watcher_let_go (ObWatcher *self)
{
  if (OB_WATCHER_GET_IFACE (self)->let_go)
    OB_WATCHER_GET_IFACE (self)->let_go (self);
}
