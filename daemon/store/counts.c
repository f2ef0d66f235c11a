/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers about uploads without reading one: from the counters, which triggers keep in step with the rows, and from indexes.
 * Main thread.
 */
#include "store/statement.h"
#include "store/uploads.h"

/* sum() fails if damaged rows add up to too large a number. */
#define TOTAL(column) "CAST (total (" #column ") AS INTEGER)"

/* Reads every count of the statement. @statement: (nullable): %NULL if an error is set */
static GArray *
read_counts (ObDatabase *database, ObStatement *statement, GError **error)
{
  g_autoptr (GArray) counts = g_array_new (FALSE, FALSE, sizeof (ObCount));
  int code = SQLITE_ERROR;

  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      gint64 stored = ob_statement_get_number (statement, 3);
      gint64 own_hold = ob_statement_get_number (statement, 4);
      ObCount count = {
        .lane = ob_statement_get_lane (statement),
        .stored = (ObStored) stored,
        .own_hold = (ObOwnHold) own_hold,
        .uploads = (guint64) ob_statement_get_number (statement, 5),
        .bytes = (guint64) ob_statement_get_number (statement, 6),
        .offset_bytes = (guint64) ob_statement_get_number (statement, 7),
      };

      /* Skip counters of bad rows; they are counted anew when the rows are repaired. */
      if (!ob_lane_is_whole (&count.lane) || (guint64) stored >= OB_N_STORED || (guint64) own_hold > OB_OWN_HOLD_RETRY
          || (gint64) count.uploads < 0 || (gint64) count.bytes < 0 || (gint64) count.offset_bytes < 0)
        ob_database_note_bad_row (database);
      else
        g_array_append_val (counts, count);
    }
  if (code == SQLITE_DONE)
    return g_steal_pointer (&counts);
  if (statement)
    ob_database_set_error (database, error);

  return NULL;
}

gboolean
ob_uploads_is_url_taken (ObDatabase *database, const char *server_url, const char *id)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT 1 FROM uploads WHERE server_url = @url AND id <> @id"
                          " UNION ALL SELECT 1 FROM follow_ups WHERE server_url = @url LIMIT 1",
                          NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@url", server_url);
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gint64
ob_uploads_oldest_copy_ms (ObDatabase *database)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT min(done_at) FROM uploads WHERE state = 5 AND has_local_copy = 1 AND is_moved = 0",
                          NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

gint64
ob_uploads_next_wake_ms (ObDatabase *database)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT min(at) FROM (SELECT min(retry_at) AS at FROM uploads WHERE retry_at > 0"
                          " UNION ALL SELECT min(not_before) FROM uploads WHERE not_before > 0)",
                          NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

gint64
ob_uploads_next_retry_ms (ObDatabase *database)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT min(retry_at) FROM uploads WHERE retry_at > 0", NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

gboolean
ob_uploads_has_app_at (ObDatabase *database, const char *app, const char *destination)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database, "SELECT 1 FROM counters WHERE destination = @destination AND app = @app AND uploads > 0 LIMIT 1", NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_text (statement, "@destination", destination);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gboolean
ob_uploads_has_app_in_lane (ObDatabase *database, const char *app, const ObLane *lane)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT 1 FROM counters WHERE destination = @destination AND rule = @rule AND sent_on = @sent_on"
      " AND app = @app AND uploads > 0 LIMIT 1",
      NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_lane (statement, lane);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gboolean
ob_uploads_count_use (ObDatabase *database, const char *app, ObAppUse *use, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT " TOTAL (uploads) ", " TOTAL (bytes) ", " TOTAL (
                              uploads * (state = 0)) " FROM counters WHERE app = @app AND state <> 5",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@app", app);
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  use->files = (guint64) MAX (ob_statement_get_number (statement, 0), 0);
  use->bytes = (guint64) MAX (ob_statement_get_number (statement, 1), 0);
  use->saving = (guint64) MAX (ob_statement_get_number (statement, 2), 0);

  return TRUE;
}

gboolean
ob_uploads_count_lost (ObDatabase *database, guint64 *uploads, guint64 *bytes, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT count(*), " TOTAL (
                              size) " FROM uploads WHERE state = 4 AND reason IN ('file-missing', 'file-changed')",
                          error);

  if (!statement)
    return FALSE;
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  *uploads = (guint64) ob_statement_get_number (statement, 0);
  *bytes = (guint64) MAX (ob_statement_get_number (statement, 1), 0);

  return TRUE;
}

gboolean
ob_uploads_count_failed (ObDatabase *database, guint64 uploads[OUTBOX_N_REASONS], guint64 bytes[OUTBOX_N_REASONS],
                         GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT reason, count(*), " TOTAL (size) " FROM uploads WHERE state = 4 GROUP BY reason",
                          error);
  int code = SQLITE_ERROR;

  for (guint i = 0; i < OUTBOX_N_REASONS; i++)
    uploads[i] = bytes[i] = 0;
  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      /* A damaged row may have a reason that is none. */
      const OutboxReason reason = outbox_reason_from_name (ob_statement_get_text (statement, 0));

      uploads[reason] += (guint64) ob_statement_get_number (statement, 1);
      bytes[reason] += (guint64) MAX (ob_statement_get_number (statement, 2), 0);
    }
  if (statement && code != SQLITE_DONE)
    ob_database_set_error (database, error);

  return code == SQLITE_DONE;
}

gboolean
ob_uploads_has_unended (ObDatabase *database)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT 1 FROM counters WHERE state < 4 AND uploads > 0 LIMIT 1", NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW;
}

guint64
ob_uploads_count_arrived_beside (ObDatabase *database, gint64 since_ms)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT count(*) FROM uploads WHERE state = 5"
                          " AND done_at >= max (@since, (SELECT min(created_at) FROM uploads WHERE state < 4))",
                          NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@since", since_ms);

  return ob_statement_step (statement) == SQLITE_ROW ? (guint64) ob_statement_get_number (statement, 0) : 0;
}

guint64
ob_uploads_count_unfinished (ObDatabase *database)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT count(*) FROM uploads WHERE state = 0 AND reason = 'unfinished'", NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? (guint64) ob_statement_get_number (statement, 0)
                                                                  : 0;
}

GArray *
ob_uploads_count (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT destination, rule, sent_on, state, hold, sum(uploads), " TOTAL (
                              bytes) ", 0 FROM counters"
                                     " WHERE uploads > 0 GROUP BY destination, rule, sent_on, state, hold",
                          error);

  return read_counts (database, statement, error);
}

GArray *
ob_uploads_count_group (ObDatabase *database, const char *group_app, const char *group, const char *app, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT destination, rule, sent_on, state, hold, sum(uploads), " TOTAL (bytes) ", " TOTAL (
                              offset) " FROM group_counters WHERE group_app = @group_app AND group_key = @group"
                                      " AND (@app IS NULL OR app = @app)"
                                      " GROUP BY destination, rule, sent_on, state, hold",
                          error);

  if (statement)
    {
      ob_statement_bind_text (statement, "@group_app", group_app);
      ob_statement_bind_text (statement, "@group", group);
      ob_statement_bind_text (statement, "@app", app);
    }

  return read_counts (database, statement, error);
}

gboolean
ob_uploads_count_untold (ObDatabase *database, guint64 *asked, guint64 *missed, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT count (*) FILTER (WHERE update_result = 'asked'),"
                          " count (*) FILTER (WHERE update_result <> 'asked')"
                          " FROM uploads WHERE update_result IN ('asked', 'refused', 'gave-up')",
                          error);

  if (!statement)
    return FALSE;
  if (ob_statement_step (statement) != SQLITE_ROW)
    {
      ob_database_set_error (database, error);
      return FALSE;
    }
  *asked = (guint64) ob_statement_get_number (statement, 0);
  *missed = (guint64) ob_statement_get_number (statement, 1);

  return TRUE;
}
