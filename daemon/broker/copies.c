/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks whether the copies that the rows tell of are there, with their size: at a start, and when the disk works again, so
 * that nothing is called safe that is not. Of its content nothing is read: that is checked as it goes out. Some rows a turn
 * of the main loop; main thread.
 */
#include "broker/broker-private.h"

#include "store/journal.h"

#include <errno.h>
#include <sys/stat.h>

#define ROWS_A_TURN 200

/* Returns: NULL where the copy is as it was, or nobody can say: a folder that is not there tells of no file. */
static const char *
find_fault (ObBroker *self, const ObUpload *upload, OutboxReason *reason)
{
  g_autofree char *path = ob_spool_get_path (self->spool, upload->id);
  g_autofree char *folder = ob_spool_get_path (self->spool, "");
  struct stat info;

  if (lstat (path, &info) == 0)
    {
      *reason = OUTBOX_REASON_FILE_CHANGED;
      return S_ISREG (info.st_mode) && (guint64) info.st_size == upload->size_bytes ? NULL
                                                                                    : "The saved copy has another size";
    }
  *reason = OUTBOX_REASON_FILE_MISSING;

  return errno == ENOENT && lstat (folder, &info) == 0 ? "The saved copy is gone" : NULL;
}

static gboolean
check_one (ObBroker *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  OutboxReason reason;
  const char *fault;

  /* What runs finds out itself; what the server has whole needs no copy to be confirmed. */
  if (!upload->has_local_copy || upload->stored != OB_STORED_QUEUED || g_hash_table_contains (self->active, upload->id)
      || g_hash_table_contains (self->saving, upload->id) || ob_broker_awaits_repair (self, upload)
      || (upload->size_bytes > 0 && upload->offset_bytes == upload->size_bytes))
    return TRUE;
  fault = find_fault (self, upload, &reason);
  if (!fault)
    return TRUE;
  upload->has_local_copy = reason != OUTBOX_REASON_FILE_MISSING;
  ob_last_error_set (&upload->last_error, outbox_reason_get_info (reason)->name, fault, now_ms);
  ob_queue_touch (self->queue, upload->id, FALSE);

  return ob_journal_move (self->database, upload, OB_STORED_FAILED, reason, fault, now_ms, error);
}

static gboolean
check_some (gpointer user_data, GError **error)
{
  ObBroker *self = user_data;
  const ObUploadsFilter filter = { .is_unfinished = TRUE };
  gint64 after = self->checked_number;
  g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, ROWS_A_TURN, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (!check_one (self, uploads->pdata[i], error))
      return FALSE;
  if (uploads)
    self->checked_number = after;

  return uploads != NULL;
}

static gboolean
on_check (gpointer data)
{
  ObBroker *self = data;
  /* What lies on a disk that is not there is not gone. */
  gboolean is_good = !self->missing_queue && ob_queue_do (self->queue, OB_TURN_SOON, check_some, self, NULL);

  ob_queue_want_flush (self->queue);
  if (is_good && self->checked_number > 0)
    return G_SOURCE_CONTINUE;
  self->check_source = 0;

  return G_SOURCE_REMOVE;
}

void
ob_broker_check_copies (ObBroker *self)
{
  self->checked_number = 0;
  if (self->check_source == 0)
    self->check_source = g_idle_add_full (G_PRIORITY_LOW, on_check, self, NULL);
}
