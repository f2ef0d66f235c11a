/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Repairs rows by SQL. base/text, store/limits and ob_upload_mend() become SQL functions, applied to the columns that the
 * schema calls text or numbers. Main thread.
 */
#include "store/repair.h"

#include "base/identity.h"
#include "base/text.h"
#include "store/statement.h"
#include "store/uploads.h"

/* clean (text): the text itself if it is clean; bytes that are no text are made text. */
static void
clean (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  int type = sqlite3_value_type (values[0]);
  const char *text = type == SQLITE_TEXT || type == SQLITE_BLOB ? (const char *) sqlite3_value_text (values[0]) : NULL;
  int size_bytes = text ? sqlite3_value_bytes (values[0]) : 0;
  g_autofree char *repaired = NULL;

  if (!text || (type == SQLITE_TEXT && (gsize) size_bytes == strlen (text) && ob_text_is_clean (text)))
    {
      sqlite3_result_value (context, values[0]);
      return;
    }
  repaired = ob_text_dup_clean (text, size_bytes, 0);
  sqlite3_result_text (context, repaired, -1, SQLITE_TRANSIENT);
}

/* sound (column, value): the value itself if it is within the column's limits. */
static void
sound (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  ObLimit limit = ob_limit_find ((const char *) sqlite3_value_text (values[0]));
  int type = sqlite3_value_type (values[1]);
  gboolean is_good = TRUE;
  gint64 number = limit < OB_N_LIMITS ? ob_limit_read (limit, type, sqlite3_value_int64 (values[1]), &is_good) : 0;

  if (limit == OB_N_LIMITS || is_good)
    sqlite3_result_value (context, values[1]);
  else
    sqlite3_result_int64 (context, number);
}

/* agrees (state, reason, size, offset, furthest, checked, begun) */
static void
agrees (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  ObUpload upload = { .stored = (ObStored) sqlite3_value_int64 (values[0]),
                      .reason = outbox_reason_from_name ((const char *) sqlite3_value_text (values[1])),
                      .size_bytes = (guint64) sqlite3_value_int64 (values[2]),
                      .offset_bytes = (guint64) sqlite3_value_int64 (values[3]),
                      .furthest_bytes = (guint64) sqlite3_value_int64 (values[4]),
                      .checked = { .bytes = (guint64) sqlite3_value_int64 (values[5]),
                                   .begun_bytes = (guint64) sqlite3_value_int64 (values[6]) } };

  sqlite3_result_int (context, !ob_upload_mend (&upload, TRUE));
}

static void
is_id (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  const char *text = (const char *) sqlite3_value_text (values[0]);

  sqlite3_result_int (context,
                      text && (gsize) sqlite3_value_bytes (values[0]) == strlen (text) && ob_id_is_valid (text));
}

static gboolean
add_functions (ObDatabase *database, GError **error)
{
  sqlite3 *handle = ob_database_get_handle (database);
  const int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;

  if (sqlite3_create_function (handle, "clean", 1, flags, NULL, clean, NULL, NULL) == SQLITE_OK
      && sqlite3_create_function (handle, "is_id", 1, flags, NULL, is_id, NULL, NULL) == SQLITE_OK
      && sqlite3_create_function (handle, "sound", 2, flags, NULL, sound, NULL, NULL) == SQLITE_OK
      && sqlite3_create_function (handle, "agrees", 7, flags, NULL, agrees, NULL, NULL) == SQLITE_OK)
    return TRUE;
  ob_database_set_error (database, error);

  return FALSE;
}

#define TEXTS "type = 'TEXT'"
#define NUMBERS "type = 'INTEGER' AND pk = 0"
#define IS_CLEAN "COLUMN IS NOT clean (COLUMN)", "COLUMN = clean (COLUMN)"
#define IS_SOUND "COLUMN IS NOT sound (''COLUMN'', COLUMN)", "COLUMN = sound (''COLUMN'', COLUMN)"

/* Returns: (transfer full): @format for each column of the type @what, joined by @between, with its name for COLUMN;
 * %NULL if the table has none */
static char *
dup_columns (ObDatabase *database, const char *table, const char *what, const char *format, const char *between,
             GError **error)
{
  g_autofree char *sql = g_strdup_printf (
      "SELECT group_concat (replace ('%s', 'COLUMN', name), '%s') FROM pragma_table_info ('%s') WHERE %s", format,
      between, table, what);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? g_strdup (ob_statement_get_text (statement, 0))
                                                                  : NULL;
}

static gboolean
repair_table (ObDatabase *database, const char *table, const char *what, const char *bad_format,
              const char *good_format, GError **error)
{
  g_autofree char *bad = dup_columns (database, table, what, bad_format, " OR ", error);
  g_autofree char *good = bad ? dup_columns (database, table, what, good_format, ", ", error) : NULL;
  g_autofree char *sql = good ? g_strdup_printf ("UPDATE OR IGNORE %s SET %s WHERE %s", table, good, bad) : NULL;

  return !sql || ob_database_run (database, sql, error);
}

/* Returns: (transfer full) (nullable): the ids, as they will be after the repair, of uploads that need one */
static GPtrArray *
find_uploads (ObDatabase *database, GError **error)
{
  g_autofree char *texts = dup_columns (database, "uploads", TEXTS, "COLUMN IS NOT clean (COLUMN)", " OR ", error);
  g_autofree char *numbers
      = dup_columns (database, "uploads", NUMBERS, "COLUMN IS NOT sound (''COLUMN'', COLUMN)", " OR ", error);
  g_autofree char *sql = g_strdup_printf ("SELECT id FROM uploads WHERE %s OR %s"
                                          " OR NOT agrees (state, reason, size, offset, furthest, checked, begun)",
                                          texts, numbers);
  g_autoptr (ObStatement) statement = texts && numbers ? ob_statement_new (database, sql, error) : NULL;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  if (!statement)
    return NULL;
  while (ob_statement_step (statement) == SQLITE_ROW)
    if (ob_statement_get_text (statement, 0))
      g_ptr_array_add (ids, g_strdup (ob_statement_get_text (statement, 0)));

  return g_steal_pointer (&ids);
}

/* Writes each upload as it was read, since reading repairs it. */
static gboolean
put_right (ObDatabase *database, GPtrArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (database, ids->pdata[i], NULL);

      if (upload && !ob_uploads_put_right (database, upload, error))
        return FALSE;
    }

  return TRUE;
}

/* The triggers keep counters in step only with changes by commands. */
static const char recount_sql[]
    = "DELETE FROM counters;"
      "INSERT INTO counters (destination, rule, sent_on, state, hold, app, uploads, bytes)"
      "  SELECT destination, rule, sent_on, state, hold, app, count (*), CAST (total (size) AS INTEGER)"
      "  FROM uploads GROUP BY 1, 2, 3, 4, 5, 6;"
      "DELETE FROM group_counters;"
      "INSERT INTO group_counters (group_app, group_key, destination, rule, sent_on, state, hold, app, uploads, bytes,"
      "  offset)"
      "  SELECT group_app, group_key, destination, rule, sent_on, state, hold, app, count (*),"
      "  CAST (total (size) AS INTEGER), CAST (total (offset) AS INTEGER)"
      "  FROM uploads WHERE group_key IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7, 8;";

#define COUNTED "SELECT destination, rule, sent_on, state, hold, app, uploads, bytes FROM counters WHERE uploads <> 0"
#define ROWS                                                                                       \
  "SELECT destination, rule, sent_on, state, hold, app, count (*), CAST (total (size) AS INTEGER)" \
  " FROM uploads GROUP BY 1, 2, 3, 4, 5, 6"

const char ob_repair_ask_counts[]
    = "SELECT EXISTS (" COUNTED " EXCEPT " ROWS ") OR EXISTS (" ROWS " EXCEPT " COUNTED ")";

gboolean
ob_repair_rows (ObDatabase *database, void (*on_upload) (const char *id, gpointer user_data), gpointer user_data,
                GError **error)
{
  static const char *const tables[]
      = { "meta", "destinations", "uploads", "follow_ups", "lanes", "journal", "groups", "apps" };
  static const char lost_sql[] = "DELETE FROM uploads WHERE state IS NOT 5"
                                 " AND NOT is_id (CAST (id AS TEXT))";
  static const char meta_sql[] = "UPDATE meta SET value = clean (value) WHERE value IS NOT clean (value);"
                                 "DELETE FROM meta WHERE typeof (value) = 'real' OR value < 0";
  g_autoptr (GPtrArray) ids = NULL;

  if (!add_functions (database, error) || !ob_database_run (database, lost_sql, error)
      || !ob_database_run (database, meta_sql, error) || !(ids = find_uploads (database, error)))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    if (!repair_table (database, tables[i], TEXTS, IS_CLEAN, error)
        || (!g_str_equal (tables[i], "uploads") && !repair_table (database, tables[i], NUMBERS, IS_SOUND, error)))
      return FALSE;
  if (!put_right (database, ids, error) || !ob_database_run (database, recount_sql, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    on_upload (ids->pdata[i], user_data);

  return TRUE;
}
