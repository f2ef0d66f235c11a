/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads and writes the table of lanes. Main thread.
 */
#include "store/lanes.h"

#include "store/statement.h"

gboolean
ob_lanes_load (ObDatabase *database,
               void (*on_lane) (const char *destination, const char *rule, OutboxReasonSet reasons, gpointer user_data),
               gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT destination, rule, reasons FROM lanes", error);
  int code = SQLITE_ERROR;

  while (statement && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const char *destination = ob_statement_get_text (statement, 0);
      const char *rule = ob_statement_get_text (statement, 1);

      if (destination && rule)
        on_lane (destination, rule, outbox_reasons_from_names (ob_statement_get_text (statement, 2)), user_data);
    }
  if (code == SQLITE_DONE)
    return TRUE;
  if (statement)
    ob_database_set_error (database, error);

  return FALSE;
}

gboolean
ob_lanes_save (ObDatabase *database, const char *destination, const char *rule, OutboxReasonSet reasons, GError **error)
{
  g_autofree char *names = outbox_reasons_to_names (reasons);
  g_autoptr (ObStatement) statement = ob_statement_new (
      database,
      reasons != 0 ? "INSERT OR REPLACE INTO lanes (destination, rule, reasons) VALUES (@destination, @rule, @reasons)"
                   : "DELETE FROM lanes WHERE destination = @destination AND rule = @rule",
      error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@destination", destination);
  ob_statement_bind_text (statement, "@rule", rule);
  if (reasons != 0)
    ob_statement_bind_text (statement, "@reasons", names);

  return ob_statement_run (database, statement, error);
}
