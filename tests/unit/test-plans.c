/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How SQLite finds what each turn of the broker asks for: by an index that has it in order, however long the queue is. Each
 * function runs for real, and its own statement is explained.
 */
#include "database.h"
#include "store/arrived.h"
#include "store/lanes.h"
#include "store/ready.h"

static int
on_statement (unsigned event, void *user_data, void *statement, void *sql)
{
  char *expanded = sqlite3_expanded_sql (statement);

  g_ptr_array_add (user_data, g_strdup (expanded));
  sqlite3_free (expanded);

  return 0;
}

/* Returns: (transfer full): how SQLite runs it, in its own words */
static char *
dup_plan (ObDatabase *database, const char *sql)
{
  g_autofree char *question = g_strconcat ("EXPLAIN QUERY PLAN ", sql, NULL);
  GString *plan = g_string_new (NULL);
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (ob_database_get_handle (database), question, -1, &statement, NULL), ==,
                   SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_string_append_printf (plan, "%s\n", (const char *) sqlite3_column_text (statement, 3));
  (void) sqlite3_finalize (statement);

  return g_string_free (plan, FALSE);
}

/* --- What is asked --- */

static void
ask_ready (ObDatabase *database)
{
  const ObStream stream = { ob_lane_make ("depot", "video", "phone"), g_intern_string ("app"), OB_STORED_QUEUED };
  g_autoptr (GArray) ready = ob_ready_list (database, &stream, 10, NULL);

  g_assert_nonnull (ready);
}

static void
ask_streams (ObDatabase *database)
{
  g_autoptr (GArray) streams = ob_ready_list_streams (database, NULL);

  g_assert_nonnull (streams);
}

static void
ask_arrived (ObDatabase *database)
{
  g_autoptr (GPtrArray) arrived = ob_arrived_list (database, 1, 1, 1000, 10, NULL);

  g_assert_nonnull (arrived);
}

static void
ask_oldest_arrived (ObDatabase *database)
{
  g_assert_cmpint (ob_arrived_oldest_ms (database), ==, 0);
}

static void
ask_counts (ObDatabase *database)
{
  g_autoptr (GArray) counts = ob_uploads_count (database, NULL);

  g_assert_nonnull (counts);
}

static void
ask_counts_of_group (ObDatabase *database)
{
  g_autoptr (GArray) counts = ob_uploads_count_group (database, "", "report", NULL, NULL);

  g_assert_nonnull (counts);
}

static void
ask_app_at_destination (ObDatabase *database)
{
  g_assert_false (ob_uploads_has_app_at (database, "app", "depot"));
}

static void
ask_app_in_lane (ObDatabase *database)
{
  const ObLane lane = ob_lane_make ("depot", "video", "phone");

  g_assert_false (ob_uploads_has_app_in_lane (database, "app", &lane));
}

static void
open_lane (ObDatabase *database)
{
  const ObLane lane = ob_lane_make ("depot", "video", "phone");

  g_assert_true (ob_lanes_save (database, &lane, 0, NULL));
}

static void
ask_oldest_copies (ObDatabase *database)
{
  g_autoptr (GPtrArray) oldest = ob_uploads_find (database, OB_UPLOADS_TO_CLEAR, G_MAXINT64, 10, NULL);

  g_assert_nonnull (oldest);
}

static void
ask_oldest_copy (ObDatabase *database)
{
  g_assert_cmpint (ob_uploads_oldest_copy_ms (database), ==, 0);
}

static void
test_a_turn_walks_along_an_index (TestDatabase *fixture, gconstpointer data)
{
  static const struct
  {
    void (*ask) (ObDatabase *database);
    const char *expected;
  } rows[] = {
    { ask_ready, "uploads_ready (destination=? AND rule=? AND sent_on=? AND app=? AND state=?)" },
    { ask_streams, "SCAN counters" },
    { ask_counts, "SCAN counters" },
    { ask_counts_of_group, "group_counters USING PRIMARY KEY (group_app=? AND group_key=?)" },
    { ask_app_at_destination, "counters USING PRIMARY KEY (destination=?)" },
    { ask_app_in_lane, "counters USING PRIMARY KEY (destination=? AND rule=? AND sent_on=?)" },
    { ask_oldest_copies, "USING INDEX uploads_to_clear (done_at<?)" },
    { ask_oldest_copy, "INDEX uploads_to_clear" },
    { ask_arrived, "USING INDEX uploads_arrived (done_at>? AND done_at<?)" },
    { ask_oldest_arrived, "INDEX uploads_arrived" },
    { open_lane, "lanes USING PRIMARY KEY (destination=? AND rule=? AND sent_on=?)" },
  };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (GPtrArray) asked = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *plan = NULL;

      g_ptr_array_set_size (asked, 0);
      (void) sqlite3_trace_v2 (ob_database_get_handle (database), SQLITE_TRACE_STMT, on_statement, asked);
      rows[i].ask (database);
      (void) sqlite3_trace_v2 (ob_database_get_handle (database), 0, NULL, NULL);
      g_assert_cmpuint (asked->len, ==, 1);
      plan = dup_plan (database, asked->pdata[0]);
      if (!strstr (plan, rows[i].expected) || strstr (plan, "TEMP B-TREE"))
        g_error ("%s\nis run as\n%s", (const char *) asked->pdata[0], plan);
    }
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/plans/a-turn-walks-along-an-index", test_a_turn_walks_along_an_index },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
