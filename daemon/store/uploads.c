/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows to records and back. Values are bound by name, so that the order of columns does not matter. Main thread.
 */
#include "store/uploads.h"

#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/follow-ups.h"
#include "store/limits.h"
#include "store/statement.h"

/* How many rows one page looks at, in some milliseconds. */
#define SPAN 20000

/* clang-format off */
/* Columns that never change are in no UPDATE, since each has an index that every change of state would write again. */
#define CONSTANT_TABLE \
  TEXT (id, id) TEXT (app, app) TEXT (key, key) TEXT (group_key, group) TEXT (group_app, group_app) \
  TEXT (tus_metadata, tus_metadata) \
  NUMBER (is_form, is_form) NUMBER (is_moved, is_moved) NUMBER (created_at, created_at_ms)
#define CHANGING_TABLE \
  TEXT (name, name) TEXT (media_type, media_type) TEXT (sha256, sha256) TEXT (group_title, group_title) \
  TEXT (destination, destination) TEXT (rule, rule) TEXT (sent_on, sent_on) \
  TEXT (server_url, server_url) TEXT (error_code, last_error.code) TEXT (error_message, last_error.message) \
  TEXT (receipt_url, receipt.url) TEXT (receipt_record, receipt.record) TEXT (receipt_digest, receipt.digest) \
  TEXT (confirmed_by, receipt.confirmed_by) TEXT (verified, verified.answer) \
  TEXT (verified_words, verified.message) NUMBER (verified_rung, verified.rung) NUMBER (verified_at, verified.at_ms) \
  TEXT (update_result, update.result) TEXT (update_words, update.message) NUMBER (update_at, update.at_ms) \
  NUMBER (size, size_bytes) NUMBER (offset, offset_bytes) NUMBER (bytes_sent, wire_bytes) \
  NUMBER (furthest, furthest_bytes) NUMBER (checked, checked.bytes) NUMBER (begun, checked.begun_bytes) \
  NUMBER (losses, losses) NUMBER (idle_hours, idle_hours) \
  NUMBER (priority, priority) NUMBER (amended, amended) NUMBER (attempts, attempts) NUMBER (failures, failures) NUMBER (state, stored) \
  NUMBER (is_paused, is_paused) NUMBER (has_local_copy, has_local_copy) \
  NUMBER (retry_at, retry_at_ms) NUMBER (not_before, not_before_ms) NUMBER (modified_at, modified_at_ms) \
  NUMBER (saved_at, saved_at_ms) NUMBER (updated_at, updated_at_ms) NUMBER (done_at, done_at_ms) \
  NUMBER (silent_since, silent_since_ms) NUMBER (progress_at, progress_at_ms) NUMBER (error_at, last_error.at_ms) \
  NUMBER (confirmed_at, receipt.confirmed_at_ms) NUMBER (receipt_rung, receipt.rung) NUMBER (sequence, sequence)
#define COLUMN_TABLE CONSTANT_TABLE CHANGING_TABLE

#define TEXT(column, field) COLUMN_##column,
#define NUMBER(column, field) COLUMN_##column,
enum { COLUMN_TABLE COLUMN_reason, COLUMN_metadata, COLUMN_number, COLUMN_is_group_paused };
#undef TEXT
#undef NUMBER
#define TEXT(column, field) #column ", "
#define NUMBER(column, field) #column ", "
static const char select_sql[] = "SELECT " COLUMN_TABLE "reason, metadata, number, is_group_paused FROM uploads ";
static const char insert_names[] = COLUMN_TABLE "reason, metadata, is_group_paused, number";
#undef TEXT
#undef NUMBER
#define TEXT(column, field) "@" #column ", "
#define NUMBER(column, field) "@" #column ", "
/* An upload that joins a paused group is paused with it. */
static const char insert_values[]
    = COLUMN_TABLE "@reason, @metadata,"
                   " coalesce ((SELECT is_paused FROM groups WHERE app = @group_app AND key = @group_key), 0), @number";
#undef TEXT
#undef NUMBER
#define TEXT(column, field) #column " = @" #column ", "
#define NUMBER(column, field) #column " = @" #column ", "
static const char update_sql[]
    = "UPDATE uploads SET " CHANGING_TABLE "reason = @reason, metadata = @metadata WHERE id = @id";
/* Ignore the counters while a bad row is repaired; they are counted anew afterwards. */
static const char put_right_sql[]
    = "UPDATE OR IGNORE uploads SET " COLUMN_TABLE "reason = @reason, metadata = @metadata, is_group_paused = @is_group_paused"
      " WHERE id = @id";
#undef TEXT
#undef NUMBER

/* clang-format on */

#define TEXT(column, field) ob_statement_bind_text (statement, "@" #column, upload->field);
#define NUMBER(column, field) ob_statement_bind_number (statement, "@" #column, (gint64) upload->field);

static void
bind_changing (ObStatement *statement, const ObUpload *upload)
{
  CHANGING_TABLE
  ob_statement_bind_reason (statement, "@reason", upload->reason);
  ob_statement_bind_strings (statement, "@metadata", upload->metadata);
}

static void
bind_constant (ObStatement *statement, const ObUpload *upload)
{
  CONSTANT_TABLE
}

#undef TEXT
#undef NUMBER

/* Sets a required field that a damaged row lacks. */
static gboolean
fill (char **field, const char *instead)
{
  if (*field)
    return FALSE;
  *field = g_strdup (instead);

  return TRUE;
}

/* Returns: whether something was missing. */
static gboolean
fill_in (ObUpload *upload)
{
  gboolean was_missing = fill (&upload->app, "");

  was_missing |= fill (&upload->name, upload->id);
  was_missing |= fill (&upload->media_type, "application/octet-stream");
  was_missing |= fill (&upload->destination, "");
  was_missing |= fill (&upload->rule, "");
  was_missing |= fill (&upload->sent_on, "");

  return fill (&upload->group_app, "") || was_missing;
}

/* Reads values that no version of Outbox has written as something possible, and marks the row for repair. Returns:
 * (transfer full) (nullable): %NULL if the row has no id, so that nobody can ask for it */
static ObUpload *
read_upload (ObDatabase *database, ObStatement *statement)
{
  g_autoptr (ObUpload) upload = ob_upload_new ();
  const gboolean is_state_known = ob_statement_is_sound (statement, COLUMN_state, OB_LIMIT_state);

#define TEXT(column, field) \
  g_free (upload->field);   \
  upload->field = g_strdup (ob_statement_get_text (statement, COLUMN_##column));
#define NUMBER(column, field) upload->field = ob_statement_get_sound (statement, COLUMN_##column, OB_LIMIT_##column);
  COLUMN_TABLE
#undef TEXT
#undef NUMBER
  upload->reason = outbox_reason_from_name (ob_statement_get_text (statement, COLUMN_reason));
  g_variant_unref (upload->metadata);
  upload->metadata = ob_statement_read_strings (statement, COLUMN_metadata);
  upload->number = ob_statement_get_number (statement, COLUMN_number);
  upload->is_group_paused = ob_statement_get_sound (statement, COLUMN_is_group_paused, OB_LIMIT_is_group_paused) != 0;
  if (!upload->id)
    {
      ob_database_note_bad_row (database);
      return NULL;
    }
  upload->needs_repair = statement->is_bad | fill_in (upload) | ob_upload_mend (upload, is_state_known);
  if (upload->needs_repair)
    ob_database_note_bad_row (database);

  return g_steal_pointer (&upload);
}

static gboolean
set_not_found (GError **error, const char *what)
{
  ob_text_set_not_found (error, S_ ("There is no upload %s"), what);

  return FALSE;
}

/* Runs a statement that changes one row. */
static gboolean
change_one (ObDatabase *database, ObStatement *statement, const char *id, GError **error)
{
  sqlite3 *handle = ob_database_get_handle (database);

  if (ob_statement_step (statement) == SQLITE_DONE)
    return sqlite3_changes (handle) > 0 || set_not_found (error, id);
  if (sqlite3_extended_errcode (handle) == SQLITE_CONSTRAINT_UNIQUE)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The submit key or id of %s is taken", id);
  else
    ob_database_set_error (database, error);

  return FALSE;
}

/* Counts in memory, so that files handed over one after the other keep their order, whichever is looked at first. */
gint64
ob_uploads_take_number (ObDatabase *database)
{
  gint64 *next = ob_database_get_next_number (database);
  g_autoptr (ObStatement) statement = NULL;

  if (*next == 0)
    {
      statement = ob_statement_new (database, "SELECT max (seq) FROM sqlite_sequence WHERE name = 'uploads'", NULL);
      *next = 1;
      if (statement && ob_statement_step (statement) == SQLITE_ROW)
        *next += ob_statement_get_number (statement, 0);
    }

  return (*next)++;
}

gboolean
ob_uploads_insert (ObDatabase *database, ObUpload *upload, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO uploads (%s) VALUES (%s)", insert_names, insert_values);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return FALSE;
  bind_constant (statement, upload);
  bind_changing (statement, upload);
  if (upload->number == 0)
    upload->number = ob_uploads_take_number (database);
  ob_statement_bind_number (statement, "@number", upload->number);

  return change_one (database, statement, upload->id, error);
}

gboolean
ob_uploads_update (ObDatabase *database, const ObUpload *upload, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, update_sql, error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", upload->id);
  bind_changing (statement, upload);

  return change_one (database, statement, upload->id, error);
}

gboolean
ob_uploads_put_right (ObDatabase *database, const ObUpload *upload, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, put_right_sql, error);

  if (!statement)
    return FALSE;
  bind_constant (statement, upload);
  bind_changing (statement, upload);
  ob_statement_bind_number (statement, "@is_group_paused", upload->is_group_paused);

  return change_one (database, statement, upload->id, error);
}

gboolean
ob_uploads_move_server (ObDatabase *database, const char *destination, const char *old_origin, const char *new_origin,
                        GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "UPDATE uploads SET server_url = @new || substr (server_url, length (@old) + 1)"
                          " WHERE destination = @destination AND state IN (1, 2, 3, 4)"
                          " AND substr (server_url, 1, length (@old) + 1) = @old || '/'",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@destination", destination);
  ob_statement_bind_text (statement, "@old", old_origin);
  ob_statement_bind_text (statement, "@new", new_origin);

  return ob_statement_run (database, statement, error);
}

gboolean
ob_uploads_delete (ObDatabase *database, const char *id, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "DELETE FROM uploads WHERE id = @id", error);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", id);

  return change_one (database, statement, id, error) && ob_follow_ups_forget (database, id, error);
}

/* Reads the single row of the statement. */
static ObUpload *
read_one (ObDatabase *database, ObStatement *statement, const char *what, GError **error)
{
  int code = ob_statement_step (statement);
  ObUpload *upload = code == SQLITE_ROW ? read_upload (database, statement) : NULL;

  if (upload)
    return upload;
  if (code == SQLITE_DONE || code == SQLITE_ROW)
    (void) set_not_found (error, what);
  else
    ob_database_set_error (database, error);

  return NULL;
}

ObUpload *
ob_uploads_get (ObDatabase *database, const char *id, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql, "WHERE id = @id", NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return NULL;
  ob_statement_bind_asked (statement, "@id", id);

  return read_one (database, statement, id, error);
}

gboolean
ob_uploads_has (ObDatabase *database, const char *id)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT state FROM uploads WHERE id = @id", NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_text (statement, "@id", id);
  if (ob_statement_step (statement) != SQLITE_ROW)
    return FALSE;
  /* A row with a bad state is in no index, and would not be found by what waits: report it. */
  (void) ob_statement_get_sound (statement, 0, OB_LIMIT_state);

  return TRUE;
}

ObUpload *
ob_uploads_get_by_key (ObDatabase *database, const char *app, const char *key, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql, "WHERE app = @app AND key = @key", NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return NULL;
  ob_statement_bind_asked (statement, "@app", app);
  ob_statement_bind_asked (statement, "@key", key);

  return read_one (database, statement, key, error);
}

/* Reads every row of the statement. */
static GPtrArray *
read_all (ObDatabase *database, ObStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
  int code;

  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      ObUpload *upload = read_upload (database, statement);

      if (upload)
        g_ptr_array_add (uploads, upload);
    }
  if (code == SQLITE_DONE)
    return g_steal_pointer (&uploads);
  ob_database_set_error (database, error);

  return NULL;
}

/* Filters by kind in SQL, so that a long queue of other kinds makes no records. */
static void
append_kinds (GString *sql, const GArray *kinds)
{
  g_string_append (sql, " AND (destination, rule, sent_on, state, hold) IN (VALUES ");
  for (guint i = 0; i < kinds->len; i++)
    g_string_append_printf (sql, "%s(@destination%u, @rule%u, @sent_on%u, @state%u, @hold%u)", i > 0 ? ", " : "", i, i,
                            i, i, i);
  g_string_append_c (sql, ')');
}

static void
bind_kinds (ObStatement *statement, const GArray *kinds)
{
  for (guint i = 0; i < kinds->len; i++)
    {
      const ObCount *kind = &g_array_index (kinds, ObCount, i);
      const char *const names[] = { "destination", "rule", "sent_on" };
      const char *const texts[] = { kind->lane.destination, kind->lane.rule, kind->lane.sent_on };
      char parameter[32];

      for (guint k = 0; k < G_N_ELEMENTS (names); k++)
        {
          g_snprintf (parameter, sizeof parameter, "@%s%u", names[k], i);
          ob_statement_bind_text (statement, parameter, texts[k]);
        }
      g_snprintf (parameter, sizeof parameter, "@state%u", i);
      ob_statement_bind_number (statement, parameter, kind->stored);
      g_snprintf (parameter, sizeof parameter, "@hold%u", i);
      ob_statement_bind_number (statement, parameter, kind->own_hold);
    }
}

/* Returns: the first number after @after in use (and unfinished, if only those are asked for), or 0. Numbers are never
 * reused: after a hundred thousand removed uploads, the first one has a large number. */
static gint64
find_first (ObDatabase *database, const ObUploadsFilter *filter, gint64 after)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          filter->is_unfinished ? "SELECT min(number) FROM uploads WHERE number > @after AND state <> 5"
                                                : "SELECT min(number) FROM uploads WHERE number > @after",
                          NULL);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@after", after);

  return ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

/* Returns: where the next page begins */
static gint64
next_after (ObDatabase *database, const ObUploadsFilter *filter, const GPtrArray *uploads, guint limit, gint64 up_to)
{
  if (uploads->len == limit)
    return ((const ObUpload *) uploads->pdata[uploads->len - 1])->number;

  return up_to < G_MAXINT64 && find_first (database, filter, up_to) > 0 ? up_to : 0;
}

GPtrArray *
ob_uploads_list (ObDatabase *database, const ObUploadsFilter *filter, gint64 *after, guint limit, GError **error)
{
  /* A group has an index of its own; otherwise walk along the primary key. */
  const gint64 up_to = filter->group ? G_MAXINT64 : MAX (find_first (database, filter, *after), *after) + SPAN;
  g_autoptr (GString) sql = g_string_new (select_sql);
  g_autoptr (ObStatement) statement = NULL;
  GPtrArray *uploads;

  g_string_append (sql, "WHERE number > @after AND number <= @up_to");
  if (filter->group)
    g_string_append (sql, " AND group_key = @group");
  if (filter->group_app)
    g_string_append (sql, " AND group_app = @group_app");
  if (filter->app)
    g_string_append (sql, " AND app = @app");
  if (filter->destination)
    g_string_append (sql, " AND destination = @destination");
  if (filter->kinds && filter->kinds->len == 0)
    {
      *after = 0;
      return g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
    }
  if (filter->kinds)
    append_kinds (sql, filter->kinds);
  if (filter->is_unfinished)
    g_string_append (sql, " AND state <> 5");
  g_string_append (sql, " ORDER BY number LIMIT @limit");
  statement = ob_statement_new (database, sql->str, error);
  if (!statement)
    return NULL;
  ob_statement_bind_number (statement, "@after", *after);
  ob_statement_bind_number (statement, "@up_to", up_to);
  ob_statement_bind_asked (statement, "@group", filter->group);
  ob_statement_bind_asked (statement, "@group_app", filter->group_app);
  ob_statement_bind_asked (statement, "@app", filter->app);
  ob_statement_bind_asked (statement, "@destination", filter->destination);
  if (filter->kinds)
    bind_kinds (statement, filter->kinds);
  ob_statement_bind_number (statement, "@limit", limit);
  uploads = read_all (database, statement, error);
  if (uploads)
    *after = next_after (database, filter, uploads, limit, up_to);

  return uploads;
}

/* Each condition has an index with only the rows that it selects. */
static const char *const set_conditions[] = {
  [OB_UPLOADS_INTERRUPTED] = "state IN (0, 2)",
  [OB_UPLOADS_TO_CLEAR] = "state = 5 AND has_local_copy = 1 AND is_moved = 0 AND done_at <= @value ORDER BY done_at",
  [OB_UPLOADS_DUE] = "retry_at > 0 AND retry_at <= @value",
  [OB_UPLOADS_DUE_TO_BEGIN] = "not_before > 0 AND not_before <= @value",
};

GPtrArray *
ob_uploads_find (ObDatabase *database, ObUploadsSet set, gint64 value, guint limit, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql, "WHERE ", set_conditions[set], " LIMIT @limit", NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return NULL;
  ob_statement_bind_number (statement, "@value", value);
  ob_statement_bind_number (statement, "@limit", limit);

  return read_all (database, statement, error);
}

ObUpload *
ob_uploads_get_form (ObDatabase *database, const char *group_app, const char *group, GError **error)
{
  g_autofree char *sql = g_strconcat (select_sql,
                                      "WHERE is_form = 1 AND group_app = @group_app AND group_key = @group"
                                      " ORDER BY state, number LIMIT 1",
                                      NULL);
  g_autoptr (ObStatement) statement = ob_statement_new (database, sql, error);

  if (!statement)
    return NULL;
  ob_statement_bind_text (statement, "@group_app", group_app);
  ob_statement_bind_text (statement, "@group", group);

  return read_one (database, statement, "that is the form of the group", error);
}
