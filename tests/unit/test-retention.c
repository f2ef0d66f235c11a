/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies of what has arrived: kept for the days that are set, over restarts, and gone when the room is needed, the oldest first; and
 * nothing that has not arrived goes with them.
 */
#include "policy/rules-file.h"
#include "store/prune.h"
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

static char *
deliver (TestRig *rig)
{
  char *id = test_rig_submit (rig, NULL, 0);

  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_settle (rig);

  return id;
}

static gboolean
has_copy (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, id, NULL);

  g_assert_cmpint (upload->has_local_copy, ==, ob_spool_has (rig->spool, id));

  return upload->has_local_copy;
}

static void
test_not_at_all_where_nothing_is_said (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = deliver (rig);

  g_assert_false (has_copy (rig, id));
}

static void
test_for_the_days_that_are_set (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL;

  set_keeping (rig, "[Storage]\nkeep-copies=3\nkeep-free=1\n");
  first = deliver (rig);
  test_rig_advance (rig, 2 * RIG_DAY);
  second = deliver (rig);
  test_rig_stop (rig);
  test_rig_start (rig);
  g_assert_true (has_copy (rig, first));
  g_assert_true (has_copy (rig, second));
  test_rig_advance (rig, RIG_DAY + RIG_HOUR);
  g_assert_false (has_copy (rig, first));
  g_assert_true (has_copy (rig, second));
  test_rig_advance (rig, 2 * RIG_DAY);
  g_assert_false (has_copy (rig, second));
}

/* No disk has as much room as that: what has arrived goes, and what has not stays. */
static void
test_for_the_room (TestRig *rig, gconstpointer data)
{
  g_autofree char *kept = NULL, *waiting = NULL;

  set_keeping (rig, "[Storage]\nkeep-copies=room\nkeep-free=1\n");
  kept = deliver (rig);
  test_rig_advance (rig, 400 * RIG_DAY);
  g_assert_true (has_copy (rig, kept));
  test_conditions_set_available (rig->conditions, FALSE);
  waiting = test_rig_submit (rig, NULL, 0);
  set_keeping (rig, "[Storage]\nkeep-copies=room\nkeep-free=999999T\n");
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_false (has_copy (rig, kept));
  g_assert_true (has_copy (rig, waiting));
}

/* A shorter time counts for what is kept already. */
static void
test_a_shorter_time (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  set_keeping (rig, "[Storage]\nkeep-copies=room\nkeep-free=1\n");
  id = deliver (rig);
  test_rig_advance (rig, RIG_DAY);
  g_assert_true (has_copy (rig, id));
  set_keeping (rig, "[Storage]\nkeep-copies=0\n");
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_false (has_copy (rig, id));
}

static gboolean
is_shrunk (gpointer data)
{
  return test_rig_ask (data, "SELECT freelist_count FROM pragma_freelist_count") <= 1024;
}

/* Rows that are gone leave free pages, most of which go back to the disk, a few at a time. */
static void
test_the_database_shrinks (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  gint64 before;

  g_assert_cmpint (test_rig_ask (rig, "SELECT auto_vacuum FROM pragma_auto_vacuum"), ==, 2);
  test_rig_run (rig, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
                     " INSERT INTO meta SELECT 'ballast ' || i, zeroblob (20000) FROM n");
  test_rig_run (rig, "DELETE FROM meta WHERE name LIKE 'ballast %'");
  before = test_rig_ask (rig, "SELECT page_count FROM pragma_page_count");
  g_assert_false (is_shrunk (rig));
  test_rig_stop (rig);
  test_rig_start (rig);
  id = test_rig_submit (rig, NULL, 0);
  test_wait_until (is_shrunk, rig, 20);
  g_assert_cmpint (test_rig_ask (rig, "SELECT page_count FROM pragma_page_count"), <, before / 2);
  test_rig_finish (rig, id);
}

#define ROWS_OF(id, n)                                                                  \
  "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " #n ")" \
  " INSERT INTO journal (at, upload, app, event, state, message)"                       \
  " SELECT (SELECT max(at) FROM journal), " id ", 'test', 'note', 'done', hex(zeroblob(500)) FROM n"

static gboolean
has_shed (gpointer data)
{
  return test_rig_ask (data, "SELECT count(*) FROM journal WHERE event = 'note' AND upload = 'gone'") == 0;
}

/* Too much goes, the oldest first: of what is gone all, of what has arrived all but the last row, of what has not arrived nothing. */
static void
test_the_log_has_a_bound (TestRig *rig, gconstpointer data)
{
  g_autofree char *arrived = NULL, *waiting = NULL, *last = NULL;
  gint64 bytes, newest;

  set_keeping (rig, "[Storage]\njournal-max=1M\n");
  arrived = deliver (rig);
  test_conditions_set_available (rig->conditions, FALSE);
  waiting = test_rig_submit (rig, NULL, 0);
  test_rig_run (rig, ROWS_OF ("'gone'", 300));
  test_rig_run (rig, ROWS_OF ("(SELECT id FROM uploads WHERE state = 5)", 150));
  test_rig_run (rig, ROWS_OF ("(SELECT id FROM uploads WHERE state <> 5)", 150));
  test_rig_run (rig, ROWS_OF ("'lately'", 700));
  test_rig_run (rig, "UPDATE journal SET at = at - 172800000 WHERE upload = 'gone'");
  newest = test_rig_ask (rig, "SELECT max(sequence) FROM journal");
  test_rig_stop (rig);
  test_rig_start (rig);
  last = test_rig_submit (rig, NULL, 0);
  test_wait_until (has_shed, rig, 20);
  test_rig_settle (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'note' AND upload IN"
                                      " (SELECT id FROM uploads WHERE state = 5)"),
                   ==, 1);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'note' AND upload IN"
                                      " (SELECT id FROM uploads WHERE state <> 5)"),
                   ==, 150);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE upload = 'lately'"), ==, 700);
  g_assert_cmpint (ob_prune_get_floor (rig->database), >, 0);
  g_assert_cmpint (ob_prune_get_floor (rig->database), <, newest);
  bytes = ob_prune_measure (rig->database, 0, G_MAXINT64);
  g_assert_cmpint (bytes, >, 850 * 1000);
  g_assert_cmpint (bytes, <, 1000 * 1000);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/retention/not-at-all-where-nothing-is-said", test_not_at_all_where_nothing_is_said },
    { "/retention/for-the-days-that-are-set", test_for_the_days_that_are_set },
    { "/retention/for-the-room", test_for_the_room },
    { "/retention/a-shorter-time", test_a_shorter_time },
    { "/retention/the-log-has-a-bound", test_the_log_has_a_bound },
    { "/retention/the-database-shrinks", test_the_database_shrinks },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
