/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements. Main thread.
 */
#include "store/statement.h"

#include <json-glib/json-glib.h>

ObStatement *
ob_statement_new (ObDatabase *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (ob_database_get_handle (database), sql, -1, &statement, NULL) != SQLITE_OK)
    ob_database_set_error (database, error);

  return statement;
}

void
ob_statement_bind_text (ObStatement *statement, const char *parameter, const char *text)
{
  (void) sqlite3_bind_text (statement, sqlite3_bind_parameter_index (statement, parameter), text, -1,
                            SQLITE_TRANSIENT);
}

void
ob_statement_bind_number (ObStatement *statement, const char *parameter, gint64 number)
{
  (void) sqlite3_bind_int64 (statement, sqlite3_bind_parameter_index (statement, parameter), number);
}

void
ob_statement_bind_reason (ObStatement *statement, const char *parameter, OutboxReason reason)
{
  ob_statement_bind_text (statement, parameter,
                          reason != OUTBOX_REASON_NONE ? outbox_reason_get_info (reason)->name : NULL);
}

void
ob_statement_bind_strings (ObStatement *statement, const char *parameter, GVariant *strings)
{
  g_autofree char *text = json_gvariant_serialize_data (strings, NULL);

  ob_statement_bind_text (statement, parameter, text);
}

GVariant *
ob_statement_read_strings (ObStatement *statement, int column)
{
  const char *text = (const char *) sqlite3_column_text (statement, column);
  GVariant *strings = text ? json_gvariant_deserialize_data (text, -1, "a{ss}", NULL) : NULL;

  if (!strings)
    return g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return g_variant_take_ref (strings);
}

gboolean
ob_statement_run (ObDatabase *database, ObStatement *statement, GError **error)
{
  if (sqlite3_step (statement) == SQLITE_DONE)
    return TRUE;
  ob_database_set_error (database, error);

  return FALSE;
}
