/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of what has arrived leave the list: after the days that are set, and when there are too many; and nothing else leaves with
 * them.
 */
#include "policy/rules-file.h"
#include "support/rig.h"
#include "support/wait.h"

static void
set_keeping (TestRig *rig, const char *text)
{
  g_autoptr (ObRules) rules = ob_rules_new ();
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_rules_read (rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);
  g_clear_pointer (&rig->rules, ob_rules_unref);
  rig->rules = ob_rules_ref (rules);
  ob_broker_set_rules (rig->broker, rules);
  test_rig_settle (rig);
}

static void
arrive (TestRig *rig, const char *id)
{
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_settle (rig);
  /* As the rig's destinations promise. */
  test_rig_run (rig, "UPDATE uploads SET receipt_rung = 3 WHERE state = 5");
}

static char *
deliver_full (TestRig *rig, const ObSubmission *submission)
{
  g_autoptr (GError) error = NULL;
  char *id = test_rig_submit_full (rig, submission, &error);

  g_assert_no_error (error);
  arrive (rig, id);

  return id;
}

static char *
deliver (TestRig *rig, const char *group)
{
  const ObSubmission submission = { .app = "test", .name = "photo.jpg", .group = group };

  return deliver_full (rig, &submission);
}

static gboolean
is_there (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, id, NULL);

  return upload != NULL;
}

static gint64
count (TestRig *rig)
{
  return test_rig_ask (rig, "SELECT count(*) FROM uploads");
}

static void
test_after_the_days_that_are_set (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = deliver (rig, NULL), *second = NULL, *sql = NULL, *day = NULL;
  g_autoptr (GDateTime) arrived_at = g_date_time_new_from_unix_local (RIG_BEGIN_MS / 1000);

  test_rig_advance (rig, 60 * RIG_DAY);
  second = deliver (rig, NULL);
  test_rig_advance (rig, 29 * RIG_DAY);
  g_assert_true (is_there (rig, first));
  test_rig_advance (rig, RIG_DAY + RIG_HOUR);
  g_assert_false (is_there (rig, first));
  g_assert_true (is_there (rig, second));
  day = g_date_time_format (arrived_at, "%Y-%m-%d");
  sql = g_strdup_printf ("SELECT count(*) FROM journal WHERE upload = '%s' AND event = 'removed'"
                         " AND message = 'left the list, arrived on %s'",
                         first, day);
  g_assert_cmpint (test_rig_ask (rig, sql), ==, 1);
  /* Nobody is woken for it more than once a day. */
  g_assert_cmpint (test_clock_get_alarm_ms (rig->clock), >=, RIG_BEGIN_MS + 91 * RIG_DAY);
}

/* The setting, and what becomes of an upload that arrived 100 days ago. */
typedef struct
{
  const char *name;
  const char *settings;
  const char *sql; /* what is different about it; NULL: nothing */
  gboolean stays;
} Row;

#define FOLLOWED_BY(kind) "INSERT INTO follow_ups (kind, id, retry_at) SELECT '" kind "', id, 9e15 FROM uploads"

static const Row rows[] = {
  { "none", "", NULL, FALSE },
  { "all", "keep-list=all\n", NULL, TRUE },
  { "longer", "keep-list=200\n", NULL, TRUE },
  { "copy", "", "UPDATE uploads SET has_local_copy = 1", TRUE },
  { "failed", "", "UPDATE uploads SET state = 4, reason = 'gone'", TRUE },
  { "confirming", "", "UPDATE uploads SET state = 3", TRUE },
  { "no-receipt", "", "UPDATE uploads SET receipt_rung = 0", TRUE },
  { "rung", "", "UPDATE uploads SET destination = 'sure', receipt_rung = 1", TRUE },
  { "rung-reached", "", "UPDATE uploads SET destination = 'sure', receipt_rung = 2", FALSE },
  { "destination-gone", "", "UPDATE uploads SET destination = 'gone'", FALSE },
  { "check", "", FOLLOWED_BY ("check"), TRUE },
  { "amendment", "", FOLLOWED_BY ("amendment"), TRUE },
  { "termination", "", FOLLOWED_BY ("termination"), TRUE },
};

static void
test_row (TestRig *rig, const Row *row)
{
  const ObDestinationSettings sure = { .url = "https://sure.example/", .receipt = "digest" };
  g_autofree char *settings = g_strconcat ("[Storage]\n", row->settings, NULL);
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  test_rig_set_up (rig, NULL);
  g_assert_true (test_rig_set_destination (rig, "sure", &sure, &error));
  set_keeping (rig, settings);
  id = deliver (rig, NULL);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_advance (rig, RIG_HOUR);
  if (row->sql)
    test_rig_run (rig, row->sql);
  test_rig_advance (rig, 50 * RIG_DAY);
  test_rig_advance (rig, 50 * RIG_DAY);
  g_test_message ("%s", row->name);
  g_assert_cmpint (count (rig), ==, row->stays);
  test_rig_tear_down (rig, NULL);
}

static void
test_what_is_settled_and_nothing_else (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      TestRig rig = { NULL };

      test_row (&rig, &rows[i]);
    }
}

static void
test_a_group_as_a_whole (TestRig *rig, gconstpointer data)
{
  const ObSubmission later = { .app = "test", .name = "last.jpg", .group = "case-1" };
  g_autofree char *first = deliver (rig, "case-1"), *alone = deliver (rig, NULL), *second = NULL;

  test_conditions_set_available (rig->conditions, FALSE);
  second = test_rig_submit_full (rig, &later, NULL);
  test_rig_advance (rig, 95 * RIG_DAY);
  g_assert_true (is_there (rig, first));
  g_assert_false (is_there (rig, alone));
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, RIG_MINUTE);
  arrive (rig, second);
  test_rig_advance (rig, 89 * RIG_DAY);
  g_assert_true (is_there (rig, first));
  test_rig_advance (rig, 3 * RIG_DAY);
  g_assert_cmpint (count (rig), ==, 0);
}

/* The oldest go first, a group goes whole, and what came within a day stays. */
static void
test_when_there_are_too_many (TestRig *rig, gconstpointer data)
{
  g_autofree char *oldest = NULL, *of_group = NULL, *newest = NULL;

  set_keeping (rig, "[Storage]\nmax-list=10\n");
  oldest = deliver (rig, NULL);
  of_group = deliver (rig, "case-1");
  for (guint i = 0; i < 20; i++)
    g_free (deliver (rig, i < 9 ? "case-1" : NULL));
  test_rig_advance (rig, RIG_HOUR);
  g_assert_cmpint (count (rig), ==, 22);
  test_rig_advance (rig, 2 * RIG_DAY);
  g_assert_false (is_there (rig, oldest));
  g_assert_false (is_there (rig, of_group));
  g_assert_cmpint (count (rig), ==, 10);
  for (guint i = 0; i < 25; i++)
    g_free (deliver (rig, NULL));
  newest = deliver (rig, NULL);
  g_assert_true (is_there (rig, newest));
  test_rig_settle (rig);
  /* Without waiting for the day's pass: those of two days ago have gone, and none of today. */
  g_assert_cmpint (count (rig), ==, 26);
}

/* The app hands the same over again: before, it is answered with what has arrived; after, it is another file. */
static void
test_a_key_is_known_as_long (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test", .name = "photo.jpg", .key = "one" };
  g_autofree char *first = deliver_full (rig, &submission), *second = NULL;
  g_autoptr (GError) error = NULL;

  test_rig_advance (rig, 91 * RIG_DAY);
  g_assert_false (is_there (rig, first));
  second = test_rig_submit_full (rig, &submission, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (first, !=, second);
  arrive (rig, second);
}

/* A device without a clock of its own: what arrived a minute ago looks ten years old, and stays for a day at least. */
static void
test_after_the_clock_was_set (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = deliver (rig, NULL);

  set_keeping (rig, "[Storage]\nkeep-list=1\n");
  test_rig_advance (rig, RIG_HOUR);
  test_clock_set (rig->clock, RIG_BEGIN_MS + 3650 * RIG_DAY);
  test_rig_settle (rig);
  test_rig_advance (rig, 23 * RIG_HOUR);
  g_assert_true (is_there (rig, id));
  test_rig_advance (rig, 2 * RIG_HOUR);
  g_assert_false (is_there (rig, id));
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/departures/after-the-days-that-are-set", test_after_the_days_that_are_set },
    { "/departures/a-group-as-a-whole", test_a_group_as_a_whole },
    { "/departures/when-there-are-too-many", test_when_there_are_too_many },
    { "/departures/a-key-is-known-as-long", test_a_key_is_known_as_long },
    { "/departures/after-the-clock-was-set", test_after_the_clock_was_set },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/departures/what-is-settled-and-nothing-else", test_what_is_settled_and_nothing_else);

  return g_test_run ();
}
