/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network's watcher. Owns what it knows of NetworkManager: the manager, its active connections, and the device and
 * modem that carry the bytes. network-facts.c decides what follows from it. Main thread.
 */
#include "policy/watch-network.h"

#include "policy/bus-object.h"
#include "policy/device.h"
#include "policy/first-word.h"
#include "policy/monitor.h"
#include "policy/network-facts.h"
#include "policy/routes.h"

#define NM_NAME "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define NM_ACTIVE NM_NAME ".Connection.Active"
#define NM_DEVICE NM_NAME ".Device"
#define MM_NAME "org.freedesktop.ModemManager1"
#define MM_MODEM_3GPP MM_NAME ".Modem.Modem3gpp"

/* NMActiveConnectionState. */
#define NM_ACTIVATED 2

/* NetworkManager has this long for its first answer. */
#define FIRST_WORD_MS 2000

/* When NetworkManager or the bus is gone, its last word against sending is kept this long. */
#define KEEP_S 30

struct _ObNetworkWatcher
{
  GObject parent_instance;

  GDBusConnection *bus;     /* or NULL */
  guint first_word;         /* listens to the bus, if there is one */
  GNetworkMonitor *monitor; /* the kernel's or the portal's; NULL: there is neither */
  gboolean is_portal;
  ObRoutes *routes; /* the ways to the servers that were asked for */
  guint n_ways;
  ObBusObject *manager;   /* NULL without a bus, as are the next three */
  GHashTable *actives;    /* path → ObBusObject of each active connection */
  ObBusObject *device;    /* of the connection that carries the bytes, if that is cellular */
  ObBusObject *modem;     /* and its modem */
  guint await_source;     /* until the first answer */
  guint keep_source;      /* until a kept restriction is forgotten; 0: none is kept */
  gboolean was_managed;   /* NetworkManager managed the network when it was last heard */
  ObConditions kept;      /* the conditions as it last said */
  char **metered_devices; /* patterns; or NULL */
  guint news_source;      /* tells of changed ways once the caller of find_way() is done */
  ObConditions now;
};

static void ob_network_watcher_watcher_init (ObWatcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObNetworkWatcher, ob_network_watcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_WATCHER, ob_network_watcher_watcher_init))

static void update (gpointer user_data);
static gboolean on_kept_long_enough (gpointer data);

/* --- NetworkManager --- */

static const char *
get_path (const ObBusObject *object, const char *property)
{
  const char *path;

  return ob_bus_object_get (object, property, "&o", &path) && !g_str_equal (path, "/") ? path : NULL;
}

static void
follow_active (ObNetworkWatcher *self, GHashTable *wanted, const char *path)
{
  gpointer key, active;

  if (!path || g_hash_table_contains (wanted, path))
    return;
  if (g_hash_table_steal_extended (self->actives, path, &key, &active))
    g_free (key);
  else
    active = ob_bus_object_new (self->bus, G_BUS_NAME_WATCHER_FLAGS_NONE, NM_NAME, path, NM_ACTIVE, update, self);
  g_hash_table_insert (wanted, g_strdup (path), active);
}

static GHashTable *
actives_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_bus_object_free);
}

static void
follow_actives (ObNetworkWatcher *self)
{
  g_autoptr (GHashTable) wanted = actives_new ();
  g_autoptr (GVariantIter) iter = NULL;
  const char *path;

  follow_active (self, wanted, get_path (self->manager, "PrimaryConnection"));
  follow_active (self, wanted, get_path (self->manager, "ActivatingConnection"));
  if (ob_bus_object_get (self->manager, "ActiveConnections", "ao", &iter))
    while (g_variant_iter_next (iter, "&o", &path))
      follow_active (self, wanted, path);
  g_hash_table_unref (self->actives);
  self->actives = g_steal_pointer (&wanted);
}

static void
read_active (const ObBusObject *object, ObActiveConnection *active)
{
  guint state = 0;

  *active = (ObActiveConnection){ .path = ob_bus_object_get_path (object) };
  (void) ob_bus_object_get (object, "Type", "&s", &active->type);
  (void) ob_bus_object_get (object, "Id", "&s", &active->id);
  (void) ob_bus_object_get (object, "Uuid", "&s", &active->uuid);
  (void) ob_bus_object_get (object, "State", "u", &state);
  active->is_activated = state == NM_ACTIVATED;
}

static void
read_manager (ObNetworkWatcher *self, ObNetworkFacts *facts, GArray *actives)
{
  GHashTableIter iter;
  gpointer object;

  g_hash_table_iter_init (&iter, self->actives);
  while (g_hash_table_iter_next (&iter, NULL, &object))
    {
      ObActiveConnection active;

      read_active (object, &active);
      g_array_append_val (actives, active);
    }
  facts->is_managed = ob_bus_object_get_state (self->manager) == OB_BUS_OBJECT_KNOWN;
  facts->actives = (const ObActiveConnection *) (void *) actives->data;
  facts->n_actives = actives->len;
  facts->primary = get_path (self->manager, "PrimaryConnection");
  facts->activating = get_path (self->manager, "ActivatingConnection");
  (void) ob_bus_object_get (self->manager, "PrimaryConnectionType", "&s", &facts->primary_type);
  (void) ob_bus_object_get (self->manager, "Connectivity", "u", &facts->connectivity);
  (void) ob_bus_object_get (self->manager, "Metered", "u", &facts->metered);
}

/* --- Roaming --- */

static void
follow (ObNetworkWatcher *self, ObBusObject **object, const char *name, const char *path, const char *interface)
{
  if (g_strcmp0 (ob_bus_object_get_path (*object), path) == 0)
    return;
  g_clear_pointer (object, ob_bus_object_free);
  if (path)
    *object = ob_bus_object_new (self->bus, G_BUS_NAME_WATCHER_FLAGS_NONE, name, path, interface, update, self);
}

/* A connection names its device, and a modem's device its modem. */
static gboolean
is_roaming (ObNetworkWatcher *self, const ObActiveConnection *carrier)
{
  const ObBusObject *active = carrier ? g_hash_table_lookup (self->actives, carrier->path) : NULL;
  g_autoptr (GVariantIter) devices = NULL;
  const char *device = NULL, *modem = NULL;
  guint registration = 0;

  if (ob_bus_object_get (active, "Devices", "ao", &devices))
    (void) g_variant_iter_next (devices, "&o", &device);
  follow (self, &self->device, NM_NAME, device, NM_DEVICE);
  if (ob_bus_object_get (self->device, "Udi", "&s", &modem) && !g_variant_is_object_path (modem))
    modem = NULL;
  follow (self, &self->modem, MM_NAME, modem, MM_MODEM_3GPP);
  (void) ob_bus_object_get (self->modem, "RegistrationState", "u", &registration);

  /* MMModem3gppRegistrationState: roaming with data, for SMS only, without voice fallback. */
  return registration == 5 || registration == 7 || registration == 10;
}

/* --- The snapshot --- */

static gboolean
has_answered (ObNetworkWatcher *self)
{
  const char *primary = get_path (self->manager, "PrimaryConnection");

  if (!self->bus)
    return FALSE;
  if (ob_bus_object_get_state (self->manager) == OB_BUS_OBJECT_WAITING)
    return FALSE;

  return !primary || ob_bus_object_get_state (g_hash_table_lookup (self->actives, primary)) != OB_BUS_OBJECT_WAITING;
}

static gboolean
is_metered_device (ObNetworkWatcher *self, const char *name)
{
  return *name && (ob_device_is_among (name, self->metered_devices) || ob_device_get_link (name) == OB_LINK_CELLULAR);
}

/* Finds the device that bytes leave by, for a tunnel the device that carries it, and what can be said of it without
 * NetworkManager. */
static void
read_device (ObNetworkWatcher *self, ObNetworkFacts *facts, ObWay *way)
{
  *way = ob_routes_find_way_out (self->routes);
  facts->route_link = ob_device_get_link (way->device);
  if (facts->route_link == OB_LINK_UNKNOWN && *way->device && !way->is_loopback && ob_device_find_best (way->device))
    facts->route_link = ob_device_get_link (way->device);
  if (is_metered_device (self, way->device))
    facts->route_metered = OB_METERED_YES;
}

/* What NetworkManager last said against sending stays in force for a while when it is gone, or the bus. */
static void
keep_restriction (ObNetworkWatcher *self, gboolean is_managed, ObConditions *conditions)
{
  if (is_managed)
    g_clear_handle_id (&self->keep_source, g_source_remove);
  else if (self->was_managed)
    {
      self->kept = self->now;
      g_clear_handle_id (&self->keep_source, g_source_remove);
      self->keep_source = g_timeout_add_seconds (KEEP_S, on_kept_long_enough, self);
    }
  self->was_managed = is_managed;
  if (self->keep_source > 0)
    ob_network_facts_keep (&self->kept, conditions);
}

static void
read_everything (ObNetworkWatcher *self, ObConditions *conditions)
{
  g_autoptr (GArray) actives = g_array_new (FALSE, FALSE, sizeof (ObActiveConnection));
  ObNetworkFacts facts = { 0 };
  const ObActiveConnection *carrier;
  ObWay way;

  ob_monitor_read (self->monitor, self->is_portal, &facts);
  read_device (self, &facts, &way);
  read_manager (self, &facts, actives);
  carrier = ob_network_facts_decide (&facts, conditions);
  /* If a server can be reached, there is a network. */
  conditions->is_network_available |= ob_routes_reach_any (self->routes);
  conditions->n_ways = self->n_ways;
  if (!facts.is_managed && conditions->is_network_available)
    {
      conditions->link = facts.route_link;
      conditions->metered = facts.route_metered;
    }
  /* The administrator has said that this device costs. */
  if (ob_device_is_among (way.device, self->metered_devices) && *way.device)
    conditions->metered = OB_METERED_YES;
  keep_restriction (self, facts.is_managed, conditions);
  conditions->is_roaming = is_roaming (self, conditions->link == OB_LINK_CELLULAR ? carrier : NULL);
}

static void
update (gpointer user_data)
{
  ObNetworkWatcher *self = user_data;
  ObConditions conditions;

  if (self->manager)
    follow_actives (self);
  if (self->await_source > 0 && !has_answered (self))
    return;
  g_clear_handle_id (&self->await_source, g_source_remove);
  ob_conditions_init (&conditions);
  read_everything (self, &conditions);
  if (ob_conditions_equal (&conditions, &self->now))
    return;
  self->now = conditions;
  g_signal_emit_by_name (self, "changed");
}

/* Ask for the routes again, since other news of the network may arrive before rtnetlink's. */
static void
on_network_changed (ObNetworkWatcher *self)
{
  ob_routes_review (self->routes);
  update (self);
}

static void
on_ways_changed (gpointer user_data)
{
  ObNetworkWatcher *self = user_data;

  self->n_ways++;
  update (self);
}

static gboolean
on_kept_long_enough (gpointer data)
{
  ObNetworkWatcher *self = data;

  self->keep_source = 0;
  update (self);

  return G_SOURCE_REMOVE;
}

static gboolean
on_answer_too_late (gpointer data)
{
  ObNetworkWatcher *self = data;

  self->await_source = 0;
  update (self);

  return G_SOURCE_REMOVE;
}

static gboolean
on_news (gpointer data)
{
  ObNetworkWatcher *self = data;

  self->news_source = 0;
  update (self);

  return G_SOURCE_REMOVE;
}

static void
ob_network_watcher_read (ObWatcher *watcher, ObConditions *conditions)
{
  const ObConditions *now = &OB_NETWORK_WATCHER (watcher)->now;

  conditions->is_awaited = now->is_awaited;
  conditions->is_network_available = now->is_network_available;
  conditions->n_ways = now->n_ways;
  conditions->connectivity = now->connectivity;
  conditions->metered = now->metered;
  conditions->link = now->link;
  conditions->is_roaming = now->is_roaming;
  ob_conditions_set_network (conditions, now->network_id, now->network_uuid);
}

/* A way that is asked for the first time may be the first network found. Its caller is told of that later, not in the
 * middle of its call. */
static gboolean
ob_network_watcher_find_way (ObWatcher *watcher, const char *url, ObWay *way)
{
  ObNetworkWatcher *self = OB_NETWORK_WATCHER (watcher);
  gboolean was_available = ob_routes_reach_any (self->routes);

  *way = ob_routes_find (self->routes, url);
  way->is_metered = !way->is_loopback && is_metered_device (self, way->device);
  if (was_available != ob_routes_reach_any (self->routes) && self->news_source == 0)
    self->news_source = g_idle_add (on_news, self);

  return TRUE;
}

static void
ob_network_watcher_list_sources (ObWatcher *watcher, GStrvBuilder *sources)
{
  ObNetworkWatcher *self = OB_NETWORK_WATCHER (watcher);

  if (ob_bus_object_get_state (self->manager) == OB_BUS_OBJECT_KNOWN)
    g_strv_builder_add (sources, "NetworkManager");
  if (ob_bus_object_get_state (self->modem) == OB_BUS_OBJECT_KNOWN)
    g_strv_builder_add (sources, "ModemManager");
  if (self->monitor)
    g_strv_builder_add (sources, "GNetworkMonitor");
}

static void
forget_bus (ObNetworkWatcher *self)
{
  g_clear_pointer (&self->manager, ob_bus_object_free);
  g_clear_pointer (&self->device, ob_bus_object_free);
  g_clear_pointer (&self->modem, ob_bus_object_free);
  g_hash_table_remove_all (self->actives);
  if (self->bus)
    ob_first_word_forget (self->bus, self->first_word);
  g_clear_object (&self->bus);
}

/* A bus that comes later makes nobody wait: what is known holds until NetworkManager answers. */
static void
ob_network_watcher_set_bus (ObWatcher *watcher, GDBusConnection *bus)
{
  ObNetworkWatcher *self = OB_NETWORK_WATCHER (watcher);

  forget_bus (self);
  if (bus)
    {
      self->bus = g_object_ref (bus);
      self->first_word = ob_first_word_listen (bus);
      self->manager = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_NONE, NM_NAME, NM_PATH, NM_NAME, update, self);
    }
  else
    g_clear_handle_id (&self->await_source, g_source_remove);
  update (self);
}

static void
ob_network_watcher_finalize (GObject *object)
{
  ObNetworkWatcher *self = OB_NETWORK_WATCHER (object);

  g_clear_handle_id (&self->await_source, g_source_remove);
  g_clear_handle_id (&self->keep_source, g_source_remove);
  g_clear_handle_id (&self->news_source, g_source_remove);
  g_strfreev (self->metered_devices);
  forget_bus (self);
  g_hash_table_unref (self->actives);
  g_clear_pointer (&self->routes, ob_routes_free);
  if (self->monitor)
    g_signal_handlers_disconnect_by_data (self->monitor, self);
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (ob_network_watcher_parent_class)->finalize (object);
}

static void
ob_network_watcher_watcher_init (ObWatcherInterface *iface)
{
  iface->read = ob_network_watcher_read;
  iface->set_bus = ob_network_watcher_set_bus;
  iface->find_way = ob_network_watcher_find_way;
  iface->list_sources = ob_network_watcher_list_sources;
}

static void
ob_network_watcher_class_init (ObNetworkWatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_network_watcher_finalize;
}

static void
ob_network_watcher_init (ObNetworkWatcher *self)
{
  ob_conditions_init (&self->now);
  self->now.is_awaited = TRUE;
  self->now.is_network_available = FALSE;
  self->actives = actives_new ();
  self->routes = ob_routes_new (on_ways_changed, self);
  self->monitor = ob_monitor_new (&self->is_portal);
  if (!self->monitor)
    return;
  g_signal_connect_swapped (self->monitor, "network-changed", G_CALLBACK (on_network_changed), self);
  /* The portal may change these without a network-changed signal. */
  g_signal_connect_swapped (self->monitor, "notify::connectivity", G_CALLBACK (update), self);
  g_signal_connect_swapped (self->monitor, "notify::network-metered", G_CALLBACK (update), self);
}

void
ob_network_watcher_set_metered (ObNetworkWatcher *self, char *const *patterns)
{
  g_strfreev (self->metered_devices);
  self->metered_devices = g_strdupv ((char **) patterns);
  self->n_ways++;
  update (self);
}

ObWatcher *
ob_network_watcher_new_before_bus (void)
{
  ObNetworkWatcher *self = g_object_new (OB_TYPE_NETWORK_WATCHER, NULL);

  self->await_source = g_timeout_add (FIRST_WORD_MS, on_answer_too_late, self);

  return OB_WATCHER (self);
}

ObWatcher *
ob_network_watcher_new (GDBusConnection *system_bus)
{
  ObWatcher *self = ob_network_watcher_new_before_bus ();

  ob_network_watcher_set_bus (self, system_bus);

  return self;
}
