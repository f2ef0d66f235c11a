/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread of the pool looks at the file, then copies and syncs it, while its row is committed as saving. The app is answered
 * when both are on the disk; that the row is queued is committed afterwards. Main thread.
 */
#include "broker/saving.h"

#include "base/crash.h"
#include "base/disk.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/uploads.h"

/* A smaller file is saved before anybody could look: tell subscribers only when it is. */
#define BRIEF_MAX_BYTES (256 * 1024)

struct _ObSavingTable
{
  ObQueue *queue; /* borrowed, as are the next four */
  ObDatabase *database;
  ObSpool *spool;
  ObIngest *ingest;
  ObDestinationTable *destinations;
  const ObIntakeHost *host;
  gpointer user_data;
  GHashTable *all;    /* id → ObSaving */
  GHashTable *by_key; /* app and key of ObUpload → ObSaving: those of new uploads */
};

/* A submit that waits for the end of another one's file. */
typedef struct
{
  void (*on_ended) (gpointer user_data);
  gpointer user_data;
} Follower;

struct _ObSaving
{
  ObSavingTable *table; /* borrowed */
  ObUpload *upload;     /* owned */
  ObIngestTask *task;   /* borrowed; NULL: the copy is done, or has failed */
  GArray *followers;    /* of Follower: submits with the same key */
  ObSubmitDone done;
  gpointer user_data;
  GError *error;        /* to be answered */
  gboolean is_answered; /* the app was told that it is safe */
  gboolean is_told;     /* subscribers were told that it is saving */
  gboolean has_row;     /* it has a row, or had one */
  gboolean is_row_safe; /* the row is committed */
  gboolean is_removed;  /* a person has removed it meanwhile */
  gboolean is_restored; /* it gives an earlier upload its bytes back */
};

static void
saving_free (ObSaving *saving)
{
  ob_upload_free (saving->upload);
  g_array_unref (saving->followers);
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

/* --- The table. By key it also has those without a row: a second submit with the key must wait for them --- */

ObSaving *
ob_saving_table_find_key (ObSavingTable *self, const char *app, const char *key)
{
  const ObUpload wanted = { .app = (char *) app, .key = (char *) key };

  return g_hash_table_lookup (self->by_key, &wanted);
}

ObSaving *
ob_saving_table_find (ObSavingTable *self, const char *id)
{
  return g_hash_table_lookup (self->all, id);
}

guint
ob_saving_table_count (ObSavingTable *self)
{
  return g_hash_table_size (self->all);
}

ObSavingTable *
ob_saving_table_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObDestinationTable *destinations,
                     const ObIntakeHost *host, gpointer user_data)
{
  ObSavingTable *self = g_new0 (ObSavingTable, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->ingest = ingest;
  self->destinations = destinations;
  self->host = host;
  self->user_data = user_data;
  self->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) saving_free);
  self->by_key = g_hash_table_new (ob_upload_hash_key, ob_upload_has_same_key);

  return self;
}

void
ob_saving_table_free (ObSavingTable *self)
{
  g_hash_table_unref (self->by_key);
  g_hash_table_unref (self->all);
  g_free (self);
}

/* --- The end --- */

/* Frees it. */
static void
let_go (ObSavingTable *self, ObSaving *saving)
{
  if (saving->upload->key && g_hash_table_lookup (self->by_key, saving->upload) == saving)
    (void) g_hash_table_remove (self->by_key, saving->upload);
  (void) g_hash_table_remove (self->all, saving->upload->id);
}

static void
answer (ObSaving *saving, const GError *error)
{
  if (!error)
    ob_crash_point ("before-reply");
  saving->is_answered = TRUE;
  saving->done (error ? NULL : saving->upload->id, error, saving->user_data);
}

/* The last step, once the file is on the disk or has failed. A file that the app was told is safe stays, even if its row
 * could not be made queued: the next start does that. */
static void
end (const GError *commit_error, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObSavingTable *self = saving->table;
  const GError *error = saving->error ? saving->error : commit_error;
  g_autoptr (GArray) followers = g_array_ref (saving->followers);

  if (saving->is_removed || (error && !saving->is_restored && !saving->is_answered))
    (void) ob_spool_remove (self->spool, saving->upload->id, NULL);
  if (!saving->is_answered)
    answer (saving, error);
  let_go (self, saving);
  for (guint i = 0; i < followers->len; i++)
    {
      const Follower *follower = &g_array_index (followers, Follower, i);

      follower->on_ended (follower->user_data);
    }
  self->host->ended (self->user_data);
}

/* Also makes a row again that was rolled back; the rules may be others by then, so it is matched again. */
static gboolean
add_row (gpointer user_data, GError **error)
{
  const ObSaving *saving = user_data;
  ObSavingTable *self = saving->table;

  return self->host->add_row (saving->upload, "added", NULL, saving->upload->created_at_ms, error, self->user_data);
}

/* Returns: whether a row that is missing could not be committed, and is to be made again. A person may have removed it
 * instead, perhaps in this very turn, before the removal is on the disk. */
static gboolean
may_be_made_anew (ObSavingTable *self, ObSaving *saving, const GError *error)
{
  if (!g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return FALSE;
  saving->is_removed = ob_journal_has_event (self->database, saving->upload->id, "removed");

  return !saving->is_removed;
}

/* Gives the row the facts of the new copy, and keeps what people commanded meanwhile. */
static gboolean
keep_restored (ObSavingTable *self, ObSaving *saving, GError **error)
{
  g_autoptr (ObUpload) row = ob_uploads_get (self->database, saving->upload->id, error);

  if (!row)
    return FALSE;
  ob_upload_set_bytes (row, saving->upload->size_bytes, saving->upload->sha256);
  row->has_local_copy = TRUE;
  row->updated_at_ms = row->progress_at_ms = ob_queue_get_now_ms (self->queue);
  if (row->stored == OB_STORED_SAVING
      || (row->stored == OB_STORED_FAILED
          && (row->reason == OUTBOX_REASON_FILE_MISSING || row->reason == OUTBOX_REASON_FILE_CHANGED)))
    {
      row->saved_at_ms = row->updated_at_ms;
      row->retry_at_ms = 0;
      row->failures = 0;
      return ob_journal_move (self->database, row, OB_STORED_QUEUED, OUTBOX_REASON_NONE, S_ ("handed over again"),
                              row->saved_at_ms, error);
    }
  row->sequence = ob_journal_append (self->database, row->updated_at_ms, row, "restored", row->stored,
                                     OUTBOX_REASON_NONE, NULL, error);

  return row->sequence > 0 && ob_uploads_update (self->database, row, error);
}

static gboolean
keep_new (ObSavingTable *self, ObSaving *saving, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) row = ob_uploads_get (self->database, saving->upload->id, &own_error);
  ObUpload *upload = row ? row : saving->upload;

  if (row)
    {
      gboolean has_other_size = row->size_bytes != saving->upload->size_bytes;

      ob_upload_set_bytes (row, saving->upload->size_bytes, saving->upload->sha256);
      if (has_other_size)
        self->host->set_lane (row, self->user_data);
    }
  else if (!may_be_made_anew (self, saving, own_error))
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }
  else if (!add_row (saving, error))
    return FALSE;
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_queue_get_now_ms (self->queue);

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, upload->saved_at_ms,
                          error);
}

static gboolean
keep (gpointer user_data, GError **error)
{
  ObSaving *saving = user_data;
  gboolean is_kept
      = saving->is_restored ? keep_restored (saving->table, saving, error) : keep_new (saving->table, saving, error);

  if (is_kept)
    ob_crash_point ("row-written");

  return is_kept;
}

/* If the row cannot be deleted now, recovery finds it when the database works again, or at the next start. */
static gboolean
forget_row (gpointer user_data, GError **error)
{
  const ObSaving *saving = user_data;
  const ObSavingTable *self = saving->table;

  return self->host->forget (saving->upload, saving->error->message, error, self->user_data);
}

/* Withdraws the file, and turns the error into one of the error table. */
static void
give_up (ObSavingTable *self, ObSaving *saving)
{
  if (saving->is_removed || g_error_matches (saving->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&saving->error);
      saving->error = saving->is_removed ? g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND,
                                                                "The upload was removed while it was being saved")
                                         : g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                                                S_ ("Outbox is ending; hand the file over again"));
    }
  if (ob_error_is_of_disk (saving->error) && !ob_spool_is_there (self->spool))
    {
      /* A disk was mounted in between, so that half of it is on each; nothing is wrong with either disk. */
      g_clear_error (&saving->error);
      saving->error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                           "The queue is being taken up from another disk; hand the file over again");
    }
  if (ob_error_is_of_disk (saving->error))
    self->host->troubled (self->user_data);
  if (saving->has_row && !saving->is_restored && !saving->is_answered)
    (void) ob_queue_do (self->queue, OB_TURN_SOON, forget_row, saving, NULL);
}

static void
on_taken (const ObSpoolCopy *copy, const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObSavingTable *self = saving->table;
  gboolean is_kept = FALSE;

  saving->task = NULL;
  if (copy)
    ob_upload_set_bytes (saving->upload, copy->size_bytes, copy->sha256);
  else if (!saving->error)
    saving->error = g_error_copy (error);
  /* Bytes, record and row are on the disk, of which a start makes a queued upload: the app need not wait for the rest. */
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

/* The app has no answer yet. If the disk is full, refuse the file, whether its row or its bytes find that out first. */
static void
on_row_committed (const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;

  saving->is_row_safe = error == NULL;
  /* Do not let the copy go on and use the reserve, which is for files that are here already. */
  if (!saving->error && saving->task && g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL))
    {
      saving->error = g_error_copy (error);
      ob_ingest_cancel (saving->table->ingest, saving->task);
    }
}

/* The row waits for the look at the file, since its rule may depend on size and type. */
static void
on_looked (const ObIngestFacts *facts, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObSavingTable *self = saving->table;
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
saving_new (ObSavingTable *self, ObUpload *upload, ObSubmitDone done, gpointer user_data)
{
  ObSaving *saving = g_new0 (ObSaving, 1);

  saving->table = self;
  saving->upload = upload;
  saving->followers = g_array_new (FALSE, FALSE, sizeof (Follower));
  saving->done = done;
  saving->user_data = user_data;

  return saving;
}

/* Takes @fd and @saving. If it cannot begin, it answers with the error. */
static void
start (ObSavingTable *self, ObSaving *saving, int fd, ObWriter *writer, const char *expected_sha256)
{
  const ObUpload *upload = saving->upload;
  const ObIngestOrder order = { .id = upload->id,
                                .app = upload->app,
                                .name = upload->name,
                                .fd = fd,
                                .writer = writer,
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
      saving_free (saving);
      return;
    }
  g_hash_table_insert (self->all, saving->upload->id, saving);
  if (upload->key && !saving->is_restored)
    g_hash_table_insert (self->by_key, saving->upload, saving);
}

void
ob_saving_table_begin (ObSavingTable *self, const ObSubmission *submission, int fd, ObSubmitDone done,
                       gpointer user_data)
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
  upload = ob_submission_make_upload (submission, destination->name, fd, ob_queue_get_now_ms (self->queue));
  upload->number = ob_uploads_take_number (self->database);
  start (self, saving_new (self, upload, done, user_data), fd, submission->writer, submission->sha256);
}

void
ob_saving_table_restore (ObSavingTable *self, ObUpload *upload, int fd, ObWriter *writer, const char *sha256,
                         ObSubmitDone done, gpointer user_data)
{
  ObSaving *saving = saving_new (self, upload, done, user_data);

  saving->is_restored = saving->is_told = TRUE;
  start (self, saving, fd, writer, sha256);
}

void
ob_saving_follow (ObSaving *saving, void (*on_ended) (gpointer user_data), gpointer user_data)
{
  const Follower follower = { on_ended, user_data };

  g_array_append_val (saving->followers, follower);
}

static void
cancel (ObSaving *saving)
{
  if (saving->task)
    ob_ingest_cancel (saving->table->ingest, saving->task);
}

void
ob_saving_table_cancel (ObSavingTable *self, const char *id)
{
  ObSaving *saving = id ? ob_saving_table_find (self, id) : NULL;
  GHashTableIter iter;
  gpointer value;

  if (saving)
    {
      saving->is_removed = TRUE;
      cancel (saving);
    }
  g_hash_table_iter_init (&iter, self->all);
  while (!id && g_hash_table_iter_next (&iter, NULL, &value))
    cancel (value);
}

gint64
ob_saving_get_bytes (const ObSaving *saving)
{
  return saving->task ? ob_ingest_get_copied_bytes (saving->task) : (gint64) saving->upload->size_bytes;
}
