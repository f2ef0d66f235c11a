/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One job a time and upload, on a thread of GLib's pool; between two jobs the main thread has the writer. All else is on the main
 * thread.
 */
#include "ipc/rest/tus-upload.h"

#include "dbus/error.h"

/* A file that nothing comes for is closed, so that a person sees that it is unfinished, and may commit it. */
#define IDLE_S 60

struct _ObTusUploads
{
  ObBroker *broker; /* borrowed */
  GHashTable *all;  /* id → ObTusUpload, owned */
  GMutex lock;      /* for the next */
  GCond ended;
  guint n_jobs; /* that threads have */
};

typedef struct
{
  void (*settled) (gpointer user_data);
  gpointer user_data;
} Waiter;

struct _ObTusUpload
{
  ObTusUploads *uploads; /* borrowed; NULL: they are gone */
  char *id;
  ObWriter *writer; /* owned; NULL: the file is closed. The thread's during a job */

  ObTusPiece piece;    /* while it is busy */
  GBytes *expected;    /* NULL: the piece has no checksum */
  GChecksum *checksum; /* of the piece so far; the thread's during a job */
  GByteArray *waiting; /* came, and is not being written yet */
  gboolean is_busy;    /* from the beginning of a piece until it is done */
  gboolean is_working; /* a job or a commit is under way */
  gboolean is_ended;   /* nothing more comes of the piece */
  gboolean is_whole;   /* and all of it came */
  gboolean is_taken_over;
  GArray *waiters; /* of Waiter */
  guint idle;
};

/* What a thread does in one go. */
typedef struct
{
  ObTusUpload *upload;   /* owned */
  ObTusUploads *uploads; /* borrowed: they wait for the job */
  ObSpool *spool;
  GBytes *bytes;
  gboolean is_first;
  gint64 size_bytes;
  gboolean is_last;
  gboolean is_whole;
  gboolean is_complete; /* out: the file has its size, and is on the disk */
  guint64 durable;      /* out */
} Job;

/* --- Life --- */

static void
clear (gpointer data)
{
  ObTusUpload *upload = data;

  g_clear_handle_id (&upload->idle, g_source_remove);
  g_clear_pointer (&upload->writer, ob_writer_unref);
  g_clear_pointer (&upload->checksum, g_checksum_free);
  g_clear_pointer (&upload->expected, g_bytes_unref);
  g_byte_array_unref (upload->waiting);
  g_array_unref (upload->waiters);
  g_free (upload->id);
}

void
ob_tus_upload_unref (ObTusUpload *upload)
{
  g_rc_box_release_full (upload, clear);
}

ObTusUploads *
ob_tus_uploads_new (ObBroker *broker)
{
  ObTusUploads *uploads = g_new0 (ObTusUploads, 1);

  uploads->broker = broker;
  uploads->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) ob_tus_upload_unref);
  g_mutex_init (&uploads->lock);
  g_cond_init (&uploads->ended);

  return uploads;
}

void
ob_tus_uploads_free (ObTusUploads *uploads)
{
  GHashTableIter iter;
  gpointer value;

  g_mutex_lock (&uploads->lock);
  while (uploads->n_jobs > 0)
    g_cond_wait (&uploads->ended, &uploads->lock);
  g_mutex_unlock (&uploads->lock);
  g_hash_table_iter_init (&iter, uploads->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObTusUpload *upload = value;

      upload->uploads = NULL;
      g_clear_handle_id (&upload->idle, g_source_remove);
    }
  g_hash_table_unref (uploads->all);
  g_mutex_clear (&uploads->lock);
  g_cond_clear (&uploads->ended);
  g_free (uploads);
}

ObTusUpload *
ob_tus_uploads_get (ObTusUploads *uploads, const char *id)
{
  ObTusUpload *upload = g_hash_table_lookup (uploads->all, id);

  if (upload)
    return g_rc_box_acquire (upload);
  upload = g_rc_box_new0 (ObTusUpload);
  upload->uploads = uploads;
  upload->id = g_strdup (id);
  upload->waiting = g_byte_array_new ();
  upload->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));

  return upload;
}

/* From a first piece on it is kept, since its file may be open. */
static void
keep (ObTusUpload *upload)
{
  if (!g_hash_table_contains (upload->uploads->all, upload->id))
    (void) g_hash_table_insert (upload->uploads->all, upload->id, g_rc_box_acquire (upload));
}

void
ob_tus_upload_close (ObTusUpload *upload)
{
  g_return_if_fail (!upload->is_working);
  g_clear_handle_id (&upload->idle, g_source_remove);
  g_clear_pointer (&upload->writer, ob_writer_unref);
  if (upload->uploads)
    (void) g_hash_table_remove (upload->uploads->all, upload->id);
}

static gboolean
on_idle (gpointer user_data)
{
  ObTusUpload *upload = user_data;

  upload->idle = 0;
  ob_tus_upload_close (upload);

  return G_SOURCE_REMOVE;
}

const char *
ob_tus_upload_get_id (const ObTusUpload *upload)
{
  return upload->id;
}

gboolean
ob_tus_upload_look (ObTusUpload *upload, gint64 *size_bytes, guint64 *durable_bytes, GError **error)
{
  g_autoptr (ObPartial) partial = ob_partial_load (ob_broker_get_spool (upload->uploads->broker), upload->id, error);

  if (!partial)
    return FALSE;
  if (!partial->is_streamed)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "An app writes %s itself", upload->id);
      return FALSE;
    }
  *size_bytes = partial->size_bytes;
  *durable_bytes = partial->durable_bytes;

  return TRUE;
}

/* --- A job, on a thread --- */

static gboolean
open_file (const Job *job, GError **error)
{
  ObTusUpload *upload = job->upload;

  if (!upload->writer)
    upload->writer = ob_writer_resume (job->spool, upload->id, NULL, error);
  if (!upload->writer)
    {
      /* Not lost: a client that was told so would send all of it again. */
      if (ob_spool_has (job->spool, upload->id))
        {
          g_clear_error (error);
          g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, "All of it is here, and is being put into the queue");
        }
      return FALSE;
    }

  return job->size_bytes < 0 || ob_writer_set_size (upload->writer, job->size_bytes, error);
}

static gboolean
append (const Job *job, GError **error)
{
  ObTusUpload *upload = job->upload;
  gsize size_bytes;
  const guint8 *bytes = g_bytes_get_data (job->bytes, &size_bytes);

  if (size_bytes == 0)
    return TRUE;
  if (!ob_writer_append (upload->writer, bytes, size_bytes, error))
    {
      if (!upload->checksum)
        (void) ob_writer_sync (upload->writer, NULL);
      return FALSE;
    }
  if (upload->checksum)
    g_checksum_update (upload->checksum, bytes, (gssize) size_bytes);

  return upload->checksum || ob_writer_sync_on_the_way (upload->writer, error);
}

/* Bytes that were not flushed are cut off when the file is opened the next time. */
static gboolean
end_piece (const Job *job, GError **error)
{
  ObTusUpload *upload = job->upload;
  guint8 bytes[64];
  gsize size_bytes = sizeof bytes;
  g_autoptr (GBytes) digest = NULL;

  if (!upload->checksum)
    return ob_writer_sync (upload->writer, error);
  g_checksum_get_digest (upload->checksum, bytes, &size_bytes);
  digest = g_bytes_new (bytes, size_bytes);
  if (job->is_whole && g_bytes_equal (digest, upload->expected))
    return ob_writer_sync (upload->writer, error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH, "The piece has another checksum; nothing was kept");

  return FALSE;
}

static gboolean
work (Job *job, GError **error)
{
  ObTusUpload *upload = job->upload;
  const ObPartial *partial;

  if ((job->is_first && !open_file (job, error)) || !append (job, error) || (job->is_last && !end_piece (job, error)))
    return FALSE;
  partial = ob_writer_get_partial (upload->writer);
  job->durable = partial->durable_bytes;
  job->is_complete
      = job->is_last && partial->size_bytes >= 0 && (guint64) partial->size_bytes == partial->durable_bytes;

  return TRUE;
}

static void
run_job (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Job *job = data;
  ObTusUploads *uploads = job->uploads;
  GError *error = NULL;

  if (work (job, &error))
    g_task_return_boolean (task, TRUE);
  else
    {
      g_clear_pointer (&job->upload->writer, ob_writer_unref);
      g_task_return_error (task, error);
    }
  g_mutex_lock (&uploads->lock);
  uploads->n_jobs--;
  g_cond_signal (&uploads->ended);
  g_mutex_unlock (&uploads->lock);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_bytes_unref (job->bytes);
  g_free (job);
}

/* --- Between jobs --- */

static void
tell_waiters (ObTusUpload *upload)
{
  g_autoptr (GArray) waiters = upload->waiters;

  upload->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (waiters, Waiter, i);

      waiter->settled (waiter->user_data);
    }
}

/* @error: (nullable) */
static void
finish (ObTusUpload *upload, guint64 offset, const GError *error)
{
  g_autoptr (ObTusUpload) held = g_rc_box_acquire (upload);
  const ObTusPiece piece = upload->piece;

  upload->is_busy = upload->is_working = FALSE;
  g_clear_pointer (&upload->checksum, g_checksum_free);
  g_clear_pointer (&upload->expected, g_bytes_unref);
  (void) g_byte_array_set_size (upload->waiting, 0);
  if (!upload->uploads)
    return;
  if (upload->writer)
    upload->idle = g_timeout_add_seconds (IDLE_S, on_idle, upload);
  else
    (void) g_hash_table_remove (upload->uploads->all, upload->id);
  piece.done (offset, error, piece.user_data);
  tell_waiters (upload);
}

typedef struct
{
  ObTusUpload *upload; /* owned */
  guint64 size_bytes;
} Commit;

static void
on_committed (const GError *error, gpointer user_data)
{
  g_autofree Commit *commit = user_data;
  g_autoptr (ObTusUpload) upload = commit->upload;

  finish (upload, commit->size_bytes, error);
}

/* With the writer, which has the digests, nothing is read again. */
static void
commit (ObTusUpload *upload, guint64 size_bytes)
{
  Commit *commit = g_new0 (Commit, 1);
  g_autoptr (ObWriter) writer = g_steal_pointer (&upload->writer);

  *commit = (Commit){ g_rc_box_acquire (upload), size_bytes };
  ob_broker_commit (upload->uploads->broker, upload->id, NULL, writer, on_committed, commit);
}

static void pump (ObTusUpload *upload, gboolean is_first);

static void
on_worked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (ObTusUpload) upload = user_data;
  const Job *job = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    finish (upload, 0, error);
  else if (!upload->uploads)
    return;
  else if (job->is_complete)
    commit (upload, job->durable);
  else if (job->is_last)
    {
      if (upload->is_taken_over)
        g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, "Another request has taken the upload over");
      finish (upload, job->durable, error);
    }
  else
    {
      upload->is_working = FALSE;
      pump (upload, FALSE);
      if (!upload->is_ended)
        upload->piece.drained (upload->piece.user_data);
    }
}

static void
pump (ObTusUpload *upload, gboolean is_first)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  if (upload->is_working || (!is_first && upload->waiting->len < OB_WRITER_PIECE_BYTES && !upload->is_ended))
    return;
  job = g_new0 (Job, 1);
  *job = (Job){ .upload = upload,
                .uploads = upload->uploads,
                .spool = ob_broker_get_spool (upload->uploads->broker),
                .bytes = g_byte_array_free_to_bytes (upload->waiting),
                .is_first = is_first,
                .size_bytes = upload->piece.size_bytes,
                .is_last = upload->is_ended,
                .is_whole = upload->is_whole };
  upload->waiting = g_byte_array_new ();
  upload->is_working = TRUE;
  task = g_task_new (NULL, NULL, on_worked, g_rc_box_acquire (upload));
  g_task_set_task_data (task, job, job_free);
  g_mutex_lock (&upload->uploads->lock);
  upload->uploads->n_jobs++;
  g_mutex_unlock (&upload->uploads->lock);
  g_task_run_in_thread (task, run_job);
}

/* --- A piece --- */

gboolean
ob_tus_upload_is_busy (ObTusUpload *upload)
{
  return upload->is_busy;
}

static void
become_busy (ObTusUpload *upload, const ObTusPiece *piece)
{
  g_return_if_fail (!upload->is_busy);
  g_clear_handle_id (&upload->idle, g_source_remove);
  keep (upload);
  upload->piece = *piece;
  upload->piece.checksum = NULL;
  upload->is_busy = TRUE;
}

void
ob_tus_upload_begin (ObTusUpload *upload, const ObTusPiece *piece)
{
  become_busy (upload, piece);
  upload->is_ended = upload->is_whole = upload->is_taken_over = FALSE;
  if (piece->checksum)
    {
      upload->expected = g_bytes_ref (piece->checksum);
      upload->checksum = g_checksum_new (piece->algorithm);
    }
  pump (upload, TRUE);
}

void
ob_tus_upload_commit (ObTusUpload *upload, const ObTusPiece *piece)
{
  become_busy (upload, piece);
  upload->is_working = upload->is_ended = upload->is_whole = TRUE;
  commit (upload, 0);
}

gsize
ob_tus_upload_add (ObTusUpload *upload, GBytes *bytes)
{
  gsize size_bytes;
  const guint8 *data = g_bytes_get_data (bytes, &size_bytes);

  if (!upload->is_busy || upload->is_ended)
    return 0;
  g_byte_array_append (upload->waiting, data, (guint) size_bytes);
  pump (upload, FALSE);

  return upload->waiting->len;
}

void
ob_tus_upload_end (ObTusUpload *upload, gboolean is_whole)
{
  if (!upload->is_busy || upload->is_ended)
    return;
  upload->is_ended = TRUE;
  upload->is_whole = is_whole;
  pump (upload, FALSE);
}

void
ob_tus_upload_take_over (ObTusUpload *upload, void (*settled) (gpointer user_data), gpointer user_data)
{
  const Waiter waiter = { settled, user_data };

  if (!upload->is_busy)
    {
      settled (user_data);
      return;
    }
  g_array_append_val (upload->waiters, waiter);
  if (!upload->is_ended)
    {
      upload->is_taken_over = TRUE;
      ob_tus_upload_end (upload, FALSE);
    }
}
