/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moves the waits of all uploads and follow-ups at once, since the clock is rarely set. Main thread.
 */
#include "store/waits.h"

#include "store/statement.h"

#define SHIFTED(table)                                                                                  \
  "UPDATE " table                                                                                       \
  " SET retry_at = CASE WHEN retry_at + @jump > @most THEN @instead ELSE max (retry_at + @jump, 1) END" \
  " WHERE retry_at > 0 AND (@jump <> 0 OR retry_at > @most)"

gboolean
ob_waits_shift (ObDatabase *database, gint64 jump_ms, gint64 most_ms, gint64 instead_ms, GError **error)
{
  const char *const sqls[] = { SHIFTED ("uploads"), SHIFTED ("follow_ups") };

  for (guint i = 0; i < G_N_ELEMENTS (sqls); i++)
    {
      g_autoptr (ObStatement) statement = ob_statement_new (database, sqls[i], error);

      if (!statement)
        return FALSE;
      ob_statement_bind_number (statement, "@jump", jump_ms);
      ob_statement_bind_number (statement, "@most", most_ms);
      ob_statement_bind_number (statement, "@instead", instead_ms);
      if (!ob_statement_run (database, statement, error))
        return FALSE;
    }

  return TRUE;
}
