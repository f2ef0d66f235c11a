/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal, and the one function that assigns a stored state. Main thread.
 */
#include "store/journal.h"

#include "dbus/error.h"
#include "store/statement.h"
#include "store/uploads.h"

#define OF_UPLOAD " FROM journal WHERE upload = @upload"
#define OF_HOLD " FROM journal WHERE scope = @scope AND key = @key"
#define IS_SAME " AND event = @event AND state IS @state AND reason IS @reason AND message = @message"

/* Compares with the last row of the same upload or hold, and the one before: between two errors there is the row of an
 * attempt, or of the end of a wait. */
#define REPEATED(of)                                                                                            \
  "SELECT sequence, count" of IS_SAME " AND sequence IN (SELECT sequence" of " ORDER BY sequence DESC LIMIT 2)" \
  " ORDER BY sequence DESC LIMIT 1"

static void
bind_subject (ObStatement *statement, const ObJournalRow *row)
{
  if (row->upload_id)
    ob_statement_bind_text (statement, "@upload", row->upload_id);
  else
    {
      ob_statement_bind_text (statement, "@scope", row->scope);
      ob_statement_bind_text (statement, "@key", row->key);
    }
}

/* Write an error that comes again and again as one row with a count: a week of rows would fill the disk and hide
 * everything else. Returns: how often it came before, after deleting those rows; -1 with @error */
static gint64
take_repetition (ObDatabase *database, const ObJournalRow *row, GError **error)
{
  g_autoptr (ObStatement) select = NULL;
  g_autoptr (ObStatement) delete = NULL;
  gint64 sequence, count;

  if (!row->message || (!g_str_equal (row->event, "state") && !g_str_equal (row->event, "hold")))
    return 0;
  select = ob_statement_new (database, row->upload_id ? REPEATED (OF_UPLOAD) : REPEATED (OF_HOLD), error);
  if (!select)
    return -1;
  bind_subject (select, row);
  ob_statement_bind_text (select, "@event", row->event);
  ob_statement_bind_text (select, "@state", row->state);
  ob_statement_bind_text (select, "@reason", row->reason);
  ob_statement_bind_text (select, "@message", row->message);
  if (ob_statement_step (select) != SQLITE_ROW)
    return 0;
  sequence = ob_statement_get_number (select, 0);
  count = ob_statement_get_sound (select, 1, OB_LIMIT_count);
  g_clear_pointer (&select, ob_statement_free);
  delete = ob_statement_new (database,
                             row->upload_id ? "DELETE" OF_UPLOAD " AND sequence >= @sequence"
                                            : "DELETE" OF_HOLD " AND sequence >= @sequence",
                             error);
  if (!delete)
    return -1;
  bind_subject (delete, row);
  ob_statement_bind_number (delete, "@sequence", sequence);

  return ob_statement_run (database, delete, error) ? count : -1;
}

/* Returns: since when the newest row of the same upload or hold says that it is held by that reason; 0: it does not */
static gint64
find_since (ObDatabase *database, const ObJournalRow *subject, OutboxScope scope, OutboxReason reason)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          subject->upload_id ? "SELECT holds, at, reason" OF_UPLOAD " ORDER BY sequence DESC LIMIT 1"
                                             : "SELECT holds, at, reason" OF_HOLD " ORDER BY sequence DESC LIMIT 1",
                          NULL);
  g_autoptr (GArray) holds = NULL;

  if (!statement)
    return 0;
  bind_subject (statement, subject);
  if (ob_statement_step (statement) != SQLITE_ROW)
    return 0;
  holds = ob_past_holds_read (ob_statement_get_text (statement, 0));
  /* A hold's row of before, which has its reasons alone. */
  if (!subject->upload_id && holds->len == 0
      && (outbox_reasons_from_names (ob_statement_get_text (statement, 2)) & OUTBOX_REASON_BIT (reason)))
    return ob_statement_get_sound (statement, 1, OB_LIMIT_at);

  return ob_past_holds_find_since (holds, scope, reason);
}

/* The holds of a row that is being written. */
typedef struct
{
  ObDatabase *database;
  const ObJournalRow *row;
  gint64 now_ms;
  GArray *holds;
} Witnessed;

static void
on_hold (const ObPastHold *hold, const char *key, gpointer data)
{
  const Witnessed *witnessed = data;
  const ObJournalRow shared = { .scope = outbox_scope_get_name (hold->scope), .key = key };
  const ObJournalRow *subject = hold->scope == OUTBOX_SCOPE_UPLOAD ? witnessed->row : &shared;
  gint64 since_ms = find_since (witnessed->database, subject, hold->scope, hold->reason);
  const ObPastHold dated = { hold->scope, hold->reason, since_ms > 0 ? since_ms : witnessed->now_ms, hold->until_ms };

  ob_past_holds_add (witnessed->holds, &dated);
}

/* Nothing holds what is not there yet, has arrived, or needs a person first. */
static gboolean
can_wait (ObStored stored)
{
  return stored == OB_STORED_QUEUED || stored == OB_STORED_UPLOADING || stored == OB_STORED_CONFIRMING;
}

static const ObJournalWitness *
get_witness (ObDatabase *database, gpointer *witness_data)
{
  gconstpointer *slots = ob_database_get_witness (database);

  *witness_data = (gpointer) slots[1];

  return slots[0];
}

/* Call it before the row takes the place of another: since when something holds may be told there alone. Returns: (nullable) */
static char *
dup_upload_holds (ObDatabase *database, gint64 now_ms, const ObJournalRow *row, const ObUpload *upload, ObStored stored)
{
  g_autoptr (GArray) holds = ob_past_holds_new ();
  Witnessed witnessed = { database, row, now_ms, holds };
  gpointer witness_data;
  const ObJournalWitness *witness = get_witness (database, &witness_data);

  if (witness && can_wait (stored))
    witness->list_holds (upload, on_hold, &witnessed, witness_data);

  return ob_past_holds_dup_text (holds);
}

static char *
dup_shared_holds (ObDatabase *database, gint64 now_ms, const ObJournalRow *row, OutboxScope scope,
                  OutboxReasonSet reasons)
{
  g_autoptr (GArray) holds = ob_past_holds_new ();
  const Witnessed witnessed = { database, row, now_ms, holds };

  for (guint i = 1; i < OUTBOX_N_REASONS; i++)
    if (reasons & OUTBOX_REASON_BIT (i))
      on_hold (&(ObPastHold){ scope, i, 0, 0 }, row->key, (gpointer) &witnessed);

  return ob_past_holds_dup_text (holds);
}

void
ob_journal_set_witness (ObDatabase *database, const ObJournalWitness *witness, gpointer user_data)
{
  gconstpointer *slots = ob_database_get_witness (database);

  slots[0] = witness;
  slots[1] = user_data;
}

static const char *
get_network (ObDatabase *database)
{
  gpointer witness_data;
  const ObJournalWitness *witness = get_witness (database, &witness_data);

  return witness ? witness->get_network (witness_data) : NULL;
}

static const char insert_sql[]
    = "INSERT INTO journal (at, upload, app, scope, key, event, state, reason, message, count, attempts, offset, "
      "network,"
      " holds) VALUES (@at, @upload, @app, @scope, @key, @event, @state, @reason, @message, @count, @attempts, @offset,"
      " @network, @holds)";

static gint64
append (ObDatabase *database, gint64 now_ms, const ObJournalRow *row, const char *app, GError **error)
{
  gint64 count = take_repetition (database, row, error);
  g_autoptr (ObStatement) statement = count < 0 ? NULL : ob_statement_new (database, insert_sql, error);

  if (!statement)
    return 0;
  ob_statement_bind_number (statement, "@count", count + 1);
  ob_statement_bind_number (statement, "@at", now_ms);
  ob_statement_bind_text (statement, "@upload", row->upload_id);
  ob_statement_bind_text (statement, "@app", app);
  ob_statement_bind_text (statement, "@scope", row->scope);
  ob_statement_bind_text (statement, "@key", row->key);
  ob_statement_bind_text (statement, "@event", row->event);
  ob_statement_bind_text (statement, "@state", row->state);
  ob_statement_bind_text (statement, "@reason", row->reason);
  ob_statement_bind_text (statement, "@message", row->message);
  ob_statement_bind_number (statement, "@attempts", row->attempts);
  ob_statement_bind_number (statement, "@offset", (gint64) row->offset_bytes);
  ob_statement_bind_text (statement, "@network", get_network (database));
  ob_statement_bind_text (statement, "@holds", row->holds);
  if (!ob_statement_run (database, statement, error))
    return 0;

  return sqlite3_last_insert_rowid (ob_database_get_handle (database));
}

static const char *
reason_name (OutboxReason reason)
{
  return reason != OUTBOX_REASON_NONE ? outbox_reason_get_info (reason)->name : NULL;
}

gint64
ob_journal_append (ObDatabase *database, gint64 now_ms, const ObUpload *upload, const char *event, ObStored stored,
                   OutboxReason reason, const char *message, GError **error)
{
  ObJournalRow row = { .upload_id = upload->id,
                       .event = event,
                       .state = ob_stored_get_name (stored),
                       .reason = reason_name (reason),
                       .message = message,
                       .attempts = upload->attempts,
                       .offset_bytes = upload->offset_bytes };
  g_autofree char *holds = dup_upload_holds (database, now_ms, &row, upload, stored);

  row.holds = holds;

  return append (database, now_ms, &row, upload->app, error);
}

gint64
ob_journal_append_hold (ObDatabase *database, gint64 now_ms, OutboxScope scope, const char *key,
                        OutboxReasonSet reasons, const char *message, GError **error)
{
  g_autofree char *names = reasons != 0 ? outbox_reasons_to_names (reasons) : NULL;
  ObJournalRow row = { .scope = outbox_scope_get_name (scope),
                       .key = key ? key : "",
                       .event = names ? "hold" : "release",
                       .reason = names,
                       .message = message };
  g_autofree char *holds = dup_shared_holds (database, now_ms, &row, scope, reasons);

  row.holds = holds;

  return append (database, now_ms, &row, NULL, error);
}

gint64
ob_journal_append_app (ObDatabase *database, gint64 now_ms, const char *origin, const char *event, const char *message,
                       GError **error)
{
  const ObJournalRow row = { .scope = "app", .key = origin, .event = event, .message = message };

  return append (database, now_ms, &row, NULL, error);
}

gboolean
ob_journal_has_event (ObDatabase *database, const char *upload_id, const char *event)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT 1 FROM journal WHERE upload = @upload AND event = @event", NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_asked (statement, "@upload", upload_id);
  ob_statement_bind_text (statement, "@event", event);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gboolean
ob_journal_has_event_after (ObDatabase *database, const char *upload_id, const char *event, gint64 sequence)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT 1 FROM journal WHERE upload = @upload AND sequence > @sequence AND event = @event",
                          NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_asked (statement, "@upload", upload_id);
  ob_statement_bind_text (statement, "@event", event);
  ob_statement_bind_number (statement, "@sequence", sequence);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gboolean
ob_journal_is_of_app (ObDatabase *database, const char *upload_id, const char *app)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database, "SELECT 1 FROM journal WHERE upload = @upload AND app = @app LIMIT 1", NULL);

  if (!statement)
    return FALSE;
  ob_statement_bind_asked (statement, "@upload", upload_id);
  ob_statement_bind_asked (statement, "@app", app);

  return ob_statement_step (statement) == SQLITE_ROW;
}

gint64
ob_journal_get_last (ObDatabase *database)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT max(sequence) FROM journal", NULL);

  return statement && ob_statement_step (statement) == SQLITE_ROW ? ob_statement_get_number (statement, 0) : 0;
}

#define COLUMNS \
  "sequence, at, upload, scope, key, event, state, reason, message, count, attempts, offset, network, holds"

static gboolean
read_rows (ObDatabase *database, ObStatement *statement, ObJournalRead on_row, gpointer user_data, GError **error)
{
  int code;

  while ((code = ob_statement_step (statement)) == SQLITE_ROW)
    {
#define COLUMN(i) ob_statement_get_text (statement, i)
      const ObJournalRow row = { ob_statement_get_number (statement, 0),
                                 ob_statement_get_sound (statement, 1, OB_LIMIT_at),
                                 COLUMN (2),
                                 COLUMN (3),
                                 COLUMN (4),
                                 COLUMN (5),
                                 COLUMN (6),
                                 COLUMN (7),
                                 COLUMN (8),
                                 (guint) ob_statement_get_sound (statement, 9, OB_LIMIT_count),
                                 (guint) ob_statement_get_sound (statement, 10, OB_LIMIT_attempts),
                                 (guint64) ob_statement_get_sound (statement, 11, OB_LIMIT_offset),
                                 COLUMN (12),
                                 COLUMN (13) };
#undef COLUMN

      on_row (&row, user_data);
    }
  if (code != SQLITE_DONE)
    ob_database_set_error (database, error);

  return code == SQLITE_DONE;
}

gboolean
ob_journal_read (ObDatabase *database, guint limit, ObJournalRead on_row, gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT * FROM (SELECT " COLUMNS " FROM journal ORDER BY sequence DESC LIMIT @limit)"
                          " ORDER BY sequence",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@limit", limit);

  return read_rows (database, statement, on_row, user_data, error);
}

gboolean
ob_journal_read_after (ObDatabase *database, gint64 after, guint limit, ObJournalRead on_row, gpointer user_data,
                       GError **error)
{
  g_autoptr (ObStatement) statement
      = ob_statement_new (database,
                          "SELECT " COLUMNS " FROM journal WHERE sequence > @after ORDER BY sequence LIMIT @limit",
                          error);

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@after", after);
  ob_statement_bind_number (statement, "@limit", limit);

  return read_rows (database, statement, on_row, user_data, error);
}

/* Selects the rows of a hold that covers the upload. */
#define OF_COVER \
  " FROM journal AS held WHERE held.scope = cover.scope AND held.key = cover.key AND held.scope IS NOT NULL"

/* The upload's own rows, the rows of its holds while it existed, and those holds that were there when it came. Each part
 * reads the end of an index, so that a hold that came and went a million times costs nothing. */
static const char history_sql[]
    = "WITH span AS (SELECT min(sequence) AS first FROM journal WHERE upload = @upload),"
      " cover (scope, key) AS (VALUES ('queue', ''), ('destination', @destination), ('lane', @lane), ('group', @group))"
      " SELECT * FROM (SELECT " COLUMNS " FROM journal WHERE sequence IN ("
      "   SELECT * FROM (SELECT sequence FROM journal WHERE upload = @upload ORDER BY sequence DESC LIMIT @limit)"
      "   UNION ALL SELECT held.sequence FROM span CROSS JOIN cover CROSS JOIN journal AS held"
      "     WHERE held.sequence IN (SELECT held.sequence" OF_COVER
      "       AND held.sequence > span.first AND held.sequence <= @last ORDER BY held.sequence DESC LIMIT @limit)"
      "   UNION ALL SELECT sequence FROM journal WHERE event = 'hold' AND sequence IN"
      "     (SELECT (SELECT max(held.sequence)" OF_COVER " AND held.sequence < span.first) FROM span CROSS JOIN cover))"
      " ORDER BY sequence DESC LIMIT @limit) ORDER BY sequence";

gboolean
ob_journal_read_history (ObDatabase *database, const char *upload_id, const ObJournalCover *cover, guint limit,
                         ObJournalRead on_row, gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, history_sql, error);

  if (!statement)
    return FALSE;
  ob_statement_bind_asked (statement, "@upload", upload_id);
  ob_statement_bind_text (statement, "@destination", cover->destination);
  ob_statement_bind_text (statement, "@lane", cover->lane);
  ob_statement_bind_text (statement, "@group", cover->group);
  ob_statement_bind_number (statement, "@last", cover->last);
  ob_statement_bind_number (statement, "@limit", limit);

  return read_rows (database, statement, on_row, user_data, error);
}

/* Tell an upload by its newest row alone: older ones are told by that. */
static const char since_sql[]
    = "SELECT sequence, upload, app IS @app OR @app IS NULL, (SELECT max(sequence) FROM journal AS newer"
      "   WHERE newer.upload = journal.upload) = sequence"
      " FROM journal WHERE sequence > @sequence ORDER BY sequence LIMIT @limit";

gboolean
ob_journal_read_since (ObDatabase *database, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                       gboolean (*on_upload) (const char *upload_id, gint64 sequence, gpointer user_data),
                       gpointer user_data, GError **error)
{
  g_autoptr (ObStatement) statement = ob_statement_new (database, since_sql, error);
  gboolean goes_on = TRUE;
  int code = SQLITE_ROW;
  guint n_rows = 0;

  if (!statement)
    return FALSE;
  ob_statement_bind_number (statement, "@sequence", *sequence);
  ob_statement_bind_asked (statement, "@app", app);
  ob_statement_bind_number (statement, "@limit", limit);
  while (goes_on && (code = ob_statement_step (statement)) == SQLITE_ROW)
    {
      const char *upload = ob_statement_get_text (statement, 1);

      *sequence = ob_statement_get_number (statement, 0);
      n_rows++;
      if (upload && ob_statement_get_number (statement, 2) != 0 && ob_statement_get_number (statement, 3) != 0)
        goes_on = on_upload (upload, *sequence, user_data);
    }
  *is_end = code == SQLITE_DONE && n_rows < limit;
  if (code != SQLITE_DONE && code != SQLITE_ROW)
    ob_database_set_error (database, error);

  return code == SQLITE_DONE || code == SQLITE_ROW;
}

gboolean
ob_journal_move (ObDatabase *database, ObUpload *upload, ObStored to, OutboxReason reason, const char *message,
                 gint64 now_ms, GError **error)
{
  const ObStored from = upload->stored;
  const OutboxReason old_reason = upload->reason;
  const gint64 old_updated_at_ms = upload->updated_at_ms;
  const gint64 old_sequence = upload->sequence;
  gint64 sequence;

  if (!ob_stored_can_become (from, to))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, "An upload that is %s cannot become %s",
                   ob_stored_get_name (from), ob_stored_get_name (to));
      return FALSE;
    }
  sequence = ob_journal_append (database, now_ms, upload, "state", to, reason, message, error);
  if (sequence == 0)
    return FALSE;

  upload->stored = to;
  upload->reason = reason;
  upload->updated_at_ms = now_ms;
  upload->sequence = sequence;
  if (ob_uploads_update (database, upload, error))
    return TRUE;
  upload->stored = from;
  upload->reason = old_reason;
  upload->updated_at_ms = old_updated_at_ms;
  upload->sequence = old_sequence;

  return FALSE;
}
