/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command for hundreds of uploads: it is checked as a whole, done in slices between which others are served, and answered
 * at its end with the truth.
 */
#include "late-answer.h"

#include "dbus/error.h"
#include "support/rig.h"
#include "support/wait.h"

#define N_MANY 400
#define N_OTHERS 3

/* The last is of another app. */
#define LAST "u-00399"

/* They wait for a destination that is paused. Returns: (transfer full): their ids. */
static GStrv
make_many (TestRig *rig)
{
  g_autofree char *sql
      = g_strdup_printf ("WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                         " INSERT INTO uploads (id, app, name, media_type, destination, rule, state, created_at)"
                         " SELECT printf ('u-%%05d', i), iif (i = %d, 'other', 'test'), 'n', 'image/jpeg', 'depot',"
                         "   'default', 1, 5 FROM n",
                         N_MANY - 1, N_MANY - 1);
  g_autoptr (GStrvBuilder) ids = g_strv_builder_new ();

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_run (rig, sql);
  for (guint i = 0; i < N_MANY; i++)
    {
      g_autofree char *id = g_strdup_printf ("u-%05u", i);

      g_strv_builder_add (ids, id);
    }

  return g_strv_builder_end (ids);
}

static gint64
count_uploads (TestRig *rig)
{
  return test_rig_ask (rig, "SELECT count(*) FROM uploads");
}

/* --- Tests --- */

static void
test_others_are_served_between_slices (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  const char *const others[] = { other, NULL };
  LateAnswer many = { .turns = rig->broker->members->queue }, one = { .turns = rig->broker->members->queue };
  const guint begin = ob_queue_get_turn_number (rig->broker->members->queue);

  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, (const char *const *) ids, 0, late_answer_take, &many);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, others, 0, late_answer_take, &one);
  test_wait_until (late_answer_has_come, &many, 20);
  g_assert_no_error (many.error);
  g_assert_no_error (one.error);
  g_assert_cmpuint (one.n_answers, ==, 1);
  g_assert_cmpuint (one.turn, <=, begin + 2);
  g_assert_cmpuint (many.turn - begin, >=, N_MANY / 50);
  test_rig_settle (rig);
  g_assert_cmpuint (many.n_answers, ==, 1);
  g_assert_cmpint (count_uploads (rig), ==, 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'removed'"), ==, N_MANY);
}

static void
test_one_that_is_twice_is_done_once (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  LateAnswer answer = { .turns = rig->broker->members->queue };

  g_free (ids[1]);
  ids[1] = g_strdup (LAST);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, (const char *const *) ids, 0, late_answer_take, &answer);
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_no_error (answer.error);
  g_assert_cmpint (count_uploads (rig), ==, 1);
}

/* The last of all stands in the way: nothing is changed. @data: how. */
static void
test_nothing_is_begun_before_all_are_known (TestRig *rig, gconstpointer data)
{
  const char *how = data;
  g_auto (GStrv) ids = make_many (rig);
  LateAnswer answer = { .turns = rig->broker->members->queue };
  gboolean is_state = g_str_equal (how, "state");
  gint expected = is_state ? OUTBOX_ERROR_WRONG_STATE : OUTBOX_ERROR_NOT_FOUND;

  if (g_str_equal (how, "missing"))
    test_rig_run (rig, "UPDATE uploads SET id = 'elsewhere' WHERE id = '" LAST "'");
  if (is_state)
    test_rig_run (rig, "UPDATE uploads SET state = 5 WHERE id = '" LAST "'");
  ob_broker_command (rig->broker, g_str_equal (how, "app") ? "test" : NULL,
                     is_state ? OB_COMMAND_PAUSE : OB_COMMAND_REMOVE, (const char *const *) ids, 0, late_answer_take,
                     &answer);
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_error (answer.error, OUTBOX_ERROR, expected);
  g_assert_nonnull (strstr (answer.error->message, LAST));
  test_rig_settle (rig);
  g_assert_cmpint (count_uploads (rig), ==, N_MANY);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused"), ==, 0);
  g_clear_error (&answer.error);
}

static gboolean
is_begun (gpointer rig)
{
  return count_uploads (rig) < N_MANY || test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused") > 0;
}

/* What came to its end, or was removed, between the check and its slice is no reason to stop. */
static void
test_an_end_meanwhile_is_left_out (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  LateAnswer answer = { .turns = rig->broker->members->queue };

  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, (const char *const *) ids, 0, late_answer_take, &answer);
  test_wait_until (is_begun, rig, 20);
  test_rig_run (rig, "UPDATE uploads SET state = 5 WHERE id = 'u-00398'; DELETE FROM uploads WHERE id = '" LAST "'");
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_no_error (answer.error);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused"), ==, N_MANY - 2);
}

/* A word about one of them that comes later is not overtaken, and one about all of them neither. */
static void
test_the_last_word_counts (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  const char *const last[] = { LAST, NULL };
  LateAnswer answers[N_OTHERS] = { { 0 } };

  for (guint i = 0; i < N_OTHERS; i++)
    answers[i].turns = rig->broker->members->queue;
  ob_broker_command (rig->broker, NULL, OB_COMMAND_RESUME, (const char *const *) ids, 0, late_answer_take, &answers[0]);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, (const char *const *) ids, 0, late_answer_take, &answers[1]);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_RESUME, last, 0, late_answer_take, &answers[2]);
  g_assert_cmpuint (answers[2].n_answers, ==, 0);
  for (guint i = 0; i < N_OTHERS; i++)
    {
      test_wait_until (late_answer_has_come, &answers[i], 20);
      g_assert_no_error (answers[i].error);
    }
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused"), ==, N_MANY - 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT is_paused FROM uploads WHERE id = '" LAST "'"), ==, 0);
}

/* Returns: the number that an error begins with. */
static gint64
read_done (const GError *error)
{
  g_assert_nonnull (strstr (error->message, " of 400 are done: "));

  return g_ascii_strtoll (error->message, NULL, 10);
}

/* What is on the disk stays, the answer says how much that is, and the same command does the rest. */
static void
test_a_disk_that_fails_meanwhile (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  LateAnswer answer = { .turns = rig->broker->members->queue }, again = answer;
  gint64 n_done;

  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, (const char *const *) ids, 0, late_answer_take, &answer);
  test_wait_until (is_begun, rig, 20);
  ob_queue_commit (rig->broker->members->queue);
  test_rig_run (rig, "CREATE TEMP TRIGGER no_room BEFORE INSERT ON journal BEGIN SELECT raise (ABORT, 'no'); END");
  test_wait_until (late_answer_has_come, &answer, 20);
  test_rig_run (rig, "DROP TRIGGER no_room");
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  n_done = read_done (answer.error);
  g_assert_cmpint (n_done, >, 0);
  test_rig_settle (rig);
  g_assert_cmpint (count_uploads (rig), ==, N_MANY - n_done);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, (const char *const *) ids + n_done, 0, late_answer_take,
                     &again);
  test_wait_until (late_answer_has_come, &again, 20);
  g_assert_no_error (again.error);
  g_assert_cmpint (count_uploads (rig), ==, 0);
  g_clear_error (&answer.error);
}

/* Everybody who waits hears how much is done, and that it is over. */
static void
test_the_broker_ends_meanwhile (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) ids = make_many (rig);
  LateAnswer answer = { .turns = rig->broker->members->queue }, behind = answer;
  gint64 n_done;

  ob_broker_command (rig->broker, NULL, OB_COMMAND_REMOVE, (const char *const *) ids, 0, late_answer_take, &answer);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, (const char *const *) ids, 0, late_answer_take, &behind);
  test_wait_until (is_begun, rig, 20);
  ob_broker_stop (rig->broker);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  g_assert_cmpuint (behind.n_answers, ==, 1);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_error (behind.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  n_done = read_done (answer.error);
  test_rig_stop (rig);
  test_rig_start (rig);
  g_assert_cmpint (count_uploads (rig), ==, N_MANY - n_done);
  g_clear_error (&answer.error);
  g_clear_error (&behind.error);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (TestRig *, gconstpointer);
    const char *data;
  } tests[] = {
    { "/batch/others-are-served-between-slices", test_others_are_served_between_slices, NULL },
    { "/batch/one-that-is-twice-is-done-once", test_one_that_is_twice_is_done_once, NULL },
    { "/batch/nothing-is-begun/missing", test_nothing_is_begun_before_all_are_known, "missing" },
    { "/batch/nothing-is-begun/of-another-app", test_nothing_is_begun_before_all_are_known, "app" },
    { "/batch/nothing-is-begun/wrong-state", test_nothing_is_begun_before_all_are_known, "state" },
    { "/batch/an-end-meanwhile-is-left-out", test_an_end_meanwhile_is_left_out, NULL },
    { "/batch/the-last-word-counts", test_the_last_word_counts, NULL },
    { "/batch/a-disk-that-fails-meanwhile", test_a_disk_that_fails_meanwhile, NULL },
    { "/batch/the-broker-ends-meanwhile", test_the_broker_ends_meanwhile, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, TestRig, tests[i].data, test_rig_set_up, tests[i].run, test_rig_tear_down);

  return g_test_run ();
}
