/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload URL on another server than the destination, where nothing answers any more: after a day of trying it is given up,
 * and no other time counts.
 */
#include "support/rig.h"

#include "policy/retry.h"

#define ELSEWHERE "https://node-7.invalid/files/1"

/* Each row goes on where the one before it ended. */
static void
test_what_counts (void)
{
  const struct
  {
    gboolean is_heard, is_silent;
    gint64 after_ms;   /* since the last attempt in vain */
    gint64 counted_ms; /* of silence, in all; -1: none is counted */
  } rows[] = {
    { FALSE, FALSE, 15 * RIG_MINUTE, -1 },             /* the destination is silent, too */
    { FALSE, TRUE, 15 * RIG_MINUTE, 0 },               /* the first time */
    { FALSE, TRUE, 15 * RIG_MINUTE, 15 * RIG_MINUTE }, /* */
    { FALSE, TRUE, RIG_HOUR, 75 * RIG_MINUTE },        /* */
    { FALSE, TRUE, 3 * RIG_DAY, 135 * RIG_MINUTE },    /* it was switched off */
    { FALSE, FALSE, 15 * RIG_MINUTE, 135 * RIG_MINUTE },
    { FALSE, FALSE, 2 * RIG_DAY, 135 * RIG_MINUTE },
    { FALSE, TRUE, -RIG_DAY, 135 * RIG_MINUTE }, /* the clock was set back */
    { FALSE, TRUE, 15 * RIG_MINUTE, 150 * RIG_MINUTE },
    { TRUE, FALSE, 15 * RIG_MINUTE, -1 },
    { TRUE, TRUE, 15 * RIG_MINUTE, -1 },
  };
  gint64 now_ms = RIG_BEGIN_MS, since_ms = 0;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gint64 tried_at_ms = now_ms;

      now_ms += rows[i].after_ms;
      since_ms = ob_retry_count_silence (since_ms, rows[i].is_heard, rows[i].is_silent, tried_at_ms, now_ms);
      g_assert_cmpint (since_ms > 0 ? now_ms - since_ms : -1, ==, rows[i].counted_ms);
    }
  g_assert_false (ob_retry_must_leave_url (0, now_ms));
  g_assert_false (ob_retry_must_leave_url (now_ms - RIG_DAY + 1, now_ms));
  g_assert_true (ob_retry_must_leave_url (now_ms - RIG_DAY, now_ms));
}

static char *
begin_elsewhere (TestRig *rig)
{
  char *id = test_rig_submit (rig, NULL, 0);

  (void) test_server_wait_for (rig->server, id);
  test_server_report_created (rig->server, id, ELSEWHERE);
  test_server_report_progress (rig->server, id, 300);

  return id;
}

/* Tries for a time as the broker does by itself. Returns: after how long an attempt was to leave the URL; -1: none was. */
static gint64
try_for (TestRig *rig, const char *id, gint64 most_ms, gboolean is_dark)
{
  gint64 begin_ms = ob_broker_get_now_ms (rig->broker);

  while (ob_broker_get_now_ms (rig->broker) - begin_ms < most_ms)
    {
      if (!test_rig_is_active (rig, id))
        {
          test_rig_advance (rig, RIG_MINUTE);
          continue;
        }
      if (test_server_wait_for (rig->server, id)->leaves_url)
        return ob_broker_get_now_ms (rig->broker) - begin_ms;
      if (is_dark)
        test_rig_end_silently (rig, id);
      else
        test_rig_end_at_silent_url (rig, id);
    }

  return -1;
}

static void
test_a_day_of_trying (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = begin_elsewhere (rig);
  g_autofree char *other = NULL;
  gint64 left_ms;

  g_assert_cmpint (try_for (rig, id, 12 * RIG_HOUR, FALSE), ==, -1);
  /* Meanwhile others go through. */
  other = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, other);
  test_rig_finish (rig, other);
  test_rig_assert_status (rig, other, "done");
  /* Neither two days without a network, nor a night in which the device is off. */
  g_assert_cmpint (try_for (rig, id, 2 * RIG_DAY, TRUE), ==, -1);
  test_rig_stop (rig);
  test_clock_advance (rig->clock, 10 * RIG_HOUR);
  test_rig_start (rig);
  left_ms = try_for (rig, id, 2 * RIG_DAY, FALSE);
  g_assert_cmpint (left_ms, >, 10 * RIG_HOUR);
  g_assert_cmpint (left_ms, <, 14 * RIG_HOUR);

  test_server_report_created (rig->server, id, NULL);
  test_server_report_created (rig->server, id, "https://depot.invalid/files/2");
  g_assert_cmpint (test_rig_ask (rig, "SELECT max (silent_since) FROM uploads"), ==, 0);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
}

/* Nobody can tell what became of what that server had whole: it is not sent twice on a guess. */
static void
test_what_was_stored_there (TestRig *rig, gconstpointer data)
{
  const ObDestinationSettings settings = { .confirm_url = "" };
  g_autofree char *id = NULL;

  g_assert_true (test_rig_set_destination (rig, "depot", &settings, NULL));
  id = begin_elsewhere (rig);
  g_assert_null (test_server_wait_for (rig->server, id)->confirm_url);
  test_server_report_stored (rig->server, id);
  g_assert_cmpint (try_for (rig, id, 2 * RIG_DAY, FALSE), ==, -1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/silent-urls/what-counts", test_what_counts);
  g_test_add ("/silent-urls/a-day-of-trying", TestRig, NULL, test_rig_set_up, test_a_day_of_trying, test_rig_tear_down);
  g_test_add ("/silent-urls/what-was-stored-there", TestRig, NULL, test_rig_set_up, test_what_was_stored_there,
              test_rig_tear_down);

  return g_test_run ();
}
