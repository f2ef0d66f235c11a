/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A command for a large group, or for many: its word is on the disk first and counts, its uploads follow in slices between which
 * others are served, and whoever gave it is answered when they all do.
 */
#include "late-answer.h"

#include "dbus/error.h"
#include "support/rig.h"
#include "support/wait.h"

#include <stdio.h>

#define N_MEMBERS 6000
#define N_GROUPS 1000

/* They wait for a destination that is paused. */
static void
make_group (TestRig *rig)
{
  g_autofree char *sql = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
      " INSERT INTO uploads (id, app, name, media_type, group_key, destination, rule, state, created_at)"
      " SELECT printf ('u-%%05d', i), 'test', 'n', 'image/jpeg', 'case', 'depot', 'default', 1, 5 FROM n",
      N_MEMBERS - 1);

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_run (rig, sql);
}

static gint64
count_followers (TestRig *rig)
{
  return test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_group_paused");
}

static void
pause_group (TestRig *rig, gboolean is_paused, LateAnswer *answer)
{
  const char *const names[] = { "case", NULL };

  ob_broker_pause_groups (rig->broker, NULL, names, is_paused, late_answer_take, answer);
}

static void
assert_swept (TestRig *rig)
{
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM groups WHERE swept IS NOT NULL"), ==, 0);
}

static void
test_a_large_group_follows_in_slices (TestRig *rig, gconstpointer data)
{
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  const char *const others[] = { other, NULL };
  LateAnswer group = { .turns = rig->broker->members->queue }, one = { .turns = rig->broker->members->queue };

  make_group (rig);
  pause_group (rig, TRUE, &group);
  g_assert_cmpint (test_rig_ask (rig, "SELECT is_paused FROM groups"), ==, 1);
  g_assert_cmpint (count_followers (rig), <, N_MEMBERS);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, others, 0, late_answer_take, &one);
  test_wait_until (late_answer_has_come, &group, 20);
  g_assert_no_error (group.error);
  g_assert_no_error (one.error);
  g_assert_cmpuint (one.turn, <, group.turn);
  test_rig_settle (rig);
  g_assert_cmpuint (group.n_answers, ==, 1);
  g_assert_cmpint (count_followers (rig), ==, N_MEMBERS);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE scope = 'group'"), ==, 1);
  assert_swept (rig);
}

/* The group's word stands, and the rest follows it after the next start. */
static void
test_a_group_that_an_end_interrupts (TestRig *rig, gconstpointer data)
{
  LateAnswer answer = { .turns = rig->broker->members->queue };

  make_group (rig);
  pause_group (rig, TRUE, &answer);
  ob_queue_commit (rig->broker->members->queue);
  g_assert_cmpint (count_followers (rig), <, N_MEMBERS);
  test_rig_stop (rig);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  test_rig_start (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT is_paused FROM groups"), ==, 1);
  test_rig_settle (rig);
  g_assert_cmpint (count_followers (rig), ==, N_MEMBERS);
  assert_swept (rig);
  g_clear_error (&answer.error);
}

static int
refuse_once (gpointer data)
{
  guint *n_commits = data;

  return (*n_commits)++ == 0;
}

/* The first slice has the group's word, and is not committed: nobody may hear that the group is paused, or that it goes on. */
static void
test_a_group_without_its_word (TestRig *rig, gconstpointer data)
{
  LateAnswer answer = { .turns = rig->broker->members->queue };
  gboolean is_resumed = g_str_equal (data, "resume");
  guint n_commits = 0;

  make_group (rig);
  if (is_resumed)
    {
      pause_group (rig, TRUE, &answer);
      test_wait_until (late_answer_has_come, &answer, 20);
      g_assert_no_error (answer.error);
      answer.n_answers = 0;
    }
  (void) sqlite3_commit_hook (ob_database_get_handle (rig->database), refuse_once, &n_commits);
  pause_group (rig, !is_resumed, &answer);
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  (void) sqlite3_commit_hook (ob_database_get_handle (rig->database), NULL, NULL);
  test_rig_advance (rig, RIG_HOUR);
  test_rig_settle (rig);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT is_paused FROM groups"), ==, is_resumed);
  g_assert_cmpint (count_followers (rig), ==, is_resumed ? N_MEMBERS : 0);
  assert_swept (rig);
  g_clear_error (&answer.error);
}

/* Whatever is said while a group is on its way: everybody is answered, and the last word about an upload counts. */
static void
test_the_last_word_about_a_group_counts (TestRig *rig, gconstpointer data)
{
  const char *const last[] = { "u-05999", NULL };
  LateAnswer pause = { .turns = rig->broker->members->queue }, one = pause, resume = pause;

  make_group (rig);
  pause_group (rig, TRUE, &pause);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_SEND_NOW, last, 0, late_answer_take, &one);
  test_wait_until (late_answer_has_come, &pause, 20);
  g_assert_no_error (pause.error);
  g_assert_no_error (one.error);
  g_assert_cmpint (count_followers (rig), ==, N_MEMBERS - 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT is_group_paused FROM uploads WHERE id = 'u-05999'"), ==, 0);
  pause = (LateAnswer){ .turns = rig->broker->members->queue };
  pause_group (rig, TRUE, &pause);
  pause_group (rig, FALSE, &resume);
  test_wait_until (late_answer_has_come, &pause, 20);
  test_wait_until (late_answer_has_come, &resume, 20);
  g_assert_no_error (pause.error);
  g_assert_no_error (resume.error);
  g_assert_cmpint (count_followers (rig), ==, 0);
  assert_swept (rig);
}

/* --- A group that is sent now --- */

static void
send_group (TestRig *rig, LateAnswer *answer)
{
  const char *const names[] = { "case", NULL };

  ob_broker_send_groups_now (rig->broker, names, late_answer_take, answer);
}

static gint64
count_sent (TestRig *rig)
{
  return test_rig_ask (rig,
                       "SELECT count(*) FROM uploads WHERE sent_on <> '' AND is_paused = 0 AND is_group_paused = 0");
}

static void
assert_sent (TestRig *rig, gint64 n_sent)
{
  g_assert_cmpint (count_sent (rig), ==, n_sent);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM groups WHERE sending IS NOT NULL"), ==, 0);
}

static void
wait_for_answer (LateAnswer *answer)
{
  test_wait_until (late_answer_has_come, answer, 20);
  g_assert_no_error (answer->error);
  g_assert_cmpuint (answer->n_answers, ==, 1);
}

static void
pause_large (TestRig *rig, LateAnswer *answer)
{
  pause_group (rig, TRUE, answer);
}

/* What follows later, when the disk works again, is no secret: whoever gave the word is told of it. */
static void
test_a_group_that_the_disk_interrupts (TestRig *rig, gconstpointer data)
{
  LateAnswer answer = { .turns = rig->broker->members->queue };
  gboolean is_pause = g_str_equal (data, "pause");
  gint64 (*count) (TestRig *) = is_pause ? count_followers : count_sent;
  gint64 n_before;

  make_group (rig);
  (is_pause ? pause_large : send_group) (rig, &answer);
  ob_queue_commit (rig->broker->members->queue);
  n_before = count (rig);
  test_rig_run (rig, "CREATE TEMP TRIGGER no_room BEFORE UPDATE ON groups BEGIN SELECT raise (ABORT, 'no'); END");
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  g_assert_nonnull (strstr (answer.error->message, "follow as soon as"));
  g_assert_cmpint (count (rig), ==, n_before);
  test_rig_run (rig, "DROP TRIGGER no_room");
  test_rig_advance (rig, RIG_HOUR);
  test_rig_settle (rig);
  g_assert_cmpint (count (rig), ==, N_MEMBERS);
  assert_swept (rig);
  g_clear_error (&answer.error);
}

/* Every upload and the group itself are paused before, which ends. */
static void
test_a_large_group_is_sent_in_slices (TestRig *rig, gconstpointer data)
{
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  const char *const others[] = { other, NULL };
  LateAnswer group = { .turns = rig->broker->members->queue }, one = group, pause = group;

  make_group (rig);
  test_rig_run (rig, "UPDATE uploads SET is_paused = 1 WHERE group_key = 'case'");
  pause_group (rig, TRUE, &pause);
  send_group (rig, &group);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM groups WHERE sent_on <> ''"), ==, 1);
  g_assert_cmpint (count_sent (rig), <, N_MEMBERS);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, others, 0, late_answer_take, &one);
  wait_for_answer (&group);
  wait_for_answer (&one);
  wait_for_answer (&pause);
  g_assert_cmpuint (one.turn, <, group.turn);
  test_rig_settle (rig);
  assert_sent (rig, N_MEMBERS);
  assert_swept (rig);
}

/* The rest is sent after the next start, on the network that the person meant, and no other. */
static void
test_sending_that_an_end_interrupts (TestRig *rig, gconstpointer data)
{
  LateAnswer answer = { .turns = rig->broker->members->queue };

  make_group (rig);
  send_group (rig, &answer);
  ob_queue_commit (rig->broker->members->queue);
  g_assert_cmpint (count_sent (rig), <, N_MEMBERS);
  test_rig_stop (rig);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  test_conditions_connect (rig->conditions, "elsewhere", OB_LINK_CELLULAR, OB_METERED_YES);
  test_rig_start (rig);
  test_rig_settle (rig);
  assert_sent (rig, N_MEMBERS);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(DISTINCT sent_on) FROM uploads"), ==, 1);
  g_assert_cmpint (
      test_rig_ask (rig,
                    "SELECT count(*) FROM uploads WHERE sent_on = (SELECT sent_on FROM groups WHERE key = 'case')"),
      ==, N_MEMBERS);
  g_clear_error (&answer.error);
}

static void
test_sending_without_its_word (TestRig *rig, gconstpointer data)
{
  LateAnswer answer = { .turns = rig->broker->members->queue };
  guint n_commits = 0;

  make_group (rig);
  (void) sqlite3_commit_hook (ob_database_get_handle (rig->database), refuse_once, &n_commits);
  send_group (rig, &answer);
  test_wait_until (late_answer_has_come, &answer, 20);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  (void) sqlite3_commit_hook (ob_database_get_handle (rig->database), NULL, NULL);
  test_rig_advance (rig, RIG_HOUR);
  test_rig_settle (rig);
  g_assert_cmpuint (answer.n_answers, ==, 1);
  assert_sent (rig, 0);
  g_clear_error (&answer.error);
}

/* While the group is on its way a person pauses one of it, which is paused already, and another, which is not. */
static void
test_the_last_word_about_one_that_is_sent (TestRig *rig, gconstpointer data)
{
  const char *const last[] = { "u-05998", "u-05999", NULL };
  LateAnswer group = { .turns = rig->broker->members->queue }, some = group;

  make_group (rig);
  test_rig_run (rig, "UPDATE uploads SET is_paused = 1 WHERE id = 'u-05998'");
  send_group (rig, &group);
  ob_broker_command (rig->broker, NULL, OB_COMMAND_PAUSE, last, 0, late_answer_take, &some);
  wait_for_answer (&group);
  wait_for_answer (&some);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE is_paused"), ==, 2);
  assert_sent (rig, N_MEMBERS - 2);
}

/* A pause of the group ends the sending of what is left, and holds what is sent already. */
static void
test_a_pause_of_what_is_sent (TestRig *rig, gconstpointer data)
{
  LateAnswer group = { .turns = rig->broker->members->queue }, pause = group;

  make_group (rig);
  send_group (rig, &group);
  pause_group (rig, TRUE, &pause);
  wait_for_answer (&group);
  wait_for_answer (&pause);
  g_assert_cmpint (count_followers (rig), ==, N_MEMBERS);
  assert_sent (rig, 0);
  assert_swept (rig);
}

/* --- Many groups --- */

/* Returns: (transfer full): their names */
static GStrv
make_groups (TestRig *rig)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  test_rig_run (
      rig, "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < 999)"
           " INSERT INTO uploads (id, app, name, media_type, group_key, destination, rule, state, created_at)"
           " SELECT printf ('u-%05d', i), 'test', 'n', 'image/jpeg', printf ('g-%03d', i), 'depot', 'default', 1, 5"
           " FROM n");
  for (guint i = 0; i < N_GROUPS; i++)
    {
      g_autofree char *name = g_strdup_printf ("g-%03u", i);

      g_strv_builder_add (names, name);
    }

  return g_strv_builder_end (names);
}

static gint64
count_paused_groups (TestRig *rig)
{
  return test_rig_ask (rig, "SELECT count(*) FROM groups WHERE is_paused");
}

/* What is said of one of them meanwhile is done after it. */
static void
test_many_groups_are_told_in_slices (TestRig *rig, gconstpointer data)
{
  g_autofree char *other = test_rig_submit (rig, "yard", 0);
  g_auto (GStrv) names = make_groups (rig);
  const char *const last[] = { "g-999", NULL };
  LateAnswer all = { .turns = rig->broker->members->queue }, one = all, sent = all;
  guint turn = ob_queue_get_turn_number (rig->broker->members->queue);

  ob_broker_pause_groups (rig->broker, NULL, (const char *const *) names, TRUE, late_answer_take, &all);
  ob_broker_pause_groups (rig->broker, NULL, last, FALSE, late_answer_take, &one);
  wait_for_answer (&all);
  wait_for_answer (&one);
  g_assert_cmpuint (all.turn - turn, >=, N_GROUPS / 50);
  g_assert_cmpint (count_paused_groups (rig), ==, N_GROUPS - 1);
  g_assert_cmpint (count_followers (rig), ==, N_GROUPS - 1);
  assert_swept (rig);
  ob_broker_send_groups_now (rig->broker, (const char *const *) names, late_answer_take, &sent);
  wait_for_answer (&sent);
  assert_sent (rig, N_GROUPS);
}

/* The network goes when some of the groups have the word: whoever gave it hears how many have. */
static void
test_many_groups_that_lose_the_network (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) names = make_groups (rig);
  LateAnswer all = { .turns = rig->broker->members->queue };
  guint n_told, n_all;

  ob_broker_send_groups_now (rig->broker, (const char *const *) names, late_answer_take, &all);
  while (test_rig_ask (rig, "SELECT count(*) FROM groups WHERE sent_on <> ''") == 0)
    g_main_context_iteration (NULL, TRUE);
  test_conditions_set_available (rig->conditions, FALSE);
  test_wait_until (late_answer_has_come, &all, 20);
  g_assert_error (all.error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
  g_assert_cmpint (sscanf (all.error->message, "%u of %u are done", &n_told, &n_all), ==, 2);
  test_rig_settle (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM groups WHERE sent_on <> ''"), ==, n_told);
  g_clear_error (&all.error);
}

static void
test_nothing_is_said_to_many_groups_if_one_is_missing (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) names = make_groups (rig);
  LateAnswer all = { .turns = rig->broker->members->queue };

  g_free (names[N_GROUPS - 1]);
  names[N_GROUPS - 1] = g_strdup ("nobody's");
  ob_broker_pause_groups (rig->broker, NULL, (const char *const *) names, TRUE, late_answer_take, &all);
  test_wait_until (late_answer_has_come, &all, 20);
  g_assert_error (all.error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpint (count_paused_groups (rig), ==, 0);
  g_clear_error (&all.error);
}

/* The broker ends after some: those are paused, and the answer says how many. */
static void
test_many_groups_that_an_end_interrupts (TestRig *rig, gconstpointer data)
{
  g_auto (GStrv) names = make_groups (rig);
  LateAnswer all = { .turns = rig->broker->members->queue };
  guint n_told, n_all;

  ob_broker_pause_groups (rig->broker, NULL, (const char *const *) names, TRUE, late_answer_take, &all);
  while (count_paused_groups (rig) == 0)
    g_main_context_iteration (NULL, TRUE);
  test_rig_stop (rig);
  g_assert_error (all.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_cmpint (sscanf (all.error->message, "%u of %u are done", &n_told, &n_all), ==, 2);
  test_rig_start (rig);
  test_rig_settle (rig);
  g_assert_cmpint (count_paused_groups (rig), ==, n_told);
  g_assert_cmpint (count_followers (rig), ==, n_told);
  g_clear_error (&all.error);
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
    { "/large-groups/pause/in-slices", test_a_large_group_follows_in_slices, NULL },
    { "/large-groups/pause/an-end-interrupts", test_a_group_that_an_end_interrupts, NULL },
    { "/large-groups/pause/the-disk-interrupts", test_a_group_that_the_disk_interrupts, "pause" },
    { "/large-groups/pause/its-word-is-taken-back", test_a_group_without_its_word, "pause" },
    { "/large-groups/resume/its-word-is-taken-back", test_a_group_without_its_word, "resume" },
    { "/large-groups/pause/the-last-word-counts", test_the_last_word_about_a_group_counts, NULL },
    { "/large-groups/send-now/in-slices", test_a_large_group_is_sent_in_slices, NULL },
    { "/large-groups/send-now/an-end-interrupts", test_sending_that_an_end_interrupts, NULL },
    { "/large-groups/send-now/the-disk-interrupts", test_a_group_that_the_disk_interrupts, "send-now" },
    { "/large-groups/send-now/its-word-is-taken-back", test_sending_without_its_word, NULL },
    { "/large-groups/send-now/the-last-word-counts", test_the_last_word_about_one_that_is_sent, NULL },
    { "/large-groups/send-now/a-pause-after-it", test_a_pause_of_what_is_sent, NULL },
    { "/large-groups/many/in-slices", test_many_groups_are_told_in_slices, NULL },
    { "/large-groups/many/the-network-goes", test_many_groups_that_lose_the_network, NULL },
    { "/large-groups/many/one-is-missing", test_nothing_is_said_to_many_groups_if_one_is_missing, NULL },
    { "/large-groups/many/an-end-interrupts", test_many_groups_that_an_end_interrupts, NULL },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, TestRig, tests[i].data, test_rig_set_up, tests[i].run, test_rig_tear_down);

  return g_test_run ();
}
