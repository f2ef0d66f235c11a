/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Records what attempts report while they run. Main thread.
 */
#include "broker/runs-private.h"

#include "base/crash.h"
#include "dbus/mark.h"
#include "model/origin.h"
#include "store/journal.h"
#include "store/follow-ups.h"

static void
on_created_recorded (const GError *error, gpointer user_data)
{
  if (!error)
    ob_crash_point ("recorded");
  ob_question_answer (user_data, !error);
}

static void
on_stored_recorded (const GError *error, gpointer user_data)
{
  if (!error)
    ob_crash_point ("confirming");
  ob_question_answer (user_data, !error);
}

/* The arguments of a change that an attempt reports. */
typedef struct
{
  ObRuns *runs;
  const char *id;
  const char *resume; /* the new resume text; NULL: the server has the upload no longer */
  gboolean is_kept;   /* it was kept beside the copy */
  guint64 offset_bytes;
  guint64 wire_bytes;
  ObChecked checked;
  const char *event;
  const char *words;
} Report;

/* Records what an attempt waits for, and answers it when that is on the disk. */
static void
record (Report *report, ObChange write, ObEffect recorded, ObQuestion *question)
{
  ObQueue *queue = report->runs->queue;

  if (!ob_queue_do (queue, OB_TURN_SOON, write, report, NULL))
    {
      ob_question_answer (question, FALSE);
      return;
    }
  ob_queue_after (queue, recorded, question);
  ob_queue_touch (queue, report->id, FALSE);
}

/* Records what no attempt waits for: it goes to the disk with the next turn. */
static void
note (Report *report, ObChange write)
{
  if (ob_queue_do (report->runs->queue, OB_TURN_LATER, write, report, NULL))
    ob_queue_touch (report->runs->queue, report->id, FALSE);
}

/* The server has told its offset: forget what was on the way. */
static void
forget_sent (ObRuns *self, const char *id)
{
  ObActive *active = ob_actives_find (self->active, id);

  if (active)
    active->sent_bytes = 0;
}

/* Not written to the database: after a restart only the server's word counts. */
static void
on_sent (const char *id, guint64 sent_bytes, gpointer user_data)
{
  ObRuns *self = user_data;
  ObActive *active = ob_actives_find (self->active, id);

  if (!active || active->follow_up == OB_FOLLOW_UP_TERMINATION)
    return;
  active->sent_bytes = sent_bytes;
  self->host->sent (id, self->user_data);
}

/* A server that takes long to answer leaves its place to another attempt, or takes it back. */
static void
on_left (const char *id, gboolean is_left, gpointer user_data)
{
  ObRuns *self = user_data;
  ObActive *active = ob_actives_find (self->active, id);

  if (!active)
    return;
  active->is_left = is_left;
  ob_queue_want_flush (self->queue);
}

/* The attempt only asks from now on, or sends again; when it sends, its rule counts again. */
static void
note_asking (ObRuns *self, const char *id, gboolean is_asking)
{
  ObActive *active = ob_actives_find (self->active, id);
  ObHold holds[OB_LANE_HOLDS_MAX];

  if (!active || active->is_asking == is_asking)
    return;
  active->is_asking = is_asking;
  if (!is_asking && active->follow_up != OB_FOLLOW_UP_TERMINATION
      && ob_gate_get_lane_holds (self->gate, &active->lane, OB_STORED_UPLOADING, holds) > 0)
    ob_stop_ask (active->stop, OB_STOP_NOW);
}

/* The server has lost the upload after confirming it: it is sent again. */
static gboolean
leave_confirming (ObRuns *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  note_asking (self, upload->id, FALSE);

  return upload->stored != OB_STORED_CONFIRMING
         || (ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, S_ ("the server lost it"),
                              now_ms, error)
             && ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL, now_ms, error));
}

static gboolean
write_created (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObRuns *self = report->runs;
  const char *resume = report->resume;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);
  gboolean is_other = upload && upload->server_url && report->is_kept;
  g_autofree char *shown = ob_origin_dup_shown (resume);

  if (!upload || (!is_other && !leave_confirming (self, upload, error)))
    return FALSE;
  g_free (upload->server_url);
  upload->server_url = g_strdup (resume);
  upload->silent_since_ms = 0;
  /* What the server had at the place that the record names, it still has as far as is known. */
  if (!is_other)
    {
      upload->losses += !resume || upload->offset_bytes > 0;
      upload->offset_bytes = 0;
      upload->checked = (ObChecked){ 0 };
    }
  upload->updated_at_ms = ob_queue_get_now_ms (self->queue);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload,
                                        is_other ? "place"
                                        : resume ? "created"
                                                 : "lost",
                                        upload->stored, OUTBOX_REASON_NONE,
                                        shown ? shown : S_ ("the server has no such upload any more"), error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

/* Nobody will use what the attempt has made at the server: it was told what is said no longer. */
static gboolean
write_orphan (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObRuns *self = report->runs;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);
  const ObFollowUp orphan = { .kind = OB_FOLLOW_UP_TERMINATION,
                              .id = (char *) report->id,
                              .destination = upload ? upload->destination : NULL,
                              .server_url = (char *) report->resume,
                              .asked_at_ms = ob_queue_get_now_ms (self->queue) };

  return upload && ob_follow_ups_save (self->database, &orphan, error);
}

static void
on_created (const char *id, const char *resume, gboolean is_kept, ObQuestion *question, gpointer user_data)
{
  ObRuns *self = user_data;
  Report report = { .runs = self, .id = id, .resume = resume, .is_kept = is_kept };
  const ObActive *active = ob_actives_find (self->active, id);

  ob_crash_point ("created");
  if (active && active->is_renewed)
    {
      if (resume)
        note (&report, write_orphan);
      ob_question_answer (question, OB_CREATED_STOP);
      return;
    }
  if (resume && ob_uploads_is_url_taken (self->database, resume, id))
    {
      ob_question_answer (question, OB_CREATED_TAKEN);
      return;
    }
  forget_sent (self, id);
  record (&report, write_created, on_created_recorded, question);
}

static gboolean
write_stored (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObRuns *self = report->runs;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);

  if (!upload)
    return FALSE;
  note_asking (self, upload->id, TRUE);
  if (upload->stored == OB_STORED_CONFIRMING)
    return TRUE;
  ob_upload_set_offset (upload, upload->size_bytes);
  upload->progress_at_ms = ob_queue_get_now_ms (self->queue);

  return ob_journal_move (self->database, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NONE, NULL,
                          upload->progress_at_ms, error);
}

static void
on_stored (const char *id, ObQuestion *question, gpointer user_data)
{
  Report report = { .runs = user_data, .id = id };

  ob_crash_point ("last-chunk");
  record (&report, write_stored, on_stored_recorded, question);
}

static gboolean
write_progress (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObRuns *self = report->runs;
  const guint64 offset_bytes = report->offset_bytes;
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);
  g_autofree char *message = NULL;

  if (!upload || (offset_bytes < upload->size_bytes && !leave_confirming (self, upload, error)))
    return FALSE;
  if (offset_bytes < upload->offset_bytes)
    {
      upload->losses++;
      message = g_strdup_printf (S_ ("The server has %llu bytes and no longer %llu"), (unsigned long long) offset_bytes,
                                 (unsigned long long) upload->offset_bytes);
      upload->sequence = ob_journal_append (self->database, now_ms, upload, "offset-back", upload->stored,
                                            OUTBOX_REASON_NONE, message, error);
      if (upload->sequence == 0)
        return FALSE;
    }
  /* Bytes that the server lost and gets again are no progress. */
  if (offset_bytes > upload->furthest_bytes)
    {
      upload->furthest_bytes = offset_bytes;
      upload->losses = 0;
      upload->progress_at_ms = now_ms;
      upload->failures = 0;
      if (!ob_runs_relieve_destination (self, upload, error))
        return FALSE;
    }
  upload->wire_bytes += report->wire_bytes;
  ob_upload_set_offset (upload, offset_bytes);
  upload->checked = report->checked;
  upload->updated_at_ms = now_ms;

  return ob_gate_count_metered (self->gate, upload->destination, report->wire_bytes, error)
         && ob_uploads_update (self->database, upload, error);
}

static void
on_progress (const char *id, guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer user_data)
{
  Report report
      = { .runs = user_data, .id = id, .offset_bytes = offset_bytes, .wire_bytes = wire_bytes, .checked = *checked };

  ob_crash_point ("chunk-answered");
  forget_sent (user_data, id);
  note (&report, write_progress);
}

static gboolean
write_begun (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  g_autoptr (ObUpload) upload = ob_uploads_get (report->runs->database, report->id, error);

  if (!upload)
    return FALSE;
  upload->checked = report->checked;

  return ob_uploads_update (report->runs->database, upload, error);
}

static void
on_begun_recorded (const GError *error, gpointer user_data)
{
  if (!error)
    ob_crash_point ("chunk-begun");
  ob_question_answer (user_data, !error);
}

static void
on_begins (const char *id, const ObChecked *checked, ObQuestion *question, gpointer user_data)
{
  Report report = { .runs = user_data, .id = id, .checked = *checked };

  record (&report, write_begun, on_begun_recorded, question);
}

static gboolean
write_words (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObRuns *self = report->runs;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);

  if (!upload)
    return FALSE;
  upload->sequence = ob_journal_append (self->database, ob_queue_get_now_ms (self->queue), upload, report->event,
                                        upload->stored, OUTBOX_REASON_NONE, report->words, error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

static void
on_noted (const char *id, const char *event, const char *words, gpointer user_data)
{
  ObRuns *self = user_data;
  Report report = { .runs = self, .id = id, .event = event, .words = words };

  if (!ob_trials_note (self->trials, id, event, words))
    note (&report, write_words);
}

static void
on_credentials (const char *destination, const char *url, ObQuestion *question, gpointer user_data)
{
  ObRuns *self = user_data;

  ob_credentials_answer (self->credentials, destination, url, question);
}

const ObWorkersEvents ob_runs_workers_events = { on_created, on_progress, on_begins,           on_sent,       on_left,
                                                 on_stored,  on_noted,    ob_runs_end_attempt, on_credentials };

void
ob_runs_start (ObRuns *self)
{
  self->workers = ob_workers_new (self->runner, &ob_runs_workers_events, self);
  self->is_started = TRUE;
  ob_trials_start (self->trials, self->workers);
}
