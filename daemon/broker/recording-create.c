/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Create: makes the file and its record, then the row; once all is on the disk, the app gets the file. Main thread.
 */
#include "broker/recordings-private.h"

#include "base/crash.h"
#include "base/json.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/partial.h"
#include "store/uploads.h"

#include <fcntl.h>
#include <unistd.h>

typedef struct
{
  ObRecordings *all; /* borrowed */
  ObUpload *upload;  /* owned */
  int fd;            /* owned; -1: it was handed on */
  ObCreateDone done;
  gpointer user_data;
} Creation;

static void
on_created (const GError *error, gpointer data)
{
  g_autofree Creation *creation = data;
  ObRecordings *self = creation->all;

  if (error)
    {
      if (creation->fd >= 0)
        (void) close (creation->fd);
      ob_recordings_drop (self, creation->upload->id);
      creation->done (NULL, -1, error, creation->user_data);
    }
  else
    creation->done (creation->upload->id, creation->fd, NULL, creation->user_data);
  ob_upload_free (creation->upload);
}

static gboolean
insert (gpointer data, GError **error)
{
  const Creation *creation = data;
  const ObRecordingsTools *tools = ob_recordings_get_tools (creation->all);

  return tools->host->add_row (creation->upload, "added", NULL, creation->upload->updated_at_ms, error,
                               tools->user_data);
}

static char *
dup_about (const ObUpload *upload)
{
  g_autoptr (GVariant) prepared = ob_record_prepare (upload);

  return ob_json_write (prepared);
}

/* File and record come before the row: the next start would delete a row without them. @upload: (transfer full) */
static void
begin (ObRecordings *self, ObUpload *upload, gboolean is_stream, ObCreateDone done, gpointer user_data)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  g_autoptr (ObPartial) partial = ob_partial_new (upload->id, -1, dup_about (upload), upload->created_at_ms);
  Creation *creation = g_new0 (Creation, 1);
  g_autoptr (GError) error = NULL;

  partial->is_streamed = is_stream;
  *creation = (Creation){ self, upload, -1, done, user_data };
  creation->fd = ob_partial_begin (tools->spool, partial, &error);
  if (creation->fd < 0)
    {
      tools->host->troubled (tools->user_data);
      on_created (error, creation);
      return;
    }
  ob_recordings_start_watch (self);
  (void) ob_recordings_add (self, upload);
  ob_recordings_guess_type (upload);
  upload->reason = OUTBOX_REASON_RECORDING;
  upload->number = ob_uploads_take_number (tools->database);
  if (!ob_queue_do (tools->queue, OB_TURN_SOON, insert, creation, &error))
    {
      on_created (error, creation);
      return;
    }
  ob_crash_point ("recording-written");
  ob_queue_touch (tools->queue, upload->id, TRUE);
  ob_queue_after (tools->queue, on_created, creation);
}

/* The bytes of a recording have one way in; and of a stream, which goes on where it was, no byte comes again that could be compared: so
 * all that is told of it has to be the same. */
static gboolean
is_same (ObRecordings *self, const char *id, const ObUpload *upload, gboolean is_stream, GError **error)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  g_autoptr (ObPartial) partial = ob_partial_load (tools->spool, id, NULL);
  g_autoptr (ObUpload) row = ob_uploads_get (tools->database, id, error);

  if (!row)
    return FALSE;
  if ((partial && partial->is_streamed) == is_stream
      && (!is_stream || g_strcmp0 (row->tus_metadata, upload->tus_metadata) == 0))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED,
               "The key was used for %s, which was told to be another file", row->name);

  return FALSE;
}

/* An app that died or was not answered gets its old file back, to append to. */
static void
reopen (ObRecordings *self, ObRecording *recording, const ObUpload *upload, gboolean is_stream, ObCreateDone done,
        gpointer user_data)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  g_autoptr (GError) error = NULL;
  int fd = -1;

  if (recording->task || (!is_stream && ob_partial_has_writer (tools->spool, recording->id)))
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, "The key is that of %s, which is being recorded",
                 recording->id);
  else if (is_same (self, recording->id, upload, is_stream, &error) && !is_stream)
    fd = ob_partial_open (tools->spool, recording->id, O_RDWR, &error);
  if (fd >= 0)
    {
      ob_recordings_start_watch (self);
      ob_recordings_review_one (recording);
    }
  done (error ? NULL : recording->id, fd, error, user_data);
}

static gboolean
has_room (ObRecordings *self, const char *app, GError **error)
{
  guint n = ob_recordings_count (self, app);

  if (n < OB_RECORDINGS_OF_APP)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "%s has %u files that it has not committed", app, n);

  return FALSE;
}

static gboolean
is_key_free (ObRecordings *self, const ObUpload *upload, GError **error)
{
  ObDatabase *database = ob_recordings_get_tools (self)->database;
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) row
      = upload->key ? ob_uploads_get_by_key (database, upload->app, upload->key, &own_error) : NULL;

  if (row)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The key was used for %s", row->name);
  else if (own_error && !g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    g_propagate_error (error, g_steal_pointer (&own_error));
  else
    return TRUE;

  return FALSE;
}

void
ob_recordings_create (ObRecordings *self, ObUpload *upload, gboolean is_stream, ObCreateDone done, gpointer user_data)
{
  g_autoptr (ObUpload) owned = upload;
  ObRecording *again = upload->key ? ob_recordings_find_key (self, upload->app, upload->key) : NULL;
  g_autoptr (GError) error = NULL;

  if (ob_recordings_get_tools (self)->is_ending)
    {
      g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; try again"));
      done (NULL, -1, error, user_data);
    }
  else if (again)
    reopen (self, again, upload, is_stream, done, user_data);
  else if (has_room (self, upload->app, &error) && is_key_free (self, upload, &error))
    begin (self, g_steal_pointer (&owned), is_stream, done, user_data);
  else
    done (NULL, -1, error, user_data);
}
