/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The power's watcher. Main thread.
 */
#include "policy/watch-power.h"

#include "policy/bus-object.h"

#include <math.h>

#define UPOWER_NAME "org.freedesktop.UPower"
#define UPOWER_PATH "/org/freedesktop/UPower"

/* UpDeviceKind and UpDeviceState. */
#define UPOWER_BATTERY 2
#define UPOWER_UPS 3
#define UPOWER_CHARGING 1

/* The name and path since version 0.20, and the older ones; later versions have both. */
static const struct
{
  const char *name;
  const char *path;
} profiles[] = {
  { "org.freedesktop.UPower.PowerProfiles", "/org/freedesktop/UPower/PowerProfiles" },
  { "net.hadess.PowerProfiles", "/net/hadess/PowerProfiles" },
};

struct _ObPowerWatcher
{
  GObject parent_instance;

  /* All are NULL without a bus. */
  ObBusObject *power;
  ObBusObject *battery; /* UPower's DisplayDevice, which stands for all batteries */
  ObBusObject *profiles[G_N_ELEMENTS (profiles)];
  ObConditions now;
};

static void ob_power_watcher_watcher_init (ObWatcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObPowerWatcher, ob_power_watcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_WATCHER, ob_power_watcher_watcher_init))

/* The device runs on battery if a battery is present, discharges, and has a known charge. */
static void
read_battery (ObPowerWatcher *self, ObConditions *conditions)
{
  gboolean is_on_battery = FALSE, is_present = FALSE;
  guint kind = 0, state = 0;
  double percentage = NAN;

  (void) ob_bus_object_get (self->power, "OnBattery", "b", &is_on_battery);
  (void) ob_bus_object_get (self->battery, "IsPresent", "b", &is_present);
  (void) ob_bus_object_get (self->battery, "Type", "u", &kind);
  (void) ob_bus_object_get (self->battery, "State", "u", &state);
  (void) ob_bus_object_get (self->battery, "Percentage", "d", &percentage);
  if (!is_on_battery || !is_present || (kind != UPOWER_BATTERY && kind != UPOWER_UPS) || state == UPOWER_CHARGING
      || !isfinite (percentage))
    return;
  conditions->is_on_battery = TRUE;
  conditions->battery_percent = (guint) CLAMP (percentage, 0, 100);
}

static void
update (gpointer user_data)
{
  ObPowerWatcher *self = user_data;
  ObConditions conditions;

  ob_conditions_init (&conditions);
  read_battery (self, &conditions);
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
    {
      const char *profile;

      if (ob_bus_object_get (self->profiles[i], "ActiveProfile", "&s", &profile)
          && g_str_equal (profile, "power-saver"))
        conditions.is_power_saver = TRUE;
    }
  if (ob_conditions_equal (&conditions, &self->now))
    return;
  self->now = conditions;
  g_signal_emit_by_name (self, "changed");
}

static void
ob_power_watcher_read (ObWatcher *watcher, ObConditions *conditions)
{
  const ObConditions *now = &OB_POWER_WATCHER (watcher)->now;

  conditions->is_on_battery = now->is_on_battery;
  conditions->battery_percent = now->battery_percent;
  conditions->is_power_saver = now->is_power_saver;
}

static void
ob_power_watcher_list_sources (ObWatcher *watcher, GStrvBuilder *sources)
{
  ObPowerWatcher *self = OB_POWER_WATCHER (watcher);
  gboolean has_profiles = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
    has_profiles |= ob_bus_object_get_state (self->profiles[i]) == OB_BUS_OBJECT_KNOWN;
  if (ob_bus_object_get_state (self->power) == OB_BUS_OBJECT_KNOWN)
    g_strv_builder_add (sources, "UPower");
  if (has_profiles)
    g_strv_builder_add (sources, "power-profiles-daemon");
}

static void
forget_bus (ObPowerWatcher *self)
{
  g_clear_pointer (&self->power, ob_bus_object_free);
  g_clear_pointer (&self->battery, ob_bus_object_free);
  for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
    g_clear_pointer (&self->profiles[i], ob_bus_object_free);
}

static void
ob_power_watcher_set_bus (ObWatcher *watcher, GDBusConnection *bus)
{
  ObPowerWatcher *self = OB_POWER_WATCHER (watcher);

  forget_bus (self);
  if (bus)
    {
      /* Start UPower if no desktop has done so: the battery is there anyway. */
      self->power = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, UPOWER_NAME, UPOWER_PATH, UPOWER_NAME,
                                       update, self);
      self->battery = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_NONE, UPOWER_NAME,
                                         UPOWER_PATH "/devices/DisplayDevice", UPOWER_NAME ".Device", update, self);
      for (guint i = 0; i < G_N_ELEMENTS (profiles); i++)
        self->profiles[i] = ob_bus_object_new (bus, G_BUS_NAME_WATCHER_FLAGS_NONE, profiles[i].name, profiles[i].path,
                                               profiles[i].name, update, self);
    }
  update (self);
}

static void
ob_power_watcher_finalize (GObject *object)
{
  forget_bus (OB_POWER_WATCHER (object));
  G_OBJECT_CLASS (ob_power_watcher_parent_class)->finalize (object);
}

static void
ob_power_watcher_watcher_init (ObWatcherInterface *iface)
{
  iface->read = ob_power_watcher_read;
  iface->set_bus = ob_power_watcher_set_bus;
  iface->list_sources = ob_power_watcher_list_sources;
}

static void
ob_power_watcher_class_init (ObPowerWatcherClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_power_watcher_finalize;
}

static void
ob_power_watcher_init (ObPowerWatcher *self)
{
  ob_conditions_init (&self->now);
}

ObWatcher *
ob_power_watcher_new (GDBusConnection *system_bus)
{
  ObWatcher *self = g_object_new (OB_TYPE_POWER_WATCHER, NULL);

  ob_power_watcher_set_bus (self, system_bus);

  return self;
}
