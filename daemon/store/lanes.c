/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the table of lanes. Main thread.
 */
#include "store/lanes.h"

#include "store/statement.h"

gboolean
ob_lanes_load (ObDatabase *database, void (*on_lane) (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data),
               gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT destination, rule, sent_on, reasons FROM lanes", error);
  int code = SQLITE_ERROR;

  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const ObLane lane = ob_statement_get_lane (statement);

      if (ob_lane_is_whole (&lane))
        on_lane (&lane, outbox_reasons_from_names (ob_statement_get_text (statement, 3)), user_data);
    }
  if (code == SQLITE_DONE)
    return TRUE;
  if (statement)
    ob_database_set_error (database, error);

  return FALSE;
}

gboolean
ob_lanes_save (ObDatabase *database, const ObLane *lane, OutboxReasonSet reasons, GError **error)
{
  g_autofree char *names = outbox_reasons_to_names (reasons);
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      reasons != 0 ? "INSERT OR REPLACE INTO lanes (destination, rule, sent_on, reasons)"
                     " VALUES (@destination, @rule, @sent_on, @reasons)"
                   : "DELETE FROM lanes WHERE destination = @destination AND rule = @rule AND sent_on = @sent_on",
      error);

  if (!statement)
    return FALSE;
  ob_statement_bind_lane (statement, lane);
  if (reasons != 0)
    ob_statement_bind_text (statement, "@reasons", names);

  return ob_statement_run (database, statement, error);
}
