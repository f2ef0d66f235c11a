/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate without a broker: a database, a clock and a network that do what the test says, and a listener that writes down what
 * it is told.
 */
#include "broker/gate.h"

#include "dbus/error.h"
#include "rules.h"
#include "store/lanes.h"
#include "store/uploads.h"
#include "support/clock.h"
#include "support/conditions.h"

#define BEGIN_MS G_GINT64_CONSTANT (1750000000000)
#define SETTLED_MS 300
#define RULES "[Rule video]\nmatch-type=video/*\nnetworks=wifi;ethernet\n[Rule large]\nmin-size=1000\nmetered=ask\n"

typedef struct
{
  char *folder;
  ObDatabase *database;
  TestClock *clock;
  TestConditions *conditions;
  ObQueue *queue;
  ObDestinationTable *destinations;
  ObGate *gate;
  GString *told; /* "lane depot/video wait-wifi;session 1;" */
} Fixture;

/* With the network that its name leaves out. */
static char *
dup_words (const ObLane *lane)
{
  g_autofree char *name = ob_lane_dup_name (lane);

  return *lane->sent_on ? g_strdup_printf ("%s on %s", name, lane->sent_on) : g_steal_pointer (&name);
}

static void
on_lane_closed (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  g_autofree char *names = outbox_reasons_to_names (reasons);
  g_autofree char *words = dup_words (lane);

  g_string_append_printf (((Fixture *) user_data)->told, "lane %s %s;", words, names);
}

static void
on_lane_changed (const char *id, const ObLane *lane, gpointer user_data)
{
  g_autofree char *words = dup_words (lane);

  g_string_append_printf (((Fixture *) user_data)->told, "upload %s %s;", id, words);
}

static void
on_session_changed (gboolean is_ending, gpointer user_data)
{
  g_string_append_printf (((Fixture *) user_data)->told, "session %d;", is_ending);
}

static const ObGateEvents events = { on_lane_closed, on_lane_changed, on_session_changed };

static void
on_settings_changed (gpointer user_data)
{
}

static void
on_left (const char *name, gpointer user_data)
{
}

static const ObDestinationEvents destination_events = { on_settings_changed, on_left, on_left };

static void
assert_told (Fixture *fixture, const char *expected)
{
  g_assert_cmpstr (fixture->told->str, ==, expected);
  g_string_truncate (fixture->told, 0);
}

static void
on_done (const GError *error, gpointer user_data)
{
  g_assert_no_error (error);
}

/* As at a start of the daemon: all that is kept is in the database. */
static void
start (Fixture *fixture, const char *rules_text)
{
  g_autoptr (GPtrArray) watchers = g_ptr_array_new ();
  g_autoptr (ObRules) rules = test_rules_read (rules_text);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (watchers, fixture->conditions);
  fixture->queue = ob_queue_new (fixture->database, OB_CLOCK (fixture->clock));
  fixture->destinations = ob_destination_table_new (fixture->queue, &destination_events, NULL);
  ob_queue_join (fixture->queue, &ob_destination_table_member, fixture->destinations);
  fixture->gate = ob_gate_new (fixture->queue, fixture->destinations, watchers, &events, fixture);
  ob_queue_join (fixture->queue, &ob_gate_member, fixture->gate);
  g_assert_true (ob_queue_load (fixture->queue, &error));
  g_assert_no_error (error);
  ob_gate_set_rules (fixture->gate, rules);
  ob_gate_start (fixture->gate);
  ob_queue_start_alarm (fixture->queue);
  ob_queue_commit (fixture->queue);
}

static void
stop (Fixture *fixture)
{
  ob_gate_stop (fixture->gate);
  ob_queue_stop_alarm (fixture->queue);
  ob_queue_free (fixture->queue);
  ob_gate_free (fixture->gate);
  ob_destination_table_free (fixture->destinations);
}

static void
add_destination (Fixture *fixture, const char *name, const char *url)
{
  const ObDestinationSettings settings = { .url = url };

  ob_destination_table_set (fixture->destinations, name, &settings, on_done, NULL);
  ob_queue_commit (fixture->queue);
}

/* A row of one that waits, in the lane that it comes into. */
static void
add_upload (Fixture *fixture, const char *id, const char *destination, const char *media_type, guint64 size_bytes)
{
  g_autoptr (ObUpload) upload = ob_upload_new ();
  g_autofree char *sql = NULL;
  g_autoptr (GError) error = NULL;

  upload->destination = g_strdup (destination);
  upload->media_type = g_strdup (media_type);
  upload->app = g_strdup ("test");
  upload->size_bytes = size_bytes;
  ob_gate_admit (fixture->gate, upload);
  sql = g_strdup_printf (
      "INSERT INTO uploads (id, app, name, media_type, destination, rule, sent_on, state, created_at,"
      " size) VALUES ('%s', 'test', 'n', '%s', '%s', '%s', '%s', %d, 5, %" G_GUINT64_FORMAT ")",
      id, media_type, destination, upload->rule, upload->sent_on, OB_STORED_QUEUED, size_bytes);
  (void) ob_database_run (fixture->database, sql, &error);
  g_assert_no_error (error);
  ob_queue_want_flush (fixture->queue);
  ob_queue_commit (fixture->queue);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  gboolean was_rebuilt;
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->database = ob_database_open (fixture->folder, BEGIN_MS, &was_rebuilt, &error);
  g_assert_no_error (error);
  fixture->clock = test_clock_new (BEGIN_MS);
  fixture->conditions = test_conditions_new ();
  test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  fixture->told = g_string_new (NULL);
  start (fixture, RULES);
  add_destination (fixture, "depot", "http://depot.example/files/");
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  stop (fixture);
  ob_database_free (fixture->database);
  g_object_unref (fixture->clock);
  g_object_unref (fixture->conditions);
  g_string_free (fixture->told, TRUE);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* --- Lanes --- */

static void
assert_lane_on (Fixture *fixture, const char *rule, const char *sent_on, const char *expected)
{
  const ObLane lane = ob_lane_make ("depot", rule, sent_on);
  ObHold holds[OB_LANE_HOLDS_MAX];
  guint n_holds = ob_gate_get_lane_holds (fixture->gate, &lane, OB_STORED_QUEUED, holds);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < n_holds; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? " " : "", outbox_reason_get_info (holds[i].reason)->name);
  g_assert_cmpstr (names->str, ==, expected);
}

static void
assert_lane (Fixture *fixture, const char *rule, const char *expected)
{
  assert_lane_on (fixture, rule, "", expected);
}

static void
add_lane (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  g_autofree char *names = outbox_reasons_to_names (reasons);
  g_autofree char *words = dup_words (lane);

  g_string_append_printf (user_data, "%s %s;", words, names);
}

/* What the database was told last. */
static void
assert_written (Fixture *fixture, const char *expected)
{
  g_autoptr (GString) lanes = g_string_new (NULL);

  ob_queue_commit (fixture->queue);
  g_assert_true (ob_lanes_load (fixture->database, add_lane, lanes, NULL));
  g_assert_cmpstr (lanes->str, ==, expected);
}

static void
test_a_lane_comes_by_the_rules (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *media_type;
    guint64 size_bytes;
    const char *rule;
  } rows[] = {
    { "image/jpeg", 999, "default" },
    { "image/jpeg", 1000, "large" },
    { "video/mp4", 1, "video" },
    { "video/mp4", 1000, "large" },
    { "", 0, "default" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObUpload) upload = ob_upload_new ();

      upload->destination = g_strdup ("depot");
      upload->media_type = g_strdup (rows[i].media_type);
      upload->size_bytes = rows[i].size_bytes;
      ob_gate_admit (fixture->gate, upload);
      g_assert_cmpstr (upload->rule, ==, rows[i].rule);
      g_assert_nonnull (ob_gate_find_rule (fixture->gate, upload->rule));
    }
  g_assert_null (ob_gate_find_rule (fixture->gate, "gone"));
}

/* A restriction is told of before anything is written; a permission is believed a moment later. */
static void
test_a_lane_closes_at_once_and_opens_when_it_is_believed (Fixture *fixture, gconstpointer data)
{
  add_upload (fixture, "v", "depot", "video/mp4", 1);
  add_upload (fixture, "p", "depot", "image/jpeg", 1);
  g_assert_true (ob_gate_has_open_lane (fixture->gate, "depot"));
  assert_told (fixture, "");
  assert_written (fixture, "");

  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  assert_told (fixture, "lane depot/video wait-wifi;");
  assert_lane (fixture, "video", "wait-wifi");
  assert_lane (fixture, "default", "");
  assert_written (fixture, "depot/video wait-wifi;");
  test_clock_advance (fixture->clock, SETTLED_MS);

  test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  assert_lane (fixture, "video", "wait-wifi");
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_lane (fixture, "video", "");
  assert_written (fixture, "");
  assert_told (fixture, "");
}

/* Nobody has anything to stop where nothing waits, and nothing is written of it. */
static void
test_a_lane_in_which_nothing_waits_is_not_told (Fixture *fixture, gconstpointer data)
{
  const ObLane lane = ob_lane_make ("depot", "video", "");

  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_told (fixture, "");
  assert_written (fixture, "");
  assert_lane (fixture, "video", "wait-wifi");
  g_assert_cmpuint (ob_gate_get_lane_reasons (fixture->gate, &lane), ==, 0);
  g_assert_false (ob_gate_has_open_lane (fixture->gate, "depot"));
}

/* --- A change that is taken back --- */

static gboolean
empty_all_and_fail (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;
  g_autoptr (ObUpload) upload = ob_uploads_get (fixture->database, "v", NULL);

  g_assert_nonnull (upload);
  ob_gate_match (fixture->gate, upload);
  g_assert_true (ob_database_run (fixture->database, "DELETE FROM lanes; DELETE FROM uploads", NULL));

  return FALSE;
}

static gboolean
refuse_commit (gpointer user_data)
{
  return TRUE;
}

static void
test_what_is_taken_back_is_told_again (Fixture *fixture, gconstpointer data)
{
  sqlite3 *handle = ob_database_get_handle (fixture->database);

  add_upload (fixture, "v", "depot", "video/mp4", 1);
  /* The lane is written in a turn that is never committed. */
  (void) sqlite3_commit_hook (handle, (int (*) (void *)) refuse_commit, NULL);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  ob_queue_commit (fixture->queue);
  (void) sqlite3_commit_hook (handle, NULL, NULL);
  assert_told (fixture, "lane depot/video wait-wifi;");
  assert_lane (fixture, "video", "wait-wifi");
  assert_written (fixture, "");
  ob_queue_want_flush (fixture->queue);
  assert_written (fixture, "depot/video wait-wifi;");
  /* It was closed all the time: nobody stops anything again. */
  assert_told (fixture, "");

  g_assert_false (ob_queue_do (fixture->queue, OB_TURN_SOON, empty_all_and_fail, fixture, NULL));
  assert_lane (fixture, "video", "wait-wifi");
  assert_written (fixture, "depot/video wait-wifi;");
}

static void
test_a_start_knows_what_was_told (Fixture *fixture, gconstpointer data)
{
  add_upload (fixture, "v", "depot", "video/mp4", 1);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  assert_written (fixture, "depot/video wait-wifi;");
  stop (fixture);
  g_string_truncate (fixture->told, 0);
  test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  start (fixture, RULES);
  assert_written (fixture, "");
  assert_lane (fixture, "video", "");
}

/* --- What a person says --- */

static void
test_an_answer_is_good_for_one_network (Fixture *fixture, gconstpointer data)
{
  add_upload (fixture, "b", "depot", "image/jpeg", 5000);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_told (fixture, "lane depot/large ask;");
  g_assert_cmpstr (ob_gate_get_network (fixture->gate), ==, "phone");

  ob_gate_allow_network (fixture->gate, on_done, NULL);
  ob_queue_commit (fixture->queue);
  assert_lane (fixture, "large", "");

  test_conditions_connect (fixture->conditions, "other", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_told (fixture, "lane depot/large ask;");
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_lane (fixture, "large", "ask");
}

static void
on_refused (const GError *error, gpointer user_data)
{
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  ++*(guint *) user_data;
}

static void
test_there_is_no_answer_without_a_network (Fixture *fixture, gconstpointer data)
{
  guint n_refused = 0;

  test_conditions_set_available (fixture->conditions, FALSE);
  g_assert_cmpstr (ob_gate_get_network (fixture->gate), ==, "");
  ob_gate_allow_network (fixture->gate, on_refused, &n_refused);
  g_assert_cmpuint (n_refused, ==, 1);
}

static gboolean
send_now (gpointer user_data, GError **error)
{
  Fixture *fixture = user_data;
  g_autoptr (ObUpload) upload = ob_uploads_get (fixture->database, "v", error);

  return upload && ob_gate_send_now (fixture->gate, upload, NULL, error);
}

static void
test_what_is_sent_now_is_in_a_lane_of_its_own (Fixture *fixture, gconstpointer data)
{
  add_upload (fixture, "v", "depot", "video/mp4", 1);
  add_upload (fixture, "w", "depot", "video/mp4", 1);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_told (fixture, "lane depot/video wait-wifi;");
  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, send_now, fixture, NULL));
  ob_queue_commit (fixture->queue);
  assert_told (fixture, "upload v depot/video on phone;");
  assert_lane_on (fixture, "video", "phone", "");
  assert_lane (fixture, "video", "wait-wifi");

  test_conditions_connect (fixture->conditions, "other", OB_LINK_CELLULAR, OB_METERED_YES);
  assert_told (fixture, "lane depot/video on phone wait-wifi;");
  assert_written (fixture, "depot/video wait-wifi;depot/video on phone wait-wifi;");
}

static int
add_row (void *text, int n_columns, char **values, char **names)
{
  g_string_append_printf (text, "%s%s%s;", values[0], values[1] ? " " : "", values[1] ? values[1] : "");

  return 0;
}

/* What the journal was told of depot/video since the last time, and the holds of that name that anybody is shown now. */
static void
assert_shown (Fixture *fixture, const char *told, guint n_holds)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GArray) holds = ob_shared_holds_new ();

  ob_queue_commit (fixture->queue);
  g_assert_cmpint (sqlite3_exec (ob_database_get_handle (fixture->database),
                                 "SELECT event, reason FROM journal WHERE scope = 'lane' AND key = 'depot/video'"
                                 " ORDER BY sequence",
                                 add_row, text, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpstr (text->str, ==, told);
  g_assert_true (ob_database_run (fixture->database, "DELETE FROM journal", NULL));
  ob_gate_list_lane_holds (fixture->gate, NULL, holds);
  g_assert_cmpuint (holds->len, ==, n_holds);
}

/* People are not told of the network in a lane's name: what holds one of two is told once, and ends when nothing of that name
 * is held. */
static void
test_lanes_of_one_name_are_told_as_one (Fixture *fixture, gconstpointer data)
{
  add_upload (fixture, "v", "depot", "video/mp4", 1);
  add_upload (fixture, "w", "depot", "video/mp4", 1);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, send_now, fixture, NULL));
  assert_shown (fixture, "hold wait-wifi;", 1);
  test_conditions_connect (fixture->conditions, "other", OB_LINK_CELLULAR, OB_METERED_YES);
  assert_shown (fixture, "", 1);
  /* In one step from one reason to another, whichever lane comes first. */
  test_conditions_set_available (fixture->conditions, FALSE);
  assert_shown (fixture, "hold no-network;", 1);
  test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_shown (fixture, "hold wait-wifi;", 1);
  /* It is removed, and the other still waits. */
  test_conditions_connect (fixture->conditions, "other", OB_LINK_CELLULAR, OB_METERED_YES);
  assert_written (fixture, "depot/video wait-wifi;depot/video on phone wait-wifi;");
  g_assert_true (ob_database_run (fixture->database, "DELETE FROM uploads WHERE id = 'v'", NULL));
  ob_queue_want_flush (fixture->queue);
  assert_written (fixture, "depot/video wait-wifi;");
  assert_shown (fixture, "", 1);
  test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  test_clock_advance (fixture->clock, SETTLED_MS);
  assert_shown (fixture, "release;", 0);
}

/* A rule of any name keeps to itself: no part of the name is taken for a network. */
static void
test_a_rule_has_any_name (Fixture *fixture, gconstpointer data)
{
  static const char *const names[] = { "video@phone", "@", "@phone", "phone@", "a@b@phone", "-", "depot/video" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (ObRules) rules = test_rules_read (RULES);
      ObRule *rule = ob_rule_new (names[i]);
      g_autofree char *held = g_strdup_printf ("lane depot/%s wait-wifi;", names[i]);
      g_autofree char *moved = g_strdup_printf ("upload v depot/%s on phone;", names[i]);

      rule->media_types = g_strsplit ("video/*", " ", -1);
      rule->networks = 1u << OB_LINK_WIFI;
      g_ptr_array_add (rules->rules, rule);
      ob_gate_set_rules (fixture->gate, rules);
      g_assert_true (ob_gate_find_rule (fixture->gate, names[i]) == rule);
      add_upload (fixture, "v", "depot", "video/mp4", 1);
      test_conditions_connect (fixture->conditions, "phone", OB_LINK_CELLULAR, OB_METERED_YES);
      test_clock_advance (fixture->clock, SETTLED_MS);
      assert_told (fixture, held);

      g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, send_now, fixture, NULL));
      ob_queue_commit (fixture->queue);
      assert_told (fixture, moved);
      assert_lane_on (fixture, names[i], "phone", "");
      assert_lane (fixture, names[i], "wait-wifi");

      g_assert_true (ob_database_run (fixture->database, "DELETE FROM uploads", NULL));
      test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
      test_clock_advance (fixture->clock, SETTLED_MS);
      assert_written (fixture, "");
      assert_told (fixture, "");
    }
}

/* What is on this device is reached without a network: a person's word holds for as long as there is none. */
static void
test_it_is_sent_now_without_a_network (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObRules) rules = test_rules_read ("[Rule text]\nmatch-type=text/plain\nbattery=50\n");
  ObConditions conditions;

  ob_gate_set_rules (fixture->gate, rules);
  add_destination (fixture, "depot", "http://127.0.0.1:1/files/");
  test_conditions_set_available (fixture->conditions, FALSE);
  conditions = *test_conditions_get (fixture->conditions);
  conditions.is_on_battery = TRUE;
  conditions.battery_percent = 10;
  test_conditions_set (fixture->conditions, &conditions);
  add_upload (fixture, "v", "depot", "text/plain", 1);
  assert_lane (fixture, "text", "battery");
  g_string_truncate (fixture->told, 0);

  g_assert_true (ob_queue_do (fixture->queue, OB_TURN_SOON, send_now, fixture, NULL));
  ob_queue_commit (fixture->queue);
  assert_told (fixture, "upload v depot/text on -;");
  assert_lane_on (fixture, "text", OB_SENT_WITHOUT_NETWORK, "");

  test_conditions_connect (fixture->conditions, "home", OB_LINK_WIFI, OB_METERED_NO);
  assert_told (fixture, "lane depot/text on - battery;");
}

/* --- The session --- */

static void
test_the_session_holds_the_queue (Fixture *fixture, gconstpointer data)
{
  ObConditions conditions = *test_conditions_get (fixture->conditions);

  g_assert_cmpuint (ob_gate_get_session_reasons (fixture->gate), ==, 0);
  ob_gate_let_go (fixture->gate);
  g_assert_cmpuint (test_conditions_count_let_go (fixture->conditions), ==, 0);
  conditions.is_sleeping = TRUE;
  test_conditions_set (fixture->conditions, &conditions);
  assert_told (fixture, "session 1;");
  g_assert_cmpuint (ob_gate_get_session_reasons (fixture->gate), ==, OUTBOX_REASON_BIT (OUTBOX_REASON_SLEEP));
  ob_gate_let_go (fixture->gate);
  g_assert_cmpuint (test_conditions_count_let_go (fixture->conditions), ==, 1);
  conditions.is_sleeping = FALSE;
  test_conditions_set (fixture->conditions, &conditions);
  assert_told (fixture, "session 0;");
  /* After its stop no watcher is heard. */
  ob_gate_stop (fixture->gate);
  conditions.is_shutting_down = TRUE;
  test_conditions_set (fixture->conditions, &conditions);
  assert_told (fixture, "");
}

int
main (int argc, char *argv[])
{
  static const struct
  {
    const char *path;
    void (*test) (Fixture *, gconstpointer);
  } tests[] = {
    { "/gate/a-lane-comes-by-the-rules", test_a_lane_comes_by_the_rules },
    { "/gate/a-lane-closes-at-once-and-opens-when-it-is-believed",
      test_a_lane_closes_at_once_and_opens_when_it_is_believed },
    { "/gate/a-lane-in-which-nothing-waits-is-not-told", test_a_lane_in_which_nothing_waits_is_not_told },
    { "/gate/what-is-taken-back-is-told-again", test_what_is_taken_back_is_told_again },
    { "/gate/a-start-knows-what-was-told", test_a_start_knows_what_was_told },
    { "/gate/an-answer-is-good-for-one-network", test_an_answer_is_good_for_one_network },
    { "/gate/there-is-no-answer-without-a-network", test_there_is_no_answer_without_a_network },
    { "/gate/what-is-sent-now-is-in-a-lane-of-its-own", test_what_is_sent_now_is_in_a_lane_of_its_own },
    { "/gate/lanes-of-one-name-are-told-as-one", test_lanes_of_one_name_are_told_as_one },
    { "/gate/a-rule-has-any-name", test_a_rule_has_any_name },
    { "/gate/it-is-sent-now-without-a-network", test_it_is_sent_now_without_a_network },
    { "/gate/the-session-holds-the-queue", test_the_session_holds_the_queue },
  };

  g_test_init (&argc, &argv, NULL);
  /* That a turn fails is what is tested. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);

  return g_test_run ();
}
