/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts uploads and makes room for them: collects what could run, lets the scheduler choose, and does it. Main thread.
 */
#include "broker/runs-private.h"

#include "base/debug.h"
#include "broker/run-job.h"
#include "broker/scheduler.h"
#include "dbus/error.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/journal.h"
#include "transfer/confirm.h"

/* A probe looks among so many uploads of a stream for one that has not failed. */
#define PROBE_CHOICE 16

/* Counts the silence up to now, as if the URL were still silent. */
static gboolean
must_leave_url (const ObUpload *upload, gint64 now_ms)
{
  gint64 since_ms = upload->silent_since_ms;

  return since_ms > 0
         && ob_retry_must_leave_url (ob_retry_count_silence (since_ms, FALSE, TRUE, upload->last_error.at_ms, now_ms),
                                     now_ms);
}

/* Where the row does not know where the server has it, the journal says what else is not known. */
static void
note_lost_history (ObRuns *self, const ObUpload *upload, ObJob *job)
{
  gboolean is_repaired = ob_journal_has_event (self->database, upload->id, "repaired");

  job->asks_first = is_repaired || ob_journal_has_event (self->database, upload->id, "adopted");
  /* The journal may still have the creation of a row that was lost. */
  job->is_place_unknown = job->asks_first || !ob_journal_has_event (self->database, upload->id, "created");
}

static ObJob *
make_job (ObRuns *self, const ObUpload *upload)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  ObJob *job = ob_run_job_new_of (upload, destination);

  job->path = ob_spool_get_path (self->spool, upload->id);
  job->resume = g_strdup (upload->server_url);
  if (destination)
    job->promise = ob_destination_get_promise (destination);
  job->pace = ob_gate_ref_pace (self->gate, upload->rule);
  job->modified_at_ms = upload->modified_at_ms;
  job->offset_bytes = upload->offset_bytes;
  job->furthest_bytes = upload->furthest_bytes;
  job->checked = upload->checked;
  job->attempt = upload->attempts;
  job->amended = upload->amended;
  job->wire_bytes = upload->wire_bytes;
  job->n_lost = upload->losses;
  job->is_stored = upload->stored == OB_STORED_CONFIRMING;
  if (job->is_stored && upload->reason != OUTBOX_REASON_NONE)
    job->heard_ms = MAX (ob_queue_get_now_ms (self->queue) - upload->progress_at_ms, 0);
  job->is_worked_on = job->is_stored && upload->reason == OUTBOX_REASON_SERVER_WORKING;
  /* A file that a silent server is known to have whole is not sent again on a guess: ask about it, or wait. */
  job->leaves_url
      = must_leave_url (upload, ob_queue_get_now_ms (self->queue)) && (!job->is_stored || ob_confirm_can_ask (job));
  /* Only a person's word ends the count of failures while the last error stays. */
  job->sends_anew = upload->failures == 0 && g_strcmp0 (upload->last_error.code, OB_CODE_NO_WORD) == 0;
  job->is_again = upload->attempts > 1;
  job->was_confirmed = upload->receipt.rung != OUTBOX_RUNG_NONE;
  job->keeps_copy = upload->is_moved || ob_gate_get_rules (self->gate)->keeping.keep_ms > 0;
  if (!upload->server_url)
    note_lost_history (self, upload, job);

  return job;
}

static void
on_start (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;
  ObActive *active = ob_actives_find (self->active, pending->id);
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) own_error = NULL;

  if (!error && active && self->is_started)
    upload = ob_uploads_get (self->database, pending->id, &own_error);
  if (upload)
    ob_workers_start (self->workers, make_job (self, upload), active->stop);
  else
    ob_actives_remove (self->active, pending->id);
  /* It was removed in the same turn; or its row cannot be read, and says uploading though no attempt runs. */
  if (own_error && !g_error_matches (own_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    ob_storage_note_trouble (self->storage);
}

/* An attempt that is about to start. */
typedef struct
{
  ObRuns *runs;
  const char *id;
  ObLane lane; /* of its row */
} Start;

/* Returns: FALSE without @error if its row must be repaired first */
static gboolean
begin_attempt (gpointer user_data, GError **error)
{
  Start *begun = user_data;
  ObRuns *self = begun->runs;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, begun->id, error);

  if (!upload || self->host->awaits_repair (upload, self->user_data))
    return FALSE;
  begun->lane = ob_lane_of (upload);
  upload->attempts++;
  /* Giving up counts from the first attempt, not from the time before it. */
  if (upload->failures == 0)
    upload->progress_at_ms = ob_queue_get_now_ms (self->queue);
  if (upload->stored == OB_STORED_QUEUED)
    return ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL,
                            ob_queue_get_now_ms (self->queue), error);

  return ob_uploads_update (self->database, upload, error);
}

static void
start (ObRuns *self, const ObCandidate *candidate)
{
  Start begun = { self, candidate->id, { NULL } };
  g_autoptr (GError) error = NULL;
  gboolean is_good = ob_queue_do (self->queue, OB_TURN_SOON, begin_attempt, &begun, &error);
  ObActive *active;

  /* One index has it, and another has not. It would be chosen again and again, and no other in its place. */
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    ob_database_note_damage (self->database, "an upload that could start is not found by its id");
  if (!is_good)
    return;
  active = ob_runs_add (self, candidate->id, &begun.lane);
  active->priority = candidate->priority + candidate->age;
  active->number = candidate->number;
  active->is_asking = candidate->is_asking;
  ob_debug (OB_DEBUG_RUNS, candidate->id, "starts for %s: priority %d, age %d, failed %u times%s",
            candidate->destination, candidate->priority, candidate->age, candidate->failures,
            candidate->is_probe_only ? ", alone: it finds out whether the destination answers again" : "");
  ob_queue_after (self->queue, on_start, ob_pending_new (self, candidate->id));
  ob_queue_touch (self->queue, candidate->id, FALSE);
}

/* The uploads that could run now, and the attempts that run. */
typedef struct
{
  GArray *streams;    /* of ObStream */
  GArray *candidates; /* of ObCandidate */
  GArray *stream_of;  /* of guint, one for each candidate: the index of its stream */
  GPtrArray *heads;   /* of GArray of ObReady, which own the candidates' ids */
  GArray *running;    /* of ObRunning */
} View;

static void
view_clear (View *view)
{
  g_clear_pointer (&view->streams, g_array_unref);
  g_clear_pointer (&view->candidates, g_array_unref);
  g_clear_pointer (&view->stream_of, g_array_unref);
  g_clear_pointer (&view->heads, g_ptr_array_unref);
  g_clear_pointer (&view->running, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (View, view_clear)

/* A day of waiting counts a point, as in the stream's order; so does an hour in which others were served. */
static gint
get_age (ObRuns *self, const ObStream *stream, const ObReady *ready)
{
  gint64 waited_ms = ob_queue_get_now_ms (self->queue) - ready->created_at_ms;

  return ob_fairness_get_age (self->fairness, stream) + (gint) CLAMP (waited_ms / OB_READY_POINT_MS, 0, G_MAXINT / 4);
}

static void
add_stream (ObRuns *self, View *view, guint index)
{
  const ObStream *stream = &g_array_index (view->streams, ObStream, index);
  const ObDestination *destination = ob_destination_table_find (self->destinations, stream->lane.destination);
  gboolean is_probe = destination && ob_health_is_tried (&destination->health);
  GArray *heads;
  const ObRule *rule = ob_gate_find_rule (self->gate, stream->lane.rule);

  /* An upload whose rule is gone waits until it is matched with the new rules. */
  if (!destination || !rule || (ob_gate_awaits_word (self->gate) && !ob_destination_is_local (destination))
      || !self->host->may_start (&stream->lane, stream->stored, self->user_data))
    {
      ob_debug (OB_DEBUG_RUNS, stream->lane.destination, "uploads of %s by rule %s do not start: %s", stream->app,
                rule ? rule->name : "unknown",
                !destination ? "there is no such destination"
                : !rule      ? "there is no such rule any more"
                             : "their lane or their destination is held, or the network is not known yet");
      return;
    }
  /* Uploads that run may be among the first: ask for more. */
  heads = ob_ready_list (self->database, stream,
                         (is_probe ? PROBE_CHOICE : OB_SCHEDULER_MAX_PER_DESTINATION) + ob_actives_count (self->active),
                         NULL);
  if (!heads)
    return;
  g_ptr_array_add (view->heads, heads);
  for (guint i = 0; i < heads->len; i++)
    {
      const ObReady *ready = &g_array_index (heads, ObReady, i);
      const ObCandidate candidate = {
        .id = ready->id,
        .destination = stream->lane.destination,
        .app = stream->app,
        .priority = ready->priority + rule->priority,
        .age = get_age (self, stream, ready),
        .number = ready->number,
        .served = ob_fairness_get_served (self->fairness, stream->app),
        .failures = ready->failures,
        .is_probe_only = is_probe,
        .is_newest_first = is_probe && destination->health.failures % 2 == 1,
        .is_asking = stream->stored == OB_STORED_CONFIRMING,
        .is_promised = g_hash_table_contains (self->promised, ready->id),
      };

      if (ob_actives_find (self->active, ready->id))
        continue;
      g_array_append_val (view->candidates, candidate);
      g_array_append_val (view->stream_of, index);
    }
}

static gboolean
look (ObRuns *self, View *view)
{
  g_autoptr (GPtrArray) actives = ob_actives_list (self->active);

  view->streams = ob_ready_list_streams (self->database, NULL);
  if (!view->streams)
    return FALSE;
  view->candidates = g_array_new (FALSE, FALSE, sizeof (ObCandidate));
  view->stream_of = g_array_new (FALSE, FALSE, sizeof (guint));
  view->heads = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  view->running = g_array_new (FALSE, FALSE, sizeof (ObRunning));
  for (guint i = 0; i < view->streams->len; i++)
    add_stream (self, view, i);
  for (guint i = 0; i < actives->len; i++)
    {
      const ObActive *active = actives->pdata[i];
      const ObRunning running = {
        .id = active->id,
        .destination = active->lane.destination,
        .priority = active->priority,
        .number = active->number,
        .is_asking = active->is_asking || active->follow_up == OB_FOLLOW_UP_TERMINATION,
        .is_left = active->is_left,
        .is_stopping = ob_stop_is_asked (active->stop),
      };

      g_array_append_val (view->running, running);
    }

  return TRUE;
}

static const ObStream *
stream_of (const View *view, guint index)
{
  return &g_array_index (view->streams, ObStream, g_array_index (view->stream_of, guint, index));
}

/* Notes who is served and who is not before anything starts, since that may bring about the next choice. */
static void
note_choice (ObRuns *self, const View *view, const ObChoice *choice)
{
  const ObCandidate *first = (const ObCandidate *) (void *) view->candidates->data;
  g_autoptr (GHashTable) starting = g_hash_table_new (NULL, NULL);

  for (guint i = 0; i < choice->start->len; i++)
    {
      const ObCandidate *candidate = choice->start->pdata[i];

      g_hash_table_add (starting, (gpointer) candidate);
      (void) g_hash_table_remove (self->promised, candidate->id);
      ob_fairness_note_served (self->fairness, stream_of (view, (guint) (candidate - first)));
    }
  for (guint i = 0; i < view->candidates->len; i++)
    if (!g_hash_table_contains (starting, first + i))
      ob_fairness_note_waiting (self->fairness, stream_of (view, i));
}

static void
make_room (ObRuns *self, const ObPreemption *preemption)
{
  ObActive *active = ob_actives_find (self->active, preemption->id);

  active->makes_room = TRUE;
  ob_debug (OB_DEBUG_RUNS, preemption->id, "stops to make room for %s", preemption->for_id);
  g_hash_table_add (self->promised, g_strdup (preemption->for_id));
  ob_stop_ask (active->stop, OB_STOP_SOON);
}

static void
run_choice (ObRuns *self)
{
  g_auto (View) view = { 0 };
  g_autoptr (ObChoice) choice = NULL;

  ob_fairness_begin (self->fairness, ob_queue_get_now_ms (self->queue));
  if (!look (self, &view))
    return;
  choice = ob_scheduler_choose ((const ObCandidate *) (void *) view.candidates->data, view.candidates->len,
                                (const ObRunning *) (void *) view.running->data, view.running->len);
  if (view.candidates->len > choice->start->len)
    ob_debug (OB_DEBUG_RUNS, NULL, "%u of %u that could start do: %u run", choice->start->len, view.candidates->len,
              view.running->len);
  note_choice (self, &view, choice);
  /* The upload that room was made for may be gone: then keep no place. */
  if (!ob_actives_is_making_room (self->active))
    g_hash_table_remove_all (self->promised);
  for (guint i = 0; i < choice->stop->len; i++)
    make_room (self, &g_array_index (choice->stop, ObPreemption, i));
  for (guint i = 0; i < choice->start->len; i++)
    start (self, choice->start->pdata[i]);
}

static void
schedule (gpointer member, const ObChanges *changes)
{
  ObRuns *self = member;

  ob_runs_tell_arrived (self);
  if (!self->is_started || ob_storage_get_queue_reasons (self->storage) != 0 || ob_storage_next_ms (self->storage) > 0)
    {
      ob_debug (OB_DEBUG_RUNS, NULL, "nothing starts: the queue as a whole is held");
      return;
    }
  run_choice (self);
  ob_runs_start_follow_ups (self);
}

const ObMember ob_runs_member = { .load = ob_runs_load, .flushed = schedule };
