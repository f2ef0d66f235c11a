/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Interrupted uploads are found by an index. Files without a row are found by a walk through the spool in the background;
 * some may be copies of what is being saved, and stay undecided until that is known. Main thread.
 */
#include "broker/recovery.h"

#include "base/debug.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/spool-walk.h"
#include "store/uploads.h"

#define ROWS_A_PAGE 200
#define WALK_EVERY_MS (24 * G_GINT64_CONSTANT (3600000))

struct _ObRecovery
{
  ObQueue *queue; /* borrowed, as are the next five */
  ObDatabase *database;
  ObSpool *spool;
  ObRecordings *recordings;
  ObIntake *intake;
  ObRetention *retention;
  const ObRecoveryHost *host;
  gpointer user_data;
  GHashTable *undecided; /* ids of files without a row, to be looked at again */
  ObSpoolWalk *walk;     /* the last one; NULL: there was none */
  gint64 walked_at_ms;   /* when it began */
  guint walk_source;     /* of the next one */
  ObDatabase *aside;     /* the damaged database that was set aside at this start, to rescue rows from; or NULL */
  ObUnclaimed *unclaimed;
  gboolean is_started;
};

ObRecovery *
ob_recovery_new (ObQueue *queue, ObSpool *spool, ObRecordings *recordings, ObIntake *intake, ObRetention *retention,
                 const ObRecoveryHost *host, gpointer user_data)
{
  ObRecovery *self = g_new0 (ObRecovery, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->recordings = recordings;
  self->intake = intake;
  self->retention = retention;
  self->host = host;
  self->user_data = user_data;
  self->undecided = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->unclaimed = ob_unclaimed_new (spool);

  return self;
}

void
ob_recovery_free (ObRecovery *self)
{
  ob_recovery_stop (self);
  g_hash_table_unref (self->undecided);
  ob_unclaimed_free (self->unclaimed);
  g_free (self);
}

/* --- What was interrupted --- */

static void
replace (char **field, char **value)
{
  g_free (*field);
  *field = g_steal_pointer (value);
}

/* An upload that is taken up. */
typedef struct
{
  ObRecovery *recovery;
  ObUpload *upload;
} Change;

static gboolean
recover_one (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObRecovery *self = change->recovery;
  ObUpload *upload = change->upload;
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autoptr (ObUpload) record = NULL;

  ob_debug (OB_DEBUG_STORE, upload->id, "the broker ended while it was %s", ob_stored_get_name (upload->stored));
  if (upload->stored == OB_STORED_SAVING)
    {
      /* Nobody was told that it is safe. If bytes and record are in the spool, keep it; if not, the app hands it over
       * again. */
      record = ob_spool_has (self->spool, upload->id) ? ob_record_load (self->spool, upload->id, NULL) : NULL;
      /* A person was told of a recording, so it stays until its file is known to be gone. */
      if (!record && upload->reason != OUTBOX_REASON_NONE)
        return !ob_recordings_is_gone (self->recordings, upload->id)
               || self->host->forget (upload, S_ ("the file that was recorded is gone"), error, self->user_data);
      if (!record)
        return ob_uploads_delete (self->database, upload->id, error);
      upload->size_bytes = record->size_bytes;
      replace (&upload->media_type, &record->media_type);
      self->host->set_lane (upload, self->user_data);
      replace (&upload->sha256, &record->sha256);
      upload->has_local_copy = TRUE;
      upload->saved_at_ms = upload->progress_at_ms = now_ms;
    }

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE,
                          S_ ("the service was interrupted"), now_ms, error);
}

void
ob_recovery_take_up (ObRecovery *self)
{
  g_autoptr (GPtrArray) interrupted = ob_uploads_find (self->database, OB_UPLOADS_INTERRUPTED, 0, G_MAXINT, NULL);

  for (guint i = 0; interrupted && i < interrupted->len; i++)
    {
      ObUpload *upload = interrupted->pdata[i];
      Change change = { self, upload };
      g_autoptr (GError) error = NULL;

      if (self->host->is_running (upload->id, self->user_data) || ob_intake_has (self->intake, upload->id)
          || ob_recordings_has (self->recordings, upload->id))
        continue;
      if (!ob_queue_do (self->queue, OB_TURN_SOON, recover_one, &change, &error))
        {
          g_warning ("Upload %s could not be taken up: %s", upload->id, error->message);
          /* A row that cannot be read keeps no other one waiting; a disk that takes nothing would refuse them all. */
          if (ob_database_get_trouble (self->database))
            return;
          continue;
        }
      ob_queue_touch (self->queue, upload->id, FALSE);
    }
  ob_retention_sweep (self->retention);
}

/* --- Files without a row --- */

/* Its record has the receipt, or says why that counts no more. */
static gboolean
insert_ended (ObRecovery *self, ObUpload *upload, GError **error)
{
  const gboolean is_lost = upload->stored == OB_STORED_FAILED;

  return self->host->add_row (upload, "adopted",
                              is_lost ? S_ ("found in the spool: its server did not have it any more")
                                      : S_ ("found in the spool with its receipt"),
                              upload->saved_at_ms, error, self->user_data)
         && self->host->start_update (upload, error, self->user_data)
         && (is_lost || !upload->is_moved || self->host->want_check (upload, error, self->user_data));
}

static gboolean
insert_adopted (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObRecovery *self = change->recovery;
  ObUpload *upload = change->upload;

  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_queue_get_now_ms (self->queue);
  if (ob_upload_adopt_end (upload, self->host->get_promise (upload, self->user_data), upload->saved_at_ms))
    return insert_ended (self, upload, error);

  /* An attempt asks the server before it makes anything: what an earlier one did there is not known. */
  return self->host->add_row (upload, "adopted", NULL, upload->saved_at_ms, error, self->user_data)
         && ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE,
                             S_ ("found in the spool, without a row"), upload->saved_at_ms, error);
}

/* Takes from a row of the damaged database what the record lacks: the server's offset, and a person's commands. Only if
 * the row has the same digest. */
static void
salvage (ObRecovery *self, ObUpload *upload)
{
  g_autoptr (ObUpload) row = ob_uploads_get (self->aside, upload->id, NULL);

  if (!row || g_strcmp0 (row->sha256, upload->sha256) != 0 || row->size_bytes != upload->size_bytes
      || !g_str_equal (row->name, upload->name)
      || (row->server_url && !self->host->may_resume (upload, row->server_url, self->user_data)))
    return;
  replace (&upload->server_url, &row->server_url);
  upload->wire_bytes = row->wire_bytes;
  ob_upload_set_offset (upload, MIN (row->offset_bytes, row->size_bytes));
  upload->attempts = row->attempts;
  upload->priority = row->priority;
  upload->is_paused = row->is_paused != 0;
}

/* Returns: whether only this row of the damaged database knows of the upload: it has ended, and no bytes are left here. If they
 * are in the spool, the server is asked again instead: the word of a damaged row is not worth a file. */
static gboolean
is_past (ObRecovery *self, const ObUpload *row)
{
  return (row->stored == OB_STORED_DONE || row->stored == OB_STORED_FAILED) && !ob_spool_has (self->spool, row->id)
         && !ob_uploads_has (self->database, row->id);
}

static gboolean
insert_past (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObRecovery *self = change->recovery;
  ObUpload *upload = change->upload;

  upload->number = 0;
  upload->has_local_copy = FALSE;

  return self->host->add_row (upload, "adopted", S_ ("found in the queue that was set aside"),
                              ob_queue_get_now_ms (self->queue), error, self->user_data)
         && self->host->start_update (upload, error, self->user_data);
}

/* Keeps what arrived, with its receipt and its submit key: an app that hands the same file over again must find it here, or
 * the server gets it twice. Ends where the damaged database cannot be read any further. */
static void
salvage_past (ObRecovery *self)
{
  const ObUploadsFilter all = { 0 };
  gint64 after = 0;

  do
    {
      g_autoptr (GPtrArray) rows = ob_uploads_list (self->aside, &all, &after, ROWS_A_PAGE, NULL);

      if (!rows)
        return;
      for (guint i = 0; i < rows->len; i++)
        {
          Change change = { self, rows->pdata[i] };
          g_autoptr (GError) error = NULL;

          if (is_past (self, change.upload) && !ob_queue_do (self->queue, OB_TURN_SOON, insert_past, &change, &error))
            g_warning ("What arrived as %s is not in the queue any more: %s", change.upload->id, error->message);
        }
    }
  while (after > 0);
}

/* A row that is to be on the disk. */
typedef struct
{
  ObRecovery *recovery;
  char *id;
  gboolean is_past; /* its copy goes when those of what has arrived do */
} Adoption;

/* If the row could not be committed, the file stays undecided and is looked at again after the next commit. */
static void
on_adopted (const GError *error, gpointer user_data)
{
  g_autofree Adoption *adoption = user_data;

  if (error)
    {
      g_hash_table_add (adoption->recovery->undecided, adoption->id);
      return;
    }
  if (adoption->is_past)
    ob_retention_note_arrived (adoption->recovery->retention, adoption->id);
  g_free (adoption->id);
}

/* Makes the row from the record. Returns: FALSE if it must be tried again when the disk works */
static gboolean
adopt (ObRecovery *self, ObUpload *upload)
{
  Change change = { self, upload };
  g_autoptr (GError) error = NULL;
  Adoption *adoption;

  if (self->aside)
    salvage (self, upload);
  if (!ob_queue_do (self->queue, OB_TURN_SOON, insert_adopted, &change, &error))
    {
      g_warning ("The file %s in the spool could not be taken up: %s", upload->id, error->message);
      return ob_database_get_trouble (self->database) == NULL;
    }
  adoption = g_new0 (Adoption, 1);
  adoption->recovery = self;
  adoption->id = g_strdup (upload->id);
  adoption->is_past = upload->stored == OB_STORED_DONE && !upload->is_moved;
  ob_queue_after (self->queue, on_adopted, adoption);
  ob_queue_touch (self->queue, upload->id, TRUE);

  return TRUE;
}

typedef enum
{
  COPY_OF_ITS_OWN,
  COPY_SUPERFLUOUS,
  COPY_UNDECIDED,
} Copy;

static const char *const copy_names[]
    = { [COPY_OF_ITS_OWN] = "taken up", [COPY_SUPERFLUOUS] = "removed", [COPY_UNDECIDED] = "looked at again" };

/* Decides what a copy without a row is. It is superfluous if the upload was removed just before the process ended, or if
 * its key is taken: the app was never told that this copy is safe, handed the same bytes over again, and those are here
 * or have arrived. Other bytes are an upload of their own, without the key. While a file with that key is being saved it
 * is open which: that submit has the key, and no row yet. */
static Copy
judge (ObRecovery *self, const ObUpload *upload, gboolean *has_twin)
{
  g_autoptr (ObUpload) twin
      = upload->key ? ob_uploads_get_by_key (self->database, upload->app, upload->key, NULL) : NULL;

  *has_twin = twin != NULL;
  if (ob_journal_has_event (self->database, upload->id, "removed"))
    return COPY_SUPERFLUOUS;
  if ((twin && (ob_intake_has (self->intake, twin->id) || self->host->awaits_repair (twin, self->user_data)))
      || (upload->key && ob_intake_has_key (self->intake, upload->app, upload->key)))
    return COPY_UNDECIDED;

  return twin && g_strcmp0 (twin->sha256, upload->sha256) == 0
                 && (twin->stored == OB_STORED_DONE || ob_spool_has (self->spool, twin->id))
             ? COPY_SUPERFLUOUS
             : COPY_OF_ITS_OWN;
}

typedef struct
{
  ObRecovery *recovery;
  char *id;
} Superfluous;

static void
on_certain (const GError *error, gpointer user_data)
{
  Superfluous *superfluous = user_data;
  ObRecovery *self = superfluous->recovery;

  if (!error && !ob_uploads_has (self->database, superfluous->id))
    (void) ob_spool_remove (self->spool, superfluous->id, NULL);
  g_free (superfluous->id);
  g_free (superfluous);
}

/* A removal that is not on the disk yet may be taken back, and the copy must be there then. */
static void
remove_superfluous (ObRecovery *self, const char *id)
{
  Superfluous *superfluous = g_new (Superfluous, 1);

  *superfluous = (Superfluous){ self, g_strdup (id) };
  ob_queue_after (self->queue, on_certain, superfluous);
}

/* Returns: FALSE if it must be looked at again */
static gboolean
decide (ObRecovery *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = ob_record_load (self->spool, id, &error);
  gboolean has_twin;
  Copy copy;

  if (!upload)
    {
      if (ob_unclaimed_add (self->unclaimed, id))
        g_warning ("The file %s in the spool has no good record and is left there: %s", id, error->message);
      return TRUE;
    }
  copy = judge (self, upload, &has_twin);
  ob_debug (OB_DEBUG_STORE, id, "its copy has no row: it is %s", copy_names[copy]);
  if (copy == COPY_SUPERFLUOUS)
    remove_superfluous (self, id);
  else if (copy == COPY_OF_ITS_OWN)
    {
      if (has_twin)
        g_clear_pointer (&upload->key, g_free);
      return adopt (self, upload);
    }

  return copy != COPY_UNDECIDED;
}

void
ob_recovery_look_again (ObRecovery *self)
{
  GHashTableIter iter;
  gpointer id;

  if (!self->is_started)
    return;
  g_hash_table_iter_init (&iter, self->undecided);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (decide (self, id))
      g_hash_table_iter_remove (&iter);
}

/* A file being saved has its row already; one removed meanwhile has no file. */
static void
on_visit (const char *id, gpointer user_data)
{
  ObRecovery *self = user_data;

  if (ob_intake_has (self->intake, id) || ob_uploads_has (self->database, id))
    return;
  if (!ob_spool_has (self->spool, id))
    {
      ob_spool_drop_lone_record (self->spool, id);
      (void) ob_unclaimed_add (self->unclaimed, id);
    }
  else if (!decide (self, id))
    g_hash_table_add (self->undecided, g_strdup (id));
}

ObUnclaimed *
ob_recovery_get_unclaimed (ObRecovery *self)
{
  return self->unclaimed;
}

static void
begin_walk (ObRecovery *self)
{
  g_clear_pointer (&self->walk, ob_spool_walk_end);
  self->walked_at_ms = ob_queue_get_now_ms (self->queue);
  self->walk = ob_spool_walk_begin (self->spool, on_visit, self);
}

void
ob_recovery_start (ObRecovery *self)
{
  gboolean has_past;

  self->is_started = TRUE;
  self->walked_at_ms = ob_queue_get_now_ms (self->queue);
  self->aside = ob_database_open_aside (self->database);
  has_past = ob_journal_get_last (self->database) > 0;
  if (self->aside)
    salvage_past (self);
  /* A database without a past replaces a lost one. What the spool has was answered for, and must be in the queue before
   * an app asks for it by its key. */
  if (!has_past)
    ob_spool_visit_all (self->spool, on_visit, self);
  else
    begin_walk (self);
}

void
ob_recovery_stop (ObRecovery *self)
{
  self->is_started = FALSE;
  g_clear_handle_id (&self->walk_source, g_source_remove);
  g_clear_pointer (&self->walk, ob_spool_walk_end);
  g_clear_pointer (&self->aside, ob_database_free);
}

/* --- Member --- */

/* Not at once: a visit of the last walk may have made the commit. */
static gboolean
on_time_to_walk (gpointer user_data)
{
  ObRecovery *self = user_data;

  self->walk_source = 0;
  begin_walk (self);

  return G_SOURCE_REMOVE;
}

/* What came into the spool since the start is found within a day: after a commit, and by no timer, so that an idle broker sleeps. */
static void
flushed (gpointer member, const ObChanges *changes)
{
  ObRecovery *self = member;

  ob_recovery_look_again (self);
  if (self->is_started && self->walk_source == 0
      && ABS (ob_queue_get_now_ms (self->queue) - self->walked_at_ms) >= WALK_EVERY_MS)
    self->walk_source = g_idle_add_full (G_PRIORITY_LOW, on_time_to_walk, self, NULL);
}

const ObMember ob_recovery_member = { .flushed = flushed };
