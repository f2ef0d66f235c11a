/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the table of single values. Main thread.
 */
#include "store/meta.h"

#include "store/statement.h"

/* Returns: (transfer full) (nullable): a statement at the value's row */
static ObStatement *
find (ObDatabase *database, const char *name)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT value FROM meta WHERE name = @name", NULL);

  if (!statement)
    return NULL;
  ob_statement_bind_text (statement, "@name", name);

  return ob_statement_step (statement) == SQLITE_ROW ? g_steal_pointer (&statement) : NULL;
}

gint64
ob_meta_get_number (ObDatabase *database, const char *name)
{
  g_autoptr (ObStatement) statement = find (database, name);

  return statement ? ob_statement_get_sound (statement, 0, OB_LIMIT_value) : 0;
}

char *
ob_meta_dup_text (ObDatabase *database, const char *name)
{
  g_autoptr (ObStatement) statement = find (database, name);

  return statement ? g_strdup (ob_statement_get_text (statement, 0)) : NULL;
}

static gboolean
forget (ObDatabase *database, const char *name, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM meta WHERE name = @name", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@name", name);

  return ob_statement_run (database, statement, error);
}

static ObStatement *
new_setter (ObDatabase *database, const char *name, GError **error)
{
  ObStatement *statement
      = ob_statement_new (database, "INSERT OR REPLACE INTO meta (name, value) VALUES (@name, @value)", error);

  if (statement)
    ob_statement_bind_text (statement, "@name", name);

  return statement;
}

gboolean
ob_meta_set_number (ObDatabase *database, const char *name, gint64 number, GError **error)
{
  g_autoptr (ObStatement) statement = NULL;

  if (number == 0)
    return forget (database, name, error);
  statement = new_setter (database, name, error);
  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@value", number);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_meta_set_text (ObDatabase *database, const char *name, const char *text, GError **error)
{
  g_autoptr (ObStatement) statement = NULL;

  if (!text)
    return forget (database, name, error);
  statement = new_setter (database, name, error);
  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@value", text);

  return ob_statement_run (database, statement, error);
}
