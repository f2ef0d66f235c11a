/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knocks at a server where nothing answers: their rhythm, what they bring about, and when there are none.
 */
#include "policy/knock.h"
#include "policy/rules-file.h"
#include "support/rig.h"

/* --- The rhythm --- */

static void
test_the_rhythm (void)
{
  static const struct
  {
    ObLink link;
    ObMetered metered;
    gboolean is_on_battery;
    gint64 every_ms;
  } rows[] = {
    { OB_LINK_ETHERNET, OB_METERED_NO, FALSE, 5000 },    { OB_LINK_WIFI, OB_METERED_NO, FALSE, 5000 },
    { OB_LINK_WIFI, OB_METERED_NO, TRUE, 5000 },         { OB_LINK_ETHERNET, OB_METERED_UNKNOWN, TRUE, 5000 },
    { OB_LINK_UNKNOWN, OB_METERED_UNKNOWN, TRUE, 5000 }, { OB_LINK_CELLULAR, OB_METERED_YES, FALSE, 5000 },
    { OB_LINK_CELLULAR, OB_METERED_YES, TRUE, 15000 },   { OB_LINK_CELLULAR, OB_METERED_NO, TRUE, 15000 },
    { OB_LINK_WIFI, OB_METERED_YES, TRUE, 15000 },       { OB_LINK_WIFI, OB_METERED_GUESS_YES, TRUE, 15000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObConditions conditions
          = { .link = rows[i].link, .metered = rows[i].metered, .is_on_battery = rows[i].is_on_battery };
      ObSilence silence = { 0 };
      gint64 at_ms, last_ms = RIG_BEGIN_MS;
      guint n_knocks = 0;

      g_assert_cmpint (ob_silence_next_ms (&silence, &conditions, RIG_BEGIN_MS), ==, 0);
      ob_silence_note_end (&silence, TRUE, FALSE, RIG_BEGIN_MS);
      while ((at_ms = ob_silence_next_ms (&silence, &conditions, last_ms)) > 0)
        {
          g_assert_cmpint (at_ms - last_ms, ==, rows[i].every_ms);
          last_ms = silence.last_ms = at_ms;
          n_knocks++;
        }
      g_assert_cmpuint (n_knocks, ==, OB_KNOCK_FOR_MS / rows[i].every_ms);
      /* A clock that was set back puts nothing off. */
      silence.last_ms = RIG_BEGIN_MS;
      g_assert_cmpint (ob_silence_next_ms (&silence, &conditions, RIG_BEGIN_MS - RIG_HOUR), ==,
                       RIG_BEGIN_MS - RIG_HOUR + rows[i].every_ms);
    }
}

/* --- In the broker --- */

static char *
fail_silently (TestRig *rig)
{
  char *photo = test_rig_submit (rig, "depot", 0);

  (void) test_server_wait_for (rig->server, photo);
  test_rig_end_silently (rig, photo);
  test_rig_assert_status (rig, photo, "retrying retrying");

  return photo;
}

static void
advance_by_seconds (TestRig *rig, guint n_s)
{
  for (guint i = 0; i < n_s; i++)
    test_rig_advance (rig, RIG_SECOND);
}

static void
test_an_answer_starts_the_attempt (TestRig *rig, gconstpointer data)
{
  g_autofree char *photo = NULL;
  gint64 n_rows;
  guint n_before;

  test_server_hear_knocks (rig->server, FALSE);
  photo = fail_silently (rig);
  /* The back-off's own attempts, until its wait is longer than the rest of this. */
  while (test_rig_get_wait_ms (rig, photo) < RIG_MINUTE)
    {
      test_rig_advance (rig, test_rig_get_wait_ms (rig, photo));
      (void) test_server_wait_for (rig->server, photo);
      test_rig_end_silently (rig, photo);
    }
  n_rows = test_rig_ask (rig, "SELECT count(*) FROM journal");
  n_before = test_server_count_knocks (rig->server);
  advance_by_seconds (rig, 40);
  g_assert_cmpuint (test_server_count_knocks (rig->server) - n_before, ==, 8);
  /* They leave nothing behind. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal"), ==, n_rows);
  test_rig_assert_status (rig, photo, "retrying retrying");

  test_server_hear_knocks (rig->server, TRUE);
  advance_by_seconds (rig, 5);
  (void) test_server_wait_for (rig->server, photo);
  g_assert_cmpint (test_rig_ask (rig,
                                 "SELECT count(*) FROM journal WHERE message LIKE 'it can be connected to again%'"),
                   ==, 1);
  test_rig_finish (rig, photo);
}

/* A firewall that takes every connection, or a server that answers none: the back-off stays what it is. */
static void
test_an_answer_that_leads_nowhere_is_the_last (TestRig *rig, gconstpointer data)
{
  g_autofree char *photo = NULL;

  test_server_hear_knocks (rig->server, TRUE);
  photo = fail_silently (rig);
  advance_by_seconds (rig, 5);
  (void) test_server_wait_for (rig->server, photo);
  test_rig_end_silently (rig, photo);
  advance_by_seconds (rig, 14);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 1);
}

static void
test_who_answers_is_not_knocked_at (TestRig *rig, gconstpointer data)
{
  g_autofree char *photo = test_rig_submit (rig, "depot", 0);

  test_server_hear_knocks (rig->server, TRUE);
  (void) test_server_wait_for (rig->server, photo);
  test_rig_end (rig, photo, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  advance_by_seconds (rig, 12);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 0);
}

static void
test_one_knock_for_many_uploads (TestRig *rig, gconstpointer data)
{
  g_autofree char *photo = NULL;

  test_server_hear_knocks (rig->server, FALSE);
  photo = fail_silently (rig);
  for (guint i = 0; i < 20; i++)
    g_free (test_rig_submit (rig, "depot", 0));
  advance_by_seconds (rig, 10);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 2);
}

/* An alarm for a knock that rings a moment late: what has become due meanwhile is done as well. */
static void
test_a_knock_hides_nothing_that_is_due (TestRig *rig, gconstpointer data)
{
  g_autofree char *photo = NULL;
  g_autofree char *removed = test_rig_submit (rig, "yard", 0);
  g_autofree char *retry_at = NULL;
  gint64 knock_at_ms;

  test_server_hear_knocks (rig->server, FALSE);
  test_server_report_created (rig->server, removed, "http://yard.example/files/1");
  test_rig_end (rig, removed, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, removed, 0, NULL));
  g_assert_true (test_server_wait_for (rig->server, removed)->is_termination);
  test_server_end (rig->server, removed, OB_VERDICT_RETRY, OUTBOX_REASON_NONE, 0);
  test_rig_wait_for_end (rig, removed);

  test_rig_run (rig, "UPDATE follow_ups SET retry_at = retry_at + 86400000");
  photo = fail_silently (rig);
  /* The back-off of the photo is further away than the next knock. */
  while (test_rig_get_wait_ms (rig, photo) < RIG_MINUTE)
    {
      test_rig_advance (rig, test_rig_get_wait_ms (rig, photo));
      (void) test_server_wait_for (rig->server, photo);
      test_rig_end_silently (rig, photo);
    }
  retry_at = g_strdup_printf ("UPDATE follow_ups SET retry_at = %" G_GINT64_FORMAT,
                              ob_broker_get_now_ms (rig->broker) + 5500);
  test_rig_run (rig, retry_at);
  g_assert_true (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, photo, 1, NULL));
  test_rig_settle (rig);
  knock_at_ms = test_clock_get_alarm_ms (rig->clock);
  g_assert_cmpint (knock_at_ms - ob_broker_get_now_ms (rig->broker), <=, 5000);
  g_assert_false (test_server_has (rig->server, removed));
  test_rig_advance (rig, 6000);
  g_assert_true (test_server_wait_for (rig->server, removed)->is_termination);
  test_server_finish (rig->server, removed);
  test_rig_wait_for_end (rig, removed);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM follow_ups WHERE kind = 'termination'"), ==, 0);
}

/* Nothing that may go there, nothing that is waiting: no knock, and no alarm for one. */
static void
test_what_is_forbidden_does_not_knock (TestRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *photo = NULL;

  rig->rules = ob_rules_new ();
  (void) ob_rules_read (rig->rules, "[Rule default]\nmetered=deny\n", 28, "test.conf", &error);
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
  test_server_hear_knocks (rig->server, TRUE);
  photo = fail_silently (rig);
  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  advance_by_seconds (rig, 30);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 0);
  test_conditions_set_available (rig->conditions, FALSE);
  advance_by_seconds (rig, 30);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 0);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, photo, 0, &error));
  g_assert_no_error (error);
  test_conditions_connect (rig->conditions, "depot", OB_LINK_WIFI, OB_METERED_NO);
  advance_by_seconds (rig, 30);
  g_assert_cmpuint (test_server_count_knocks (rig->server), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/knocks/the-rhythm", test_the_rhythm);
#define ADD(name, test) g_test_add (name, TestRig, NULL, test_rig_set_up, test, test_rig_tear_down)
  ADD ("/knocks/an-answer-starts-the-attempt", test_an_answer_starts_the_attempt);
  ADD ("/knocks/an-answer-that-leads-nowhere-is-the-last", test_an_answer_that_leads_nowhere_is_the_last);
  ADD ("/knocks/who-answers-is-not-knocked-at", test_who_answers_is_not_knocked_at);
  ADD ("/knocks/a-knock-hides-nothing-that-is-due", test_a_knock_hides_nothing_that_is_due);
  ADD ("/knocks/one-knock-for-many-uploads", test_one_knock_for_many_uploads);
  ADD ("/knocks/what-is-forbidden-does-not-knock", test_what_is_forbidden_does_not_knock);
#undef ADD

  return g_test_run ();
}
