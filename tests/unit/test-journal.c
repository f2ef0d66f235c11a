/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal: each change of a state is a row of it, each history is whole, and what is old is pruned.
 */
#include "database.h"
#include "dbus/error.h"
#include "store/journal.h"
#include "store/prune.h"

/* Every pair of states by the funnel: an edge leaves one journal row, any other pair leaves nothing. */
static void
test_the_funnel_keeps_to_the_edges (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = test_database_make_upload ("id-1", NULL);
  gint64 n_rows = 0;

  g_assert_true (ob_uploads_insert (database, upload, NULL));
  for (guint from = 0; from < OB_N_STORED; from++)
    for (guint to = 0; to < OB_N_STORED; to++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (ObUpload) back = NULL;
        gboolean is_edge = ob_stored_can_become (from, to);

        upload->stored = from;
        upload->reason = from == OB_STORED_FAILED ? OUTBOX_REASON_TOO_LARGE : OUTBOX_REASON_NONE;
        g_assert_true (ob_uploads_update (database, upload, NULL));
        g_assert_cmpint (ob_journal_move (database, upload, to, OUTBOX_REASON_REJECTED, NULL, 5000 + n_rows, &error),
                         ==, is_edge);
        if (!is_edge)
          g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
        n_rows += is_edge;
        back = ob_uploads_get (database, "id-1", NULL);
        g_assert_cmpuint (back->stored, ==, is_edge ? to : from);
        g_assert_cmpuint (back->stored, ==, upload->stored);
        g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal"), ==, n_rows);
        g_assert_cmpint (test_database_ask (database, "SELECT coalesce(max(sequence), 0) FROM journal"), ==,
                         back->sequence);
      }
  g_assert_cmpint (n_rows, >, 0);
}

static void
test_a_move_without_a_row_changes_nothing (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = test_database_make_upload ("id-1", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (ob_journal_move (database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, 5, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpuint (upload->stored, ==, OB_STORED_SAVING);
  g_assert_cmpint (upload->sequence, ==, 0);
}

static void
on_history_row (const ObJournalRow *row, gpointer sequences)
{
  g_string_append_printf (sequences, "%s%" G_GINT64_FORMAT, ((GString *) sequences)->len > 0 ? " " : "", row->sequence);
}

/* Of each hold that covers an upload: what held when it came, what came while it waited, and nothing after its end; of a long
 * past the newest. */
static void
test_the_history_has_the_holds_of_its_time (TestDatabase *fixture, gconstpointer data)
{
  const struct
  {
    gint64 last;
    guint limit;
    const char *sequences;
  } cases[] = {
    { G_MAXINT64, 100, "2 5 7 8 9" },
    { 8, 100, "2 5 7 8" },
    { G_MAXINT64, 3, "7 8 9" },
    { 4, 100, "2 5" },
  };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  g_assert_true (ob_database_run (database,
                                  "INSERT INTO journal (sequence, at, upload, scope, key, event) VALUES"
                                  " (1, 1, NULL, 'queue', '', 'hold'), (2, 1, NULL, 'destination', 'depot', 'hold'),"
                                  " (3, 1, NULL, 'queue', '', 'release'), (4, 1, NULL, 'lane', 'elsewhere', 'hold'),"
                                  " (5, 1, 'id-1', NULL, NULL, 'added'), (6, 1, 'id-2', NULL, NULL, 'added'),"
                                  " (7, 1, NULL, 'destination', 'depot', 'release'), (8, 1, NULL, 'queue', '', 'hold'),"
                                  " (9, 1, NULL, 'lane', 'depot/', 'hold'), (10, 1, NULL, 'lane', 'elsewhere', 'hold')",
                                  NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const ObJournalCover cover = { .destination = "depot", .lane = "depot/", .last = cases[i].last };
      g_autoptr (GString) sequences = g_string_new (NULL);

      g_assert_true (
          ob_journal_read_history (database, "id-1", &cover, cases[i].limit, on_history_row, sequences, NULL));
      g_assert_cmpstr (sequences->str, ==, cases[i].sequences);
    }
}

/* A repaired id would find the rows of another upload. */
static void
test_an_id_is_asked_for_as_it_is (TestDatabase *fixture, gconstpointer data)
{
  const char *const others[] = { "id-1\302\233", "id-1\n", "\177id-1", "id-1 " };
  const ObJournalCover cover = { .last = G_MAXINT64 };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  g_assert_true (ob_database_run (database,
                                  "INSERT INTO journal (at, upload, app, event) VALUES (1, 'id-1', 'camera', 'added')",
                                  NULL));
  g_assert_true (ob_journal_is_of_app (database, "id-1", "camera"));
  g_assert_false (ob_journal_is_of_app (database, "id-1", "camera\302\233"));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      g_autoptr (GString) sequences = g_string_new (NULL);

      g_assert_true (ob_journal_read_history (database, others[i], &cover, 100, on_history_row, sequences, NULL));
      g_assert_cmpstr (sequences->str, ==, "");
      g_assert_false (ob_journal_is_of_app (database, others[i], "camera"));
      g_assert_false (ob_journal_has_event (database, others[i], "added"));
    }
}

static void
prune_all (ObDatabase *database, gint64 now_ms)
{
  gint64 after = 0, end;

  do
    {
      if (ob_prune_find (database, after, now_ms, &end))
        g_assert_true (ob_prune_delete (database, after, end, now_ms, NULL));
      after = end;
    }
  while (end > 0);
}

/* Removed uploads are forgotten after 30 days, counted from the removal, and the floor is where the last of them was; of what is
 * live and of holds the newest rows stay. */
static void
test_the_journal_is_pruned (TestDatabase *fixture, gconstpointer data)
{
  const gint64 removed_ms = OB_PRUNE_REMOVED_MS;
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) live = test_database_make_upload ("live", NULL);

  g_assert_true (ob_uploads_insert (database, live, NULL));
  g_assert_true (ob_database_run (database,
                                  "INSERT INTO journal (at, upload, event) VALUES (0, 'live', 'added'),"
                                  " (0, 'old', 'added'), (1000, 'old', 'removed'),"
                                  " (0, 'young', 'added'), (2000, 'young', 'removed')",
                                  NULL));
  for (guint i = 0; i < 500; i++)
    g_assert_true (ob_database_run (database,
                                    "INSERT INTO journal (at, upload, event) VALUES (3, 'live', 'state');"
                                    "INSERT INTO journal (at, scope, key, event) VALUES (3, 'lane', 'a/', 'hold')",
                                    NULL));
  g_assert_true (
      ob_database_run (database, "INSERT INTO journal (at, upload, event) VALUES (0, 'newest', 'removed')", NULL));

  prune_all (database, removed_ms + 1000);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE upload = 'old'"), ==, 2);
  g_assert_cmpint (ob_prune_get_floor (database), ==, 0);

  prune_all (database, removed_ms + 1001);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE upload = 'old'"), ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE upload = 'young'"), ==, 2);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE upload = 'newest'"), ==, 1);
  g_assert_cmpint (ob_prune_get_floor (database), ==, 3);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE scope = 'lane'"), ==,
                   OB_PRUNE_ROWS_MAX);
  g_assert_cmpint (test_database_ask (database, "SELECT max(sequence) FROM journal WHERE scope = 'lane'"), ==, 1005);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal WHERE upload = 'live'"), <=,
                   OB_PRUNE_ROWS_MAX);
  g_assert_cmpint (test_database_ask (database, "SELECT max(sequence) FROM journal WHERE upload = 'live'"), ==, 1004);
  g_assert_cmpint (test_database_ask (database,
                                      "SELECT count(*) FROM journal WHERE upload = 'live' AND event = 'added'"),
                   ==, 1);
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/journal/the-funnel-keeps-to-the-edges", test_the_funnel_keeps_to_the_edges },
    { "/journal/a-move-without-a-row-changes-nothing", test_a_move_without_a_row_changes_nothing },
    { "/journal/the-history-has-the-holds-of-its-time", test_the_history_has_the_holds_of_its_time },
    { "/journal/an-id-is-asked-for-as-it-is", test_an_id_is_asked_for_as_it_is },
    { "/journal/is-pruned", test_the_journal_is_pruned },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
