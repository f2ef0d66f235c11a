/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submits whose key was used before. A caller that is answered may delete its file, so the bytes are compared first: a
 * thread of the pool reads the new file, and the copy of the upload with the key. If that upload is still being saved, the
 * submit waits for the outcome. keys.c decides what follows. Main thread, except the reading.
 */
#include "broker/broker-private.h"

#include "broker/keys.h"
#include "dbus/error.h"

/* Belongs to the pool's thread while it reads. */
typedef struct
{
  gatomicrefcount refs;
  ObSpool *spool;    /* borrowed */
  char *id, *sha256; /* of the upload */
  GCancellable *cancellable;
  ObSpoolCopy handed_over;
  ObSpoolCopy on_disk; /* an empty digest: it could not be read */
  ObKept kept;         /* the state of the upload's copy */
} Comparison;

struct _ObResubmission
{
  ObBroker *broker;        /* borrowed */
  ObSubmission submission; /* its strings are those of the next fields */
  GStringChunk *strings;
  int fd; /* owned; -1: it was handed on */
  ObSubmitDone done;
  gpointer user_data;
  ObUpload *upload;       /* as it was when it was last compared; NULL: not yet */
  ObIngestTask *task;     /* borrowed: the comparison under way, or NULL */
  Comparison *comparison; /* the last */
};

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

void
ob_resubmission_free (ObResubmission *again)
{
  /* At the end of the broker a thread may still be reading it. */
  if (again->fd >= 0 && again->broker->ingest && !again->broker->is_ending)
    ob_ingest_close (again->broker->ingest, again->fd);
  g_clear_pointer (&again->comparison, comparison_unref);
  g_clear_pointer (&again->submission.metadata, g_variant_unref);
  g_clear_pointer (&again->upload, ob_upload_free);
  g_string_chunk_free (again->strings);
  g_free (again);
}

static const char *
keep_string (ObResubmission *again, const char *text)
{
  return text ? g_string_chunk_insert (again->strings, text) : NULL;
}

static ObResubmission *
resubmission_new (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  ObResubmission *again = g_new0 (ObResubmission, 1);
  ObSubmission *own = &again->submission;

  again->broker = self;
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
  own->destination = keep_string (again, submission->destination);
  own->metadata = submission->metadata ? g_variant_ref_sink (submission->metadata) : NULL;

  return again;
}

/* Ends it, with @id or @error as the answer. */
static void
answer (ObResubmission *again, const char *id, const GError *error)
{
  again->done (id, error, again->user_data);
  (void) g_hash_table_remove (again->broker->resubmissions, again);
}

static void
on_handed_on (const char *id, const GError *error, gpointer user_data)
{
  answer (user_data, id, error);
}

/* --- The comparison --- */

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
  ObResubmission *again = user_data;

  again->task = NULL;
  if (error && !again->broker->is_ending)
    answer (again, NULL, error);
  else
    ob_resubmission_go_on (again);
}

/* @upload: (transfer full) */
static void
compare (ObResubmission *again, ObUpload *upload)
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
  again->comparison = comparison_new (again->broker->spool, upload);
  order.thread_data = comparison_ref (again->comparison);
  again->task = ob_ingest_add (again->broker->ingest, &order, &error);
  if (!again->task)
    answer (again, NULL, error);
}

/* --- What follows --- */

static ObBytes
judge_bytes (const ObResubmission *again, const ObUpload *row)
{
  const char *sha256 = row->sha256 ? row->sha256 : again->comparison->on_disk.sha256;

  if (*sha256 == '\0')
    return OB_BYTES_UNKNOWN;

  return g_str_equal (sha256, again->comparison->handed_over.sha256) ? OB_BYTES_EQUAL : OB_BYTES_OTHER;
}

static void
submit_anew (ObResubmission *again)
{
  ob_broker_submit_new (again->broker, &again->submission, g_steal_fd (&again->fd), on_handed_on, again);
}

/* An upload that is replaced by another one with its key. */
typedef struct
{
  ObBroker *broker;
  const ObUpload *row;
} Loss;

static gboolean
forget_lost (gpointer user_data, GError **error)
{
  const Loss *loss = user_data;

  return ob_commands_want_termination (loss->broker->commands, loss->row, error)
         && ob_commands_forget (loss->broker->commands, loss->row,
                                "its bytes are gone, and others were handed over with its key", error);
}

static void
refuse (ObResubmission *again, const ObUpload *row, const char *why)
{
  g_autoptr (GError) error
      = g_error_new (OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The key was used for %s, %s", row->name, why);

  answer (again, NULL, error);
}

static void
act (ObResubmission *again, ObUpload *row)
{
  ObBroker *self = again->broker;
  g_autoptr (ObUpload) owned = row;
  g_autoptr (GError) error = NULL;
  Loss loss = { self, row };

  switch (ob_key_judge (row->stored, again->comparison->kept, judge_bytes (again, row)))
    {
    case OB_KEY_ANSWER:
      answer (again, row->id, NULL);
      return;
    case OB_KEY_RESTORE:
      ob_broker_restore_copy (self, g_steal_pointer (&owned), g_steal_fd (&again->fd),
                              again->comparison->handed_over.sha256, on_handed_on, again);
      return;
    case OB_KEY_REPLACE:
      if (ob_queue_do (self->queue, OB_TURN_SOON, forget_lost, &loss, &error))
        submit_anew (again);
      else
        answer (again, NULL, error);
      return;
    case OB_KEY_REFUSE:
    default:
      refuse (again, row, "which has other bytes");
    }
}

/* If another upload has the key by now, that one must be compared. */
static gboolean
is_compared (const ObResubmission *again, const ObUpload *row)
{
  return again->upload && g_str_equal (again->upload->id, row->id)
         && g_strcmp0 (again->upload->sha256, row->sha256) == 0;
}

void
ob_resubmission_go_on (ObResubmission *again)
{
  ObBroker *self = again->broker;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) row = NULL;
  ObSaving *saving;

  if (self->is_ending)
    {
      g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; hand the file over again");
      answer (again, NULL, error);
      return;
    }
  saving = ob_broker_find_saving (self, again->submission.app, again->submission.key);
  if (saving)
    {
      ob_saving_add_follower (saving, again);
      return;
    }
  row = ob_uploads_get_by_key (self->database, again->submission.app, again->submission.key, &error);
  saving = row ? g_hash_table_lookup (self->saving, row->id) : NULL;
  if (saving)
    ob_saving_add_follower (saving, again);
  else if (row && ob_recordings_has (self->recordings, row->id))
    refuse (again, row, "which an app records");
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

void
ob_broker_submit_with_key (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done,
                           gpointer user_data)
{
  ObResubmission *again = resubmission_new (self, submission, fd, done, user_data);

  g_hash_table_add (self->resubmissions, again);
  ob_resubmission_go_on (again);
}

static void
cancel_comparison (ObResubmission *again)
{
  if (!again->task)
    return;
  g_cancellable_cancel (again->comparison->cancellable);
  ob_ingest_cancel (again->broker->ingest, again->task);
}

void
ob_broker_cancel_resubmissions (ObBroker *self)
{
  GHashTableIter iter;
  gpointer again;

  g_hash_table_iter_init (&iter, self->resubmissions);
  while (g_hash_table_iter_next (&iter, &again, NULL))
    cancel_comparison (again);
}
