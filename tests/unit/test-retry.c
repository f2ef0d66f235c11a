/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is tried again, when and how often: the broker with a clock, a network and a server that do what the test says.
 */
#include "support/commit-failures.h"
#include "support/rig.h"

#define assert_about(wait_ms, middle_ms)                \
  G_STMT_START                                          \
  {                                                     \
    gint64 waits_ = (wait_ms);                          \
    g_assert_cmpint (waits_, >=, (middle_ms) *9 / 10);  \
    g_assert_cmpint (waits_, <=, (middle_ms) *11 / 10); \
  }                                                     \
  G_STMT_END

/* --- Back-off --- */

static void
test_back_off_grows (TestRig *rig, gconstpointer data)
{
  const gint64 steps_s[] = { 15, 30, 60, 120, 240, 480, 900, 900 };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  for (guint i = 0; i < G_N_ELEMENTS (steps_s); i++)
    {
      gint64 wait_ms;

      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      test_rig_assert_status (rig, id, "retrying retrying");
      wait_ms = test_rig_get_wait_ms (rig, id);
      assert_about (wait_ms, steps_s[i] * RIG_SECOND);
      g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, ob_broker_get_now_ms (rig->broker) + wait_ms);
      test_rig_advance (rig, wait_ms - 1);
      g_assert_false (test_rig_is_active (rig, id));
      test_rig_advance (rig, 1);
      g_assert_true (test_rig_is_active (rig, id));
    }
  test_rig_finish (rig, id);
  g_assert_cmpint (test_rig_ask (rig, "SELECT failures FROM destinations WHERE name = 'depot'"), ==, 0);
  /* Its row leaves the list one day; nothing else is waited for. */
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), >, ob_broker_get_now_ms (rig->broker) + RIG_DAY);
}

/* The journal says how often, and not each time anew. */
static void
test_a_repeated_error_is_one_row (TestRig *rig, gconstpointer data)
{
  const char *const per_upload = "SELECT count(*) FROM journal WHERE upload IS NOT NULL";
  const char *const per_hold = "SELECT count(*) FROM journal WHERE scope = 'destination'";
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  gint64 n_rows = 0, n_holds = 0;

  for (guint i = 1; i <= 20; i++)
    {
      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      if (i == 1)
        {
          n_rows = test_rig_ask (rig, per_upload);
          n_holds = test_rig_ask (rig, per_hold);
        }
      g_assert_cmpint (test_rig_ask (rig, per_upload), ==, n_rows);
      g_assert_cmpint (test_rig_ask (rig, per_hold), ==, n_holds);
      g_assert_cmpint (test_rig_ask (rig, "SELECT max(count) FROM journal WHERE upload IS NOT NULL"), ==, i);
      g_assert_cmpint (test_rig_ask (rig, "SELECT max(count) FROM journal WHERE scope = 'destination'"), ==, i);
      /* The newest row of an upload is the one that its own row names. */
      g_assert_cmpint (test_rig_ask (rig, "SELECT max(journal.sequence) = uploads.sequence FROM journal, uploads"
                                          " WHERE upload = id"),
                       ==, 1);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
  /* Another error is another row. */
  test_rig_end (rig, id, OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE);
  g_assert_cmpint (test_rig_ask (rig, per_hold), >, n_holds);
}

static void
test_retry_after_wins (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_rig_end_after (rig, id, OB_VERDICT_RETRY, 7 * RIG_MINUTE);
  g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, 7 * RIG_MINUTE);
  test_rig_advance (rig, 7 * RIG_MINUTE);
  test_rig_finish (rig, id);
}

static void
test_progress_begins_the_back_off_anew (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *other = test_rig_submit (rig, NULL, 0);

  test_rig_end (rig, other, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  /* Both failed by the one outage. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT failures FROM destinations WHERE name = 'depot'"), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      test_rig_advance (rig, RIG_HOUR);
      g_assert_cmpuint (test_rig_count_active (rig), ==, 1); /* one probe */
      test_rig_end (rig, test_rig_is_active (rig, id) ? id : other, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
    }
  test_rig_advance (rig, RIG_HOUR);
  g_assert_true (test_rig_is_active (rig, id)); /* it has failed less often */
  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 500);
  test_rig_settle (rig);
  /* The destination works again: the next may go with the probe. */
  g_assert_true (test_rig_is_active (rig, other));
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  assert_about (test_rig_get_wait_ms (rig, id), 15 * RIG_SECOND);
  test_rig_finish (rig, other);
}

static void
test_a_tap_waits_for_nothing (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  test_rig_end (rig, id, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, id, "retrying retrying");
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  /* And so does a destination that is resumed. */
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  test_rig_finish (rig, id);
}

static void
test_a_back_off_outlives_a_restart (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  gint64 wait_ms;

  for (guint i = 0; i < 4; i++)
    {
      test_rig_advance (rig, RIG_HOUR);
      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
    }
  wait_ms = test_rig_get_wait_ms (rig, id);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, id, "retrying retrying");
  g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, wait_ms);
  test_rig_advance (rig, wait_ms);
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  assert_about (test_rig_get_wait_ms (rig, id), 240 * RIG_SECOND);
}

/* A wait lasts as long as it was meant to, however the clock is set meanwhile, and nothing is given up by it. */
static void
test_a_clock_that_is_set (TestRig *rig, gconstpointer data)
{
  const ObVerdict verdicts[] = { OB_VERDICT_RETRY, OB_VERDICT_RETRY_UPLOAD, OB_VERDICT_RETRY };
  const gint64 jumps_ms[]
      = { -20000 * RIG_DAY, -RIG_DAY, -10 * RIG_SECOND, 10 * RIG_SECOND, RIG_DAY, 8 * RIG_DAY, 20000 * RIG_DAY };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  for (guint i = 0; i < G_N_ELEMENTS (verdicts); i++)
    for (guint j = 0; j < G_N_ELEMENTS (jumps_ms); j++)
      {
        gint64 wait_ms;

        test_rig_end_after (rig, id, verdicts[i], i == 2 ? RIG_HOUR : -1);
        test_rig_assert_status (rig, id, "retrying retrying");
        wait_ms = test_rig_get_wait_ms (rig, id);
        g_assert_cmpint (wait_ms, <=, i == 2 ? RIG_HOUR : 17 * RIG_MINUTE);
        test_clock_set (rig->clock, ob_broker_get_now_ms (rig->broker) + jumps_ms[j]);
        test_rig_settle (rig);
        test_rig_assert_status (rig, id, "retrying retrying");
        g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, wait_ms);
        test_rig_advance (rig, wait_ms - 1);
        g_assert_false (test_rig_is_active (rig, id));
        test_rig_advance (rig, 1);
        g_assert_true (test_rig_is_active (rig, id));
      }
  test_rig_finish (rig, id);
}

/* Where the clock was far off while the broker was not there to see it, too. */
static void
test_a_clock_that_was_far_off (TestRig *rig, gconstpointer data)
{
  const ObVerdict verdicts[] = { OB_VERDICT_RETRY, OB_VERDICT_RETRY_UPLOAD };

  for (guint i = 0; i < G_N_ELEMENTS (verdicts); i++)
    {
      g_autofree char *id = test_rig_submit (rig, NULL, 0);
      gint64 now_ms = ob_broker_get_now_ms (rig->broker);

      test_clock_set (rig->clock, now_ms + 4051 * RIG_DAY);
      test_rig_end (rig, id, verdicts[i], OUTBOX_REASON_NONE);
      test_rig_stop (rig);
      test_clock_set (rig->clock, now_ms);
      test_rig_start (rig);
      test_rig_assert_status (rig, id, "retrying retrying");
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), <=, 17 * RIG_MINUTE);
      test_rig_advance (rig, 17 * RIG_MINUTE);
      test_rig_finish (rig, id);
    }
}

/* A certificate may have been out of date by the clock alone. */
static void
test_a_clock_that_is_set_ends_doubts_about_a_certificate (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  for (guint i = 0; i < 6; i++)
    {
      test_rig_end (rig, id, OB_VERDICT_HOLD, OUTBOX_REASON_CERTIFICATE);
      test_rig_assert_status (rig, id, "paused certificate");
      if (i < 5)
        test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
  test_clock_set (rig->clock, ob_broker_get_now_ms (rig->broker) + 20000 * RIG_DAY);
  test_rig_settle (rig);
  test_rig_finish (rig, id);
}

static void
test_giving_up_after_a_week (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  guint n_attempts = 0;
  gint64 begin_ms;

  /* A week of waiting for a person counts for nothing. */
  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused user");
  test_rig_advance (rig, 8 * RIG_DAY);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
  begin_ms = ob_broker_get_now_ms (rig->broker);
  for (;;)
    {
      g_autofree char *status = NULL;

      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      n_attempts++;
      status = test_rig_describe (rig, id);
      if (g_str_equal (status, "failed gave-up"))
        break;
      g_assert_cmpstr (status, ==, "retrying retrying");
      test_rig_advance (rig, RIG_HOUR);
    }
  g_assert_cmpint (ob_broker_get_now_ms (rig->broker) - begin_ms, ==, 7 * RIG_DAY);
  g_assert_cmpuint (n_attempts, ==, 7 * 24 + 1);
  /* The file is kept, and a tap begins again. */
  g_assert_true (ob_spool_has (rig->spool, id));
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  test_rig_finish (rig, id);
}

static void
test_a_dead_destination_is_probed_by_one (TestRig *rig, gconstpointer data)
{
  char *ids[6];
  g_autofree char *elsewhere = NULL;
  const char *probe = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, "depot", 0);
  test_rig_end (rig, ids[0], OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  test_rig_end (rig, ids[1], OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 0);
  /* It holds up no other. */
  elsewhere = test_rig_submit (rig, "yard", 0);
  test_rig_finish (rig, elsewhere);
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    probe = test_rig_is_active (rig, ids[i]) ? ids[i] : probe;
  test_rig_finish (rig, probe);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      if (ids[i] != probe)
        test_rig_finish (rig, ids[i]);
      test_rig_assert_status (rig, ids[i], "done");
    }
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
}

/* The oldest upload makes the server fail each time: the others go on as if it were not there. */
static void
test_one_that_never_works_holds_up_no_other (TestRig *rig, gconstpointer data)
{
  g_autofree char *poison = test_rig_submit (rig, NULL, 0);
  guint n_stops = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *id = test_rig_submit (rig, NULL, 0);

      while (!test_rig_is_active (rig, id))
        {
          if (test_rig_is_active (rig, poison))
            test_rig_end (rig, poison, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
          if (!test_rig_is_active (rig, id))
            {
              n_stops++;
              test_rig_advance (rig, 20 * RIG_SECOND);
            }
        }
      test_rig_finish (rig, id);
      if (test_rig_is_active (rig, poison))
        test_rig_end (rig, poison, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
    }
  g_assert_cmpuint (n_stops, <=, 1);
  test_rig_assert_status (rig, poison, "retrying retrying");
}

/* Whatever has failed there before. */
static void
test_a_tap_tries_a_dead_destination_once (TestRig *rig, gconstpointer data)
{
  char *ids[6];
  guint n_tries = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, NULL, 0);
  /* Each has had its turn as the one that probes. */
  for (guint i = 0; i < 12; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (ids); j++)
        if (test_rig_is_active (rig, ids[j]))
          test_rig_end (rig, ids[j], OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      test_rig_advance (rig, 20 * RIG_MINUTE);
    }
  for (guint j = 0; j < G_N_ELEMENTS (ids); j++)
    if (test_rig_is_active (rig, ids[j]))
      test_rig_end (rig, ids[j], OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, ids[0], 0, NULL));
  for (guint i = 0; i < 10; i++)
    {
      for (guint j = 0; j < G_N_ELEMENTS (ids); j++)
        if (test_rig_is_active (rig, ids[j]))
          {
            n_tries++;
            test_rig_end (rig, ids[j], OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
          }
      test_rig_advance (rig, RIG_SECOND);
    }
  g_assert_cmpuint (n_tries, ==, 1);
  for (guint j = 0; j < G_N_ELEMENTS (ids); j++)
    g_free (ids[j]);
}

/* --- Network --- */

static void
test_no_network_holds_and_says_so (TestRig *rig, gconstpointer data)
{
  const ObDestinationSettings here = { .url = "http://127.0.0.1:1/files/" };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *local = NULL;

  (void) test_server_wait_for (rig->server, id);
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "paused no-network");
  test_rig_advance (rig, RIG_SECOND);
  /* Nothing but the reminder, which comes when it has not arrived for a day. */
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), ==, RIG_BEGIN_MS + RIG_DAY);
  /* What needs no network goes on. */
  g_assert_true (test_rig_set_destination (rig, "here", &here, NULL));
  local = test_rig_submit (rig, "here", 0);
  test_rig_finish (rig, local);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_assert_status (rig, id, "paused no-network"); /* until it has stayed for a moment */
  test_rig_advance (rig, 250);
  test_rig_finish (rig, id);
}

static void
test_a_network_that_stays_ends_the_back_off (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  for (guint i = 0; i < 7; i++)
    {
      test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
    }
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  /* Flapping ends nothing. */
  for (guint i = 0; i < 5; i++)
    {
      test_conditions_set_available (rig->conditions, FALSE);
      test_rig_advance (rig, RIG_SECOND);
      test_conditions_set_available (rig->conditions, TRUE);
      test_rig_advance (rig, 9 * RIG_SECOND);
      g_assert_false (test_rig_is_active (rig, id));
    }
  test_rig_advance (rig, RIG_SECOND);
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  assert_about (test_rig_get_wait_ms (rig, id), 30 * RIG_SECOND);
}

/* --- A commit that fails at that moment --- */

static const TestFailure refused = { "commit-refused", TEST_FAILURE_HOOK, 0 };

/* Long enough that nothing but what is tried here ends it. */
static char *
submit_and_wait_long (TestRig *rig)
{
  char *id = test_rig_submit (rig, NULL, 0);

  test_rig_end_after (rig, id, OB_VERDICT_RETRY, 7 * RIG_MINUTE);

  return id;
}

/* The disk works again, and has been tried. */
static void
end_failure (TestRig *rig)
{
  g_assert_true (test_failure_has_come ());
  test_failure_end (rig->database);
  test_rig_advance (rig, 6 * RIG_SECOND);
}

static void
test_a_network_that_is_back_is_not_forgotten (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = submit_and_wait_long (rig);

  test_failures_prepare (rig->database);
  test_conditions_set_available (rig->conditions, FALSE);
  test_rig_advance (rig, RIG_SECOND);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, RIG_SECOND);
  test_failure_begin (rig->database, &refused, 0);
  test_rig_advance (rig, 10 * RIG_SECOND);
  g_assert_false (test_rig_is_active (rig, id));
  end_failure (rig);
  test_rig_finish (rig, id);
}

static void
test_a_clock_that_was_set_is_not_forgotten (TestRig *rig, gconstpointer data)
{
  const gint64 jumps_ms[] = { RIG_DAY, -RIG_DAY };

  test_failures_prepare (rig->database);
  for (guint i = 0; i < G_N_ELEMENTS (jumps_ms); i++)
    {
      g_autofree char *id = submit_and_wait_long (rig);
      gint64 wait_ms = test_rig_get_wait_ms (rig, id);

      test_failure_begin (rig->database, &refused, 0);
      test_clock_set (rig->clock, ob_broker_get_now_ms (rig->broker) + jumps_ms[i]);
      test_rig_settle (rig);
      end_failure (rig);
      g_assert_false (test_rig_is_active (rig, id));
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), ==, wait_ms - 6 * RIG_SECOND);
      test_rig_advance (rig, wait_ms);
      test_rig_finish (rig, id);
    }
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/retry/back-off-grows", test_back_off_grows },
    { "/retry/a-repeated-error-is-one-row", test_a_repeated_error_is_one_row },
    { "/retry/retry-after-wins", test_retry_after_wins },
    { "/retry/progress-begins-the-back-off-anew", test_progress_begins_the_back_off_anew },
    { "/retry/a-tap-waits-for-nothing", test_a_tap_waits_for_nothing },
    { "/retry/a-tap-tries-a-dead-destination-once", test_a_tap_tries_a_dead_destination_once },
    { "/retry/a-back-off-outlives-a-restart", test_a_back_off_outlives_a_restart },
    { "/retry/a-clock-that-is-set", test_a_clock_that_is_set },
    { "/retry/a-clock-that-was-far-off", test_a_clock_that_was_far_off },
    { "/retry/a-clock-that-is-set-ends-doubts-about-a-certificate",
      test_a_clock_that_is_set_ends_doubts_about_a_certificate },
    { "/retry/giving-up-after-a-week", test_giving_up_after_a_week },
    { "/retry/a-dead-destination-is-probed-by-one", test_a_dead_destination_is_probed_by_one },
    { "/retry/one-that-never-works-holds-up-no-other", test_one_that_never_works_holds_up_no_other },
    { "/network/no-network-holds-and-says-so", test_no_network_holds_and_says_so },
    { "/network/one-that-stays-ends-the-back-off", test_a_network_that_stays_ends_the_back_off },
    { "/failed-commit/a-network-that-is-back-is-not-forgotten", test_a_network_that_is_back_is_not_forgotten },
    { "/failed-commit/a-clock-that-was-set-is-not-forgotten", test_a_clock_that_was_set_is_not_forgotten },
  };

  g_test_init (&argc, &argv, NULL);
  /* That a turn fails is what is tried. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
