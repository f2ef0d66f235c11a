/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The indicator for long, in a real GNOME Shell: a day in the field, of which pictures are taken where PICTURES names a folder; and an hour
 * of changes in some minutes. For make campaign.
 */
#include "support/gnome-shell.h"
#include "support/namespace.h"
#include "support/odd-broker.h"
#include "support/wait.h"

#include <string.h>
#include <unistd.h>

#define SERVER "203.0.113.1"
#define MOBILE "wwan0"

/* An hour at four a second, which is what a broker tells at most. */
#define N_CHANGES 14400

/* The first is for the shell's caches. */
#define N_QUARTERS 5

/* Of what scripts hold, and of all: the shell draws each change without a graphics card, and malloc() keeps holes. */
#define HELD_GROWTH_MOST (1024 * 1024)
#define GROWTH_MOST (12 * 1024 * 1024)

/* --- A day --- */

typedef struct
{
  TestBroker *broker;
  TestPeer *server;
  TestGnomeShell *shell;
  int far; /* the server's namespace */
} Day;

/* What is on the screen is what was drawn last. */
static void
take_picture_of_all (Day *day, const char *name)
{
  const char *folder = g_getenv ("PICTURES");
  g_autofree char *path = folder && *folder ? g_strdup_printf ("%s/indicator-%s.png", folder, name) : NULL;

  g_usleep (G_USEC_PER_SEC);
  if (path)
    test_gnome_shell_take_picture (day->shell, path);
}

/* Without notifications. */
static void
take_picture (Day *day, const char *name)
{
  g_free (test_gnome_shell_eval (day->shell, "for (const source of Main.messageTray.getSources ()) source.destroy ()"));
  take_picture_of_all (day, name);
}

static void
has_line (Day *day, const char *part)
{
  g_autofree char *condition = g_strdup_printf ("global.outboxTest.texts ().join ().includes ('%s')", part);

  test_gnome_shell_wait (day->shell, condition, 60);
}

static void
cut_mobile (Day *day)
{
  test_namespace_run ("ip link del " MOBILE);
}

static void
plug_mobile (Day *day)
{
  test_namespace_run ("ip link add " MOBILE " type veth peer name far && ip link set far netns /proc/%d/fd/%d &&"
                      " ip addr add 203.0.113.2/24 dev " MOBILE " && ip link set " MOBILE
                      " up && ip route add default dev " MOBILE,
                      (int) getpid (), day->far);
  {
    int home = test_namespace_visit (day->far);

    test_namespace_run ("ip addr add " SERVER "/24 dev far && ip link set far up");
    test_namespace_leave (home);
  }
}

static void
set_rules (Day *day, const char *text)
{
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (day->broker->connection, "org.outbox.Outbox1", "/org/outbox/Outbox1",
                                     "org.outbox.Outbox1.Policy", "Set", g_variant_new ("(s)", text), NULL,
                                     G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (reply);
}

static void
begin_day (Day *day)
{
  int home;

  day->far = test_namespace_add ();
  plug_mobile (day);
  home = test_namespace_visit (day->far);
  day->server = test_peer_start_far_receiver (NULL);
  test_namespace_leave (home);
  day->broker = test_broker_new_alone ();
  {
    g_autoptr (GUri) uri = g_uri_parse (test_peer_get_url (day->server), G_URI_FLAGS_NONE, NULL);
    g_autofree char *url = g_strdup_printf ("http://" SERVER ":%d%s", g_uri_get_port (uri), g_uri_get_path (uri));

    test_broker_set_destination (day->broker, url, NULL);
  }
  set_rules (day, "[Rule video]\nmatch-type=video/*\nmetered=deny\npriority=-10\n");
  day->shell = test_gnome_shell_start (day->broker, NULL);
}

/* Orders a fault of the server, which is reached from its own side alone. */
static void
order (Day *day, const char *json)
{
  int home = test_namespace_visit (day->far);

  test_peer_control (day->server, json);
  test_namespace_leave (home);
}

static void
hand_over (Day *day, const char *name_begins, const char *type, guint n_files, const char *group, const char *title)
{
  for (guint i = 1; i <= n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%04u.%s", name_begins, i, strchr (type, '/') + 1);
      g_autofree char *path = test_broker_make_file (day->broker, name, 200000, i);
      g_autoptr (GError) error = NULL;
      GVariantBuilder options;

      g_variant_builder_init (&options, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&options, "{sv}", "group", g_variant_new_string (group));
      g_variant_builder_add (&options, "{sv}", "group_title", g_variant_new_string (title));
      g_variant_builder_add (&options, "{sv}", "media_type", g_variant_new_string (type));
      g_free (test_broker_submit (day->broker, path, g_variant_builder_end (&options), &error));
      g_assert_no_error (error);
    }
}

static void
in_the_morning (Day *day)
{
  g_free (test_gnome_shell_eval (day->shell, "global.outboxTest.open ()"));
  has_line (day, "mobile data");
  take_picture (day, "nothing");
}

static void
under_way (Day *day)
{
  order (day, "{\"fault\":\"rate\",\"bytes\":150000}");
  hand_over (day, "IMG_", "image/jpeg", 20, "bridge-7", "Bridge 7, inspection");
  hand_over (day, "VID_", "video/mp4", 2, "bridge-7", "Bridge 7, inspection");
  has_line (day, "Uploading 6 of 22");
  take_picture (day, "uploading");
  cut_mobile (day);
  has_line (day, "No network");
  take_picture (day, "no-signal");
}

static void
wants_a_person (Day *day)
{
  order (day, "{\"fault\":\"rate\",\"bytes\":0}");
  order (day, "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401,\"count\":-1}");
  plug_mobile (day);
  has_line (day, "Sign in…");
  take_picture (day, "sign-in");
  g_free (test_gnome_shell_eval (day->shell, "Main.layoutManager.uiGroup.style = 'background-color: #1b2a41';"
                                             " Main.sessionMode.pushMode ('unlock-dialog')"));
  test_gnome_shell_wait (day->shell, "global.outboxTest.icon () !== ''", 10);
  take_picture (day, "locked");
  g_free (test_gnome_shell_eval (day->shell, "Main.sessionMode.popMode ('unlock-dialog')"));
  order (day, "{\"fault\":\"none\"}");
  order (day, "{\"fault\":\"location\",\"mode\":\"path\"}");
  outbox_dbus_destinations_call_resume_sync (day->broker->destinations, "depot", NULL, NULL);
}

static void
sends_now (Day *day)
{
  g_free (test_gnome_shell_eval (day->shell, "global.outboxTest.open ()"));
  has_line (day, "Send now");
  test_gnome_shell_wait (day->shell, "!global.outboxTest.texts ().join ().includes ('Uploading')", 60);
  take_picture (day, "send-now");
  test_gnome_shell_click (day->shell, "Send now");
  test_broker_wait_for_all (day->broker, "done", 60);
}

/* A minute later nobody else has arrived, and the person is told. */
static void
has_arrived (Day *day)
{
  g_free (test_gnome_shell_eval (day->shell, "global.outboxTest.close ()"));
  test_gnome_shell_wait (day->shell,
                         "global.outboxTest.notices ().some (({ title }) =>"
                         " title === 'All of a group has arrived: 22 files')",
                         90);
  take_picture_of_all (day, "arrived");
}

static void
goes_wrong (Day *day)
{
  order (day, "{\"fault\":\"status\",\"method\":\"POST\",\"status\":422,\"body\":\"only photos of today are "
              "taken\",\"count\":-1}");
  hand_over (day, "SITE_", "image/jpeg", 2, "site-9", "Site 9");
  g_free (test_gnome_shell_eval (day->shell, "global.outboxTest.open ()"));
  has_line (day, "Retry");
  take_picture (day, "failed");
  test_broker_kill (day->broker);
  has_line (day, "Outbox is not running");
  take_picture (day, "not-running");
}

static void
test_in_the_field (void)
{
  Day day = { NULL };

  begin_day (&day);
  in_the_morning (&day);
  under_way (&day);
  wants_a_person (&day);
  sends_now (&day);
  has_arrived (&day);
  goes_wrong (&day);
  test_gnome_shell_assert_is_content (day.shell);
  test_gnome_shell_free (day.shell);
  test_broker_free (day.broker);
  test_peer_free (day.server);
  (void) close (day.far);
}

/* --- An hour --- */

static GVariant *
make_summary (guint i)
{
  return g_variant_new_parsed (
      "{'uploading': <(%t, %t)>, 'paused': <(%t, uint64 7)>, 'done': <(%t, uint64 7)>, 'failed': <(%t, uint64 1)>,"
      " 'reasons': <{'wait-wifi': %t}>, 'needs_user': <%b>}",
      (guint64) (i % 5), (guint64) i, (guint64) (i % 3), (guint64) i, (guint64) (i % 11 == 0), (guint64) (i % 3),
      i % 11 == 0);
}

static GVariant *
make_steady_summary (guint i)
{
  return g_variant_new_parsed (
      "{'uploading': <(uint64 1, uint64 7)>, 'queued': <(%t, uint64 7)>, 'done': <(%t, uint64 7)>}",
      (guint64) (10000 - i), (guint64) i);
}

static void
tell_many (TestOddBroker *broker, guint from, guint n, guint every_ms)
{
  for (guint i = from; i < from + n; i++)
    {
      test_odd_broker_tell (broker, make_summary (i));
      test_wait_ms (every_ms);
    }
}

static void
answer_all (TestOddBroker *broker)
{
  g_autoptr (GString) groups = g_string_new ("([");

  for (guint i = 0; i < 20; i++)
    g_string_append_printf (
        groups,
        "%s{'key': <'g%u'>, 'title': <'Group %u'>, 'states': <{'paused': uint64 %u}>, 'reasons': "
        "<{'wait-wifi': uint64 %u}>, 'bytes': <uint64 100>, 'offset': <uint64 %u>, 'sent_bytes': <uint64 %u>}",
        i > 0 ? ", " : "", i, i, i + 1, i + 1, i, i * 2);
  g_string_append (groups, "], 'more')");
  test_odd_broker_answer (broker, "Summary",
                          "({'paused': <(uint64 10000, uint64 7)>, 'reasons': <{'wait-wifi': uint64 10000}>},)");
  test_odd_broker_answer (broker, "Holds", "([{'scope': <'lane'>, 'key': <'depot/video'>, 'reason': <'wait-wifi'>}],)");
  test_odd_broker_answer (broker, "Conditions",
                          "({'available': <true>, 'link': <'cellular'>, 'metered_bytes': <uint64 1200000000>},)");
  test_odd_broker_answer (broker, "List", groups->str);
}

/* Five changes a second while nobody looks: 10,000 uploads, of which one after the other arrives. */
static void
cost_little (TestGnomeShell *shell, TestOddBroker *broker)
{
  const guint n = 100, every_ms = 200;
  const guint n_calls = test_odd_broker_count_calls (broker);
  const gint64 idle_ms = test_gnome_shell_get_cpu_ms (shell);
  gint64 begun_ms, used_ms;

  test_wait_ms (n * every_ms);
  begun_ms = test_gnome_shell_get_cpu_ms (shell);
  for (guint i = 0; i < n; i++)
    {
      test_odd_broker_tell (broker, make_steady_summary (i));
      test_wait_ms (every_ms);
    }
  used_ms = test_gnome_shell_get_cpu_ms (shell) - begun_ms - (begun_ms - idle_ms);
  g_test_message ("%u changes in %u s: %" G_GINT64_FORMAT " ms of the shell's processor beyond the %" G_GINT64_FORMAT
                  " ms that it uses anyway, %u questions",
                  n, n * every_ms / 1000, used_ms, begun_ms - idle_ms, test_odd_broker_count_calls (broker) - n_calls);
  g_assert_cmpint (used_ms, <=, n * every_ms / 100 + 100);
  g_assert_cmpuint (test_odd_broker_count_calls (broker), ==, n_calls);
}

/* A quarter of an hour, in which somebody opens the menu twenty times. @memory: (out): of the shell. Returns: what its scripts hold */
static guint64
live_through (TestGnomeShell *shell, TestOddBroker *broker, guint64 *memory)
{
  const guint n_looks = 20, n_each = N_CHANGES / 4 / n_looks / 2;
  guint64 held;

  for (guint i = 0; i < n_looks; i++)
    {
      g_free (test_gnome_shell_eval (shell, "global.outboxTest.open ()"));
      tell_many (broker, 0, n_each, 10);
      g_free (test_gnome_shell_eval (shell, "global.outboxTest.close ()"));
      tell_many (broker, 0, n_each, 10);
    }
  held = test_gnome_shell_count_held (shell);
  *memory = test_gnome_shell_get_memory (shell);

  return held;
}

static void
test_an_hour_of_changes (void)
{
  g_autoptr (TestBroker) real = test_broker_new ();
  g_autoptr (TestGnomeShell) shell = test_gnome_shell_start (real, NULL);
  g_autoptr (TestOddBroker) broker = NULL;
  guint64 memory[N_QUARTERS], held[N_QUARTERS];

  test_broker_kill (real);
  broker = test_odd_broker_new (real->bus);
  answer_all (broker);
  test_gnome_shell_wait (shell, "global.outboxTest.icon () !== ''", 20);
  cost_little (shell, broker);
  held[0] = live_through (shell, broker, &memory[0]);
  for (guint i = 1; i < N_QUARTERS; i++)
    {
      held[i] = live_through (shell, broker, &memory[i]);
      g_test_message ("quarter %u: %" G_GUINT64_FORMAT " KiB, of which scripts hold %" G_GUINT64_FORMAT, i,
                      memory[i] / 1024, held[i] / 1024);
    }
  g_assert_cmpuint (held[N_QUARTERS - 1], <, held[0] + HELD_GROWTH_MOST);
  /* What it has drawn a moment ago it may not have given back yet: the lower of the last two counts. */
  g_assert_cmpuint (MIN (memory[N_QUARTERS - 1], memory[N_QUARTERS - 2]), <, memory[1] + GROWTH_MOST);
  test_gnome_shell_assert_is_content (shell);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  if (is_inside)
    test_namespace_run ("ip link set lo up");
  g_test_init (&argc, &argv, NULL);
  if (test_gnome_shell_get_version () == 0)
    {
      g_print ("1..0 # SKIP there is no gnome-shell\n");
      return 0;
    }
  g_test_add_func ("/gnome-shell-day/in-the-field", is_inside ? test_in_the_field : test_namespace_skip);
  g_test_add_func ("/gnome-shell-day/an-hour-of-changes", test_an_hour_of_changes);

  return g_test_run ();
}
