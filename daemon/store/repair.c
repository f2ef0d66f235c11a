/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Repairs by SQL, with base/text as a function of SQLite's, over the columns that the schema says have text. Main thread.
 */
#include "store/repair.h"

#include "base/text.h"
#include "store/statement.h"

/* clean (text): the same value where it is clean. */
static void
clean (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  const char *text = (const char *) sqlite3_value_text (values[0]);
  g_autofree char *repaired = NULL;

  if (!text || sqlite3_value_type (values[0]) == SQLITE_NULL || ob_text_is_clean (text))
    {
      sqlite3_result_value (context, values[0]);
      return;
    }
  repaired = ob_text_dup_clean (text, sqlite3_value_bytes (values[0]), 0);
  sqlite3_result_text (context, repaired, -1, SQLITE_TRANSIENT);
}

/* Returns: (transfer full): "a IS NOT clean (a) OR b …", and the same as assignments. NULL: the table has no text. */
static char *
dup_columns (ObDatabase *database, const char *table, const char *format, const char *between, GError **error)
{
  g_autofree char *sql = g_strdup_printf (
      "SELECT group_concat (replace ('%s', 'COLUMN', name), '%s') FROM pragma_table_info ('%s') WHERE type = 'TEXT'",
      format, between, table);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? g_strdup (ob_statement_get_text (statement, 0))
                                                                  : NULL;
}

static gboolean
repair_table (ObDatabase *database, const char *table, GError **error)
{
  g_autofree char *bad = dup_columns (database, table, "COLUMN IS NOT clean (COLUMN)", " OR ", error);
  g_autofree char *good = bad ? dup_columns (database, table, "COLUMN = clean (COLUMN)", ", ", error) : NULL;
  g_autofree char *sql = good ? g_strdup_printf ("UPDATE OR IGNORE %s SET %s WHERE %s", table, good, bad) : NULL;

  return !sql || ob_database_run (database, sql, error);
}

static gboolean
tell_uploads (ObDatabase *database, void (*on_upload) (const char *id, gpointer user_data), gpointer user_data,
              GError **error)
{
  g_autofree char *bad = dup_columns (database, "uploads", "COLUMN IS NOT clean (COLUMN)", " OR ", error);
  g_autofree char *sql = bad ? g_strdup_printf ("SELECT id FROM uploads WHERE %s", bad) : NULL;
  g_autoptr (ObStatement) statement = sql ? ob_statement_new (database, sql, error) : NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  if (!statement)
    return FALSE;
  while (ob_statement_step (statement) == SQLITE_ROW)
    g_ptr_array_add (ids, g_strdup (ob_statement_get_text (statement, 0)));
  for (guint i = 0; i < ids->len; i++)
    on_upload (ids->pdata[i], user_data);

  return TRUE;
}

/* The triggers count only what commands change. */
static const char recount_sql[]
    = "DELETE FROM counters;"
      "INSERT INTO counters (destination, rule, state, hold, app, uploads, bytes)"
      "  SELECT destination, rule, state, hold, app, count (*), sum (size) FROM uploads GROUP BY 1, 2, 3, 4, 5;"
      "DELETE FROM group_counters;"
      "INSERT INTO group_counters (group_app, group_key, destination, rule, state, hold, app, uploads, bytes, offset)"
      "  SELECT group_app, group_key, destination, rule, state, hold, app, count (*), sum (size), sum (offset)"
      "  FROM uploads WHERE group_key IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7;";

gboolean
ob_repair_texts (ObDatabase *database, void (*on_upload) (const char *id, gpointer user_data), gpointer user_data,
                 GError **error)
{
  static const char *const tables[]
      = { "meta", "destinations", "uploads", "terminations", "lanes", "journal", "groups" };

  if (sqlite3_create_function (ob_database_get_handle (database), "clean", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL,
                               clean, NULL, NULL)
      != SQLITE_OK)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  if (!tell_uploads (database, on_upload, user_data, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    if (!repair_table (database, tables[i], error))
      return FALSE;

  return ob_database_run (database, recount_sql, error);
}
