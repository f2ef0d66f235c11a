/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Recordings whose bytes the broker is sent (store/writer.h): one that is whole is committed by itself, since its client may be
 * gone for good; one that nobody goes on with is removed after OB_RECORDINGS_IDLE_MOST_H. Main thread.
 */
#include "broker/recordings-private.h"

#include "dbus/mark.h"
#include "store/partial.h"
#include "store/uploads.h"

#define HOUR_MS (3600 * G_GINT64_CONSTANT (1000))

/* Returns: (transfer full) (nullable): the record of a stream that nothing works on */
static ObPartial *
load_stream (const ObRecording *recording)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (recording->all);
  g_autoptr (ObPartial) partial = recording->task ? NULL : ob_partial_load (tools->spool, recording->id, NULL);

  return partial && partial->is_streamed && !ob_partial_has_writer (tools->spool, recording->id)
             ? g_steal_pointer (&partial)
             : NULL;
}

/* --- Those that are whole --- */

static void
on_committed (const GError *error, gpointer user_data)
{
  if (error)
    g_warning ("A file that came in pieces is whole, and is not in the queue yet: %s", error->message);
}

void
ob_recordings_commit_whole (ObRecordings *self)
{
  g_autoptr (GList) all = ob_recordings_list (self);

  for (GList *link = all; link; link = link->next)
    {
      const ObRecording *recording = link->data;
      g_autoptr (ObPartial) partial = load_stream (recording);

      if (partial && ob_partial_is_whole (partial))
        ob_recordings_commit (self, recording->id, NULL, NULL, on_committed, NULL);
    }
}

/* --- Those that nobody goes on with --- */

typedef struct
{
  const ObRecordingsTools *tools;
  ObUpload *row;
} Change;

static gboolean
note_hours (gpointer data, GError **error)
{
  const Change *change = data;

  return ob_uploads_update (change->tools->database, change->row, error);
}

static gboolean
expire (gpointer data, GError **error)
{
  const Change *change = data;
  g_autofree char *why
      = g_strdup_printf (S_ ("nobody has gone on with it for %d days"), OB_RECORDINGS_IDLE_MOST_H / 24);

  return change->tools->host->forget (change->row, why, error, change->tools->user_data);
}

static gboolean
has_grown (const ObRecording *recording, const ObPartial *partial)
{
  return recording->seen_bytes >= 0 && recording->seen_bytes != (gint64) partial->durable_bytes;
}

/* The first hour of a process is not counted, since nobody knows what came in it. Nor is one in which the database does not work. */
static void
count_hour (ObRecording *recording)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (recording->all);
  g_autoptr (ObPartial) partial = load_stream (recording);
  g_autoptr (ObUpload) row = partial ? ob_uploads_get (tools->database, recording->id, NULL) : NULL;
  Change change = { tools, row };
  guint hours;

  if (!row || row->stored != OB_STORED_SAVING || ob_partial_is_whole (partial))
    return;
  hours = has_grown (recording, partial) ? 0 : row->idle_hours + (recording->seen_bytes >= 0);
  recording->seen_bytes = (gint64) partial->durable_bytes;
  if (hours == row->idle_hours)
    return;
  row->idle_hours = hours;
  (void) ob_queue_do (tools->queue, OB_TURN_SOON, row->idle_hours < OB_RECORDINGS_IDLE_MOST_H ? note_hours : expire,
                      &change, NULL);
}

void
ob_recordings_count_hour (ObRecordings *self)
{
  g_autoptr (GList) all = ob_recordings_list (self);

  for (GList *link = all; link; link = link->next)
    count_hour (link->data);
}

static gboolean
on_hour (gpointer data)
{
  ob_recordings_count_hour (data);

  return G_SOURCE_CONTINUE;
}

void
ob_recordings_start_hours (ObRecordings *self)
{
  ob_recordings_set_on_hour (self, on_hour);
}

gint64
ob_recordings_get_expiry_ms (ObRecordings *self, const char *id)
{
  const ObRecordingsTools *tools = ob_recordings_get_tools (self);
  g_autoptr (ObPartial) partial = ob_partial_load (tools->spool, id, NULL);
  g_autoptr (ObUpload) row = partial && partial->is_streamed && !ob_partial_is_whole (partial)
                                 ? ob_uploads_get (tools->database, id, NULL)
                                 : NULL;
  const ObRecording *recording = ob_recordings_find (self, id);
  const guint hours = row && recording && !has_grown (recording, partial) ? row->idle_hours : 0;
  const gint64 left_h = OB_RECORDINGS_IDLE_MOST_H - MIN (hours, OB_RECORDINGS_IDLE_MOST_H);

  return row && row->stored == OB_STORED_SAVING ? ob_queue_get_now_ms (tools->queue) + left_h * HOUR_MS : 0;
}
