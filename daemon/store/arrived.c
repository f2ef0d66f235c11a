/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads rows of what has arrived, and what is still open about them. Main thread.
 */
#include "store/arrived.h"

#include "store/statement.h"

#define CANDIDATES " FROM uploads WHERE state = 5 AND has_local_copy = 0"
#define OF_FOLLOW_UPS " FROM follow_ups WHERE kind IN ('check', 'amendment', 'termination') AND id = "

void
ob_arrived_free (ObArrived *arrived)
{
  g_free (arrived->id);
  g_free (arrived);
}

GPtrArray *
ob_arrived_list (ObDatabase *database, gint64 after_ms, gint64 after_number, gint64 until_ms, guint limit,
                 GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_arrived_free);
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT id, done_at, number" CANDIDATES " AND (done_at, number) > (@after, @number)"
                          " AND done_at <= @until ORDER BY done_at, number LIMIT @limit",
                          error);
  int code = SQLITE_ERROR;

  if (!statement)
    return NULL;
  ob_statement_bind_number (statement, "@after", after_ms);
  ob_statement_bind_number (statement, "@number", after_number);
  ob_statement_bind_number (statement, "@until", until_ms);
  ob_statement_bind_number (statement, "@limit", limit);
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      ObArrived *arrived = g_new (ObArrived, 1);

      *arrived = (ObArrived){ g_strdup (ob_statement_get_text (statement, 0)), ob_statement_get_number (statement, 1),
                              ob_statement_get_number (statement, 2) };
      g_ptr_array_add (list, arrived);
    }
  if (code == SQLITE_DONE)
    return g_steal_pointer (&list);
  ob_database_set_error (database, error);

  return NULL;
}

gint64
ob_arrived_oldest_ms (ObDatabase *database)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT min(done_at)" CANDIDATES, NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

gboolean
ob_arrived_is_open (ObDatabase *database, const char *id)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT 1" OF_FOLLOW_UPS "@id", NULL);

  if (!statement)
    return TRUE;
  ob_statement_bind_text (statement, "@id", id);

  return ob_statement_step (statement) != SQLITE_DONE;
}

gboolean
ob_arrived_look_at_group (ObDatabase *database, const char *group_app, const char *group, gint64 until_ms,
                          void (*on_share) (const ObArrivedShare *share, gpointer user_data), gpointer user_data)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT destination, count(*), sum(state = 5 AND has_local_copy = 0 AND done_at <= @until"
                          "   AND NOT EXISTS (SELECT 1" OF_FOLLOW_UPS "uploads.id)),"
                          "  min(receipt_rung) FROM uploads WHERE group_key = @key AND group_app = @app"
                          " GROUP BY destination",
                          NULL);
  int code = SQLITE_ERROR;

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@key", group);
  ob_statement_bind_text (statement, "@app", group_app);
  ob_statement_bind_number (statement, "@until", until_ms);
  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const ObArrivedShare share = {
        ob_statement_get_text (statement, 0),
        (guint64) ob_statement_get_number (statement, 1),
        (guint64) ob_statement_get_number (statement, 2),
        (OutboxRung) CLAMP (ob_statement_get_number (statement, 3), OUTBOX_RUNG_NONE, OUTBOX_RUNG_ATTACHED),
      };

      on_share (&share, user_data);
    }

  return code == SQLITE_DONE;
}
