/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attempts: which start, and what they report. Main thread.
 */
#include "broker/broker-private.h"

#include "base/crash.h"
#include "broker/scheduler.h"
#include "dbus/error.h"
#include "store/journal.h"

/* Among how many of a lane a probe looks for one that has not failed. */
#define PROBE_CHOICE 16

void
ob_active_free (ObActive *active)
{
  g_free (active->id);
  g_free (active->destination);
  g_object_unref (active->stop);
  g_free (active);
}

void
ob_broker_stop_attempt (ObBroker *self, const char *id, ObStopKind kind)
{
  ObActive *active = g_hash_table_lookup (self->active, id);

  if (active)
    ob_stop_ask (active->stop, kind);
}

void
ob_broker_stop_attempts (ObBroker *self, const char *destination, ObStopKind kind)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObActive *active = value;

      if (!destination || g_str_equal (active->destination, destination))
        ob_stop_ask (active->stop, kind);
    }
}

static void
on_pause_one (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_broker_stop_attempt (pending->broker, pending->id, OB_STOP_GENTLY);
}

void
ob_broker_pause_attempt_after (ObBroker *self, const char *id)
{
  ob_turn_after (self->turn, on_pause_one, ob_pending_new (self, id));
}

static void
on_pause_many (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_broker_stop_attempts (pending->broker, pending->id, OB_STOP_GENTLY);
}

void
ob_broker_pause_attempts_after (ObBroker *self, const char *destination)
{
  ob_turn_after (self->turn, on_pause_many, ob_pending_new (self, destination));
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

ObJob *
ob_broker_make_job (ObBroker *self, const ObUpload *upload)
{
  const ObDestination *destination = g_hash_table_lookup (self->destinations, upload->destination);
  ObJob *job = g_new0 (ObJob, 1);

  job->id = g_strdup (upload->id);
  job->path = ob_spool_get_path (self->spool, upload->id);
  job->name = g_strdup (upload->name);
  job->media_type = g_strdup (upload->media_type);
  job->sha256 = g_strdup (upload->sha256);
  job->group = g_strdup (upload->group);
  job->server_url = g_strdup (upload->server_url);
  job->url = g_strdup (destination ? destination->url : "");
  job->confirm_url = g_strdup (destination ? destination->confirm_url : NULL);
  job->headers
      = destination ? g_variant_ref (destination->headers) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  job->metadata = g_variant_ref (upload->metadata);
  job->size_bytes = upload->size_bytes;
  job->offset_bytes = upload->offset_bytes;
  job->is_stored = upload->stored == OB_STORED_CONFIRMING;
  job->is_again = upload->attempts > 1;
  job->asks_first = !upload->server_url && ob_journal_has_event (self->database, upload->id, "adopted");

  return job;
}

/* --- What starts --- */

static void
on_start (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObBroker *self = pending->broker;
  ObActive *active = g_hash_table_lookup (self->active, pending->id);
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) own_error = NULL;

  if (!error && active && self->is_started)
    upload = ob_uploads_get (self->database, pending->id, &own_error);
  if (upload)
    ob_workers_start (self->workers, ob_broker_make_job (self, upload), active->stop);
  else
    (void) g_hash_table_remove (self->active, pending->id);
  /* It was removed in the same turn; or it stands there as uploading, and nobody does. */
  if (own_error && !g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    ob_broker_note_trouble (self);
}

static gboolean
begin_attempt (ObBroker *self, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, error);

  if (!upload)
    return FALSE;
  upload->attempts++;
  /* Giving up counts from here, whatever it waited for until now. */
  if (upload->failures == 0)
    upload->progress_at_ms = ob_broker_get_now_ms (self);
  if (upload->stored == OB_STORED_QUEUED)
    return ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL,
                            ob_broker_get_now_ms (self), error);

  return ob_uploads_update (self->database, upload, error);
}

ObActive *
ob_broker_add_active (ObBroker *self, const char *id, const char *destination, gboolean is_termination)
{
  ObActive *active = g_new0 (ObActive, 1);

  active->id = g_strdup (id);
  active->destination = g_strdup (destination);
  active->stop = ob_stop_new ();
  active->is_termination = is_termination;
  g_hash_table_insert (self->active, active->id, active);

  return active;
}

static void
start (ObBroker *self, const char *id, const char *destination)
{
  gboolean is_good;

  if (!ob_turn_begin (self->turn, OB_TURN_SOON, NULL))
    {
      ob_broker_note_trouble (self);
      return;
    }
  is_good = begin_attempt (self, id, NULL);
  ob_turn_end (self->turn, is_good);
  if (!is_good)
    {
      ob_broker_note_trouble (self);
      return;
    }
  (void) ob_broker_add_active (self, id, destination, FALSE);
  ob_turn_after (self->turn, on_start, ob_pending_new (self, id));
  ob_broker_touch (self, id, FALSE);
}

/* A destination that has just failed is tried by one upload that has not, so that one that never works holds up no other. */
static const ObUpload *
choose_probe (const GPtrArray *ready)
{
  const ObUpload *best = NULL;

  for (guint i = 0; i < ready->len; i++)
    {
      const ObUpload *upload = ready->pdata[i];

      if (!best || upload->failures < best->failures)
        best = upload;
    }

  return best;
}

static void
add_candidates (ObBroker *self, const ObCount *lane, GPtrArray *uploads, GArray *candidates)
{
  const ObDestination *destination = g_hash_table_lookup (self->destinations, lane->destination);
  gboolean is_probe = destination && destination->failures > 0;
  g_autoptr (GPtrArray) ready = NULL;
  const ObUpload *probe;
  ObHold holds[4];

  if (!destination || ob_broker_get_destination_holds (self, destination, holds) > 0)
    return;
  /* Those that run may stand among the first. */
  ready = ob_uploads_ready (self->database, lane->destination, lane->rule,
                            (is_probe ? PROBE_CHOICE : OB_SCHEDULER_MAX_PER_DESTINATION)
                                + g_hash_table_size (self->active),
                            NULL);
  probe = is_probe && ready ? choose_probe (ready) : NULL;
  for (guint i = 0; ready && i < ready->len; i++)
    {
      const ObUpload *upload = ready->pdata[i];
      const ObCandidate candidate = { upload->id, lane->destination, upload->priority, upload->number, is_probe };

      if (!is_probe || upload == probe)
        g_array_append_val (candidates, candidate);
    }
  if (ready)
    g_ptr_array_extend_and_steal (uploads, g_steal_pointer (&ready));
}

static GArray *
list_running (ObBroker *self)
{
  GArray *running = g_array_new (FALSE, FALSE, sizeof (ObRunning));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObActive *active = value;
      const ObRunning entry = { active->id, active->destination };

      g_array_append_val (running, entry);
    }

  return running;
}

static const char *
destination_of (const GArray *candidates, const char *id)
{
  for (guint i = 0; i < candidates->len; i++)
    if (g_array_index (candidates, ObCandidate, i).id == id)
      return g_array_index (candidates, ObCandidate, i).destination;

  return NULL;
}

static void
start_uploads (ObBroker *self)
{
  g_autoptr (GPtrArray) uploads = NULL;
  g_autoptr (GArray) candidates = NULL;
  g_autoptr (GArray) running = NULL;
  g_autoptr (GPtrArray) chosen = NULL;
  g_autoptr (GArray) counts = NULL;
  g_autoptr (GHashTable) lanes = NULL;

  counts = ob_uploads_count (self->database, NULL);
  uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
  candidates = g_array_new (FALSE, FALSE, sizeof (ObCandidate));
  lanes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; counts && i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if ((count->stored == OB_STORED_QUEUED || count->stored == OB_STORED_CONFIRMING) && count->own_hold == 0
          && g_hash_table_add (lanes, g_strconcat (count->destination, "\n", count->rule, NULL)))
        add_candidates (self, count, uploads, candidates);
    }
  running = list_running (self);
  chosen = ob_scheduler_choose ((const ObCandidate *) (void *) candidates->data, candidates->len,
                                (const ObRunning *) (void *) running->data, running->len);
  for (guint i = 0; i < chosen->len; i++)
    start (self, chosen->pdata[i], destination_of (candidates, chosen->pdata[i]));
}

void
ob_broker_schedule (ObBroker *self)
{
  if (!self->is_started || self->is_paused || self->repair_at_ms > 0
      || g_hash_table_size (self->active) >= OB_SCHEDULER_MAX_ATTEMPTS)
    return;
  start_uploads (self);
  ob_broker_start_termination (self);
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

/* Writes in a turn of its own what an attempt asks to be durable, and answers when it is. */
static void
record (ObBroker *self, const char *id, gboolean (*write) (ObBroker *, ObUpload *, gconstpointer, GError **),
        gconstpointer data, ObEffect recorded, ObQuestion *question)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = NULL;
  gboolean is_good;

  if (!ob_turn_begin (self->turn, OB_TURN_SOON, &error))
    {
      ob_question_answer (question, FALSE);
      return;
    }
  upload = ob_uploads_get (self->database, id, &error);
  is_good = upload && write (self, upload, data, &error);
  ob_turn_end (self->turn, is_good);
  if (!is_good)
    {
      ob_question_answer (question, FALSE);
      return;
    }
  ob_turn_after (self->turn, recorded, question);
  ob_broker_touch (self, id, FALSE);
}

/* The server has lost the upload that it confirmed to have: from here on it is sent again. */
static gboolean
leave_confirming (ObBroker *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_broker_get_now_ms (self);

  return upload->stored != OB_STORED_CONFIRMING
         || (ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, "the server lost it",
                              now_ms, error)
             && ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL, now_ms, error));
}

static gboolean
write_created (ObBroker *self, ObUpload *upload, gconstpointer data, GError **error)
{
  const char *server_url = data;

  if (!leave_confirming (self, upload, error))
    return FALSE;
  g_free (upload->server_url);
  upload->server_url = g_strdup (server_url);
  upload->offset_bytes = 0;
  upload->updated_at_ms = ob_broker_get_now_ms (self);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload->id,
                                        server_url ? "created" : "lost", upload->stored, OUTBOX_REASON_NONE,
                                        server_url ? server_url : "the server has no such upload any more", error);

  return upload->sequence > 0 && ob_uploads_update (self->database, upload, error);
}

static void
on_created (const char *id, const char *server_url, ObQuestion *question, gpointer user_data)
{
  ob_crash_point ("created");
  record (user_data, id, write_created, server_url, on_created_recorded, question);
}

static gboolean
write_stored (ObBroker *self, ObUpload *upload, gconstpointer data, GError **error)
{
  if (upload->stored == OB_STORED_CONFIRMING)
    return TRUE;
  upload->offset_bytes = upload->size_bytes;
  upload->progress_at_ms = ob_broker_get_now_ms (self);

  return ob_journal_move (self->database, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NONE, NULL,
                          upload->progress_at_ms, error);
}

static void
on_stored (const char *id, ObQuestion *question, gpointer user_data)
{
  ob_crash_point ("last-chunk");
  record (user_data, id, write_stored, NULL, on_stored_recorded, question);
}

static gboolean
write_progress (ObBroker *self, ObUpload *upload, guint64 offset_bytes, guint64 sent_bytes)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  g_autofree char *message = NULL;

  if (offset_bytes < upload->offset_bytes)
    {
      message = g_strdup_printf ("The server has %" G_GUINT64_FORMAT " bytes and no longer %" G_GUINT64_FORMAT,
                                 offset_bytes, upload->offset_bytes);
      upload->sequence = ob_journal_append (self->database, now_ms, upload->id, "offset-back", upload->stored,
                                            OUTBOX_REASON_NONE, message, NULL);
      if (upload->sequence == 0)
        return FALSE;
    }
  if (offset_bytes > upload->offset_bytes)
    {
      upload->progress_at_ms = now_ms;
      upload->failures = 0;
      if (!ob_broker_relieve_destination (self, upload, NULL))
        return FALSE;
    }
  upload->offset_bytes = offset_bytes;
  upload->sent_bytes += sent_bytes;
  upload->updated_at_ms = now_ms;

  return ob_uploads_update (self->database, upload, NULL);
}

static void
on_progress (const char *id, guint64 offset_bytes, guint64 sent_bytes, gpointer user_data)
{
  ObBroker *self = user_data;
  g_autoptr (ObUpload) upload = NULL;
  gboolean is_good;

  ob_crash_point ("chunk-answered");
  if (!ob_turn_begin (self->turn, OB_TURN_LATER, NULL))
    return;
  upload = ob_uploads_get (self->database, id, NULL);
  is_good = upload && write_progress (self, upload, offset_bytes, sent_bytes);
  ob_turn_end (self->turn, is_good);
  if (is_good)
    ob_broker_touch (self, id, FALSE);
}

const ObWorkersEvents ob_broker_workers_events = { on_created, on_progress, on_stored, ob_broker_end_attempt };
