/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attempts: what they are given, how they are stopped, and what they report. Main thread.
 */
#include "broker/broker-private.h"

#include "base/crash.h"
#include "model/origin.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/journal.h"
#include "transfer/protocols.h"

static void
on_pause_one (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_actives_stop (pending->broker->active, pending->id, OB_STOP_GENTLY);
}

void
ob_broker_pause_attempt_after (ObBroker *self, const char *id)
{
  ob_queue_after (self->queue, on_pause_one, ob_pending_new (self, id));
}

static void
on_pause_many (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_actives_stop_for (pending->broker->active, pending->id, OB_STOP_GENTLY);
}

void
ob_broker_pause_attempts_after (ObBroker *self, const char *destination)
{
  ob_queue_after (self->queue, on_pause_many, ob_pending_new (self, destination));
}

ObPending *
ob_pending_new (ObBroker *self, const char *id)
{
  ObPending *pending = g_new0 (ObPending, 1);

  pending->broker = self;
  pending->id = g_strdup (id);

  return pending;
}

void
ob_pending_free (ObPending *pending)
{
  g_free (pending->id);
  g_free (pending);
}

/* As of now, were it still silent. */
static gboolean
must_leave_url (const ObUpload *upload, gint64 now_ms)
{
  gint64 since_ms = upload->silent_since_ms;

  return since_ms > 0
         && ob_retry_must_leave_url (ob_retry_count_silence (since_ms, FALSE, TRUE, upload->last_error.at_ms, now_ms),
                                     now_ms);
}

gboolean
ob_broker_may_resume (ObBroker *self, const ObUpload *upload, const char *resume)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  const ObProtocol *protocol = destination ? ob_protocol_find (destination->protocol) : NULL;

  return !protocol || protocol->is_resume (resume);
}

ObJob *
ob_broker_make_job (ObBroker *self, const ObUpload *upload)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  ObJob *job = g_new0 (ObJob, 1);

  job->id = g_strdup (upload->id);
  job->path = ob_spool_get_path (self->spool, upload->id);
  job->name = g_strdup (upload->name);
  job->media_type = g_strdup (upload->media_type);
  job->sha256 = g_strdup (upload->sha256);
  job->group = g_strdup (upload->group);
  job->protocol = g_strdup (destination ? destination->protocol : NULL);
  job->resume = g_strdup (upload->server_url);
  job->url = g_strdup (destination ? destination->url : "");
  job->also = destination ? g_strdupv (destination->also) : NULL;
  job->confirm_url = g_strdup (destination ? destination->confirm_url : NULL);
  job->headers
      = destination ? g_variant_ref (destination->headers) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  job->metadata = g_variant_ref (upload->metadata);
  job->pace = ob_gate_ref_pace (self->gate, upload->rule);
  job->modified_at_ms = upload->modified_at_ms;
  job->size_bytes = upload->size_bytes;
  job->offset_bytes = upload->offset_bytes;
  job->furthest_bytes = upload->furthest_bytes;
  job->n_lost = upload->losses;
  job->is_stored = upload->stored == OB_STORED_CONFIRMING;
  job->heard_ms = job->is_stored && upload->reason != OUTBOX_REASON_NONE
                      ? MAX (ob_broker_get_now_ms (self) - upload->progress_at_ms, 0)
                      : -1;
  job->is_worked_on = job->is_stored && upload->reason == OUTBOX_REASON_SERVER_WORKING;
  /* What a silent server was heard to have whole is asked about, or waited for: it is not sent twice on a guess. */
  job->leaves_url = must_leave_url (upload, ob_broker_get_now_ms (self)) && (!job->is_stored || job->confirm_url);
  job->is_again = upload->attempts > 1;
  job->asks_first = !upload->server_url
                    && (ob_journal_has_event (self->database, upload->id, "adopted")
                        || ob_journal_has_event (self->database, upload->id, "repaired"));

  return job;
}

ObActive *
ob_broker_add_active (ObBroker *self, const char *id, const char *destination, const char *rule)
{
  ObDestination *to = ob_destination_table_find (self->destinations, destination);
  ObActive *active = ob_actives_add (self->active, id, destination, rule);

  active->begun_at = to ? ob_health_begin (&to->health) : 0;

  return active;
}

void
ob_broker_close_lane (ObBroker *self, const char *destination, const char *lane_rule, OutboxReasonSet reasons)
{
  /* There is a network again, and it may not be used. */
  if (ob_actives_get_stop_kind (reasons) == OB_STOP_NOW && self->workers)
    ob_workers_reset_parked (self->workers);
  ob_actives_close_lane (self->active, destination, lane_rule, reasons);
}

/* What a lane allowed before it was taken back may have kept something running. */
static void
stop_if_held (ObBroker *self, const ObActive *active)
{
  OutboxReasonSet reasons = active->rule ? ob_gate_get_lane_reasons (self->gate, active->destination, active->rule) : 0;

  if (reasons != 0 && !ob_stop_is_asked (active->stop))
    ob_broker_close_lane (self, active->destination, active->rule, reasons);
}

void
ob_broker_load_attempts (ObBroker *self)
{
  g_autoptr (GPtrArray) list = ob_actives_list (self->active);

  for (guint i = 0; i < list->len; i++)
    {
      ObActive *active = list->pdata[i];
      g_autoptr (ObUpload) upload = active->is_termination ? NULL : ob_uploads_get (self->database, active->id, NULL);

      /* The health of its destination counts anew. */
      active->begun_at = 0;
      if (!upload)
        continue;
      g_free (active->rule);
      active->rule = g_strdup (upload->rule);
      active->is_asking = upload->stored == OB_STORED_CONFIRMING;
    }
  for (guint i = 0; i < list->len; i++)
    stop_if_held (self, list->pdata[i]);
}

/* --- What attempts report --- */

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

/* What an attempt has to tell of its upload. */
typedef struct
{
  ObBroker *broker;
  const char *id;
  const char *server_url; /* of a new one; NULL: the server has it no longer */
  guint64 offset_bytes;
  guint64 wire_bytes;
  const char *event;
  const char *words;
} Report;

/* Makes durable what an attempt asks about, and answers when it is. */
static void
record (Report *report, ObChange write, ObEffect recorded, ObQuestion *question)
{
  ObQueue *queue = report->broker->queue;

  if (!ob_queue_do (queue, OB_TURN_SOON, write, report, NULL))
    {
      ob_question_answer (question, FALSE);
      return;
    }
  ob_queue_after (queue, recorded, question);
  ob_queue_touch (queue, report->id, FALSE);
}

/* Nobody waits for it: it goes to the disk with the next turn. */
static void
note (Report *report, ObChange write)
{
  if (ob_queue_do (report->broker->queue, OB_TURN_LATER, write, report, NULL))
    ob_queue_touch (report->broker->queue, report->id, FALSE);
}

/* What was on the way has arrived or not: the server has said what it has. */
static void
forget_sent (ObBroker *self, const char *id)
{
  ObActive *active = ob_actives_find (self->active, id);

  if (active)
    active->sent_bytes = 0;
}

/* Nothing of it is written: after a restart the server's word alone counts. */
static void
on_sent (const char *id, guint64 sent_bytes, gpointer user_data)
{
  ObBroker *self = user_data;
  ObActive *active = ob_actives_find (self->active, id);

  if (!active || active->is_termination)
    return;
  active->sent_bytes = sent_bytes;
  ob_broker_tell_after (self, id);
}

/* Its place is another's from now on, or its own again. */
static void
on_left (const char *id, gboolean is_left, gpointer user_data)
{
  ObBroker *self = user_data;
  ObActive *active = ob_actives_find (self->active, id);

  if (!active)
    return;
  active->is_left = is_left;
  ob_queue_want_flush (self->queue);
}

guint64
ob_broker_get_sent_bytes (ObBroker *self, const ObUpload *upload)
{
  const ObActive *active = ob_actives_find (self->active, upload->id);

  return active ? MAX (MIN (active->sent_bytes, upload->size_bytes), upload->offset_bytes) : upload->offset_bytes;
}

/* From now on an attempt asks, or sends: then its rule counts again. */
static void
note_asking (ObBroker *self, const char *id, gboolean is_asking)
{
  ObActive *active = ob_actives_find (self->active, id);
  ObHold holds[OB_LANE_HOLDS_MAX];

  if (!active || active->is_asking == is_asking)
    return;
  active->is_asking = is_asking;
  if (!is_asking && active->rule
      && ob_gate_get_lane_holds (self->gate, active->destination, active->rule, OB_STORED_UPLOADING, holds) > 0)
    ob_stop_ask (active->stop, OB_STOP_NOW);
}

/* The server has lost the upload that it confirmed to have: from here on it is sent again. */
static gboolean
leave_confirming (ObBroker *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_broker_get_now_ms (self);

  note_asking (self, upload->id, FALSE);

  return upload->stored != OB_STORED_CONFIRMING
         || (ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, "the server lost it",
                              now_ms, error)
             && ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL, now_ms, error));
}

static gboolean
write_created (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObBroker *self = report->broker;
  const char *server_url = report->server_url;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);
  g_autofree char *shown = ob_origin_dup_shown (server_url);

  if (!upload || !leave_confirming (self, upload, error))
    return FALSE;
  g_free (upload->server_url);
  upload->server_url = g_strdup (server_url);
  upload->silent_since_ms = 0;
  upload->losses += upload->offset_bytes > 0;
  upload->offset_bytes = 0;
  upload->updated_at_ms = ob_broker_get_now_ms (self);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload, server_url ? "created" : "lost",
                                        upload->stored, OUTBOX_REASON_NONE,
                                        shown ? shown : "the server has no such upload any more", error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

static void
on_created (const char *id, const char *server_url, ObQuestion *question, gpointer user_data)
{
  ObBroker *self = user_data;
  Report report = { .broker = self, .id = id, .server_url = server_url };

  ob_crash_point ("created");
  if (server_url && ob_uploads_is_url_taken (self->database, server_url, id))
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
  ObBroker *self = report->broker;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);

  if (!upload)
    return FALSE;
  note_asking (self, upload->id, TRUE);
  if (upload->stored == OB_STORED_CONFIRMING)
    return TRUE;
  ob_upload_set_offset (upload, upload->size_bytes);
  upload->progress_at_ms = ob_broker_get_now_ms (self);

  return ob_journal_move (self->database, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NONE, NULL,
                          upload->progress_at_ms, error);
}

static void
on_stored (const char *id, ObQuestion *question, gpointer user_data)
{
  Report report = { .broker = user_data, .id = id };

  ob_crash_point ("last-chunk");
  record (&report, write_stored, on_stored_recorded, question);
}

static gboolean
write_progress (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObBroker *self = report->broker;
  const guint64 offset_bytes = report->offset_bytes;
  gint64 now_ms = ob_broker_get_now_ms (self);
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);
  g_autofree char *message = NULL;

  if (!upload || (offset_bytes < upload->size_bytes && !leave_confirming (self, upload, error)))
    return FALSE;
  if (offset_bytes < upload->offset_bytes)
    {
      upload->losses++;
      message = g_strdup_printf ("The server has %" G_GUINT64_FORMAT " bytes and no longer %" G_GUINT64_FORMAT,
                                 offset_bytes, upload->offset_bytes);
      upload->sequence = ob_journal_append (self->database, now_ms, upload, "offset-back", upload->stored,
                                            OUTBOX_REASON_NONE, message, error);
      if (upload->sequence == 0)
        return FALSE;
    }
  /* What a server lost and gets again is no progress. */
  if (offset_bytes > upload->furthest_bytes)
    {
      upload->furthest_bytes = offset_bytes;
      upload->losses = 0;
      upload->progress_at_ms = now_ms;
      upload->failures = 0;
      if (!ob_broker_relieve_destination (self, upload, error))
        return FALSE;
    }
  upload->wire_bytes += report->wire_bytes;
  ob_upload_set_offset (upload, offset_bytes);
  upload->updated_at_ms = now_ms;

  return ob_gate_count_metered (self->gate, upload->destination, report->wire_bytes, error)
         && ob_uploads_update (self->database, upload, error);
}

static void
on_progress (const char *id, guint64 offset_bytes, guint64 wire_bytes, gpointer user_data)
{
  Report report = { .broker = user_data, .id = id, .offset_bytes = offset_bytes, .wire_bytes = wire_bytes };

  ob_crash_point ("chunk-answered");
  forget_sent (user_data, id);
  note (&report, write_progress);
}

static gboolean
write_words (gpointer user_data, GError **error)
{
  const Report *report = user_data;
  ObBroker *self = report->broker;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, report->id, error);

  if (!upload)
    return FALSE;
  upload->sequence = ob_journal_append (self->database, ob_broker_get_now_ms (self), upload, report->event,
                                        upload->stored, OUTBOX_REASON_NONE, report->words, error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

static void
on_noted (const char *id, const char *event, const char *words, gpointer user_data)
{
  ObBroker *self = user_data;
  Report report = { .broker = self, .id = id, .event = event, .words = words };

  if (!ob_trials_note (self->trials, id, event, words))
    note (&report, write_words);
}

const ObWorkersEvents ob_broker_workers_events
    = { on_created, on_progress, on_sent, on_left, on_stored, on_noted, ob_broker_end_attempt };
