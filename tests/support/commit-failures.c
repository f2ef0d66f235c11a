/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A trigger on every table calls a function of ours for each row that is about to be written; it counts, and fails where the
 * test wants it. Owns the count, one for the process.
 */
#include "support/commit-failures.h"

#include "support/broken-disk.h"

#include <errno.h>

const TestFailure test_failures[] = {
  { "no-begin", TEST_FAILURE_BEGIN, 0 },
  { "full-in-a-statement", TEST_FAILURE_STATEMENT, SQLITE_FULL },
  { "io-error-in-a-statement", TEST_FAILURE_STATEMENT, SQLITE_IOERR_WRITE },
  { "commit-refused", TEST_FAILURE_HOOK, 0 },
  { "full-at-commit", TEST_FAILURE_WRITE, ENOSPC },
  { "quota-at-commit", TEST_FAILURE_WRITE, EDQUOT },
  { "io-error-at-commit", TEST_FAILURE_WRITE, EIO },
  { "read-only-at-commit", TEST_FAILURE_WRITE, EROFS },
  { NULL },
};

static struct
{
  guint n_rows;
  guint fails_at; /* 0: none does */
  int code;
  gboolean has_failed;
  gboolean is_turn_lost;
} counter;

static void
count_row (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  if (++counter.n_rows != counter.fails_at)
    return;
  counter.has_failed = TRUE;
  sqlite3_result_error_code (context, counter.code);
}

static void
watch_table (sqlite3 *handle, const char *table)
{
  static const char *const changes[] = { "INSERT", "UPDATE", "DELETE" };

  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *sql = g_strdup_printf ("CREATE TEMP TRIGGER count_%s_%s BEFORE %s ON %s BEGIN SELECT"
                                              " test_count_row(); END",
                                              table, changes[i], changes[i], table);

      g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
    }
}

void
test_failures_prepare (ObDatabase *database)
{
  sqlite3 *handle = ob_database_get_handle (database);
  g_autoptr (GPtrArray) tables = g_ptr_array_new_with_free_func (g_free);
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_create_function (handle, "test_count_row", 0, SQLITE_UTF8 | SQLITE_INNOCUOUS, NULL,
                                            count_row, NULL, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (handle,
                                       "SELECT name FROM sqlite_master WHERE type = 'table'"
                                       " AND name NOT LIKE 'sqlite_%'",
                                       -1, &statement, NULL),
                   ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_ptr_array_add (tables, g_strdup ((const char *) sqlite3_column_text (statement, 0)));
  (void) sqlite3_finalize (statement);
  g_assert_cmpuint (tables->len, >, 5);
  for (guint i = 0; i < tables->len; i++)
    watch_table (handle, tables->pdata[i]);
}

static void
note_rollback (gpointer data)
{
  counter.has_failed = counter.is_turn_lost = TRUE;
}

static int
refuse_commit (gpointer data)
{
  return 1;
}

static int
refuse_begin (gpointer data, int action, const char *what, const char *b, const char *c, const char *d)
{
  if (action != SQLITE_TRANSACTION || !g_str_equal (what, "BEGIN"))
    return SQLITE_OK;
  counter.has_failed = counter.is_turn_lost = TRUE;

  return SQLITE_DENY;
}

void
test_failure_begin (ObDatabase *database, const TestFailure *failure, guint n)
{
  sqlite3 *handle = ob_database_get_handle (database);

  counter.n_rows = 0;
  counter.has_failed = counter.is_turn_lost = FALSE;
  (void) sqlite3_rollback_hook (handle, note_rollback, NULL);
  counter.code = failure->code;
  counter.fails_at = failure->kind == TEST_FAILURE_STATEMENT ? n : 0;
  if (failure->kind == TEST_FAILURE_HOOK)
    (void) sqlite3_commit_hook (handle, refuse_commit, NULL);
  else if (failure->kind == TEST_FAILURE_BEGIN)
    (void) sqlite3_set_authorizer (handle, refuse_begin, NULL);
  else if (failure->kind == TEST_FAILURE_WRITE)
    test_disk_refuse_writes (failure->code);
}

void
test_failure_end (ObDatabase *database)
{
  sqlite3 *handle = ob_database_get_handle (database);

  counter.fails_at = 0;
  (void) sqlite3_commit_hook (handle, NULL, NULL);
  (void) sqlite3_set_authorizer (handle, NULL, NULL);
  test_disk_refuse_writes (0);
}

gboolean
test_failure_has_come (void)
{
  return counter.has_failed;
}

gboolean
test_failure_has_taken_turn (void)
{
  return counter.is_turn_lost;
}

guint
test_failure_count (void)
{
  return counter.n_rows;
}
