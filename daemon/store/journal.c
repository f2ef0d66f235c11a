/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal and the one funnel through which a stored state is assigned. Main thread.
 */
#include "store/journal.h"

#include "dbus/error.h"
#include "store/uploads.h"

gint64
ob_journal_append (ObDatabase *database, gint64 now_ms, const char *upload_id, const char *event, ObStored stored,
                   OutboxReason reason, const char *message, GError **error)
{
  const char *sql = "INSERT INTO journal (at, upload, event, state, reason, message) VALUES (?, ?, ?, ?, ?, ?)";
  sqlite3 *handle = ob_database_get_handle (database);
  sqlite3_stmt *statement = NULL;
  gboolean is_good = sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL) == SQLITE_OK;

  if (is_good)
    {
      const char *texts[]
          = { upload_id, event, ob_stored_get_name (stored),
              reason != OUTBOX_REASON_NONE ? outbox_reason_get_info (reason)->name : NULL, message };

      is_good = sqlite3_bind_int64 (statement, 1, now_ms) == SQLITE_OK;
      for (int i = 0; i < (int) G_N_ELEMENTS (texts); i++)
        is_good = sqlite3_bind_text (statement, i + 2, texts[i], -1, SQLITE_TRANSIENT) == SQLITE_OK && is_good;
      is_good = is_good && sqlite3_step (statement) == SQLITE_DONE;
    }
  if (!is_good)
    ob_database_set_error (database, error);
  (void) sqlite3_finalize (statement);

  return is_good ? sqlite3_last_insert_rowid (handle) : 0;
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
  sequence = ob_journal_append (database, now_ms, upload->id, "state", to, reason, message, error);
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
