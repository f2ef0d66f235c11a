/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knows what is in `partial/` and who has it open. Owns that memory, which follows from the folder and the rows; the bytes
 * are the app's until nobody has the file open. Main thread.
 */
#include "broker/recordings-private.h"

#include "broker/record.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/journal.h"
#include "store/media-type.h"
#include "store/partial-watch.h"
#include "store/uploads.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* An app commits within this time after closing its file, or has died. */
#define GRACE_S 2

/* An empty recording of this age that nobody has open is removed. */
#define EMPTY_MAX_MS (24 * 3600 * G_GINT64_CONSTANT (1000))

/* How often all of them are looked at; and where the system has no watch left that would tell of closed files. */
#define HOUR_S 3600
#define LOOK_MS (HOUR_S * G_GINT64_CONSTANT (1000))
#define BLIND_LOOK_MS (10 * G_GINT64_CONSTANT (1000))

struct _ObRecordings
{
  ObRecordingsTools tools;
  GHashTable *all;       /* id → ObRecording */
  ObPartialWatch *watch; /* NULL: not made yet, or the system has no watch left */
  guint review_source;   /* until the closed files are looked at */
  GSourceFunc on_hour;   /* NULL: hours are not counted */
  guint hour_source;     /* while there is a recording: an idle daemon sleeps */
  gint64 look_at_ms;     /* when all are looked at the next time */
};

static void
recording_free (ObRecording *recording)
{
  g_free (recording->id);
  g_free (recording->app);
  g_free (recording->key);
  g_free (recording->media_type);
  g_free (recording);
}

ObRecordings *
ob_recordings_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, const ObRecordingsHost *host, gpointer user_data)
{
  ObRecordings *self = g_new0 (ObRecordings, 1);

  self->tools = (ObRecordingsTools){ queue, ob_queue_get_database (queue), spool, ingest, host, user_data, FALSE };
  self->all = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) recording_free);

  return self;
}

void
ob_recordings_free (ObRecordings *self)
{
  g_clear_handle_id (&self->review_source, g_source_remove);
  g_clear_handle_id (&self->hour_source, g_source_remove);
  g_clear_pointer (&self->watch, ob_partial_watch_free);
  g_hash_table_unref (self->all);
  g_free (self);
}

static void
plan_look (ObRecordings *self)
{
  self->look_at_ms = ob_queue_get_now_ms (self->tools.queue) + (self->watch ? LOOK_MS : BLIND_LOOK_MS);
}

static void
plan_hours (ObRecordings *self)
{
  gboolean are_wanted = self->on_hour && g_hash_table_size (self->all) > 0;

  if (!are_wanted)
    g_clear_handle_id (&self->hour_source, g_source_remove);
  else if (self->hour_source == 0)
    self->hour_source = g_timeout_add_seconds (HOUR_S, self->on_hour, self);
}

void
ob_recordings_set_on_hour (ObRecordings *self, GSourceFunc on_hour)
{
  self->on_hour = on_hour;
  plan_hours (self);
}

ObRecording *
ob_recordings_add (ObRecordings *self, const ObUpload *upload)
{
  ObRecording *recording = g_new0 (ObRecording, 1);

  if (g_hash_table_size (self->all) == 0)
    plan_look (self);
  recording->all = self;
  recording->id = g_strdup (upload->id);
  recording->app = g_strdup (upload->app);
  recording->key = g_strdup (upload->key);
  recording->has_media_type = upload->media_type != NULL;
  recording->modified_at_ms = upload->modified_at_ms;
  recording->seen_bytes = -1;
  g_hash_table_insert (self->all, recording->id, recording);
  plan_hours (self);

  return recording;
}

const ObRecordingsTools *
ob_recordings_get_tools (ObRecordings *self)
{
  return &self->tools;
}

ObRecording *
ob_recordings_find (ObRecordings *self, const char *id)
{
  return g_hash_table_lookup (self->all, id);
}

ObRecording *
ob_recordings_find_key (ObRecordings *self, const char *app, const char *key)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObRecording *recording = value;

      if (g_strcmp0 (recording->key, key) == 0 && g_str_equal (recording->app, app))
        return recording;
    }

  return NULL;
}

guint
ob_recordings_count (ObRecordings *self, const char *app)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += g_str_equal (((ObRecording *) value)->app, app);

  return n;
}

gboolean
ob_recordings_has (ObRecordings *self, const char *id)
{
  return ob_recordings_find (self, id) != NULL;
}

guint64
ob_recordings_get_bytes (ObRecordings *self, const char *id)
{
  return ob_partial_get_bytes (self->tools.spool, id);
}

gboolean
ob_recordings_is_gone (ObRecordings *self, const char *id)
{
  g_autofree char *path = ob_partial_dup_path (self->tools.spool, id);

  return g_access (path, F_OK) != 0 && errno == ENOENT;
}

void
ob_recordings_forget (ObRecordings *self, const char *id)
{
  (void) g_hash_table_remove (self->all, id);
  plan_hours (self);
}

void
ob_recordings_drop (ObRecordings *self, const char *id)
{
  ObRecording *recording = ob_recordings_find (self, id);

  if (!recording)
    return;
  if (recording->task)
    {
      recording->is_dropped = TRUE;
      ob_ingest_cancel (self->tools.ingest, recording->task);
      return;
    }
  (void) ob_partial_remove (self->tools.spool, id, NULL);
  ob_recordings_forget (self, id);
}

void
ob_recordings_guess_type (ObUpload *upload)
{
  if (!upload->media_type)
    upload->media_type = ob_media_type_guess (upload->name, NULL, 0);
}

void
ob_recordings_stop (ObRecordings *self)
{
  self->tools.is_ending = TRUE;
  g_clear_handle_id (&self->review_source, g_source_remove);
  ob_recordings_set_on_hour (self, NULL);
}

/* --- Who has it open --- */

static OutboxReason
find_reason (ObRecordings *self, const char *id)
{
  return ob_partial_has_writer (self->tools.spool, id) ? OUTBOX_REASON_RECORDING : OUTBOX_REASON_UNFINISHED;
}

/* A row, and the recordings it belongs to. */
typedef struct
{
  ObRecordings *all;
  ObUpload *row;
} Change;

static gboolean
note_reason (gpointer data, GError **error)
{
  const Change *change = data;
  const ObRecordingsTools *tools = &change->all->tools;
  ObUpload *row = change->row;
  const char *why
      = row->reason == OUTBOX_REASON_RECORDING ? S_ ("an app has it open again") : S_ ("its app has let go of it");

  row->updated_at_ms = ob_queue_get_now_ms (tools->queue);
  row->sequence
      = ob_journal_append (tools->database, row->updated_at_ms, row, "state", row->stored, row->reason, why, error);

  return row->sequence > 0 && ob_uploads_update (tools->database, row, error);
}

static gboolean
forget_empty (gpointer data, GError **error)
{
  const Change *change = data;
  const ObRecordingsTools *tools = &change->all->tools;

  return tools->host->forget (change->row, S_ ("nothing was recorded"), error, tools->user_data);
}

static gboolean
is_over (ObRecordings *self, const ObUpload *row)
{
  return ob_recordings_get_bytes (self, row->id) == 0
         && ob_queue_get_now_ms (self->tools.queue) - row->created_at_ms > EMPTY_MAX_MS
         && !ob_partial_has_writer (self->tools.spool, row->id);
}

/* If the row cannot be written now, or is taken back, ob_recordings_review() finds it when the disk works. */
void
ob_recordings_review_one (ObRecording *recording)
{
  const ObRecordingsTools *tools = &recording->all->tools;
  g_autoptr (ObUpload) row = ob_uploads_get (tools->database, recording->id, NULL);
  Change change = { recording->all, row };
  OutboxReason reason;

  if (recording->task || !row || row->stored != OB_STORED_SAVING)
    return;
  if (is_over (recording->all, row))
    {
      (void) ob_queue_do (tools->queue, OB_TURN_SOON, forget_empty, &change, NULL);
      return;
    }
  reason = find_reason (recording->all, recording->id);
  if (row->reason == reason)
    return;
  row->reason = reason;
  if (ob_queue_do (tools->queue, OB_TURN_SOON, note_reason, &change, NULL))
    ob_queue_touch (tools->queue, recording->id, FALSE);
}

GList *
ob_recordings_list (ObRecordings *self)
{
  return g_hash_table_get_values (self->all);
}

static void
review_all (ObRecordings *self)
{
  g_autoptr (GList) all = ob_recordings_list (self);

  for (GList *link = all; link; link = link->next)
    ob_recordings_review_one (link->data);
}

static gint64
next_ms (gpointer member)
{
  ObRecordings *self = member;

  return self->tools.is_ending || g_hash_table_size (self->all) == 0 ? 0 : self->look_at_ms;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObRecordings *self = member;

  if (next_ms (self) == 0 || (jump_ms == 0 && now_ms < self->look_at_ms))
    return;
  review_all (self);
  plan_look (self);
}

const ObMember ob_recordings_member = { .next_ms = next_ms, .wake = wake };

static gboolean
on_review (gpointer data)
{
  ObRecordings *self = data;

  self->review_source = 0;
  review_all (self);

  return G_SOURCE_REMOVE;
}

void
ob_recordings_review_soon (ObRecordings *self)
{
  if (!self->tools.is_ending && self->review_source == 0 && g_hash_table_size (self->all) > 0)
    self->review_source = g_timeout_add_seconds (GRACE_S, on_review, self);
}

static void
on_closed (const char *id, gpointer data)
{
  ob_recordings_review_soon (data);
}

void
ob_recordings_start_watch (ObRecordings *self)
{
  if (!self->watch)
    self->watch = ob_partial_watch_new (self->tools.spool, on_closed, self);
  if (!self->watch)
    g_warning ("Files that apps record cannot be watched: that an app has died is seen some seconds later");
}

/* --- The start --- */

/* Returns: (transfer full) (nullable): what the app said of it */
static ObUpload *
read_about (ObRecordings *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObPartial) partial = ob_partial_load (self->tools.spool, id, &error);
  g_autoptr (ObUpload) upload
      = partial ? ob_record_read_prepared (partial->about, strlen (partial->about), &error) : NULL;

  if (upload && g_str_equal (upload->id, id))
    return g_steal_pointer (&upload);
  g_warning ("The file %s that an app recorded has no good record: %s", id,
             error ? error->message : "it is of another");

  return NULL;
}

static gboolean
insert_found (gpointer data, GError **error)
{
  const Change *change = data;
  const ObRecordingsTools *tools = &change->all->tools;

  return tools->host->add_row (change->row, "adopted", NULL, ob_queue_get_now_ms (tools->queue), error,
                               tools->user_data);
}

/* The row is missing because the database was lost, or because the process ended before the row was on the disk; in that
 * case no app was given the file, and it is empty. Returns: whether it has a row now */
static gboolean
make_row (ObRecordings *self, ObUpload *upload)
{
  const ObRecordingsTools *tools = &self->tools;
  g_autoptr (ObUpload) twin
      = upload->key ? ob_uploads_get_by_key (tools->database, upload->app, upload->key, NULL) : NULL;
  Change change = { self, upload };
  g_autoptr (GError) error = NULL;

  upload->reason = find_reason (self, upload->id);
  if (ob_journal_has_event (tools->database, upload->id, "removed")
      || (upload->reason == OUTBOX_REASON_UNFINISHED && ob_recordings_get_bytes (self, upload->id) == 0))
    {
      (void) ob_partial_remove (tools->spool, upload->id, NULL);
      return FALSE;
    }
  if (twin)
    g_clear_pointer (&upload->key, g_free);
  ob_recordings_guess_type (upload);
  if (ob_queue_do (self->tools.queue, OB_TURN_SOON, insert_found, &change, &error))
    return TRUE;
  g_warning ("The file %s that an app recorded could not be taken up: %s", upload->id, error->message);

  return FALSE;
}

/* A row says as much as the record, which may be damaged. Returns: (transfer full) (nullable) */
static ObUpload *
find_about (ObRecordings *self, const char *id, gboolean *has_row)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) row = ob_uploads_get (self->tools.database, id, &error);
  g_autoptr (ObUpload) about = NULL;

  *has_row = row != NULL;
  if (row ? row->stored != OB_STORED_SAVING : !g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_warning ("The file %s that an app recorded is left there: %s", id,
                 row ? "its upload has another" : error->message);
      return NULL;
    }
  about = read_about (self, id);
  if (!row || !about)
    return row ? g_steal_pointer (&row) : g_steal_pointer (&about);
  if (!about->media_type)
    g_clear_pointer (&row->media_type, g_free);

  return g_steal_pointer (&row);
}

static void
take_up_one (ObRecordings *self, const char *id)
{
  gboolean has_row;
  g_autoptr (ObUpload) upload = find_about (self, id, &has_row);
  ObRecording *recording = upload ? ob_recordings_add (self, upload) : NULL;

  if (!recording)
    return;
  if (!has_row && !make_row (self, upload))
    ob_recordings_forget (self, id);
  else
    ob_recordings_review_one (recording);
}

static void
take_up_all (ObRecordings *self)
{
  g_autoptr (GPtrArray) ids = ob_partial_list (self->tools.spool);

  if (ids->len > 0)
    ob_recordings_start_watch (self);
  for (guint i = 0; i < ids->len; i++)
    if (!ob_recordings_has (self, ids->pdata[i]))
      take_up_one (self, ids->pdata[i]);
}

void
ob_recordings_start (ObRecordings *self)
{
  take_up_all (self);
}

void
ob_recordings_review (ObRecordings *self)
{
  take_up_all (self);
  review_all (self);
}
