/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of checks. Main thread.
 */
#include "store/checks.h"

#include "store/statement.h"

#define COLUMNS "id, asked_at, retry_at, failures, is_doubted, frees"

void
ob_pending_check_free (ObPendingCheck *check)
{
  g_free (check->id);
  g_free (check);
}

static ObPendingCheck *
read_check (ObStatement *statement)
{
  ObPendingCheck *check = g_new0 (ObPendingCheck, 1);
  const char *id = ob_statement_get_text (statement, 0);

  check->id = g_strdup (id ? id : "");
  check->asked_at_ms = ob_statement_get_sound (statement, 1, OB_LIMIT_asked_at);
  check->retry_at_ms = ob_statement_get_sound (statement, 2, OB_LIMIT_retry_at);
  check->failures = (guint) ob_statement_get_sound (statement, 3, OB_LIMIT_failures);
  check->is_doubted = ob_statement_get_sound (statement, 4, OB_LIMIT_is_doubted) != 0;
  check->frees = ob_statement_get_sound (statement, 5, OB_LIMIT_frees) != 0;

  return check;
}

gboolean
ob_checks_save (ObDatabase *database, const ObPendingCheck *check, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT OR REPLACE INTO checks (" COLUMNS ")"
                          " VALUES (@id, @asked_at, @retry_at, @failures, @is_doubted, @frees)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", check->id);
  ob_statement_bind_number (statement, "@asked_at", check->asked_at_ms);
  ob_statement_bind_number (statement, "@retry_at", check->retry_at_ms);
  ob_statement_bind_number (statement, "@failures", check->failures);
  ob_statement_bind_number (statement, "@is_doubted", check->is_doubted);
  ob_statement_bind_number (statement, "@frees", check->frees);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_checks_delete (ObDatabase *database, const char *id, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM checks WHERE id = @id", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_run (database, statement, error);
}

ObPendingCheck *
ob_checks_get (ObDatabase *database, const char *id)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT " COLUMNS " FROM checks WHERE id = @id", NULL);

  if (!statement)
    return NULL;
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) == SQLITE_ROW ? read_check (statement) : NULL;
}

GPtrArray *
ob_checks_find_due (ObDatabase *database, gint64 now_ms, guint limit)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT " COLUMNS " FROM checks WHERE retry_at <= @now ORDER BY retry_at LIMIT @limit", NULL);
  GPtrArray *due = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_pending_check_free);

  if (!statement)
    return due;
  ob_statement_bind_number (statement, "@now", now_ms);
  ob_statement_bind_number (statement, "@limit", limit);
  while (ob_statement_step (statement) == SQLITE_ROW)
    g_ptr_array_add (due, read_check (statement));

  return due;
}

gint64
ob_checks_next_ms (ObDatabase *database, gint64 now_ms)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT min(retry_at) FROM checks WHERE retry_at > @now", NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@now", now_ms);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}
