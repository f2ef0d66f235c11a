/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of news: of an upload it has the id alone, of a group its app and key. Main thread.
 */
#include "store/news.h"

#include "store/statement.h"

/* In the journal, with its state: see ob_journal_move(). */
#define ARRIVED "event = 'state' AND state = 'done'"

static const char count_sql[]
    = "SELECT count(*) FILTER (WHERE id != ''), count(*) FILTER (WHERE id = ''), coalesce(sum(is_told), 0),"
      "  coalesce(min(at) FILTER (WHERE is_told = 0), 0), coalesce(max(at) FILTER (WHERE is_told = 0), 0),"
      "  coalesce(sum((SELECT sum(uploads) FROM group_counters AS counted WHERE news.id = ''"
      "    AND counted.group_app = news.group_app AND counted.group_key = news.group_key)), 0) FROM news";

gboolean
ob_news_count (ObDatabase *database, ObNews *news, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, count_sql, error);

  *news = (ObNews){ 0 };
  if (!statement)
    return FALSE;
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  news->uploads = (guint64) ob_statement_get_number (statement, 0);
  news->groups = (guint64) ob_statement_get_number (statement, 1);
  news->told = (guint64) ob_statement_get_number (statement, 2);
  news->first_ms = ob_statement_get_number (statement, 3);
  news->last_ms = ob_statement_get_number (statement, 4);
  news->group_uploads = (guint64) ob_statement_get_number (statement, 5);

  return TRUE;
}

gboolean
ob_news_add_upload (ObDatabase *database, const char *id, gint64 now_ms, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "INSERT OR IGNORE INTO news (id, at) VALUES (@id, @at)", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", id);
  ob_statement_bind_number (statement, "@at", now_ms);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_news_add_group_of (ObDatabase *database, const ObUpload *upload, gint64 now_ms, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "INSERT OR IGNORE INTO news (group_app, group_key, at) SELECT @app, @key, @at"
                          "  WHERE (SELECT sum(uploads) > 1 AND sum(state = 5) = count(*) FROM group_counters"
                          "    WHERE group_app = @app AND group_key = @key)",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", upload->group_app);
  ob_statement_bind_text (statement, "@key", upload->group);
  ob_statement_bind_number (statement, "@at", now_ms);

  return ob_statement_run (database, statement, error);
}

static gboolean
run_with_number (ObDatabase *database, const char *sql, gint64 number, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@number", number);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_news_forget_kind (ObDatabase *database, ObNewsKind kind, GError **error)
{
  return run_with_number (database, "DELETE FROM news WHERE @number & iif (id = '', 2, 1)", kind, error);
}

gboolean
ob_news_forget_told (ObDatabase *database, GError **error)
{
  return run_with_number (database, "DELETE FROM news WHERE is_told = @number", 1, error);
}

gboolean
ob_news_forget_before (ObDatabase *database, gint64 before_ms, GError **error)
{
  return run_with_number (database, "DELETE FROM news WHERE at < @number", before_ms, error);
}

gboolean
ob_news_set_told (ObDatabase *database, gint64 until_ms, GError **error)
{
  return run_with_number (database, "UPDATE news SET is_told = 1 WHERE is_told = 0 AND at <= @number", until_ms, error);
}

#define TOUCHED "id IN (SELECT upload FROM journal WHERE sequence > @number AND upload IS NOT NULL)"

gboolean
ob_news_forget_untrue (ObDatabase *database, gint64 after, gboolean *is_changed, GError **error)
{
  sqlite3 *handle = ob_database_get_handle (database);
  int before = sqlite3_total_changes (handle);
  gboolean is_done
      = run_with_number (database,
                         "DELETE FROM news WHERE group_app = '' AND group_key = '' AND id IN (SELECT id FROM uploads"
                         "  WHERE state != 5 AND " TOUCHED ")",
                         after, error)
        && run_with_number (database,
                            "DELETE FROM news WHERE id = '' AND (group_app, group_key) IN (SELECT group_app, group_key"
                            "  FROM uploads WHERE state != 5 AND group_key IS NOT NULL AND " TOUCHED ")",
                            after, error);

  *is_changed = sqlite3_total_changes (handle) != before;

  return is_done;
}

GPtrArray *
ob_news_read_arrivals (ObDatabase *database, gint64 *sequence, guint limit, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT sequence, iif (" ARRIVED ", upload, NULL) FROM journal WHERE sequence > @after"
                          " ORDER BY sequence LIMIT @limit",
                          error);
  int code;

  if (!statement)
    return NULL;
  ob_statement_bind_number (statement, "@after", *sequence);
  ob_statement_bind_number (statement, "@limit", limit);
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const char *id = ob_statement_get_text (statement, 1);

      *sequence = ob_statement_get_number (statement, 0);
      if (id)
        g_ptr_array_add (ids, g_strdup (id));
    }
  if (code == SQLITE_DONE)
    return g_steal_pointer (&ids);
  ob_database_set_error (database, error);

  return NULL;
}
