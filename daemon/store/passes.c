/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of passes. Main thread.
 */
#include "store/passes.h"

#include "store/statement.h"

void
ob_pass_free (ObPass *pass)
{
  g_free (pass->app);
  g_free (pass->key);
  g_free (pass);
}

static ObPass *
read_pass (ObStatement *statement)
{
  ObPass *pass = g_new0 (ObPass, 1);
  const char *app = ob_statement_get_text (statement, 2);
  const char *key = ob_statement_get_text (statement, 3);

  pass->number = ob_statement_get_number (statement, 0);
  pass->scope = (OutboxScope) ob_statement_get_sound (statement, 1, OB_LIMIT_covers);
  pass->app = g_strdup (app ? app : "");
  pass->key = g_strdup (key ? key : "");
  pass->since_ms = ob_statement_get_sound (statement, 4, OB_LIMIT_since);
  pass->until_ms = ob_statement_get_sound (statement, 5, OB_LIMIT_until_at);
  pass->pauses = ob_statement_get_sound (statement, 6, OB_LIMIT_pauses) != 0;

  return pass;
}

GPtrArray *
ob_passes_list (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT number, covers, app, key, since, until_at, pauses FROM passes ORDER BY number",
                          error);
  g_autoptr (GPtrArray) passes = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_pass_free);
  int code = SQLITE_ERROR;

  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    g_ptr_array_add (passes, read_pass (statement));
  if (!statement)
    return NULL;
  if (code == SQLITE_DONE)
    return g_steal_pointer (&passes);
  ob_database_set_error (database, error);

  return NULL;
}

static gboolean
insert (ObDatabase *database, const ObPass *pass, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database,
                                                        "INSERT INTO passes (covers, app, key, since, until_at, pauses)"
                                                        " VALUES (@covers, @app, @key, @since, @until_at, @pauses)",
                                                        error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@covers", pass->scope);
  ob_statement_bind_text (statement, "@app", pass->app);
  ob_statement_bind_text (statement, "@key", pass->key);
  ob_statement_bind_number (statement, "@since", pass->since_ms);
  ob_statement_bind_number (statement, "@until_at", pass->until_ms);
  ob_statement_bind_number (statement, "@pauses", pass->pauses);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_passes_insert (ObDatabase *database, ObPass *pass, GError **error)
{
  g_autoptr (ObStatement) statement = NULL;

  if (!insert (database, pass, error))
    return FALSE;
  statement = ob_statement_new (database, "SELECT last_insert_rowid ()", error);
  if (!statement)
    return FALSE;
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  pass->number = ob_statement_get_number (statement, 0);

  return TRUE;
}

gboolean
ob_passes_delete (ObDatabase *database, gint64 number, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM passes WHERE number = @number", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@number", number);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_passes_shift (ObDatabase *database, gint64 jump_ms, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "UPDATE passes SET since = max (since + @jump, 1), until_at = max (until_at + @jump, 1)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@jump", jump_ms);

  return ob_statement_run (database, statement, error);
}
