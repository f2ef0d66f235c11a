/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the streams and the first uploads of each. Main thread.
 */
#include "store/ready.h"

#include "store/statement.h"

/* Ends the reading. Returns: (transfer full) (nullable): @rows, if it reached their end */
static GArray *
finish (ObDatabase *database, int code, GArray *rows, GError **error)
{
  g_autoptr (GArray) owned = rows;

  if (code == SQLITE_DONE)
    return g_steal_pointer (&owned);
  ob_database_set_error (database, error);

  return NULL;
}

GArray *
ob_ready_list_streams (ObDatabase *database, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database,
                                                        "SELECT destination, rule, sent_on, app, state FROM counters"
                                                        " WHERE uploads > 0 AND state IN (1, 3) AND hold = 0",
                                                        error);
  GArray *streams;
  int code;

  if (!statement)
    return NULL;
  streams = g_array_new (FALSE, FALSE, sizeof (ObStream));
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const ObStream stream = {
        .lane = ob_statement_get_lane (statement),
        .app = g_intern_string (ob_statement_get_text (statement, 3)),
        .stored = ob_statement_get_number (statement, 4),
      };

      if (ob_lane_is_whole (&stream.lane) && stream.app)
        g_array_append_val (streams, stream);
      else
        ob_database_note_bad_row (database);
    }

  return finish (database, code, streams, error);
}

static void
clear_ready (gpointer data)
{
  g_free (((ObReady *) data)->id);
}

GArray *
ob_ready_list (ObDatabase *database, const ObStream *stream, guint limit, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT id, number, created_at, priority, failures FROM uploads"
      " WHERE destination = @destination AND rule = @rule AND sent_on = @sent_on AND app = @app AND state = @state"
      " AND state IN (1, 3) AND is_paused = 0 AND is_group_paused = 0 AND not_before = 0 AND retry_at = 0"
      " ORDER BY rank, number LIMIT @limit",
      error);
  GArray *heads;
  int code;

  if (!statement)
    return NULL;
  ob_statement_bind_lane (statement, &stream->lane);
  ob_statement_bind_text (statement, "@app", stream->app);
  ob_statement_bind_number (statement, "@state", stream->stored);
  ob_statement_bind_number (statement, "@limit", limit);
  heads = g_array_new (FALSE, FALSE, sizeof (ObReady));
  g_array_set_clear_func (heads, clear_ready);
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const ObReady ready = {
        .id = g_strdup (ob_statement_get_text (statement, 0)),
        .number = ob_statement_get_number (statement, 1),
        .created_at_ms = ob_statement_get_sound (statement, 2, OB_LIMIT_created_at),
        .priority = (gint) ob_statement_get_sound (statement, 3, OB_LIMIT_priority),
        .failures = (guint) ob_statement_get_sound (statement, 4, OB_LIMIT_failures),
      };

      if (ready.id)
        g_array_append_val (heads, ready);
      else
        ob_database_note_bad_row (database);
    }

  return finish (database, code, heads, error);
}

gboolean
ob_ready_has_other (ObDatabase *database, const char *destination, const char *id)
{
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      "SELECT EXISTS (SELECT 1 FROM uploads WHERE destination = @destination AND id <> @id AND state = 1"
      "   AND is_paused = 0 AND is_group_paused = 0 AND not_before = 0 AND retry_at = 0)"
      " OR EXISTS (SELECT 1 FROM uploads WHERE state = 2 AND destination = @destination AND id <> @id)",
      NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@destination", destination);
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) == SQLITE_ROW && ob_statement_get_number (statement, 0) != 0;
}
