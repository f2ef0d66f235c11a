/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A network that becomes metered and back while many uploads wait for one that is not: what a change costs the daemon, and
 * what it writes and tells. NetworkManager is an object of this program. Main thread.
 */
#include "parts.h"

#include "report.h"

#include "dbus/names.h"
#include "support/system-bus.h"
#include "support/wait.h"

#include <math.h>

#define NM "org.freedesktop.NetworkManager"
#define SHORT 100
#define RULES "[Rule default]\nmetered=deny\n"

static const char nm_xml[] = "<node><interface name='" NM "'>"
                             "<property name='PrimaryConnection' type='o' access='read'/>"
                             "<property name='PrimaryConnectionType' type='s' access='read'/>"
                             "<property name='Connectivity' type='u' access='read'/>"
                             "<property name='Metered' type='u' access='read'/>"
                             "</interface></node>";

typedef struct
{
  GDBusConnection *connection;
  guint32 metered; /* as NMMetered: 1: yes, 2: no */
} Manager;

static GVariant *
get_property (GDBusConnection *connection, const char *sender, const char *path, const char *interface,
              const char *name, GError **error, gpointer user_data)
{
  const Manager *manager = user_data;

  if (g_str_equal (name, "PrimaryConnection"))
    return g_variant_new_object_path ("/active/1");
  if (g_str_equal (name, "PrimaryConnectionType"))
    return g_variant_new_string ("802-11-wireless");

  return g_variant_new_uint32 (g_str_equal (name, "Metered") ? manager->metered : 4);
}

static void
manager_set_metered (Manager *manager, gboolean is_metered)
{
  g_autoptr (GError) error = NULL;

  manager->metered = is_metered ? 1 : 2;
  (void) g_dbus_connection_emit_signal (
      manager->connection, NULL, "/org/freedesktop/NetworkManager", "org.freedesktop.DBus.Properties",
      "PropertiesChanged", g_variant_new_parsed ("('" NM "', {'Metered': <%u>}, @as [])", manager->metered), &error);
  g_assert_no_error (error);
}

static void
manager_set_up (Manager *manager, TestSystemBus *bus)
{
  static const GDBusInterfaceVTable vtable = { .get_property = get_property };
  g_autoptr (GDBusNodeInfo) info = g_dbus_node_info_new_for_xml (nm_xml, NULL);
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GError) error = NULL;

  manager->connection = test_system_bus_connect (bus);
  manager->metered = 1;
  (void) g_dbus_connection_register_object (manager->connection, "/org/freedesktop/NetworkManager", info->interfaces[0],
                                            &vtable, manager, NULL, &error);
  g_assert_no_error (error);
  reply = g_dbus_connection_call_sync (manager->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "RequestName", g_variant_new ("(su)", NM, 0), NULL,
                                       G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

/* What a watcher is told. */
typedef struct
{
  gboolean is_held; /* whether the lane waits for a network without a limit */
  guint n_told;
  gboolean wanted;
} Watch;

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
           GVariant *parameters, gpointer user_data)
{
  Watch *watch = user_data;
  g_autofree char *text = g_variant_print (parameters, FALSE);

  watch->n_told++;
  watch->is_held = strstr (text, "wait-unmetered") != NULL;
}

static gboolean
is_as_wanted (gpointer data)
{
  const Watch *watch = data;

  return watch->is_held == watch->wanted;
}

static void
flip_to (Manager *manager, Watch *watch, gboolean is_metered)
{
  watch->wanted = is_metered;
  manager_set_metered (manager, is_metered);
  test_wait_until (is_as_wanted, watch, 20);
}

/* Returns: the number of the journal's last row. */
static guint64
get_last_row (Rig *rig)
{
  g_autofree char *sequence = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_watch_sync (rig->uploads, g_variant_new_parsed ("@a{sv} {}"), "", &sequence, NULL, &error);
  g_assert_no_error (error);

  return g_ascii_strtoull (strchr (sequence, '-') + 1, NULL, 10);
}

typedef struct
{
  double cpu_ms; /* of one change */
  double rows;   /* journal rows of one change */
  double told;   /* signals to a watcher of one change */
} Cost;

static Cost
measure (Rig *rig, Manager *manager, guint n_flips)
{
  guint64 n_rows;
  Watch watch = { FALSE, 0, TRUE };
  double begin_ms;
  Cost cost;
  guint subscription
      = g_dbus_connection_signal_subscribe (rig->connection, OUTBOX_BUS_NAME, "org.outbox.Outbox1.Uploads",
                                            "HoldsChanged", OUTBOX_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                            on_signal, &watch, NULL);

  (void) get_last_row (rig); /* from here on it is told */
  flip_to (manager, &watch, FALSE);
  flip_to (manager, &watch, TRUE);
  n_rows = get_last_row (rig);
  watch.n_told = 0;
  begin_ms = rig_get_cpu_ms (rig);
  for (guint i = 0; i < n_flips; i++)
    flip_to (manager, &watch, i % 2 == 1);
  cost.cpu_ms = (rig_get_cpu_ms (rig) - begin_ms) / n_flips;
  cost.told = (double) watch.n_told / n_flips;
  cost.rows = (double) (get_last_row (rig) - n_rows) / n_flips;
  g_dbus_connection_signal_unsubscribe (rig->connection, subscription);

  return cost;
}

static Cost
measure_with (const Bench *bench, TestSystemBus *bus, Manager *manager, guint n_uploads, guint n_flips)
{
  g_autoptr (Rig) rig = rig_new (bench, "flips");
  g_autofree char *folder = g_build_filename (rig->folder, "outbox", NULL);
  g_autofree char *rules = g_build_filename (folder, "outbox.conf", NULL);
  Cost cost;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (rules, RULES, -1, NULL));
  /* Paused by a person as well: nothing starts when the lane is free. */
  rig_fill (rig, n_uploads, TRUE);
  rig->has_system_bus = TRUE;
  (void) rig_start (rig);
  rig_wait_until_idle (rig);
  cost = measure (rig, manager, n_flips);
  rig_stop (rig);

  return cost;
}

void
bench_flips (const Bench *bench)
{
  g_autoptr (TestSystemBus) bus = test_system_bus_new ();
  guint n_uploads = bench->is_quick ? 10000 : 100000;
  guint n_flips = bench->is_quick ? 20 : 100;
  g_autofree char *cpu = g_strdup_printf ("CPU of a change of network, %'u waiting", n_uploads);
  g_autofree char *rows = g_strdup_printf ("journal rows of one, %'u waiting", n_uploads);
  g_autofree char *told = g_strdup_printf ("HoldsChanged of one, %'u waiting", n_uploads);
  Manager manager = { 0 };
  Cost few, many;

  manager_set_up (&manager, bus);
  few = measure_with (bench, bus, &manager, SHORT, n_flips);
  many = measure_with (bench, bus, &manager, n_uploads, n_flips);
  bench_report (cpu, BENCH_RATIO, "ms", many.cpu_ms, "100 waiting", few.cpu_ms, 1.5);
  bench_report (rows, BENCH_MOST, "", many.rows, "", NAN, 1);
  bench_report (told, BENCH_MOST, "", many.told, "", NAN, 1);
  g_object_unref (manager.connection);
}
