/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The indicator in a real GNOME Shell, of whichever version is installed, with a real broker and a real server: it shows how things
 * stand, each button does what it says, a notification comes and goes, a dead broker is told of and started, and when it is disabled
 * nothing of it is left.
 */
#include "dbus/names.h"
#include "pages.h"
#include "support/document.h"
#include "support/gnome-shell.h"
#include "support/odd-broker.h"

#define FAR_AHEAD_MS (G_GINT64_CONSTANT (4000000000) * 1000)

/* Whoever kept something would keep it in each of a hundred rounds, and the labels alone are 60 KiB. */
#define KEPT_MOST (3 * 512 * 1024)

/* A name as no file should have it: markup, two lines, a mark that turns the direction of text around. */
#define TITLE "<b>Case</b> & \n\u202e7"

static char *
submit_for_later (TestBroker *broker)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 300000, 1);
  g_autoptr (GError) error = NULL;
  GVariantBuilder options;
  char *id;

  g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&options, "{sv}", "group", g_variant_new_string ("case"));
  g_variant_builder_add (&options, "{sv}", "group_title", g_variant_new_string (TITLE));
  g_variant_builder_add (&options, "{sv}", "not_before", g_variant_new_int64 (FAR_AHEAD_MS));
  id = test_broker_submit (broker, path, g_variant_builder_end (&options), &error);
  g_assert_no_error (error);

  return id;
}

static gboolean
is_paused (TestBroker *broker)
{
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_queue_call_holds_sync (broker->queue, &holds, NULL, &error);
  g_assert_no_error (error);

  return g_variant_n_children (holds) > 0;
}

/* As by another program; the button takes it back. */
static void
resumes_a_group (TestBroker *broker, TestGnomeShell *shell)
{
  const char *const names[] = { "case", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, OUTBOX_BUS_NAME ".Groups",
                                     "Pause", g_variant_new ("(^as)", names), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                                     &error);

  g_assert_no_error (error);
  test_gnome_shell_click (shell, "Resume");
  test_gnome_shell_wait (shell, "!global.outboxTest.texts ().includes ('Resume')", 10);
}

static void
shows_and_sends (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *id = NULL, *opened = NULL, *closed = NULL;

  test_gnome_shell_wait (shell, "global.outboxTest.icon () === ''", 5);
  id = submit_for_later (broker);
  test_gnome_shell_wait (shell, "global.outboxTest.icon ().startsWith ('Outbox: Paused · waiting for its set time')",
                         5);
  opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()");
  test_gnome_shell_wait (shell, "global.outboxTest.texts ().includes ('<b>Case</b> &  \\ufffd7')", 10);
  resumes_a_group (broker, shell);
  test_gnome_shell_click (shell, "Send now");
  test_broker_wait_for_all (broker, "done", 20);
  test_gnome_shell_wait (shell, "global.outboxTest.icon () === ''", 5);
  test_gnome_shell_wait (shell, "!global.outboxTest.texts ().includes ('Send now')", 5);
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

static void
pauses_everything (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *opened = test_gnome_shell_eval (shell, "Main.panel.statusArea.quickSettings.menu.open ()");
  g_autofree char *closed = NULL;

  test_gnome_shell_wait (shell, "global.outboxTest.toggle.checked && global.outboxTest.toggle.mapped", 10);
  test_gnome_shell_click_toggle (shell);
  test_gnome_shell_wait (shell, "!global.outboxTest.toggle.checked", 10);
  g_assert_true (is_paused (broker));
  test_gnome_shell_click_toggle (shell);
  test_gnome_shell_wait (shell, "global.outboxTest.toggle.checked", 10);
  g_assert_false (is_paused (broker));
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

static gboolean
is_there (gpointer path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
submit_a_photo (TestBroker *broker, guint seed)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 30000, seed);
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  id = test_broker_submit (broker, path, NULL, &error);
  g_assert_no_error (error);
}

#define NOTIFIED "global.outboxTest.notices ().some (({ title }) => title === 'Your uploads need attention')"

/* The notification goes by itself, since what it says is over. */
static void
tries_again (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()"), *closed = NULL;

  test_peer_control (broker->peer, "{\"fault\":\"status\",\"method\":\"POST\",\"status\":422,\"count\":1}");
  submit_a_photo (broker, 2);
  test_gnome_shell_wait (shell, NOTIFIED, 10);
  test_gnome_shell_click (shell, "Retry");
  test_broker_wait_for_all (broker, "done", 20);
  test_gnome_shell_wait (shell, "!" NOTIFIED, 5);
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

#define ASKED "global.outboxTest.notices ().some (({ title }) => title === 'A web page wants to add files')"

static void
write_program (const char *folder, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0700, NULL));
}

/* Has programs be found that only say that they were started, where there is no manager of the session. No browser is wanted here.
 * Returns: (transfer full): their folder */
static char *
put_programs_first (void)
{
  char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *path = g_strconcat (folder, ":", g_getenv ("PATH"), NULL);

  write_program (folder, "systemd-run", "#!/bin/sh\nexit 1\n");
  write_program (folder, "outbox", "#!/bin/sh\necho \"$@\" >\"${0%/*}/opened\"\n");
  g_setenv ("PATH", path, TRUE);

  return folder;
}

/* A click on a notification opens the dashboard. */
static void
hears_a_click_on_a_notification (TestBroker *broker, TestGnomeShell *shell, const char *programs)
{
  const Page page = { broker, "https://capture.example", NULL };
  g_autofree char *clicked = NULL, *opened = g_build_filename (programs, "opened", NULL);
  g_auto (RestAnswer) answer = page_fetch (&page, "POST", "/v1/pair", NULL, "{}");

  g_assert_cmpuint (answer.status, ==, 200);
  test_gnome_shell_wait (shell, ASKED, 10);
  clicked = test_gnome_shell_eval (shell, "global.outboxTest.clickNotice ('A web page wants to add files')");
  test_wait_until (is_there, opened, 10);
  test_gnome_shell_wait (shell, "!" ASKED, 5);
}

/* What a rule holds back goes on for an hour by one click: here files that may go in hours that are not now. */
static void
continues_for_an_hour (TestBroker *broker, TestGnomeShell *shell)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  const int begin = (g_date_time_get_hour (now) + 12) % 24;
  g_autofree char *rules = g_strdup_printf ("[Rule later]\nhours=%02d:00-%02d:30\n", begin, begin);
  g_autofree char *opened = NULL, *closed = NULL;

  test_broker_set_rules (broker, rules);
  submit_a_photo (broker, 4);
  opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()");
  test_gnome_shell_click (shell, "Continue for an hour");
  test_broker_wait_for_all (broker, "done", 20);
  test_broker_set_rules (broker, "");
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

/* A server that was full is asked again at a click. */
static void
tries_a_destination_again (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()"), *closed = NULL;

  test_peer_control (broker->peer, "{\"fault\":\"status\",\"method\":\"POST\",\"status\":507,\"count\":1}");
  submit_a_photo (broker, 5);
  test_gnome_shell_click (shell, "Try now");
  test_broker_wait_for_all (broker, "done", 20);
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

#define A_PAGE "/^http:.*localhost:\\d+\\/#ticket=/.test (global.outboxTest.opened)"

/* A sign-in needs more than a button: the page that has it is opened, by the button and by the notification. */
static void
opens_the_page_to_sign_in (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *watched = test_gnome_shell_eval (shell, "global.outboxTest.watchPages ()");
  g_autofree char *opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()");

  test_peer_control (broker->peer, "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401,\"count\":-1}");
  submit_a_photo (broker, 3);
  test_gnome_shell_click (shell, "Sign in…");
  test_gnome_shell_wait (shell, A_PAGE, 10);
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  g_assert_true (outbox_dbus_destinations_call_resume_sync (broker->destinations, "depot", NULL, NULL));
  test_broker_wait_for_all (broker, "done", 20);
}

/* Whoever stands before a locked screen sees how many, and can do nothing. */
static void
keeps_quiet_when_locked (TestGnomeShell *shell)
{
  g_autofree char *opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()");
  g_autofree char *locked = NULL, *unlocked = NULL;

  test_gnome_shell_wait (shell, "global.outboxTest.texts ().includes ('Send now')", 10);
  locked = test_gnome_shell_eval (shell, "Main.sessionMode.pushMode ('unlock-dialog')");
  test_gnome_shell_wait (shell, "global.outboxTest.icon () !== '' && !global.outboxTest.toggle.reactive", 5);
  test_gnome_shell_wait (
      shell, "!global.outboxTest.toggle.menu.isOpen && !global.outboxTest.texts ().join ().includes ('Case')", 5);
  unlocked = test_gnome_shell_eval (shell, "Main.sessionMode.popMode ('unlock-dialog')");
  test_gnome_shell_wait (shell, "global.outboxTest.toggle.reactive", 5);
}

/* Any program could take the broker's name, and a newer broker has states that are not known here. */
static void
bears_odd_brokers (TestBroker *broker, TestGnomeShell *shell)
{
  g_autoptr (TestOddBroker) odd = test_odd_broker_new (broker->bus);
  guint n_calls;

  test_gnome_shell_wait (shell, "global.outboxTest.icon () === ''", 5);
  test_odd_broker_tell (odd, g_variant_new_parsed (
                                 "{'archiving': <(uint64 2, uint64 3)>, 'done': <'x'>, 'reasons': <[1]>}"));
  test_gnome_shell_wait (shell, "global.outboxTest.icon ().startsWith ('Outbox: ')", 5);
  n_calls = test_odd_broker_count_calls (odd);
  for (guint i = 0; i < 1000; i++)
    test_odd_broker_tell (odd, g_variant_new_parsed ("{'paused': <(%t, uint64 3)>}", (guint64) i + 1));
  test_gnome_shell_wait (shell, "global.outboxTest.icon ().startsWith ('Outbox: Paused')", 5);
  g_assert_cmpuint (test_odd_broker_count_calls (odd), ==, n_calls);
}

static gboolean
is_the_indicator (TestBroker *broker)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (broker->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "NameHasOwner",
                                     g_variant_new ("(s)", "org.outbox.Indicator"), G_VARIANT_TYPE ("(b)"),
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  gboolean has_owner;

  g_assert_no_error (error);
  g_variant_get (reply, "(b)", &has_owner);

  return has_owner;
}

/* What the bus starts for the broker's name says so, and the test has the broker come. */
static void
starts_the_broker (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *path = g_build_filename (broker->folder, "services", OUTBOX_BUS_NAME ".service", NULL);
  g_autofree char *asked = g_build_filename (broker->folder, "asked-for", NULL);
  g_autofree char *text
      = g_strdup_printf ("[D-BUS Service]\nName=" OUTBOX_BUS_NAME "\nExec=/usr/bin/touch %s\n", asked);
  g_autofree char *opened = NULL, *closed = NULL;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  test_broker_reload_services (broker);
  opened = test_gnome_shell_eval (shell, "global.outboxTest.open ()");
  test_gnome_shell_click (shell, "Start");
  test_wait_until (is_there, asked, 10);
  test_broker_start (broker, NULL);
  closed = test_gnome_shell_eval (shell, "global.outboxTest.close ()");
}

static void
tells_of_a_dead_broker (TestBroker *broker, TestGnomeShell *shell)
{
  test_broker_kill (broker);
  test_gnome_shell_wait (shell, "global.outboxTest.icon () === 'Outbox: Outbox is not running'", 5);
  bears_odd_brokers (broker, shell);
  starts_the_broker (broker, shell);
  test_gnome_shell_wait (shell, "global.outboxTest.icon ().includes ('waiting for its set time')", 10);
}

static guint64
measure_rounds (TestGnomeShell *shell, guint n_rounds)
{
  g_autofree char *begun = test_gnome_shell_eval (shell, "global.outboxTest.turnOffAndOn (%u); true", n_rounds);
  g_autofree char *are_over = g_strdup_printf ("global.outboxTest.rounds === %u", n_rounds);

  test_gnome_shell_wait (shell, are_over, 60);
  test_gnome_shell_wait (shell, "global.outboxTest.icon ().includes ('waiting for its set time')", 10);

  return test_gnome_shell_count_held (shell);
}

static void
leaves_nothing_behind (TestBroker *broker, TestGnomeShell *shell)
{
  g_autofree char *n_before = test_gnome_shell_eval (shell, "global.outboxTest.count ()"), *n_after = NULL, *off = NULL;
  const guint64 before = measure_rounds (shell, 20), after = measure_rounds (shell, 100);

  n_after = test_gnome_shell_eval (shell, "global.outboxTest.count ()");
  g_assert_cmpstr (n_after, ==, n_before);
  g_test_message ("after 20 and 120 rounds: %" G_GUINT64_FORMAT ", %" G_GUINT64_FORMAT " KiB held by scripts",
                  before / 1024, after / 1024);
  g_assert_cmpuint (after, <, before + KEPT_MOST);
  g_assert_true (is_the_indicator (broker));
  off = test_gnome_shell_eval (shell, "Main.extensionManager.lookup ('outbox@outbox.org').stateObj.disable ()");
  test_gnome_shell_wait (shell, "global.outboxTest.icon () === '' && !global.outboxTest.toggle", 5);
  g_assert_false (is_the_indicator (broker));
}

static void
test_a_while (void)
{
  g_autofree char *programs = put_programs_first ();
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (TestGnomeShell) shell = test_gnome_shell_start (broker, NULL);
  g_autofree char *id = NULL;

  shows_and_sends (broker, shell);
  tries_again (broker, shell);
  continues_for_an_hour (broker, shell);
  tries_a_destination_again (broker, shell);
  hears_a_click_on_a_notification (broker, shell, programs);
  opens_the_page_to_sign_in (broker, shell);
  pauses_everything (broker, shell);
  id = submit_for_later (broker);
  keeps_quiet_when_locked (shell);
  tells_of_a_dead_broker (broker, shell);
  leaves_nothing_behind (broker, shell);
  test_gnome_shell_assert_is_content (shell);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  if (test_gnome_shell_get_version () == 0)
    {
      g_print ("1..0 # SKIP there is no gnome-shell\n");
      return 0;
    }
  g_test_add_func ("/gnome-shell/shows-sends-pauses-and-leaves-nothing-behind", test_a_while);

  return g_test_run ();
}
