/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network's watcher against the real NetworkManager in namespaces, and against mocks where it would take a modem or a
 * liar.
 */
#include "policy/system-bus.h"
#include "policy/watch-network.h"
#include "support/namespace.h"
#include "support/network-manager.h"
#include "watched.h"

/* NetworkManager takes its time to believe in a pulled cable (5 s). */
#define MOST_S 30

#define NM "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define MM "org.freedesktop.ModemManager1"
#define MODEM_PATH "/org/freedesktop/ModemManager1/Modem/0"

typedef struct
{
  TestSystemBus *bus;
  TestNetworkManager *manager;
  GDBusConnection *connection;
  Watched *watched;
} Fixture;

static char *
describe (const ObConditions *conditions)
{
  if (!conditions->is_network_available)
    return g_strdup ("no network");

  return g_strdup_printf ("%s, metered %s, %s, '%s'%s", ob_link_get_name (conditions->link),
                          ob_metered_get_name (conditions->metered),
                          ob_connectivity_get_name (conditions->connectivity), conditions->network_id,
                          conditions->is_roaming ? ", roaming" : "");
}

static void
watch (Fixture *fixture)
{
  fixture->connection = test_system_bus_connect (fixture->bus);
  fixture->watched = watched_new (ob_network_watcher_new (fixture->connection), describe);
}

/* A cable that NetworkManager would use if it ran. */
static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->bus = test_system_bus_new ();
  fixture->manager = test_network_manager_new (fixture->bus);
  test_network_manager_add_cable (fixture->manager, "depot", 10);
}

static void
set_up_running (Fixture *fixture, gconstpointer data)
{
  set_up (fixture, data);
  test_network_manager_start (fixture->manager);
  test_network_manager_add_connection (fixture->manager, "depot", 10, "Depot", "connection.metered no");
  watch (fixture);
  watched_wait_for (fixture->watched, "ethernet, metered no, *, 'Depot'", MOST_S);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->watched, watched_free);
  g_clear_object (&fixture->connection);
  test_network_manager_free (fixture->manager);
  test_system_bus_free (fixture->bus);
}

static void
assert_sources (Fixture *fixture, const char *expected)
{
  g_autofree char *sources = watched_dup_sources (fixture->watched);

  g_assert_cmpstr (sources, ==, expected);
}

/* --- The real one --- */

static void
test_a_cable_is_pulled (Fixture *fixture, gconstpointer data)
{
  ObConditions before, after;

  ob_watcher_read (fixture->watched->watcher, &before);
  assert_sources (fixture, "NetworkManager,GNetworkMonitor");
  test_network_manager_plug (fixture->manager, "depot", FALSE);
  watched_wait_for (fixture->watched, "no network", MOST_S);
  test_network_manager_plug (fixture->manager, "depot", TRUE);
  watched_wait_for (fixture->watched, "ethernet, metered no, full, 'Depot'", MOST_S);
  ob_watcher_read (fixture->watched->watcher, &after);
  g_assert_true (g_uuid_string_is_valid (after.network_uuid));
  g_assert_cmpstr (after.network_uuid, ==, before.network_uuid);
}

static void
test_metered_in_all_its_shades (Fixture *fixture, gconstpointer data)
{
  /* What a person sets, and what the manager says: it has its own guess where nobody set anything. */
  static const char *const rows[][2] = { { "yes", "ethernet, metered yes, *" },
                                         { "unknown", "ethernet, metered guess-no, *" },
                                         { "no", "ethernet, metered no, *" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      test_namespace_run ("nmcli con modify Depot connection.metered %s && nmcli device reapply depot", rows[i][0]);
      watched_wait_for (fixture->watched, rows[i][1], MOST_S);
    }
}

static void
test_the_way_out_changes (Fixture *fixture, gconstpointer data)
{
  test_network_manager_add_cable (fixture->manager, "phone", 20);
  test_network_manager_add_connection (fixture->manager, "phone", 20, "Phone",
                                       "connection.metered yes ipv4.route-metric 50 connection.autoconnect no");
  test_namespace_run ("nmcli con up Phone");
  watched_wait_for (fixture->watched, "ethernet, metered yes, *, 'Phone'", MOST_S);
  test_namespace_run ("nmcli con down Phone");
  watched_wait_for (fixture->watched, "ethernet, metered no, *, 'Depot'", MOST_S);
}

static void
test_a_captive_portal (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    TestInternet internet;
    const char *expected;
  } rows[] = { { TEST_INTERNET_PORTAL, "*, portal, 'Depot'" },
               { TEST_INTERNET_BROKEN, "*, limited, 'Depot'" },
               { TEST_INTERNET_ONLINE, "*, full, 'Depot'" } };

  watched_wait_for (fixture->watched, "*, full, 'Depot'", MOST_S);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GSubprocess) check = NULL;

      test_network_manager_set_internet (fixture->manager, rows[i].internet);
      check = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE, NULL, "nmcli", "networking", "connectivity", "check",
                                NULL);
      watched_wait_for (fixture->watched, rows[i].expected, MOST_S);
      g_assert_true (g_subprocess_wait_check (check, NULL, NULL));
    }
}

static void
test_a_bridge_is_what_carries_it (Fixture *fixture, gconstpointer data)
{
  test_namespace_run ("nmcli con down Depot; nmcli con modify Depot connection.autoconnect no;"
                      "nmcli con add type bridge ifname yard con-name Yard bridge.stp no ipv4.method manual"
                      " ipv4.addresses 10.10.0.3/24 ipv4.gateway 10.10.0.1 ipv6.method disabled;"
                      "nmcli con add type ethernet ifname depot con-name Port master yard; nmcli con up Port");
  watched_wait_for (fixture->watched, "ethernet, metered unknown, full, 'Yard'", MOST_S);
  test_namespace_run ("nmcli con del Yard Port");
  watched_wait_for (fixture->watched, "no network", MOST_S);
}

static void
test_networking_is_switched_off (Fixture *fixture, gconstpointer data)
{
  test_namespace_run ("nmcli networking off");
  watched_wait_for (fixture->watched, "no network", MOST_S);
  test_namespace_run ("nmcli networking on");
  watched_wait_for (fixture->watched, "ethernet, metered no, *, 'Depot'", MOST_S);
}

/* It leaves the device as it is when it ends, and takes it over when it is back. */
static void
test_it_stops_and_starts (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      test_network_manager_stop (fixture->manager);
      watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
      assert_sources (fixture, "GNetworkMonitor");
      test_namespace_run ("ip route del default");
      watched_wait_for (fixture->watched, "no network", MOST_S);
      test_network_manager_start (fixture->manager);
      watched_wait_for (fixture->watched, "ethernet, metered no, *, 'Depot'", MOST_S);
    }
}

static void
test_it_starts_late (Fixture *fixture, gconstpointer data)
{
  watch (fixture);
  watched_wait_for (fixture->watched, "no network", MOST_S);
  test_network_manager_start (fixture->manager);
  test_network_manager_add_connection (fixture->manager, "depot", 10, "Depot", "connection.metered yes");
  watched_wait_for (fixture->watched, "ethernet, metered yes, full, 'Depot'", MOST_S);
}

static void
add_route_by_hand (Fixture *fixture)
{
  test_network_manager_add_cable (fixture->manager, "left-alone", 30);
  test_namespace_run ("ip addr add 10.30.0.2/24 dev left-alone && ip link set left-alone up"
                      " && ip route add default via 10.30.0.1");
}

static void
test_a_device_that_it_leaves_alone (Fixture *fixture, gconstpointer data)
{
  test_network_manager_start (fixture->manager);
  watch (fixture);
  watched_wait_for (fixture->watched, "no network", MOST_S);
  add_route_by_hand (fixture);
  watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
  test_namespace_run ("ip route del default");
  watched_wait_for (fixture->watched, "no network", MOST_S);
}

static void
test_a_network_without_a_way_out (Fixture *fixture, gconstpointer data)
{
  test_network_manager_start (fixture->manager);
  watch (fixture);
  test_namespace_run ("nmcli con add type ethernet ifname depot con-name Hall ipv4.method manual"
                      " ipv4.addresses 10.10.0.2/24 ipv6.method disabled");
  watched_wait_for (fixture->watched, "ethernet, metered unknown, *, 'Hall'", MOST_S);
}

static void
test_it_hangs_when_the_watcher_starts (Fixture *fixture, gconstpointer data)
{
  TestService *service;

  add_route_by_hand (fixture);
  test_network_manager_start (fixture->manager);
  test_network_manager_add_connection (fixture->manager, "depot", 10, "Depot", "connection.metered yes");
  test_namespace_run ("nmcli -w 20 con up Depot");
  service = test_network_manager_get_service (fixture->manager);
  test_service_suspend (service);
  watch (fixture);
  /* Nothing leaves before it had its time to say that it costs; then the kernel's word has to do. */
  g_assert_cmpstr (fixture->watched->text, ==, "no network");
  watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
  test_service_resume (service);
  watched_wait_for (fixture->watched, "ethernet, metered yes, *, 'Depot'", MOST_S);
}

static void
test_the_first_word_is_awaited (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GDBusConnection) connection = test_system_bus_connect (fixture->bus);
  g_autoptr (Watched) other = NULL;

  watched_wait_for (fixture->watched, "*, full, 'Depot'", MOST_S);
  other = watched_new (ob_network_watcher_new (connection), describe);
  g_assert_cmpstr (other->text, ==, "no network");
  watched_wait_for (other, "?*, metered *", MOST_S);
  g_assert_cmpuint (other->n_changes, ==, 1);
  g_assert_cmpstr (other->text, ==, "ethernet, metered no, full, 'Depot'");
}

/* --- The kernel alone --- */

/* What a device's name and nature say where no service does. */
static void
test_a_stick_without_a_manager (Fixture *fixture, gconstpointer data)
{
  static const char *const rows[][2] = { { "wwan0", "cellular, metered yes, unknown, ''" },
                                         { "ppp0", "cellular, metered yes, unknown, ''" },
                                         { "wlp3s0", "wifi, metered unknown, unknown, ''" },
                                         { "usb0", "ethernet, metered yes, unknown, ''" },
                                         { "enp1s0", "ethernet, metered unknown, unknown, ''" } };
  const char *const patterns[] = { "usb*", NULL };

  fixture->watched = watched_new (ob_network_watcher_new (NULL), describe);
  ob_network_watcher_set_metered (OB_NETWORK_WATCHER (fixture->watched->watcher), (char *const *) patterns);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      test_namespace_run ("ip link add %s type veth peer name far; ip addr add 10.40.0.2/24 dev %s; ip link set far up;"
                          "ip link set %s up; ip route add default via 10.40.0.1 dev %s",
                          rows[i][0], rows[i][0], rows[i][0], rows[i][0]);
      watched_wait_for (fixture->watched, rows[i][1], MOST_S);
      test_namespace_run ("ip link del %s", rows[i][0]);
      watched_wait_for (fixture->watched, "no network", MOST_S);
    }
}

static void
test_no_bus (Fixture *fixture, gconstpointer data)
{
  fixture->watched = watched_new (ob_network_watcher_new (NULL), describe);
  g_assert_cmpstr (fixture->watched->text, ==, "no network");
  assert_sources (fixture, "GNetworkMonitor");
  add_route_by_hand (fixture);
  watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
  test_namespace_run ("ip route del default");
  watched_wait_for (fixture->watched, "no network", MOST_S);
}

static void
test_the_bus_ends (Fixture *fixture, gconstpointer data)
{
  add_route_by_hand (fixture);
  watched_wait_for (fixture->watched, "ethernet, metered no, *, 'Depot'", MOST_S);
  test_system_bus_kill (fixture->bus);
  watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
}

/* --- Mocks --- */

static void
add_object (Fixture *fixture, const char *path, const char *interface, const char *properties)
{
  g_autofree char *arguments = g_strdup_printf ("('%s', '%s', @a{sv} %s, @a(ssss) [])", path, interface, properties);

  test_system_bus_mock (fixture->bus, NM, NM_PATH, "AddObject", arguments);
}

#define MANAGER_PROPERTIES                                                       \
  "{'Connectivity': <uint32 4>, 'Metered': <uint32 3>,"                          \
  " 'PrimaryConnection': <objectpath '" NM_PATH "/ActiveConnection/1'>,"         \
  " 'PrimaryConnectionType': <'gsm'>, 'ActivatingConnection': <objectpath '/'>," \
  " 'ActiveConnections': <[objectpath '" NM_PATH "/ActiveConnection/1', '" NM_PATH "/ActiveConnection/2']>}"

/* A connection of that type, which is the primary one, over a modem. */
static TestService *
start_mock (Fixture *fixture)
{
  TestService *service = test_service_start_mock (fixture->bus, NM, NM_PATH, NM);

  add_object (fixture, NM_PATH "/Devices/1", NM ".Device", "{'Udi': <'" MODEM_PATH "'>, 'DeviceType': <uint32 8>}");
  add_object (fixture, NM_PATH "/ActiveConnection/1", NM ".Connection.Active",
              "{'Type': <'gsm'>, 'Id': <'Mobile'>, 'Uuid': <'1'>, 'State': <uint32 2>,"
              " 'Devices': <[objectpath '" NM_PATH "/Devices/1']>}");
  add_object (fixture, NM_PATH "/ActiveConnection/2", NM ".Connection.Active",
              "{'Type': <'wireguard'>, 'Id': <'Office'>, 'Uuid': <'2'>, 'State': <uint32 2>,"
              " 'Devices': <@ao []>}");
  test_system_bus_mock (fixture->bus, NM, NM_PATH, "AddProperties", "('" NM "', " MANAGER_PROPERTIES ")");
  /* The mock has its name before it has them, and does not tell: a watcher that asked in between would never know. */
  test_system_bus_mock (fixture->bus, NM, NM_PATH, "EmitSignal",
                        "('org.freedesktop.DBus.Properties', 'PropertiesChanged', 'sa{sv}as',"
                        " [<'" NM "'>, <" MANAGER_PROPERTIES ">, <@as []>])");

  return service;
}

static void
test_a_modem_that_roams (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) manager = start_mock (fixture);
  TestService *modem;

  watch (fixture);
  watched_wait_for (fixture->watched, "cellular, metered guess-yes, full, 'Mobile'", MOST_S);
  modem = test_service_start_mock (fixture->bus, MM, MODEM_PATH, MM ".Modem.Modem3gpp");
  test_system_bus_mock (fixture->bus, MM, MODEM_PATH, "AddProperties",
                        "('" MM ".Modem.Modem3gpp', {'RegistrationState': <uint32 1>})");
  test_system_bus_set (fixture->bus, MM, MODEM_PATH, MM ".Modem.Modem3gpp", "RegistrationState", "uint32 5");
  watched_wait_for (fixture->watched, "cellular, *, roaming", MOST_S);
  assert_sources (fixture, "NetworkManager,ModemManager,GNetworkMonitor");

  /* The tunnel over it is as dear as what carries it. */
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Metered", "uint32 4");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "PrimaryConnectionType", "'wireguard'");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "PrimaryConnection",
                       "objectpath '" NM_PATH "/ActiveConnection/2'");
  watched_wait_for (fixture->watched, "cellular, metered unknown, full, 'Office', roaming", MOST_S);
  test_system_bus_set (fixture->bus, MM, MODEM_PATH, MM ".Modem.Modem3gpp", "RegistrationState", "uint32 1");
  watched_wait_for (fixture->watched, "cellular, metered unknown, full, 'Office'", MOST_S);
  test_system_bus_set (fixture->bus, MM, MODEM_PATH, MM ".Modem.Modem3gpp", "RegistrationState", "uint32 10");
  watched_wait_for (fixture->watched, "cellular, *, roaming", MOST_S);
  test_service_free (modem);
  watched_wait_for (fixture->watched, "cellular, metered unknown, full, 'Office'", MOST_S);
}

/* Its word against sending outlives it, and the bus with it, until it says another. */
static void
test_the_bus_is_restarted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) watchers = g_ptr_array_new ();
  g_autoptr (ObSystemBus) system_bus = NULL;
  TestService *manager = start_mock (fixture);
  ObConditions conditions;

  fixture->watched = watched_new (ob_network_watcher_new_before_bus (), describe);
  ob_watcher_read (fixture->watched->watcher, &conditions);
  g_assert_true (conditions.is_awaited);
  g_ptr_array_add (watchers, fixture->watched->watcher);
  system_bus = ob_system_bus_new (watchers);
  watched_wait_for (fixture->watched, "cellular, metered guess-yes, full, 'Mobile'", MOST_S);
  add_route_by_hand (fixture);
  for (guint i = 0; i < 3; i++)
    {
      test_service_free (manager);
      watched_wait_for (fixture->watched, "cellular, metered guess-yes, unknown, ''", MOST_S);
      test_system_bus_kill (fixture->bus);
      test_system_bus_restart (fixture->bus);
      manager = start_mock (fixture);
      watched_wait_for (fixture->watched, "cellular, metered guess-yes, full, 'Mobile'", MOST_S);
    }
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Metered", "uint32 4");
  watched_wait_for (fixture->watched, "cellular, metered guess-no, full, 'Mobile'", MOST_S);
  test_service_free (manager);
}

static void
test_the_bus_comes_late (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) watchers = g_ptr_array_new ();
  g_autoptr (ObSystemBus) system_bus = NULL;
  g_autoptr (TestService) manager = NULL;

  test_system_bus_kill (fixture->bus);
  add_route_by_hand (fixture);
  fixture->watched = watched_new (ob_network_watcher_new_before_bus (), describe);
  g_ptr_array_add (watchers, fixture->watched->watcher);
  system_bus = ob_system_bus_new (watchers);
  watched_wait_for (fixture->watched, "ethernet, metered unknown, unknown, ''", MOST_S);
  test_system_bus_restart (fixture->bus);
  manager = start_mock (fixture);
  watched_wait_for (fixture->watched, "cellular, metered guess-yes, full, 'Mobile'", MOST_S);
}

static void
test_a_manager_that_lies (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) manager = start_mock (fixture);

  watch (fixture);
  watched_wait_for (fixture->watched, "cellular, metered guess-yes, full, 'Mobile'", MOST_S);
  /* Numbers and types that do not exist; a connection that does not. */
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Metered", "uint32 77");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Connectivity", "uint32 77");
  watched_wait_for (fixture->watched, "cellular, metered unknown, unknown, 'Mobile'", MOST_S);
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Metered", "'no'");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "Connectivity", "4.0");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "PrimaryConnection", "objectpath '/nowhere'");
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "ActiveConnections", "'/'");
  watched_wait_for (fixture->watched, "cellular, metered unknown, unknown, ''", MOST_S);
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "PrimaryConnectionType", "uint32 1");
  watched_wait_for (fixture->watched, "unknown, metered unknown, unknown, ''", MOST_S);
  test_system_bus_set (fixture->bus, NM, NM_PATH, NM, "PrimaryConnection", "'/'");
  watched_wait_for (fixture->watched, "no network", MOST_S);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  if (!is_inside)
    {
      g_test_add_func ("/network/in-namespaces", test_namespace_skip);
      return g_test_run ();
    }
#define ADD(name, set_up_function, test) g_test_add (name, Fixture, NULL, set_up_function, test, tear_down)
  ADD ("/network/a-cable-is-pulled-and-plugged-in", set_up_running, test_a_cable_is_pulled);
  ADD ("/network/metered-in-all-its-shades", set_up_running, test_metered_in_all_its_shades);
  ADD ("/network/the-way-out-changes", set_up_running, test_the_way_out_changes);
  ADD ("/network/a-captive-portal", set_up_running, test_a_captive_portal);
  ADD ("/network/a-bridge-is-what-carries-it", set_up_running, test_a_bridge_is_what_carries_it);
  ADD ("/network/networking-is-switched-off-and-on", set_up_running, test_networking_is_switched_off);
  ADD ("/network/the-manager-stops-and-starts", set_up_running, test_it_stops_and_starts);
  ADD ("/network/the-manager-starts-late", set_up, test_it_starts_late);
  ADD ("/network/a-device-that-the-manager-leaves-alone", set_up, test_a_device_that_it_leaves_alone);
  ADD ("/network/a-network-without-a-way-out", set_up, test_a_network_without_a_way_out);
  ADD ("/network/the-manager-hangs-when-the-watcher-starts", set_up, test_it_hangs_when_the_watcher_starts);
  ADD ("/network/the-managers-first-word-is-awaited", set_up_running, test_the_first_word_is_awaited);
  ADD ("/network/no-bus-at-all", set_up, test_no_bus);
  ADD ("/network/a-stick-without-a-manager", set_up, test_a_stick_without_a_manager);
  ADD ("/network/the-bus-is-restarted", set_up, test_the_bus_is_restarted);
  ADD ("/network/the-bus-comes-late", set_up, test_the_bus_comes_late);
  ADD ("/network/the-bus-ends", set_up_running, test_the_bus_ends);
  ADD ("/network/a-modem-that-roams-and-a-tunnel-over-it", set_up, test_a_modem_that_roams);
  ADD ("/network/a-manager-that-lies", set_up, test_a_manager_that_lies);
#undef ADD

  return g_test_run ();
}
