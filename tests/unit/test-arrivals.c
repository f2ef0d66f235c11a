/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * "6 of 22": how many of what is on its way together have arrived, whatever has arrived before, fails or waits.
 */
#include "support/rig.h"

#define MINUTE RIG_MINUTE
#define HOUR RIG_HOUR
#define DAY RIG_DAY

#define assert_arrived(rig, n_arrived) g_assert_cmpuint (ob_broker_count_arrived ((rig)->broker), ==, n_arrived)

static void
arrive (TestRig *rig, const char *id)
{
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_settle (rig);
}

static void
submit_and_arrive (TestRig *rig)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  arrive (rig, id);
}

static void
restart (TestRig *rig)
{
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_advance (rig, RIG_SECOND);
}

static void
test_one_after_the_other (TestRig *rig, gconstpointer data)
{
  assert_arrived (rig, 0);
  for (guint i = 0; i < 3; i++)
    {
      submit_and_arrive (rig);
      assert_arrived (rig, 1);
    }
}

static void
test_together (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *third = NULL;

  submit_and_arrive (rig);
  first = test_rig_submit (rig, NULL, 0);
  second = test_rig_submit (rig, NULL, 0);
  assert_arrived (rig, 0);
  arrive (rig, first);
  assert_arrived (rig, 1);
  third = test_rig_submit (rig, NULL, 0);
  arrive (rig, second);
  assert_arrived (rig, 2);
  /* What has arrived is forgotten in between, and counts all the same. */
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, first, 0, NULL));
  arrive (rig, third);
  /* It stays so until there is more. */
  test_rig_advance (rig, DAY);
  assert_arrived (rig, 3);
  submit_and_arrive (rig);
  assert_arrived (rig, 1);
}

/* A video that waits for days does not add those days up. */
static void
test_what_waits_for_days (TestRig *rig, gconstpointer data)
{
  g_autofree char *video = test_rig_submit (rig, NULL, 0);

  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, video, 0, NULL));
  for (guint i = 1; i <= 3; i++)
    {
      test_rig_advance (rig, 50 * MINUTE);
      submit_and_arrive (rig);
      assert_arrived (rig, i);
    }
  test_rig_advance (rig, HOUR + MINUTE);
  assert_arrived (rig, 3);
  submit_and_arrive (rig);
  assert_arrived (rig, 1);
  /* Its own arrival is no new beginning. */
  test_rig_advance (rig, 2 * HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, video, 0, NULL));
  arrive (rig, video);
  assert_arrived (rig, 2);
}

static void
test_what_has_failed (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  submit_and_arrive (rig);
  (void) test_server_wait_for (rig->server, id);
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE);
  test_rig_settle (rig);
  assert_arrived (rig, 1);
  /* It is on its way no more. */
  submit_and_arrive (rig);
  assert_arrived (rig, 1);
}

static void
test_after_a_start (TestRig *rig, gconstpointer data)
{
  g_autofree char *left = NULL, *other = NULL;

  submit_and_arrive (rig);
  test_rig_advance (rig, MINUTE);
  left = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, left);
  test_rig_advance (rig, RIG_SECOND);
  submit_and_arrive (rig);
  submit_and_arrive (rig);
  assert_arrived (rig, 2);
  restart (rig);
  assert_arrived (rig, 2);
  /* After a night nobody counts the day before. */
  test_rig_advance (rig, 13 * HOUR);
  restart (rig);
  assert_arrived (rig, 0);
  arrive (rig, left);
  assert_arrived (rig, 1);
  restart (rig);
  assert_arrived (rig, 0);
  other = test_rig_submit (rig, NULL, 0);
  arrive (rig, other);
  assert_arrived (rig, 1);
}

/* Memory is read again after a commit that failed. */
static void
test_a_commit_that_fails (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = test_rig_submit (rig, NULL, 0), *second = test_rig_submit (rig, NULL, 0);
  g_autofree char *refused = NULL;

  arrive (rig, first);
  assert_arrived (rig, 1);
  test_rig_run (rig, "CREATE TEMP TRIGGER no_room BEFORE INSERT ON uploads BEGIN SELECT raise (ABORT, 'no'); END");
  refused = test_rig_submit_full (rig, &(ObSubmission){ .app = "test", .name = "a.jpg" }, NULL);
  g_assert_null (refused);
  test_rig_run (rig, "DROP TRIGGER no_room");
  assert_arrived (rig, 1);
  test_rig_advance (rig, MINUTE);
  arrive (rig, second);
  assert_arrived (rig, 2);
}

static const TestRigCase cases[] = {
  { "/arrivals/one-after-the-other", test_one_after_the_other },
  { "/arrivals/together", test_together },
  { "/arrivals/what-waits-for-days", test_what_waits_for_days },
  { "/arrivals/what-has-failed", test_what_has_failed },
  { "/arrivals/after-a-start", test_after_a_start },
  { "/arrivals/a-commit-that-fails", test_a_commit_that_fails },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Warnings of commits that fail are wanted. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
