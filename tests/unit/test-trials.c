/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trials of a destination: when the server is asked, what else decides whether an upload would go through, and that none of it
 * touches what is under way.
 */
#include "dbus/error.h"
#include "policy/rules-file.h"
#include "support/rig.h"
#include "support/wait.h"
#include "transfer/tus-trial.h"

typedef struct
{
  gboolean is_answered;
  gboolean is_good;
  gboolean is_asked;
  gboolean is_held_by[OUTBOX_N_REASONS];
  int code; /* of the error; -1: none */
} Answer;

static void
on_tried (const ObTrialReport *report, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_answered);
  answer->is_answered = TRUE;
  answer->code = error ? error->code : -1;
  if (!report)
    return;
  answer->is_good = report->is_good;
  answer->is_asked = report->is_asked;
  for (guint i = 0; i < report->holds->len; i++)
    answer->is_held_by[g_array_index (report->holds, ObSharedHold, i).hold.reason] = TRUE;
}

static gboolean
is_answered (gpointer answer)
{
  return ((Answer *) answer)->is_answered;
}

/* @verdict: what the server says; UNDECIDED: that all is good. */
static Answer
try_depot (TestRig *rig, ObVerdict verdict, OutboxReason reason)
{
  Answer answer = { 0 };

  ob_broker_try_destination (rig->broker, "depot", on_tried, &answer);
  if (!answer.is_answered)
    {
      g_autofree char *id = test_server_wait_for_trial (rig->server);

      if (verdict == OB_VERDICT_UNDECIDED)
        test_server_finish (rig->server, id);
      else
        test_server_end (rig->server, id, verdict, reason, -1);
    }
  test_wait_until (is_answered, &answer, 10);

  return answer;
}

static void
use_rules (TestRig *rig, const char *text)
{
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  (void) ob_rules_read (rules, text, (gssize) strlen (text), "test.conf", &error);
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rules);
  test_rig_settle (rig);
}

/* On mobile data. */
static void
test_the_rules_of_a_network (TestRig *rig, gconstpointer data)
{
  static const struct
  {
    const char *rules;
    gboolean is_asked, is_good;
    OutboxReason hold; /* NONE: nothing waits */
  } rows[] = {
    { "", TRUE, TRUE, OUTBOX_REASON_NONE },
    { "[Rule default]\nmetered=deny\n", FALSE, FALSE, OUTBOX_REASON_WAIT_UNMETERED },
    { "[Rule default]\nnetworks=wifi\n", FALSE, FALSE, OUTBOX_REASON_WAIT_WIFI },
    { "[Rule default]\nmetered=ask\n", FALSE, FALSE, OUTBOX_REASON_ASK },
    /* Some of what could go there waits, and the rest does not. */
    { "[Rule video]\nmatch-type=video/*\nmetered=deny\n", TRUE, TRUE, OUTBOX_REASON_WAIT_UNMETERED },
    { "[Rule default]\nmetered=deny\n[Rule photo]\nmatch-type=image/*\nmetered=allow\n", TRUE, TRUE,
      OUTBOX_REASON_WAIT_UNMETERED },
    /* A rule of another destination says nothing of this one; one for all of it has the last word. */
    { "[Rule yard]\nmatch-destination=yard\nmetered=deny\n", TRUE, TRUE, OUTBOX_REASON_NONE },
    { "[Rule depot]\nmatch-destination=depot\nmetered=deny\n", FALSE, FALSE, OUTBOX_REASON_WAIT_UNMETERED },
    { "[Rule default]\nmetered=deny\n[Rule depot]\nmatch-destination=dep*\nmetered=allow\n", TRUE, TRUE,
      OUTBOX_REASON_NONE },
    /* A time keeps uploads waiting, and nobody from asking. */
    { "[Rule default]\nbattery=100\n", TRUE, FALSE, OUTBOX_REASON_BATTERY },
  };
  ObConditions conditions;

  test_conditions_connect (rig->conditions, "mobile", OB_LINK_CELLULAR, OB_METERED_YES);
  conditions = *test_conditions_get (rig->conditions);
  conditions.is_on_battery = TRUE;
  conditions.battery_percent = 50;
  test_conditions_set (rig->conditions, &conditions);
  test_rig_advance (rig, RIG_SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Answer answer;

      g_test_message ("%s", rows[i].rules);
      use_rules (rig, rows[i].rules);
      answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
      g_assert_cmpint (answer.is_asked, ==, rows[i].is_asked);
      g_assert_cmpint (answer.is_good, ==, rows[i].is_good);
      for (OutboxReason reason = 1; reason < OUTBOX_N_REASONS; reason++)
        g_assert_cmpint (answer.is_held_by[reason], ==, reason == rows[i].hold);
    }
}

static void
test_without_a_way_nothing_is_asked (TestRig *rig, gconstpointer data)
{
  Answer answer;

  test_conditions_set_available (rig->conditions, FALSE);
  answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  g_assert_false (answer.is_asked);
  g_assert_false (answer.is_good);
  g_assert_true (answer.is_held_by[OUTBOX_REASON_NO_NETWORK]);
}

/* What a person has said holds; a passing trouble is over when the server answers well. */
static void
test_what_holds_beside_the_rules (TestRig *rig, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *photo = test_rig_submit (rig, "depot", 0);
  Answer answer;

  (void) test_server_wait_for (rig->server, photo);
  test_rig_end (rig, photo, OB_VERDICT_HOLD, OUTBOX_REASON_CERTIFICATE);
  answer = try_depot (rig, OB_VERDICT_HOLD, OUTBOX_REASON_CERTIFICATE);
  g_assert_false (answer.is_good);
  answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  g_assert_true (answer.is_good);
  g_assert_true (answer.is_held_by[OUTBOX_REASON_CERTIFICATE]);
  /* It was a question, and changed nothing. */
  test_rig_assert_status (rig, photo, "paused certificate");

  g_assert_true (test_rig_pause_queue (rig, TRUE, &error));
  answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  g_assert_true (answer.is_asked);
  g_assert_false (answer.is_good);
  g_assert_true (answer.is_held_by[OUTBOX_REASON_QUEUE]);
  g_assert_true (test_rig_pause_queue (rig, FALSE, &error));
  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, &error));
  answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  g_assert_false (answer.is_good);
  g_assert_true (answer.is_held_by[OUTBOX_REASON_USER]);
}

/* All places of attempts are taken: a trial has one of its own, and there are so many of these and no more. */
static void
test_a_trial_takes_no_place_of_an_attempt (TestRig *rig, gconstpointer data)
{
  Answer answers[OB_WORKERS_MAX_TRIALS + 1] = { 0 };
  Answer answer;

  for (guint i = 0; i < 8; i++)
    g_free (test_rig_submit (rig, i % 2 == 0 ? "depot" : "yard", 0));
  test_rig_settle (rig);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 4);
  answer = try_depot (rig, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  g_assert_true (answer.is_good);
  for (guint i = 0; i <= OB_WORKERS_MAX_TRIALS; i++)
    ob_broker_try_destination (rig->broker, "depot", on_tried, &answers[i]);
  g_assert_cmpint (answers[OB_WORKERS_MAX_TRIALS].code, ==, OUTBOX_ERROR_TOO_MANY);
  g_assert_cmpuint (test_rig_count_active (rig), ==, 4);
  /* Who still waits when the broker ends is told so. */
  test_rig_stop (rig);
  for (guint i = 0; i < OB_WORKERS_MAX_TRIALS; i++)
    g_assert_cmpint (answers[i].code, ==, OUTBOX_ERROR_NO_BROKER);
}

/* The other way round: all trials that there may be are under way, and every place of an attempt is still there. */
static void
test_attempts_beside_all_trials (TestRig *rig, gconstpointer data)
{
  Answer answers[OB_WORKERS_MAX_TRIALS] = { 0 };
  char *ids[4];

  for (guint i = 0; i < OB_WORKERS_MAX_TRIALS; i++)
    ob_broker_try_destination (rig->broker, "depot", on_tried, &answers[i]);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, i % 2 == 0 ? "depot" : "yard", 0);
  test_rig_settle (rig);
  g_assert_cmpuint (test_rig_count_active (rig), ==, G_N_ELEMENTS (ids));
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      test_rig_assert_status (rig, ids[i], "uploading");
      test_rig_finish (rig, ids[i]);
      test_rig_assert_status (rig, ids[i], "done");
      g_free (ids[i]);
    }
  test_rig_stop (rig);
  for (guint i = 0; i < OB_WORKERS_MAX_TRIALS; i++)
    g_assert_cmpint (answers[i].code, ==, OUTBOX_ERROR_NO_BROKER);
}

static void
test_a_destination_that_is_not_there (TestRig *rig, gconstpointer data)
{
  Answer answer = { 0 };

  ob_broker_try_destination (rig->broker, "nowhere", on_tried, &answer);
  g_assert_true (answer.is_answered);
  g_assert_cmpint (answer.code, ==, OUTBOX_ERROR_NOT_FOUND);
}

static void
test_the_url_of_what_nobody_has_made (void)
{
  static const struct
  {
    const char *url, *expected;
  } rows[] = {
    { "http://depot/files", "http://depot/files/ID" },
    { "http://depot/files/", "http://depot/files/ID" },
    { "http://depot", "http://depot/ID" },
    { "http://depot/", "http://depot/ID" },
    { "http://depot/files?key=a/b", "http://depot/files/ID?key=a/b" },
    { "http://depot/files/?key", "http://depot/files/ID?key" },
    { "http://[::1]:80/a#b", "http://[::1]:80/a/ID#b" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = ob_tus_dup_unmade_url (rows[i].url, "ID");

      g_assert_cmpstr (url, ==, rows[i].expected);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trials/the-url-of-what-nobody-has-made", test_the_url_of_what_nobody_has_made);
#define ADD(name, test) g_test_add (name, TestRig, NULL, test_rig_set_up, test, test_rig_tear_down)
  ADD ("/trials/the-rules-of-a-network", test_the_rules_of_a_network);
  ADD ("/trials/without-a-way-nothing-is-asked", test_without_a_way_nothing_is_asked);
  ADD ("/trials/what-holds-beside-the-rules", test_what_holds_beside_the_rules);
  ADD ("/trials/a-trial-takes-no-place-of-an-attempt", test_a_trial_takes_no_place_of_an_attempt);
  ADD ("/trials/attempts-beside-all-trials", test_attempts_beside_all_trials);
  ADD ("/trials/a-destination-that-is-not-there", test_a_destination_that_is_not_there);
#undef ADD

  return g_test_run ();
}
