/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submits whose key was used before. A caller that is answered may delete its file, so the bytes are compared first: a
 * thread of the pool reads the new file, and the copy of the upload with the key. If that upload is still being saved, the
 * submit waits for the outcome. keys.c decides what follows. Main thread, except the reading.
 */
#include "broker/resubmissions.h"

#include "base/debug.h"
#include "base/text.h"
#include "broker/keys.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/uploads.h"

struct _ObResubmissions
{
  ObQueue *queue; /* borrowed, as are the next five */
  ObDatabase *database;
  ObSpool *spool;
  ObIngest *ingest;
  ObSavingTable *saving;
  ObRecordings *recordings;
  const ObIntakeHost *host;
  gpointer user_data;
  GHashTable *all; /* set of Resubmission that are not answered yet */
  gboolean is_ending;
};

/* Shared with the pool's thread, to which it belongs while that reads. */
typedef struct
{
  gatomicrefcount refs;
  ObSpool *spool;    /* borrowed */
  char *id, *sha256; /* of the upload */
  GCancellable *cancellable;
  ObSpoolCopy handed_over;
  ObSpoolCopy on_disk; /* the digest is empty if the copy could not be read */
  ObKept kept;         /* the state of the upload's copy */
} Comparison;

typedef struct
{
  ObResubmissions *all;    /* borrowed */
  ObSubmission submission; /* its strings are those of the next fields */
  GStringChunk *strings;
  int fd; /* owned; -1: it was handed on */
  ObSubmitDone done;
  gpointer user_data;
  ObUpload *upload;       /* as it was when it was last compared; NULL: not yet */
  ObIngestTask *task;     /* borrowed: the comparison under way, or NULL */
  Comparison *comparison; /* the last one; owned */
} Resubmission;

static void
comparison_unref (Comparison *comparison)
{
  if (!g_atomic_ref_count_dec (&comparison->refs))
    return;
  g_free (comparison->id);
  g_free (comparison->sha256);
  g_object_unref (comparison->cancellable);
  g_free (comparison);
}

static Comparison *
comparison_ref (Comparison *comparison)
{
  g_atomic_ref_count_inc (&comparison->refs);

  return comparison;
}

static Comparison *
comparison_new (ObSpool *spool, const ObUpload *upload)
{
  Comparison *comparison = g_new0 (Comparison, 1);

  g_atomic_ref_count_init (&comparison->refs);
  comparison->spool = spool;
  comparison->id = g_strdup (upload->id);
  comparison->sha256 = g_strdup (upload->sha256);
  comparison->cancellable = g_cancellable_new ();

  return comparison;
}

static void
resubmission_free (Resubmission *again)
{
  /* At the end of the broker a thread may still be reading it. */
  if (again->fd >= 0 && !again->all->is_ending)
    ob_ingest_close (again->all->ingest, again->fd);
  g_clear_pointer (&again->comparison, comparison_unref);
  g_clear_pointer (&again->submission.metadata, g_variant_unref);
  g_clear_pointer (&again->submission.writer, ob_writer_unref);
  g_clear_pointer (&again->upload, ob_upload_free);
  g_string_chunk_free (again->strings);
  g_free (again);
}

static const char *
keep_string (Resubmission *again, const char *text)
{
  return text ? g_string_chunk_insert (again->strings, text) : NULL;
}

static Resubmission *
resubmission_new (ObResubmissions *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  Resubmission *again = g_new0 (Resubmission, 1);
  ObSubmission *own = &again->submission;

  again->all = self;
  again->strings = g_string_chunk_new (256);
  again->fd = fd;
  again->done = done;
  again->user_data = user_data;
  *own = *submission;
  own->app = keep_string (again, submission->app);
  own->key = keep_string (again, submission->key);
  own->name = keep_string (again, submission->name);
  own->media_type = keep_string (again, submission->media_type);
  own->sha256 = keep_string (again, submission->sha256);
  own->group = keep_string (again, submission->group);
  own->group_app = keep_string (again, submission->group_app);
  own->group_title = keep_string (again, submission->group_title);
  own->tus_metadata = keep_string (again, submission->tus_metadata);
  own->destination = keep_string (again, submission->destination);
  own->metadata = submission->metadata ? g_variant_ref_sink (submission->metadata) : NULL;
  own->writer = submission->writer ? ob_writer_ref (submission->writer) : NULL;

  return again;
}

/* Ends it, with @id or @error as the answer. */
static void
answer (Resubmission *again, const char *id, const GError *error)
{
  again->done (id, error, again->user_data);
  (void) g_hash_table_remove (again->all->all, again);
}

static void
on_handed_on (const char *id, const GError *error, gpointer user_data)
{
  answer (user_data, id, error);
}

/* --- The comparison --- */

static void go_on (gpointer user_data);

/* On a thread of the pool. */
static void
on_read (const ObSpoolCopy *copy, gpointer thread_data)
{
  Comparison *comparison = thread_data;

  comparison->handed_over = *copy;
  comparison->kept = ob_spool_examine (comparison->spool, comparison->id, comparison->sha256, comparison->cancellable,
                                       &comparison->on_disk);
}

static void
on_compared (const ObSpoolCopy *copy, const GError *error, gpointer user_data)
{
  Resubmission *again = user_data;

  again->task = NULL;
  if (error && !again->all->is_ending)
    answer (again, NULL, error);
  else
    go_on (again);
}

/* @upload: (transfer full) */
static void
compare (Resubmission *again, ObUpload *upload)
{
  g_autoptr (GError) error = NULL;
  ObIngestOrder order = { .app = again->submission.app,
                          .name = upload->name,
                          .fd = again->fd,
                          .keeps_fd = TRUE,
                          .expected_sha256 = again->submission.sha256,
                          .beside = on_read,
                          .done = on_compared,
                          .user_data = again,
                          .thread_data_free = (GDestroyNotify) comparison_unref };

  g_clear_pointer (&again->upload, ob_upload_free);
  g_clear_pointer (&again->comparison, comparison_unref);
  again->upload = upload;
  again->comparison = comparison_new (again->all->spool, upload);
  order.thread_data = comparison_ref (again->comparison);
  again->task = ob_ingest_add (again->all->ingest, &order, &error);
  if (!again->task)
    answer (again, NULL, error);
}

/* --- What follows --- */

static ObBytes
judge_bytes (const Resubmission *again, const ObUpload *row)
{
  const char *sha256 = row->sha256 ? row->sha256 : again->comparison->on_disk.sha256;

  if (*sha256 == '\0')
    return OB_BYTES_UNKNOWN;

  return g_str_equal (sha256, again->comparison->handed_over.sha256) ? OB_BYTES_EQUAL : OB_BYTES_OTHER;
}

static void
submit_anew (Resubmission *again)
{
  ob_saving_table_begin (again->all->saving, &again->submission, g_steal_fd (&again->fd), on_handed_on, again);
}

/* An upload that is replaced by another one with its key. */
typedef struct
{
  const ObResubmissions *all;
  const ObUpload *row;
} Loss;

static gboolean
forget_lost (gpointer user_data, GError **error)
{
  const Loss *loss = user_data;

  return loss->all->host->forget (loss->row, S_ ("its bytes are gone, and others were handed over with its key"), error,
                                  loss->all->user_data);
}

static void
refuse (Resubmission *again, const ObUpload *row, const char *sentence)
{
  g_autofree char *words = ob_text_dup_filled (sentence, row->name, NULL);
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, words);

  answer (again, NULL, error);
}

static void
act (Resubmission *again, ObUpload *row)
{
  ObResubmissions *self = again->all;
  g_autoptr (ObUpload) owned = row;
  g_autoptr (GError) error = NULL;
  Loss loss = { self, row };
  ObKeyVerdict verdict = ob_key_judge (row->stored, again->comparison->kept, judge_bytes (again, row));

  ob_debug (OB_DEBUG_STORE, row->id, "%s has handed over a file with its key: it is %s, and %s", row->app,
            ob_stored_get_name (row->stored), ob_key_verdict_get_name (verdict));
  switch (verdict)
    {
    case OB_KEY_ANSWER:
      answer (again, row->id, NULL);
      return;
    case OB_KEY_RESTORE:
      ob_saving_table_restore (self->saving, g_steal_pointer (&owned), g_steal_fd (&again->fd),
                               again->submission.writer, again->comparison->handed_over.sha256, on_handed_on, again);
      return;
    case OB_KEY_REPLACE:
      if (ob_queue_do (self->queue, OB_TURN_SOON, forget_lost, &loss, &error))
        submit_anew (again);
      else
        answer (again, NULL, error);
      return;
    case OB_KEY_REFUSE:
    default:
      refuse (again, row, S_ ("The key was used for %s, which has other bytes"));
    }
}

/* If another upload has the key by now, that one must be compared. */
static gboolean
is_compared (const Resubmission *again, const ObUpload *row)
{
  return again->upload && g_str_equal (again->upload->id, row->id)
         && g_strcmp0 (again->upload->sha256, row->sha256) == 0;
}

static void
go_on (gpointer user_data)
{
  Resubmission *again = user_data;
  ObResubmissions *self = again->all;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) row = NULL;
  ObSaving *saving;

  if (self->is_ending)
    {
      g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; hand the file over again"));
      answer (again, NULL, error);
      return;
    }
  saving = ob_saving_table_find_key (self->saving, again->submission.app, again->submission.key);
  if (saving)
    {
      ob_saving_follow (saving, go_on, again);
      return;
    }
  row = ob_uploads_get_by_key (self->database, again->submission.app, again->submission.key, &error);
  saving = row ? ob_saving_table_find (self->saving, row->id) : NULL;
  if (saving)
    ob_saving_follow (saving, go_on, again);
  else if (row && ob_recordings_has (self->recordings, row->id))
    refuse (again, row, S_ ("The key was used for %s, which an app records"));
  else if (row && is_compared (again, row))
    act (again, g_steal_pointer (&row));
  else if (row)
    compare (again, g_steal_pointer (&row));
  /* If the database cannot be asked, do not take it for a new file: that could send it twice. */
  else if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    submit_anew (again);
  else
    answer (again, NULL, error);
}

ObResubmissions *
ob_resubmissions_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObSavingTable *saving, ObRecordings *recordings,
                      const ObIntakeHost *host, gpointer user_data)
{
  ObResubmissions *self = g_new0 (ObResubmissions, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->ingest = ingest;
  self->saving = saving;
  self->recordings = recordings;
  self->host = host;
  self->user_data = user_data;
  self->all = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) resubmission_free, NULL);

  return self;
}

void
ob_resubmissions_free (ObResubmissions *self)
{
  g_hash_table_unref (self->all);
  g_free (self);
}

void
ob_resubmissions_begin (ObResubmissions *self, const ObSubmission *submission, int fd, ObSubmitDone done,
                        gpointer user_data)
{
  Resubmission *again = resubmission_new (self, submission, fd, done, user_data);

  g_hash_table_add (self->all, again);
  go_on (again);
}

guint
ob_resubmissions_count (ObResubmissions *self)
{
  return g_hash_table_size (self->all);
}

void
ob_resubmissions_stop (ObResubmissions *self)
{
  self->is_ending = TRUE;
}

void
ob_resubmissions_end (ObResubmissions *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      Resubmission *again = key;

      if (!again->task)
        continue;
      g_cancellable_cancel (again->comparison->cancellable);
      ob_ingest_cancel (self->ingest, again->task);
    }
}
