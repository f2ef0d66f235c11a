/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The watchers of power and session against mocks of UPower, power-profiles-daemon and logind on a bus of the test's own.
 */
#include "policy/watch-power.h"
#include "policy/watch-session.h"
#include "support/system-bus.h"
#include "support/wait.h"
#include "watched.h"

#define MOST_S 20

#define UPOWER "org.freedesktop.UPower"
#define UPOWER_PATH "/org/freedesktop/UPower"
#define PROFILES "net.hadess.PowerProfiles"
#define PROFILES_PATH "/net/hadess/PowerProfiles"
#define LOGIND "org.freedesktop.login1"
#define LOGIND_PATH "/org/freedesktop/login1"
#define LOGIND_USER LOGIND_PATH "/user/self"

typedef struct
{
  TestSystemBus *bus;
  GDBusConnection *connection;
  Watched *watched;
} Fixture;

static char *
describe_power (const ObConditions *conditions)
{
  g_autofree char *battery = g_strdup_printf ("battery %u", conditions->battery_percent);

  return g_strconcat (conditions->is_on_battery ? battery : "mains", conditions->is_power_saver ? ", saver" : "", NULL);
}

static char *
describe_session (const ObConditions *conditions)
{
  return g_strconcat (conditions->is_sleeping ? "sleeping" : "awake",
                      conditions->is_shutting_down ? ", shutting down" : "", NULL);
}

static void
set_up (Fixture *fixture)
{
  fixture->bus = test_system_bus_new ();
  fixture->connection = test_system_bus_connect (fixture->bus);
}

static void
set_up_power (Fixture *fixture, gconstpointer data)
{
  set_up (fixture);
  fixture->watched = watched_new (ob_power_watcher_new (fixture->connection), describe_power);
}

static void
set_up_session (Fixture *fixture, gconstpointer data)
{
  set_up (fixture);
  fixture->watched = watched_new (ob_session_watcher_new (fixture->connection), describe_session);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  watched_free (fixture->watched);
  g_object_unref (fixture->connection);
  test_system_bus_free (fixture->bus);
}

/* Waits until everything that was said before is heard: the bus keeps the order. */
static void
settle (Fixture *fixture)
{
  test_bus_come_and_go (fixture->connection);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* --- Power --- */

static void
set_battery (Fixture *fixture, guint kind, guint state, double percentage, gboolean is_present)
{
  g_autofree char *arguments = g_strdup_printf (
      "(uint32 %u, uint32 %u, %f, 40.0, 50.0, 5.0, int64 7200, int64 0, %s, 'battery-good-symbolic', uint32 1)", kind,
      state, percentage, is_present ? "true" : "false");

  test_system_bus_mock (fixture->bus, UPOWER, UPOWER_PATH, "SetupDisplayDevice", arguments);
}

static void
test_battery_and_mains (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) upower = NULL;
  g_autofree char *sources = NULL;

  g_assert_cmpstr (fixture->watched->text, ==, "mains");
  upower = test_service_start_template (fixture->bus, UPOWER, "upower", "{\"OnBattery\": true}");
  set_battery (fixture, 2, 2, 80, TRUE);
  watched_wait_for (fixture->watched, "battery 80", MOST_S);
  test_system_bus_set (fixture->bus, UPOWER, UPOWER_PATH "/devices/DisplayDevice", UPOWER ".Device", "Percentage",
                       "9.4");
  watched_wait_for (fixture->watched, "battery 9", MOST_S);
  test_system_bus_set (fixture->bus, UPOWER, UPOWER_PATH, UPOWER, "OnBattery", "false");
  watched_wait_for (fixture->watched, "mains", MOST_S);
  sources = watched_dup_sources (fixture->watched);
  g_assert_cmpstr (sources, ==, "UPower");
}

static void
test_what_is_no_battery (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) upower
      = test_service_start_template (fixture->bus, UPOWER, "upower", "{\"OnBattery\": true}");
  guint n_changes;

  set_battery (fixture, 3, 2, 70, TRUE);
  watched_wait_for (fixture->watched, "battery 70", MOST_S);
  set_battery (fixture, 2, 1, 70, TRUE);
  watched_wait_for (fixture->watched, "mains", MOST_S); /* it is being charged */
  set_battery (fixture, 2, 2, 120, TRUE);
  watched_wait_for (fixture->watched, "battery 100", MOST_S);
  set_battery (fixture, 2, 2, 0, FALSE);
  watched_wait_for (fixture->watched, "mains", MOST_S); /* it is not there */

  n_changes = fixture->watched->n_changes;
  set_battery (fixture, 0, 2, 50, TRUE); /* it is something else */
  test_system_bus_set (fixture->bus, UPOWER, UPOWER_PATH, UPOWER, "OnBattery", "'yes'");
  settle (fixture);
  g_assert_cmpstr (fixture->watched->text, ==, "mains");
  g_assert_cmpuint (fixture->watched->n_changes, ==, n_changes);
}

static void
test_upower_that_comes_and_goes (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      TestService *upower = test_service_start_template (fixture->bus, UPOWER, "upower", "{\"OnBattery\": true}");

      set_battery (fixture, 2, 2, 30 + i, TRUE);
      watched_wait_for (fixture->watched, "battery 3?", MOST_S);
      test_service_free (upower);
      watched_wait_for (fixture->watched, "mains", MOST_S);
    }
}

static void
test_power_saver (Fixture *fixture, gconstpointer data)
{
  TestService *profiles = test_service_start_template (fixture->bus, PROFILES, "power_profiles_daemon", NULL);
  g_autoptr (TestService) renamed = NULL;
  g_autofree char *sources = NULL;

  test_system_bus_set (fixture->bus, PROFILES, PROFILES_PATH, PROFILES, "ActiveProfile", "'power-saver'");
  watched_wait_for (fixture->watched, "mains, saver", MOST_S);
  sources = watched_dup_sources (fixture->watched);
  g_assert_cmpstr (sources, ==, "power-profiles-daemon");
  test_system_bus_set (fixture->bus, PROFILES, PROFILES_PATH, PROFILES, "ActiveProfile", "'performance'");
  watched_wait_for (fixture->watched, "mains", MOST_S);
  test_system_bus_set (fixture->bus, PROFILES, PROFILES_PATH, PROFILES, "ActiveProfile", "'power-saver'");
  watched_wait_for (fixture->watched, "mains, saver", MOST_S);
  test_service_free (profiles);
  watched_wait_for (fixture->watched, "mains", MOST_S);

  renamed = test_service_start_mock (fixture->bus, UPOWER ".PowerProfiles", UPOWER_PATH "/PowerProfiles",
                                     UPOWER ".PowerProfiles");
  test_system_bus_mock (fixture->bus, UPOWER ".PowerProfiles", UPOWER_PATH "/PowerProfiles", "AddProperties",
                        "('" UPOWER ".PowerProfiles', {'ActiveProfile': <'balanced'>})");
  test_system_bus_set (fixture->bus, UPOWER ".PowerProfiles", UPOWER_PATH "/PowerProfiles", UPOWER ".PowerProfiles",
                       "ActiveProfile", "'power-saver'");
  watched_wait_for (fixture->watched, "mains, saver", MOST_S);
}

/* --- Session --- */

static TestService *
start_logind (Fixture *fixture, const char *parameters)
{
  TestService *logind = test_service_start_template (fixture->bus, LOGIND, "logind", parameters);

  test_system_bus_mock (fixture->bus, LOGIND, LOGIND_PATH, "AddObject",
                        "('" LOGIND_USER "', '" LOGIND ".User', {'State': <'active'>}, @a(ssss) [])");

  return logind;
}

static void
tell (Fixture *fixture, const char *signal, const char *arguments)
{
  g_autofree char *words = g_strdup_printf ("('" LOGIND ".Manager', '%s', %s)", signal, arguments);

  test_system_bus_mock (fixture->bus, LOGIND, LOGIND_PATH, "EmitSignal", words);
}

/* What and how, of all whose descriptor is still open; "" if there is none. */
static char *
list_inhibitors (Fixture *fixture)
{
  g_autoptr (GVariant) answer
      = test_system_bus_call (fixture->bus, LOGIND, LOGIND_PATH, LOGIND ".Manager", "ListInhibitors", NULL);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GVariantIter) iter = NULL;
  const char *what, *who, *how;

  g_variant_get (answer, "(a(ssssuu))", &iter);
  while (g_variant_iter_next (iter, "(&s&s&s&suu)", &what, &who, NULL, &how, NULL, NULL))
    g_string_append_printf (text, "%s %s %s;", who, what, how);

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gboolean
has_inhibitor (gpointer data)
{
  g_autofree char *inhibitors = list_inhibitors (data);

  return g_str_equal (inhibitors, "Outbox sleep:shutdown delay;");
}

static gboolean
has_no_inhibitor (gpointer data)
{
  g_autofree char *inhibitors = list_inhibitors (data);

  return *inhibitors == '\0';
}

static void
test_sleep_waits_until_it_is_let_go (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) logind = start_logind (fixture, NULL);
  g_autofree char *sources = NULL;

  test_wait_until (has_inhibitor, fixture, MOST_S);
  sources = watched_dup_sources (fixture->watched);
  g_assert_cmpstr (sources, ==, "logind");
  ob_watcher_let_go (fixture->watched->watcher); /* nobody waits */
  settle (fixture);
  g_assert_true (has_inhibitor (fixture));

  for (guint night = 0; night < 2; night++)
    {
      tell (fixture, "PrepareForSleep", "'b', [<true>]");
      watched_wait_for (fixture->watched, "sleeping", MOST_S);
      settle (fixture);
      g_assert_true (has_inhibitor (fixture));
      ob_watcher_let_go (fixture->watched->watcher);
      test_wait_until (has_no_inhibitor, fixture, MOST_S);
      tell (fixture, "PrepareForSleep", "'b', [<false>]");
      watched_wait_for (fixture->watched, "awake", MOST_S);
      test_wait_until (has_inhibitor, fixture, MOST_S);
    }
}

static void
test_a_sleep_that_did_not_wait (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) logind = start_logind (fixture, NULL);

  test_wait_until (has_inhibitor, fixture, MOST_S);
  tell (fixture, "PrepareForSleep", "'b', [<true>]");
  watched_wait_for (fixture->watched, "sleeping", MOST_S);
  tell (fixture, "PrepareForSleep", "'b', [<false>]");
  watched_wait_for (fixture->watched, "awake", MOST_S);
  settle (fixture);
  g_assert_true (has_inhibitor (fixture)); /* one, not two */
}

static void
test_shutdown (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) logind = start_logind (fixture, NULL);

  test_wait_until (has_inhibitor, fixture, MOST_S);
  tell (fixture, "PrepareForShutdown", "'b', [<true>]");
  watched_wait_for (fixture->watched, "awake, shutting down", MOST_S);
  g_assert_true (has_inhibitor (fixture));
  ob_watcher_let_go (fixture->watched->watcher);
  test_wait_until (has_no_inhibitor, fixture, MOST_S);
  tell (fixture, "PrepareForShutdown", "'b', [<false>]"); /* somebody called it off */
  watched_wait_for (fixture->watched, "awake", MOST_S);
  test_wait_until (has_inhibitor, fixture, MOST_S);
}

static void
test_logout (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) logind = start_logind (fixture, NULL);

  test_wait_until (has_inhibitor, fixture, MOST_S);
  /* logind says that a session is gone, and has to be asked what that means for the person. */
  test_system_bus_mock (fixture->bus, LOGIND, LOGIND_USER, "AddMethod",
                        "('" LOGIND ".User', 'Close', '', '', 'self.props[\"" LOGIND
                        ".User\"][\"State\"] = \"closing\"')");
  g_variant_unref (test_system_bus_call (fixture->bus, LOGIND, LOGIND_USER, LOGIND ".User", "Close", NULL));
  tell (fixture, "SessionRemoved", "'so', [<'c1'>, <objectpath '" LOGIND_PATH "/session/c1'>]");
  watched_wait_for (fixture->watched, "awake, shutting down", MOST_S);
  g_assert_true (has_inhibitor (fixture));
  ob_watcher_let_go (fixture->watched->watcher); /* nobody waits for a logout */
  settle (fixture);
  g_assert_true (has_inhibitor (fixture));
  test_system_bus_set (fixture->bus, LOGIND, LOGIND_USER, LOGIND ".User", "State", "'active'");
  watched_wait_for (fixture->watched, "awake", MOST_S);
}

static void
test_a_locked_screen_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestService) logind = start_logind (fixture, NULL);
  const char *session = LOGIND_PATH "/session/c1";
  guint n_changes = fixture->watched->n_changes;

  test_wait_until (has_inhibitor, fixture, MOST_S);
  test_system_bus_mock (fixture->bus, LOGIND, LOGIND_PATH, "AddSession", "('c1', 'seat0', uint32 1000, 'me', true)");
  test_system_bus_set (fixture->bus, LOGIND, session, LOGIND ".Session", "LockedHint", "true");
  test_system_bus_mock (fixture->bus, LOGIND, session, "EmitSignal", "('" LOGIND ".Session', 'Lock', '', @av [])");
  settle (fixture);
  g_assert_cmpuint (fixture->watched->n_changes, ==, n_changes);
  g_assert_true (has_inhibitor (fixture));
}

/* It is asked, too: the signal may have been before anybody listened. */
static void
test_logind_that_comes_and_goes (Fixture *fixture, gconstpointer data)
{
  TestService *logind = start_logind (fixture, "{\"PreparingForSleep\": true}");

  watched_wait_for (fixture->watched, "sleeping", MOST_S);
  g_assert_true (has_no_inhibitor (fixture)); /* it would be refused */
  test_service_free (logind);
  watched_wait_for (fixture->watched, "awake", MOST_S);
  logind = start_logind (fixture, NULL);
  test_wait_until (has_inhibitor, fixture, MOST_S);
  tell (fixture, "PrepareForSleep", "'s', [<'maybe'>]");
  tell (fixture, "PrepareForShutdown", "'', @av []");
  settle (fixture);
  g_assert_cmpstr (fixture->watched->text, ==, "awake");
  test_service_free (logind);
}

static gboolean
is_blocked (gpointer data)
{
  g_autofree char *inhibitors = list_inhibitors (data);

  return strstr (inhibitors, "Outbox shutdown block;") != NULL;
}

static gboolean
is_not_blocked (gpointer data)
{
  return !is_blocked (data);
}

/* Also by a logind that was started again. */
static void
test_a_shutdown_is_held_back (Fixture *fixture, gconstpointer data)
{
  ObSessionWatcher *watcher = OB_SESSION_WATCHER (fixture->watched->watcher);
  TestService *logind = start_logind (fixture, NULL);

  ob_session_watcher_hold_shutdown (watcher, "2 files");
  test_wait_until (is_blocked, fixture, MOST_S);
  test_service_free (logind);
  logind = start_logind (fixture, NULL);
  test_wait_until (is_blocked, fixture, MOST_S);
  ob_session_watcher_hold_shutdown (watcher, NULL);
  test_wait_until (is_not_blocked, fixture, MOST_S);
  test_service_free (logind);
}

static void
test_the_bus_ends (Fixture *fixture, gconstpointer data)
{
  TestService *logind = start_logind (fixture, "{\"PreparingForShutdown\": true}");

  watched_wait_for (fixture->watched, "awake, shutting down", MOST_S);
  test_system_bus_kill (fixture->bus);
  watched_wait_for (fixture->watched, "awake", MOST_S);
  test_service_free (logind);
}

static void
test_no_bus (void)
{
  g_autoptr (Watched) power = watched_new (ob_power_watcher_new (NULL), describe_power);
  g_autoptr (Watched) session = watched_new (ob_session_watcher_new (NULL), describe_session);
  g_autofree char *sources = watched_dup_sources (power);

  g_assert_cmpstr (power->text, ==, "mains");
  g_assert_cmpstr (session->text, ==, "awake");
  g_assert_cmpstr (sources, ==, "");
  ob_watcher_let_go (session->watcher);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, group, test) g_test_add (name, Fixture, NULL, set_up_##group, test, tear_down)
  ADD ("/power/battery-and-mains", power, test_battery_and_mains);
  ADD ("/power/what-is-no-battery", power, test_what_is_no_battery);
  ADD ("/power/upower-that-comes-and-goes-leaves-nothing-behind", power, test_upower_that_comes_and_goes);
  ADD ("/power/power-saver-by-either-name", power, test_power_saver);
  ADD ("/session/sleep-waits-until-it-is-let-go", session, test_sleep_waits_until_it_is_let_go);
  ADD ("/session/a-sleep-that-did-not-wait-leaves-one-inhibitor", session, test_a_sleep_that_did_not_wait);
  ADD ("/session/shutdown-waits-and-can-be-called-off", session, test_shutdown);
  ADD ("/session/logout-of-the-last-session", session, test_logout);
  ADD ("/session/a-locked-screen-changes-nothing", session, test_a_locked_screen_changes_nothing);
  ADD ("/session/logind-that-comes-and-goes", session, test_logind_that_comes_and_goes);
  ADD ("/session/a-shutdown-is-held-back", session, test_a_shutdown_is_held_back);
  ADD ("/session/the-bus-ends", session, test_the_bus_ends);
#undef ADD
  g_test_add_func ("/no-bus/everything-goes-on", test_no_bus);

  return g_test_run ();
}
