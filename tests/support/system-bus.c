/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A bus and its services. Owns the processes and the folder. Main thread.
 */
#include "support/system-bus.h"

#include "support/child.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/wait.h>

#define ADDRESS "DBUS_SYSTEM_BUS_ADDRESS"
#define MOCK "org.freedesktop.DBus.Mock"

/* How long a service may take to have its name, on a busy machine. */
#define READY_S 30

struct _TestSystemBus
{
  char *folder;
  TestPeer *process; /* NULL: killed */
  GDBusConnection *connection;
};

struct _TestService
{
  GSubprocess *process;
  guint watch;
  gboolean is_there;
};

/* No GTestDBus: its daemon can outlive a test that aborts, and keep the test's output open for whoever waits for its
 * end. */
TestPeer *
test_bus_start (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "bus.conf", NULL);
  g_autofree char *option = g_strconcat ("--config-file=", path, NULL);
  const char *argv[] = { "dbus-daemon", option, "--nofork", "--print-address", NULL };
  g_autofree char *escaped = g_dbus_address_escape_value (folder);
  g_autofree char *text
      = g_strdup_printf ("<busconfig><type>session</type><listen>unix:path=%s/bus</listen><auth>EXTERNAL</auth>"
                         "<servicedir>%s/services</servicedir><policy context=\"default\"><allow "
                         "send_destination=\"*\"/><allow receive_sender=\"*\"/>"
                         "<allow own=\"*\"/></policy>"
                         "</busconfig>\n",
                         escaped, folder);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));

  /* Its address is all that it says. */
  return test_peer_start_saying (argv, "");
}

GDBusConnection *
test_bus_connect (TestPeer *bus)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection
      = g_dbus_connection_new_for_address_sync (test_peer_get_url (bus),
                                                G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                    | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                NULL, NULL, &error);

  g_assert_no_error (error);

  return connection;
}

void
test_bus_come_and_go (GDBusConnection *connection)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) answer = g_dbus_connection_call_sync (connection, "org.freedesktop.DBus",
                                                             "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                                                             NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  g_assert_no_error (error);
}

/* --- The system bus --- */

GDBusConnection *
test_system_bus_connect (TestSystemBus *bus)
{
  return test_bus_connect (bus->process);
}

TestSystemBus *
test_system_bus_new (void)
{
  TestSystemBus *bus = g_new0 (TestSystemBus, 1);
  g_autoptr (GError) error = NULL;

  /* With a blank, which an address has as %20. */
  bus->folder = g_dir_make_tmp ("outbox bus-XXXXXX", &error);
  g_assert_no_error (error);
  bus->process = test_bus_start (bus->folder);
  g_setenv (ADDRESS, test_peer_get_url (bus->process), TRUE);
  bus->connection = test_system_bus_connect (bus);

  return bus;
}

void
test_system_bus_kill (TestSystemBus *bus)
{
  g_clear_pointer (&bus->process, test_peer_free);
}

void
test_system_bus_restart (TestSystemBus *bus)
{
  g_autofree char *socket = g_build_filename (bus->folder, "bus", NULL);

  (void) g_unlink (socket);
  bus->process = test_bus_start (bus->folder);
  /* With the new bus's own identity in it, for which the services look. */
  g_setenv (ADDRESS, test_peer_get_url (bus->process), TRUE);
  g_clear_object (&bus->connection);
  bus->connection = test_system_bus_connect (bus);
}

void
test_system_bus_free (TestSystemBus *bus)
{
  const char *const names[] = { "bus", "bus.conf" };

  g_unsetenv (ADDRESS);
  g_object_unref (bus->connection);
  test_system_bus_kill (bus);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (bus->folder, names[i], NULL);

      (void) g_unlink (path);
    }
  (void) g_rmdir (bus->folder);
  g_free (bus->folder);
  g_free (bus);
}

GVariant *
test_system_bus_call (TestSystemBus *bus, const char *name, const char *path, const char *interface, const char *method,
                      GVariant *arguments)
{
  g_autoptr (GError) error = NULL;
  GVariant *answer = g_dbus_connection_call_sync (bus->connection, name, path, interface, method, arguments, NULL,
                                                  G_DBUS_CALL_FLAGS_NONE, READY_S * 1000, NULL, &error);

  if (error)
    g_error ("%s.%s: %s", interface, method, error->message);

  return answer;
}

void
test_system_bus_mock (TestSystemBus *bus, const char *name, const char *path, const char *method, const char *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed = g_variant_parse (NULL, arguments, NULL, NULL, &error);
  g_autoptr (GVariant) answer = NULL;

  g_assert_no_error (error);
  answer = test_system_bus_call (bus, name, path, MOCK, method, parsed);
}

void
test_system_bus_set (TestSystemBus *bus, const char *name, const char *path, const char *interface,
                     const char *property, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) parsed = g_variant_parse (NULL, value, NULL, NULL, &error);
  g_autoptr (GVariant) answer = NULL;

  g_assert_no_error (error);
  answer = test_system_bus_call (bus, name, path, "org.freedesktop.DBus.Properties", "Set",
                                 g_variant_new ("(ssv)", interface, property, parsed));
}

void
test_system_bus_set_battery (TestSystemBus *bus, double percentage)
{
  g_autofree char *arguments
      = g_strdup_printf ("(uint32 2, uint32 2, %f, 40.0, 50.0, 5.0, int64 7200, int64 0, true, 'battery', uint32 1)",
                         percentage);

  test_system_bus_mock (bus, "org.freedesktop.UPower", "/org/freedesktop/UPower", "SetupDisplayDevice", arguments);
}

/* --- Services --- */

static void
on_name_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ((TestService *) user_data)->is_there = TRUE;
}

static void
on_name_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ((TestService *) user_data)->is_there = FALSE;
}

static gboolean
is_there (gpointer data)
{
  return ((TestService *) data)->is_there;
}

static gboolean
is_gone (gpointer data)
{
  return !is_there (data);
}

TestService *
test_service_start (TestSystemBus *bus, const char *name, const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_SILENCE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  TestService *service = g_new0 (TestService, 1);
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  service->process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  service->watch = g_bus_watch_name_on_connection (bus->connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                   on_name_appeared, on_name_vanished, service, NULL);
  test_wait_until (is_there, service, READY_S);

  return service;
}

TestService *
test_service_start_template (TestSystemBus *bus, const char *name, const char *template, const char *parameters)
{
  /* Debian's own Python has the module, another one on the path has not. */
  const char *argv[] = {
    "/usr/bin/python3", "-m", "dbusmock", "--template", template, "--parameters", parameters ? parameters : "{}", NULL
  };

  return test_service_start (bus, name, argv);
}

TestService *
test_service_start_mock (TestSystemBus *bus, const char *name, const char *path, const char *interface)
{
  const char *argv[] = { "/usr/bin/python3", "-m", "dbusmock", "--system", name, path, interface, NULL };

  return test_service_start (bus, name, argv);
}

void
test_service_suspend (TestService *service)
{
  const char *pid = g_subprocess_get_identifier (service->process);
  siginfo_t info;

  g_subprocess_send_signal (service->process, SIGSTOP);
  /* It may get a word out before it has stopped. */
  g_assert_cmpint (waitid (P_PID, (id_t) g_ascii_strtoull (pid, NULL, 10), &info, WSTOPPED | WNOWAIT), ==, 0);
}

void
test_service_resume (TestService *service)
{
  g_subprocess_send_signal (service->process, SIGCONT);
}

void
test_service_free (TestService *service)
{
  g_subprocess_send_signal (service->process, SIGTERM);
  test_service_resume (service);
  (void) g_subprocess_wait (service->process, NULL, NULL);
  test_wait_until (is_gone, service, READY_S);
  g_bus_unwatch_name (service->watch);
  g_object_unref (service->process);
  g_free (service);
}
