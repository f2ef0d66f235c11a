/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows to records and back. Every statement names its values, so that the order of columns matters nowhere. Main thread.
 */
#include "store/uploads.h"

#include "dbus/error.h"

#include <json-glib/json-glib.h>

#define COLUMN_TABLE \
  TEXT (id, id) TEXT (app, app) TEXT (key, key) TEXT (name, name) TEXT (media_type, media_type) TEXT (sha256, sha256) \
  TEXT (group_key, group) TEXT (group_title, group_title) TEXT (destination, destination) TEXT (rule, rule) \
  TEXT (server_url, server_url) TEXT (error_code, last_error.code) TEXT (error_message, last_error.message) \
  TEXT (receipt_url, receipt.url) TEXT (receipt_record, receipt.record) TEXT (receipt_digest, receipt.digest) \
  TEXT (confirmed_by, receipt.confirmed_by) \
  NUMBER (size, size_bytes) NUMBER (offset, offset_bytes) NUMBER (bytes_sent, sent_bytes) \
  NUMBER (priority, priority) NUMBER (attempts, attempts) NUMBER (failures, failures) NUMBER (state, stored) \
  NUMBER (is_form, is_form) NUMBER (is_paused, is_paused) NUMBER (has_local_copy, has_local_copy) \
  NUMBER (retry_at, retry_at_ms) NUMBER (not_before, not_before_ms) NUMBER (created_at, created_at_ms) \
  NUMBER (saved_at, saved_at_ms) NUMBER (updated_at, updated_at_ms) NUMBER (done_at, done_at_ms) \
  NUMBER (progress_at, progress_at_ms) NUMBER (error_at, last_error.at_ms) \
  NUMBER (confirmed_at, receipt.confirmed_at_ms) NUMBER (sequence, sequence)

#define TEXT(column, field) #column ", "
#define NUMBER(column, field) #column ", "
static const char select_sql[] = "SELECT " COLUMN_TABLE "reason, metadata FROM uploads WHERE ";
static const char insert_names[] = COLUMN_TABLE "reason, metadata";
#undef TEXT
#undef NUMBER
#define TEXT(column, field) "@" #column ", "
#define NUMBER(column, field) "@" #column ", "
static const char insert_values[] = COLUMN_TABLE "@reason, @metadata";
#undef TEXT
#undef NUMBER
#define TEXT(column, field) #column " = @" #column ", "
#define NUMBER(column, field) #column " = @" #column ", "
static const char update_sql[]
    = "UPDATE uploads SET " COLUMN_TABLE "reason = @reason, metadata = @metadata WHERE id = @id";
#undef TEXT
#undef NUMBER

static sqlite3_stmt *
prepare (ObDatabase *database, const char *sql, GError **error)
{
  sqlite3_stmt *statement = NULL;

  if (sqlite3_prepare_v2 (ob_database_get_handle (database), sql, -1, &statement, NULL) != SQLITE_OK)
    ob_database_set_error (database, error);

  return statement;
}

static int
bind_text (sqlite3_stmt *statement, const char *parameter, const char *text)
{
  return sqlite3_bind_text (statement, sqlite3_bind_parameter_index (statement, parameter), text, -1,
                            SQLITE_TRANSIENT);
}

static int
bind_number (sqlite3_stmt *statement, const char *parameter, gint64 number)
{
  return sqlite3_bind_int64 (statement, sqlite3_bind_parameter_index (statement, parameter), number);
}

/* Returns: whether every value was taken. */
static gboolean
bind_upload (sqlite3_stmt *statement, const ObUpload *upload)
{
  g_autofree char *metadata = json_gvariant_serialize_data (upload->metadata, NULL);
  const char *reason = upload->reason != OUTBOX_REASON_NONE ? outbox_reason_get_info (upload->reason)->name : NULL;
  int code = bind_text (statement, "@reason", reason) | bind_text (statement, "@metadata", metadata);

#define TEXT(column, field) code |= bind_text (statement, "@" #column, upload->field);
#define NUMBER(column, field) code |= bind_number (statement, "@" #column, (gint64) upload->field);
  COLUMN_TABLE
#undef TEXT
#undef NUMBER

  return code == SQLITE_OK;
}

static GVariant *
read_metadata (const char *text)
{
  g_autoptr (GVariant) metadata = text ? json_gvariant_deserialize_data (text, -1, "a{ss}", NULL) : NULL;

  if (!metadata)
    return g_variant_ref_sink (g_variant_new ("a{ss}", NULL));

  return g_variant_take_ref (g_steal_pointer (&metadata));
}

static ObUpload *
read_upload (sqlite3_stmt *statement)
{
  ObUpload *upload = ob_upload_new ();
  int index = 0;

#define TEXT(column, field) upload->field = g_strdup ((const char *) sqlite3_column_text (statement, index++));
#define NUMBER(column, field) upload->field = sqlite3_column_int64 (statement, index++);
  COLUMN_TABLE
#undef TEXT
#undef NUMBER
  upload->reason = outbox_reason_from_name ((const char *) sqlite3_column_text (statement, index++));
  g_variant_unref (upload->metadata);
  upload->metadata = read_metadata ((const char *) sqlite3_column_text (statement, index));

  return upload;
}

static gboolean
set_not_found (GError **error, const char *what)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "There is no upload %s", what);

  return FALSE;
}

/* Runs a statement that changes one row, and finalises it. */
static gboolean
change_one (ObDatabase *database, sqlite3_stmt *statement, gboolean is_bound, const char *id, GError **error)
{
  sqlite3 *handle = ob_database_get_handle (database);
  gboolean is_good = is_bound && sqlite3_step (statement) == SQLITE_DONE;

  if (sqlite3_extended_errcode (handle) == SQLITE_CONSTRAINT_UNIQUE)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The submit key or id of %s is taken", id);
  else if (!is_good)
    ob_database_set_error (database, error);
  else if (sqlite3_changes (handle) == 0)
    is_good = set_not_found (error, id);
  (void) sqlite3_finalize (statement);

  return is_good;
}

gboolean
ob_uploads_insert (ObDatabase *database, const ObUpload *upload, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO uploads (%s) VALUES (%s)", insert_names, insert_values);
  sqlite3_stmt *statement = prepare (database, sql, error);

  return statement && change_one (database, statement, bind_upload (statement, upload), upload->id, error);
}

gboolean
ob_uploads_update (ObDatabase *database, const ObUpload *upload, GError **error)
{
  sqlite3_stmt *statement = prepare (database, update_sql, error);

  return statement && change_one (database, statement, bind_upload (statement, upload), upload->id, error);
}

gboolean
ob_uploads_delete (ObDatabase *database, const char *id, GError **error)
{
  sqlite3_stmt *statement = prepare (database, "DELETE FROM uploads WHERE id = @id", error);

  return statement && change_one (database, statement, bind_text (statement, "@id", id) == SQLITE_OK, id, error);
}

/* Reads the one row that a statement gives, and finalises it. */
static ObUpload *
read_one (ObDatabase *database, sqlite3_stmt *statement, gboolean is_bound, const char *what, GError **error)
{
  ObUpload *upload = NULL;
  int code = is_bound ? sqlite3_step (statement) : SQLITE_ERROR;

  if (code == SQLITE_ROW)
    upload = read_upload (statement);
  else if (code == SQLITE_DONE)
    (void) set_not_found (error, what);
  else
    ob_database_set_error (database, error);
  (void) sqlite3_finalize (statement);

  return upload;
}

ObUpload *
ob_uploads_get (ObDatabase *database, const char *id, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql, "id = @id", NULL);
  sqlite3_stmt *statement = prepare (database, sql, error);

  return statement ? read_one (database, statement, bind_text (statement, "@id", id) == SQLITE_OK, id, error) : NULL;
}

ObUpload *
ob_uploads_get_by_key (ObDatabase *database, const char *app, const char *key, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql, "app = @app AND key = @key", NULL);
  sqlite3_stmt *statement = prepare (database, sql, error);

  return statement ? read_one (database, statement,
                               (bind_text (statement, "@app", app) | bind_text (statement, "@key", key)) == SQLITE_OK,
                               key, error)
                   : NULL;
}
