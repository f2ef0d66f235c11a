/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the rows of terminations. Main thread.
 */
#include "store/terminations.h"

#include "store/statement.h"

#define COLUMNS "id, destination, server_url, removed_at, retry_at, failures"

void
ob_termination_free (ObTermination *termination)
{
  g_free (termination->id);
  g_free (termination->destination);
  g_free (termination->server_url);
  g_free (termination);
}

static ObTermination *
read_termination (ObStatement *statement)
{
  ObTermination *termination = g_new0 (ObTermination, 1);

  termination->id = g_strdup (ob_statement_get_text (statement, 0));
  termination->destination = g_strdup (ob_statement_get_text (statement, 1));
  termination->server_url = g_strdup (ob_statement_get_text (statement, 2));
  termination->removed_at_ms = ob_statement_get_sound (statement, 3, OB_LIMIT_removed_at);
  termination->retry_at_ms = ob_statement_get_sound (statement, 4, OB_LIMIT_retry_at);
  termination->failures = (guint) ob_statement_get_sound (statement, 5, OB_LIMIT_failures);

  return termination;
}

gboolean
ob_terminations_save (ObDatabase *database, const ObTermination *termination, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT OR REPLACE INTO terminations (" COLUMNS ")"
                          " VALUES (@id, @destination, @server_url, @removed_at, @retry_at, @failures)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", termination->id);
  ob_statement_bind_text (statement, "@destination", termination->destination);
  ob_statement_bind_text (statement, "@server_url", termination->server_url);
  ob_statement_bind_number (statement, "@removed_at", termination->removed_at_ms);
  ob_statement_bind_number (statement, "@retry_at", termination->retry_at_ms);
  ob_statement_bind_number (statement, "@failures", termination->failures);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_terminations_delete (ObDatabase *database, const char *id, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM terminations WHERE id = @id", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_run (database, statement, error);
}

ObTermination *
ob_terminations_get (ObDatabase *database, const char *id)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT " COLUMNS " FROM terminations WHERE id = @id", NULL);

  if (!statement)
    return NULL;
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) == SQLITE_ROW ? read_termination (statement) : NULL;
}

GPtrArray *
ob_terminations_find_due (ObDatabase *database, gint64 now_ms, guint limit)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT " COLUMNS " FROM terminations WHERE retry_at <= @now ORDER BY retry_at LIMIT @limit",
                          NULL);
  GPtrArray *due = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_termination_free);

  if (!statement)
    return due;
  ob_statement_bind_number (statement, "@now", now_ms);
  ob_statement_bind_number (statement, "@limit", limit);
  while (ob_statement_step (statement) == SQLITE_ROW)
    g_ptr_array_add (due, read_termination (statement));

  return due;
}

gint64
ob_terminations_next_ms (ObDatabase *database, gint64 now_ms)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT min(retry_at) FROM terminations WHERE retry_at > @now", NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@now", now_ms);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}
