/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit: a thread of the pool looks at the file, then copies and flushes it, while a row that is saving is committed; when
 * both are on the disk, the answer. That it is queued is committed after it. Main thread.
 */
#include "broker/broker-private.h"

#include "base/disk.h"
#include "base/crash.h"
#include "broker/record.h"
#include "broker/submission.h"
#include "base/text.h"
#include "dbus/error.h"
#include "store/journal.h"

/* A smaller file is saved before anybody could look: tell of it when it is. */
#define BRIEF_MAX_BYTES (256 * 1024)

struct _ObSaving
{
  ObBroker *broker;     /* borrowed */
  ObUpload *upload;     /* owned */
  ObIngestTask *task;   /* borrowed; NULL: the copy is done, or has failed */
  GPtrArray *followers; /* of ObResubmission: submits with the same key that wait for this one */
  ObSubmitDone done;
  gpointer user_data;
  GError *error;        /* to be answered */
  gboolean is_answered; /* the app was told that it is safe */
  gboolean is_told;     /* watchers were told that it is saving */
  gboolean has_row;     /* it has a row, or had one */
  gboolean is_row_safe; /* the row is committed */
  gboolean is_removed;  /* a person has removed it meanwhile */
  gboolean is_restored; /* it gives an earlier upload its bytes back */
};

void
ob_saving_free (ObSaving *saving)
{
  ob_upload_free (saving->upload);
  g_ptr_array_unref (saving->followers);
  g_clear_error (&saving->error);
  g_free (saving);
}

/* --- The record, on a thread of the pool --- */

static char *
on_make_record (const ObIngestFacts *facts, const ObSpoolCopy *copy, GBytes *blocks, gpointer thread_data)
{
  const ObRecordFacts read = { facts->media_type, facts->modified_at_ms, copy->size_bytes, copy->sha256, blocks };

  return ob_record_write (thread_data, &read);
}

/* --- Those without a row, by app and key: a second submit waits for the first that has its key --- */

static guint
hash_key (gconstpointer data)
{
  const ObUpload *upload = data;

  return g_str_hash (upload->app) ^ g_str_hash (upload->key);
}

static gboolean
is_same_key (gconstpointer a, gconstpointer b)
{
  const ObUpload *one = a, *other = b;

  return g_str_equal (one->key, other->key) && g_str_equal (one->app, other->app);
}

GHashTable *
ob_broker_make_saving_keys (void)
{
  return g_hash_table_new (hash_key, is_same_key);
}

ObSaving *
ob_broker_find_saving (ObBroker *self, const char *app, const char *key)
{
  const ObUpload wanted = { .app = (char *) app, .key = (char *) key };

  return g_hash_table_lookup (self->saving_keys, &wanted);
}

/* --- The end --- */

/* Nobody works on it any more. */
static void
let_go (ObBroker *self, ObSaving *saving)
{
  if (saving->upload->key && g_hash_table_lookup (self->saving_keys, saving->upload) == saving)
    (void) g_hash_table_remove (self->saving_keys, saving->upload);
  (void) g_hash_table_remove (self->saving, saving->upload->id);
}

static void
answer (ObSaving *saving, const GError *error)
{
  if (!error)
    ob_crash_point ("before-reply");
  saving->is_answered = TRUE;
  saving->done (error ? NULL : saving->upload->id, error, saving->user_data);
}

/* When it is on the disk, or is not going to be. What was said to be safe is kept, whatever the disk says after that: a start
 * makes it queued. */
static void
end (const GError *commit_error, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObBroker *self = saving->broker;
  const GError *error = saving->error ? saving->error : commit_error;
  g_autoptr (GPtrArray) followers = g_ptr_array_ref (saving->followers);

  if (saving->is_removed || (error && !saving->is_restored && !saving->is_answered))
    (void) ob_spool_remove (self->spool, saving->upload->id, NULL);
  if (!saving->is_answered)
    answer (saving, error);
  let_go (self, saving);
  for (guint i = 0; i < followers->len; i++)
    ob_resubmission_go_on (followers->pdata[i]);
  ob_recovery_settle_doubts (self->recovery);
}

/* Matched with the present rules: a row that is made again later may meet others. */
static gboolean
add_row (gpointer user_data, GError **error)
{
  const ObSaving *saving = user_data;
  ObBroker *self = saving->broker;
  ObUpload *upload = saving->upload;

  ob_gate_admit (self->gate, upload);
  upload->sequence = ob_journal_append (self->database, upload->created_at_ms, upload, "added", upload->stored,
                                        OUTBOX_REASON_NONE, NULL, error);

  return upload->sequence > 0 && ob_uploads_insert (self->database, upload, error);
}

/* A row that could not be committed is made again. Not one that a person removed, perhaps in this very turn, whose
 * removal is not on the disk yet. */
static gboolean
may_be_made_anew (ObBroker *self, ObSaving *saving, const GError *error)
{
  if (!g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return FALSE;
  saving->is_removed = ob_journal_has_event (self->database, saving->upload->id, "removed");

  return !saving->is_removed;
}

/* Sets the row to what the spool has, and keeps what was commanded meanwhile. */
static gboolean
keep_restored (ObBroker *self, ObSaving *saving, GError **error)
{
  g_autoptr (ObUpload) row = ob_uploads_get (self->database, saving->upload->id, error);

  if (!row)
    return FALSE;
  row->size_bytes = saving->upload->size_bytes;
  g_free (row->sha256);
  row->sha256 = g_strdup (saving->upload->sha256);
  row->has_local_copy = TRUE;
  row->updated_at_ms = row->progress_at_ms = ob_broker_get_now_ms (self);
  if (row->stored == OB_STORED_SAVING
      || (row->stored == OB_STORED_FAILED
          && (row->reason == OUTBOX_REASON_FILE_MISSING || row->reason == OUTBOX_REASON_FILE_CHANGED)))
    {
      row->saved_at_ms = row->updated_at_ms;
      row->retry_at_ms = 0;
      row->failures = 0;
      return ob_journal_move (self->database, row, OB_STORED_QUEUED, OUTBOX_REASON_NONE, "handed over again",
                              row->saved_at_ms, error);
    }
  row->sequence = ob_journal_append (self->database, row->updated_at_ms, row, "restored", row->stored,
                                     OUTBOX_REASON_NONE, NULL, error);

  return row->sequence > 0 && ob_uploads_update (self->database, row, error);
}

static gboolean
keep_new (ObBroker *self, ObSaving *saving, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) row = ob_uploads_get (self->database, saving->upload->id, &own_error);
  ObUpload *upload = row ? row : saving->upload;

  if (row)
    {
      gboolean has_other_size = row->size_bytes != saving->upload->size_bytes;

      row->size_bytes = saving->upload->size_bytes;
      g_free (row->sha256);
      row->sha256 = g_strdup (saving->upload->sha256);
      if (has_other_size)
        ob_gate_admit (self->gate, row);
    }
  else if (!may_be_made_anew (self, saving, own_error))
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }
  else if (!add_row (saving, error))
    return FALSE;
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_broker_get_now_ms (self);

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, upload->saved_at_ms,
                          error);
}

static gboolean
keep (gpointer user_data, GError **error)
{
  ObSaving *saving = user_data;
  gboolean is_kept
      = saving->is_restored ? keep_restored (saving->broker, saving, error) : keep_new (saving->broker, saving, error);

  if (is_kept)
    ob_crash_point ("row-written");

  return is_kept;
}

/* If the row cannot be deleted now, it is found when the database works again, or at the next start. */
static gboolean
forget_row (gpointer user_data, GError **error)
{
  const ObSaving *saving = user_data;

  return ob_commands_forget (saving->broker->commands, saving->upload, saving->error->message, error);
}

/* Withdraws the file, with an error of our own table. */
static void
give_up (ObBroker *self, ObSaving *saving)
{
  if (saving->is_removed || g_error_matches (saving->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&saving->error);
      saving->error = saving->is_removed ? g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND,
                                                                "The upload was removed while it was being saved")
                                         : g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                                                "Outbox is ending; hand the file over again");
    }
  if (ob_error_is_of_disk (saving->error) && !ob_spool_is_there (self->spool))
    {
      /* A disk was mounted in between, so that half of it is on each; nothing is wrong with either disk. */
      g_clear_error (&saving->error);
      saving->error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                           "The queue is being taken up from another disk; hand the file over again");
    }
  if (ob_error_is_of_disk (saving->error))
    ob_storage_probe (self->storage);
  if (saving->has_row && !saving->is_restored && !saving->is_answered)
    (void) ob_queue_do (self->queue, OB_TURN_SOON, forget_row, saving, NULL);
}

static void
on_taken (const ObSpoolCopy *copy, const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObBroker *self = saving->broker;
  gboolean is_kept = FALSE;

  saving->task = NULL;
  if (copy)
    {
      saving->upload->size_bytes = copy->size_bytes;
      g_free (saving->upload->sha256);
      saving->upload->sha256 = g_strdup (copy->sha256);
    }
  else if (!saving->error)
    saving->error = g_error_copy (error);
  /* Bytes, record and row are on the disk: a start makes that queued. Whatever else there is to do, nobody waits for it. */
  if (!saving->error && !saving->is_removed && saving->is_row_safe)
    {
      answer (saving, NULL);
      /* Let the bus's thread send the answer now: on two processors it would wait until this thread is idle. */
      g_thread_yield ();
    }
  if (!saving->error && !saving->is_removed)
    is_kept = ob_queue_do (self->queue, OB_TURN_SOON, keep, saving, &saving->error);
  if (!is_kept)
    give_up (self, saving);
  ob_queue_touch (self->queue, saving->upload->id, !saving->is_told);
  if (is_kept && saving->is_answered)
    end (NULL, saving);
  else
    ob_queue_after (self->queue, end, saving);
}

/* Comes before any answer, which waits for this commit or follows it. On a full disk the file is refused, whichever
 * finds it first, its row or its bytes. */
static void
on_row_committed (const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;

  saving->is_row_safe = error == NULL;
  /* The reserve is for files that are here already. */
  if (!saving->error && saving->task && g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL))
    {
      saving->error = g_error_copy (error);
      ob_ingest_cancel (saving->broker->ingest, saving->task);
    }
}

/* The row waits for the look at the file, since its rule may depend on size and type. */
static void
on_looked (const ObIngestFacts *facts, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObBroker *self = saving->broker;
  ObUpload *upload = saving->upload;

  upload->size_bytes = facts->size_bytes;
  if (upload->modified_at_ms == 0)
    upload->modified_at_ms = facts->modified_at_ms;
  if (!upload->media_type)
    upload->media_type = g_strdup (facts->media_type);
  if (saving->error)
    return;
  saving->has_row = ob_queue_do (self->queue, OB_TURN_SOON, add_row, saving, &saving->error);
  if (!saving->has_row)
    {
      ob_ingest_cancel (self->ingest, saving->task);
      return;
    }
  saving->is_told = upload->size_bytes > BRIEF_MAX_BYTES;
  if (saving->is_told)
    ob_queue_touch (self->queue, upload->id, TRUE);
  ob_queue_after (self->queue, on_row_committed, saving);
}

static ObSaving *
saving_new (ObBroker *self, ObUpload *upload, ObSubmitDone done, gpointer user_data)
{
  ObSaving *saving = g_new0 (ObSaving, 1);

  saving->broker = self;
  saving->upload = upload;
  saving->followers = g_ptr_array_new ();
  saving->done = done;
  saving->user_data = user_data;

  return saving;
}

/* Takes @fd and @saving. If it cannot begin, that is the answer. */
static void
start (ObBroker *self, ObSaving *saving, int fd, const char *expected_sha256)
{
  const ObUpload *upload = saving->upload;
  const ObIngestOrder order = { .id = upload->id,
                                .app = upload->app,
                                .name = upload->name,
                                .fd = fd,
                                .expected_sha256 = expected_sha256,
                                .looked = saving->is_restored ? NULL : on_looked,
                                .record = on_make_record,
                                .done = on_taken,
                                .user_data = saving,
                                .thread_data = ob_record_prepare (upload),
                                .thread_data_free = (GDestroyNotify) g_variant_unref };
  g_autoptr (GError) error = NULL;

  saving->task = ob_ingest_add (self->ingest, &order, &error);
  if (!saving->task)
    {
      ob_ingest_close (self->ingest, fd);
      saving->done (NULL, error, saving->user_data);
      ob_saving_free (saving);
      return;
    }
  g_hash_table_insert (self->saving, saving->upload->id, saving);
  if (upload->key && !saving->is_restored)
    g_hash_table_insert (self->saving_keys, saving->upload, saving);
}

void
ob_broker_submit_new (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  ObDestination *destination = ob_destination_table_demand (self->destinations, submission->destination, &error);
  ObUpload *upload;

  if (!destination)
    {
      ob_ingest_close (self->ingest, fd);
      done (NULL, error, user_data);
      return;
    }
  upload = ob_submission_make_upload (submission, destination->name, fd, ob_broker_get_now_ms (self));
  upload->number = ob_uploads_take_number (self->database);
  start (self, saving_new (self, upload, done, user_data), fd, submission->sha256);
}

void
ob_broker_restore_copy (ObBroker *self, ObUpload *upload, int fd, const char *sha256, ObSubmitDone done,
                        gpointer user_data)
{
  ObSaving *saving = saving_new (self, upload, done, user_data);

  saving->is_restored = saving->is_told = TRUE;
  start (self, saving, fd, sha256);
}

void
ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (self->is_ending)
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; hand the file over again");
  if (error || !ob_submission_check (submission, ob_broker_get_now_ms (self), &error))
    {
      ob_ingest_close (self->ingest, fd);
      done (NULL, error, user_data);
    }
  else if (submission->key)
    ob_broker_submit_with_key (self, submission, fd, done, user_data);
  else
    ob_broker_submit_new (self, submission, fd, done, user_data);
}

void
ob_saving_add_follower (ObSaving *saving, ObResubmission *again)
{
  g_ptr_array_add (saving->followers, again);
}

void
ob_broker_cancel_saving (ObBroker *self, const char *id)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->saving);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (!id || g_str_equal (key, id))
      {
        ObSaving *saving = value;

        saving->is_removed |= id != NULL;
        if (saving->task)
          ob_ingest_cancel (self->ingest, saving->task);
      }
}

gint64
ob_broker_get_saved_bytes (ObBroker *self, const char *id)
{
  ObSaving *saving = g_hash_table_lookup (self->saving, id);

  if (!saving)
    return ob_recordings_has (self->recordings, id) ? (gint64) ob_recordings_get_bytes (self->recordings, id) : -1;

  return saving->task ? ob_ingest_get_copied_bytes (saving->task) : (gint64) saving->upload->size_bytes;
}
