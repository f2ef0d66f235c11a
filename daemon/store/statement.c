/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prepares each SQL text once, since preparing costs several times what running does. Main thread.
 */
#include "store/statement.h"

#include "base/json.h"
#include "base/text.h"

#define IDLE_MAX 64

ObStatement *
ob_statement_new (ObDatabase *database, const char *sql, GError **error)
{
  GHashTable *idle = ob_database_get_idle_statements (database);
  sqlite3_stmt *handle = g_hash_table_lookup (idle, sql);
  ObStatement *statement;

  /* A statement in use is not in the table; a second one of the same text is prepared then. */
  if (handle)
    g_hash_table_steal (idle, sql);
  else if (sqlite3_prepare_v3 (ob_database_get_handle (database), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, NULL)
           != SQLITE_OK)
    {
      ob_database_set_error (database, error);
      /* The SQL is our own, so the tables are not as they were made. */
      if ((sqlite3_errcode (ob_database_get_handle (database)) & 0xff) == SQLITE_ERROR)
        ob_database_note_damage (database, sqlite3_errmsg (ob_database_get_handle (database)));
      return NULL;
    }
  statement = g_new0 (ObStatement, 1);
  statement->handle = handle;
  statement->database = database;
  statement->idle = idle;

  return statement;
}

void
ob_statement_free (ObStatement *statement)
{
  /* The last step has already reported its error. */
  (void) sqlite3_reset (statement->handle);
  (void) sqlite3_clear_bindings (statement->handle);
  /* SQL that is put together from parts comes in many texts: keep only so many. */
  if (g_hash_table_size (statement->idle) >= IDLE_MAX)
    g_hash_table_remove_all (statement->idle);
  /* Replaces, and so finalises, one of the same text that was in use at the same time. */
  g_hash_table_replace (statement->idle, (gpointer) sqlite3_sql (statement->handle), statement->handle);
  g_clear_pointer (&statement->repaired, g_ptr_array_unref);
  g_free (statement);
}

int
ob_statement_step (ObStatement *statement)
{
  int code = sqlite3_step (statement->handle);

  g_clear_pointer (&statement->repaired, g_ptr_array_unref);
  statement->is_bad = FALSE;
  if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
    ob_database_note_damage (statement->database, sqlite3_errmsg (ob_database_get_handle (statement->database)));

  return code;
}

static void
note_bad (ObStatement *statement)
{
  statement->is_bad = TRUE;
  ob_database_note_bad_row (statement->database);
}

const char *
ob_statement_get_text (ObStatement *statement, int column)
{
  /* Bytes that are no text equal no text, and a text with a NUL in it differs from its part before that. */
  gboolean is_blob = sqlite3_column_type (statement->handle, column) == SQLITE_BLOB;
  const char *text = (const char *) sqlite3_column_text (statement->handle, column);
  int size_bytes = sqlite3_column_bytes (statement->handle, column);
  char *clean;

  if (!text || (!is_blob && (gsize) size_bytes == strlen (text) && ob_text_is_clean (text)))
    return text;
  clean = ob_text_dup_clean (text, size_bytes, 0);
  if (!statement->repaired)
    statement->repaired = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (statement->repaired, clean);
  note_bad (statement);

  return clean;
}

ObLane
ob_statement_get_lane (ObStatement *statement)
{
  return ob_lane_make (ob_statement_get_text (statement, 0), ob_statement_get_text (statement, 1),
                       ob_statement_get_text (statement, 2));
}

gint64
ob_statement_get_number (ObStatement *statement, int column)
{
  return sqlite3_column_int64 (statement->handle, column);
}

static gint64
read_within (ObStatement *statement, int column, ObLimit limit, gboolean *is_good)
{
  return ob_limit_read (limit, sqlite3_column_type (statement->handle, column),
                        sqlite3_column_int64 (statement->handle, column), is_good);
}

gint64
ob_statement_get_sound (ObStatement *statement, int column, ObLimit limit)
{
  gboolean is_good;
  gint64 number = read_within (statement, column, limit, &is_good);

  if (!is_good)
    note_bad (statement);

  return number;
}

gboolean
ob_statement_is_sound (ObStatement *statement, int column, ObLimit limit)
{
  gboolean is_good;

  (void) read_within (statement, column, limit, &is_good);

  return is_good;
}

void
ob_statement_bind_text (ObStatement *statement, const char *parameter, const char *text)
{
  g_autofree char *clean = text && !ob_text_is_clean (text) ? ob_text_dup_clean (text, -1, 0) : NULL;

  if (clean)
    g_warning ("A door let text in that is not clean: %s is repaired", parameter);
  (void) sqlite3_bind_text (statement->handle, sqlite3_bind_parameter_index (statement->handle, parameter),
                            clean ? clean : text, -1, SQLITE_TRANSIENT);
}

void
ob_statement_bind_asked (ObStatement *statement, const char *parameter, const char *text)
{
  ob_statement_bind_text (statement, parameter, text && ob_text_is_clean (text) ? text : NULL);
}

void
ob_statement_bind_number (ObStatement *statement, const char *parameter, gint64 number)
{
  (void) sqlite3_bind_int64 (statement->handle, sqlite3_bind_parameter_index (statement->handle, parameter), number);
}

void
ob_statement_bind_lane (ObStatement *statement, const ObLane *lane)
{
  ob_statement_bind_text (statement, "@destination", lane->destination);
  ob_statement_bind_text (statement, "@rule", lane->rule);
  ob_statement_bind_text (statement, "@sent_on", lane->sent_on);
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
  g_autofree char *text = g_variant_n_children (strings) > 0 ? ob_json_write (strings) : NULL;

  ob_statement_bind_text (statement, parameter, text ? text : "{}");
}

GVariant *
ob_statement_read_strings (ObStatement *statement, int column)
{
  const char *text = ob_statement_get_text (statement, column);
  g_autoptr (JsonNode) node = NULL;
  GVariant *strings = NULL;

  /* A damaged database may hold anything, which json-glib cannot take. Most uploads have an empty object. */
  if (text && !g_str_equal (text, "{}"))
    node = ob_json_parse (text, strlen (text), NULL);
  if (node)
    strings = json_gvariant_deserialize (node, "a{ss}", NULL);
  if (!strings)
    return g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return g_variant_take_ref (strings);
}

gboolean
ob_statement_run (ObDatabase *database, ObStatement *statement, GError **error)
{
  if (ob_statement_step (statement) == SQLITE_DONE)
    return TRUE;
  ob_database_set_error (database, error);

  return FALSE;
}
