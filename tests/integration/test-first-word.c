/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which messages of a bus put the brake on, over a real bus: before the main thread has seen any of them.
 */
#include "base/brake.h"
#include "policy/first-word.h"
#include "support/system-bus.h"
#include "support/wait.h"

#define NM "org.freedesktop.NetworkManager"
#define NM_PATH "/org/freedesktop/NetworkManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

static const struct
{
  const char *name;
  const char *path;
  const char *member;
  const char *arguments;
  gboolean is_news;
} rows[] = {
  { "it-costs", NM_PATH, "PropertiesChanged", "('" NM "', {'Metered': <uint32 1>}, @as [])", TRUE },
  { "another-way-out", NM_PATH, "PropertiesChanged", "('" NM "', {'PrimaryConnection': <objectpath '/a/b'>}, @as [])",
    TRUE },
  { "another-kind-of-way-out", NM_PATH, "PropertiesChanged", "('" NM "', {'PrimaryConnectionType': <'gsm'>}, @as [])",
    TRUE },
  { "a-portal", NM_PATH, "PropertiesChanged", "('" NM "', {'Connectivity': <uint32 2>}, @as [])", TRUE },
  { "disconnected", NM_PATH, "PropertiesChanged", "('" NM "', {'State': <uint32 20>}, @as [])", TRUE },
  { "beside-other-things", NM_PATH, "PropertiesChanged",
    "('" NM "', {'AllDevices': <@ao []>, 'Metered': <uint32 2>}, @as [])", TRUE },
  { "a-device-is-seen", NM_PATH, "PropertiesChanged", "('" NM "', {'AllDevices': <@ao []>}, @as [])", FALSE },
  { "an-access-point-is-stronger", NM_PATH "/AccessPoint/1", "PropertiesChanged",
    "('" NM ".AccessPoint', {'Strength': <byte 40>}, @as [])", FALSE },
  { "another-interface", NM_PATH, "PropertiesChanged", "('" NM ".Other', {'Metered': <uint32 1>}, @as [])", FALSE },
  { "another-signal", NM_PATH, "StateChanged", "(uint32 20,)", FALSE },
  { "other-types", NM_PATH, "PropertiesChanged", "('" NM "',)", FALSE },
};

static gboolean
is_off (gpointer nothing)
{
  return !ob_brake_is_on ();
}

static void
test_rows (void)
{
  g_autoptr (TestSystemBus) bus = test_system_bus_new ();
  g_autoptr (GDBusConnection) listening = test_system_bus_connect (bus);
  g_autoptr (GDBusConnection) telling = test_system_bus_connect (bus);
  guint listener = ob_first_word_listen (listening);
  g_autoptr (GVariant) matched = NULL;
  g_autoptr (GError) error = NULL;

  matched = g_dbus_connection_call_sync (listening, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                         "org.freedesktop.DBus", "AddMatch", g_variant_new ("(s)", "type='signal'"),
                                         NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].name);
      g_assert_true (g_dbus_connection_emit_signal (telling, NULL, rows[i].path, PROPERTIES, rows[i].member,
                                                    g_variant_new_parsed (rows[i].arguments), NULL));
      g_assert_true (g_dbus_connection_flush_sync (telling, NULL, NULL));
      test_bus_come_and_go (telling);
      test_bus_come_and_go (listening);
      g_assert_cmpint (ob_brake_is_on (), ==, rows[i].is_news);
      test_wait_until (is_off, NULL, 10);
    }
  ob_first_word_forget (listening, listener);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/first-word/what-puts-the-brake-on", test_rows);

  return g_test_run ();
}
