/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commit: if nobody has the file open for writing, a thread of the pool digests it where it is and renames it into the
 * spool; then its row is queued; the answer comes when that is on the disk. Main thread.
 */
#include "broker/recordings-private.h"

#include "base/crash.h"
#include "base/disk.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/partial.h"
#include "store/uploads.h"

#include <fcntl.h>
#include <unistd.h>

/* @error: (nullable) */
static void
answer (ObRecording *recording, const GError *error)
{
  ObRecordingDone done = g_steal_pointer (&recording->done);

  done (error, recording->user_data);
}

/* In any case it is no recording any more: bytes and record are in the spool, and a row that could not be committed is
 * repaired when the disk works. */
static void
on_committed (const GError *error, gpointer data)
{
  ObRecording *recording = data;

  if (!error)
    ob_crash_point ("before-reply");
  answer (recording, error);
  ob_recordings_forget (recording->all, recording->id);
}

typedef struct
{
  ObRecording *recording;
  const ObSpoolCopy *copy;
} Keeping;

/* Size and type are known now: match the rule again, since it depends on both. */
static gboolean
keep (gpointer data, GError **error)
{
  const Keeping *keeping = data;
  ObRecording *recording = keeping->recording;
  const ObRecordingsTools *tools = ob_recordings_get_tools (recording->all);
  g_autoptr (ObUpload) row = ob_uploads_get (tools->database, recording->id, error);

  if (!row)
    return FALSE;
  row->size_bytes = keeping->copy->size_bytes;
  g_free (row->sha256);
  row->sha256 = g_strdup (keeping->copy->sha256);
  if (!recording->has_media_type && recording->media_type)
    {
      g_free (row->media_type);
      row->media_type = g_strdup (recording->media_type);
    }
  if (row->modified_at_ms == 0)
    row->modified_at_ms = recording->modified_at_ms;
  row->has_local_copy = TRUE;
  row->saved_at_ms = row->progress_at_ms = ob_queue_get_now_ms (tools->queue);
  tools->host->set_lane (row, tools->user_data);

  return ob_journal_move (tools->database, row, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, row->saved_at_ms, error);
}

static void
set_over (GError **error, gboolean is_removed)
{
  g_clear_error (error);
  if (is_removed)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "The upload was removed while it was being committed");
  else
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; commit it again"));
}

/* It stays a recording, unless it was removed meanwhile, or only its row could not be written, which is repaired when
 * the disk works. */
static void
give_up (ObRecording *recording, const GError *why)
{
  ObRecordings *self = recording->all;
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  ObSpool *spool = tools->spool;
  g_autoptr (GError) error = g_error_copy (why);
  g_autofree char *id = g_strdup (recording->id);

  if (recording->is_dropped || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    set_over (&error, recording->is_dropped);
  if (ob_error_is_of_disk (error))
    tools->host->troubled (tools->user_data);
  answer (recording, error);
  if (recording->is_dropped)
    {
      (void) ob_spool_remove (spool, id, NULL);
      ob_recordings_drop (self, id);
    }
  else if (ob_spool_has (spool, id))
    ob_recordings_forget (self, id);
  else
    ob_recordings_review_soon (self);
}

static void
on_taken (const ObSpoolCopy *copy, const GError *error, gpointer data)
{
  ObRecording *recording = data;
  const ObRecordingsTools *tools = ob_recordings_get_tools (recording->all);
  Keeping keeping = { recording, copy };
  g_autoptr (GError) own_error = error ? g_error_copy (error) : NULL;

  recording->task = NULL;
  if (!copy || !ob_queue_do (tools->queue, OB_TURN_SOON, keep, &keeping, &own_error))
    {
      give_up (recording, own_error);
      return;
    }
  ob_crash_point ("row-written");
  ob_queue_touch (tools->queue, recording->id, FALSE);
  ob_queue_after (tools->queue, on_committed, recording);
}

static void
on_looked (const ObIngestFacts *facts, gpointer data)
{
  ObRecording *recording = data;

  g_free (recording->media_type);
  recording->media_type = g_strdup (facts->media_type);
  if (recording->modified_at_ms == 0)
    recording->modified_at_ms = facts->modified_at_ms;
}

static char *
on_make_record (const ObIngestFacts *facts, const ObSpoolCopy *copy, GBytes *blocks, gpointer thread_data)
{
  const ObRecordFacts read = { facts->media_type, facts->modified_at_ms, copy->size_bytes, copy->sha256, blocks };

  return ob_record_write (thread_data, &read);
}

/* Takes from the bytes what the app did not say. */
static GVariant *
prepare (const ObRecording *recording, ObUpload *row)
{
  if (!recording->has_media_type)
    g_clear_pointer (&row->media_type, g_free);

  return ob_record_prepare (row);
}

static gboolean
start (ObRecording *recording, ObUpload *row, const char *sha256, ObWriter *writer, GError **error)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (recording->all);
  int fd = ob_partial_cut (tools->spool, recording->id, error)
               ? ob_partial_open (tools->spool, recording->id, O_RDONLY, error)
               : -1;
  ObIngestOrder order = { .id = recording->id,
                          .app = recording->app,
                          .name = row->name,
                          .fd = fd,
                          .is_partial = TRUE,
                          .writer = writer,
                          .expected_sha256 = sha256,
                          .looked = on_looked,
                          .record = on_make_record,
                          .done = on_taken,
                          .user_data = recording,
                          .thread_data_free = (GDestroyNotify) g_variant_unref };

  if (fd < 0)
    return FALSE;
  order.thread_data = prepare (recording, row);
  recording->task = ob_ingest_add (tools->ingest, &order, error);
  if (!recording->task)
    (void) close (fd);

  return recording->task != NULL;
}

/* @recording: (nullable) */
static gboolean
check_commit (const ObRecordingsTools *tools, const ObUpload *row, const ObRecording *recording, const char *sha256,
              GError **error)
{
  gboolean is_saving = row->stored == OB_STORED_SAVING;

  if (tools->is_ending)
    set_over (error, FALSE);
  else if (!is_saving && sha256 && g_ascii_strcasecmp (sha256, row->sha256 ? row->sha256 : "") != 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH, "It was committed before, and has another SHA-256");
  else if (is_saving && !recording && ob_spool_has (tools->spool, row->id))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE,
                 S_ ("It is safe, and is queued when the disk can be written"));
  else if (is_saving && !recording)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, "%s is no file that an app records", row->id);
  else if (recording && recording->task)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, "%s is being committed already", row->id);
  else
    return TRUE;

  return FALSE;
}

void
ob_recordings_commit (ObRecordings *self, const char *id, const char *sha256, ObWriter *writer, ObRecordingDone done,
                      gpointer user_data)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  ObRecording *recording = ob_recordings_find (self, id);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) row = ob_uploads_get (tools->database, id, &error);

  if (!row || !check_commit (tools, row, recording, sha256, &error))
    done (error, user_data);
  else if (row->stored != OB_STORED_SAVING)
    /* A recording that was committed before is answered when that is on the disk. */
    ob_queue_answer_after (tools->queue, done, user_data);
  else if (start (recording, row, sha256, writer, &error))
    {
      recording->done = done;
      recording->user_data = user_data;
    }
  else
    done (error, user_data);
}
