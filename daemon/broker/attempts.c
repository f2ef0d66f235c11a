/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Attempts: which start, what they report, what their end means. Main thread.
 */
#include "broker/broker-private.h"

#include "base/crash.h"
#include "broker/scheduler.h"
#include "policy/retry.h"
#include "store/journal.h"

/* How long a server may take to attach what it has, before a person hears of it. */
#define CONFIRM_MOST_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)
#define WAKE_AT_ONCE 256

void
ob_active_free (ObActive *active)
{
  g_free (active->id);
  g_free (active->destination);
  g_object_unref (active->cancellable);
  g_free (active);
}

void
ob_broker_cancel_attempt (ObBroker *self, const char *id)
{
  ObActive *active = g_hash_table_lookup (self->active, id);

  if (active)
    g_cancellable_cancel (active->cancellable);
}

void
ob_broker_cancel_attempts (ObBroker *self, const char *destination)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObActive *active = value;

      if (!destination || g_str_equal (active->destination, destination))
        g_cancellable_cancel (active->cancellable);
    }
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
  job->headers = destination ? g_variant_ref (destination->headers) : g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  job->metadata = g_variant_ref (upload->metadata);
  job->size_bytes = upload->size_bytes;
  job->is_stored = upload->stored == OB_STORED_CONFIRMING;

  return job;
}

/* --- What starts --- */

/* An upload to do something with when its state is on the disk. */
typedef struct
{
  ObBroker *broker;
  char *id;
} Pending;

static Pending *
pending_new (ObBroker *self, const char *id)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->broker = self;
  pending->id = g_strdup (id);

  return pending;
}

static void
pending_free (Pending *pending)
{
  g_free (pending->id);
  g_free (pending);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Pending, pending_free)

static void
on_start (const GError *error, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;
  ObBroker *self = pending->broker;
  ObActive *active = g_hash_table_lookup (self->active, pending->id);
  g_autoptr (ObUpload) upload = error || !self->is_started ? NULL : ob_uploads_get (self->database, pending->id, NULL);

  if (active && upload)
    ob_workers_start (self->workers, ob_broker_make_job (self, upload), active->cancellable);
  else
    (void) g_hash_table_remove (self->active, pending->id);
}

static gboolean
begin_attempt (ObBroker *self, const char *id, GError **error)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, error);

  if (!upload)
    return FALSE;
  upload->attempts++;
  if (upload->stored == OB_STORED_QUEUED)
    return ob_journal_move (self->database, upload, OB_STORED_UPLOADING, OUTBOX_REASON_NONE, NULL,
                            ob_broker_get_now_ms (self), error);

  return ob_uploads_update (self->database, upload, error);
}

static void
start (ObBroker *self, const char *id, const char *destination)
{
  ObActive *active;
  gboolean is_good;

  if (!ob_turn_begin (self->turn, OB_TURN_SOON, NULL))
    return;
  is_good = begin_attempt (self, id, NULL);
  ob_turn_end (self->turn, is_good);
  if (!is_good)
    return;
  active = g_new0 (ObActive, 1);
  active->id = g_strdup (id);
  active->destination = g_strdup (destination);
  active->cancellable = g_cancellable_new ();
  g_hash_table_insert (self->active, active->id, active);
  ob_turn_after (self->turn, on_start, pending_new (self, id));
  ob_broker_touch (self, id, FALSE);
}

static void
add_candidates (ObBroker *self, const ObCount *lane, GPtrArray *uploads, GArray *candidates)
{
  const ObDestination *destination = g_hash_table_lookup (self->destinations, lane->destination);
  g_autoptr (GPtrArray) ready = NULL;
  ObHold holds[4];

  if (!destination || ob_broker_get_destination_holds (self, destination, holds) > 0)
    return;
  /* Those that run may stand among the first. */
  ready = ob_uploads_ready (self->database, lane->destination, lane->rule,
                            OB_SCHEDULER_MAX_PER_DESTINATION + g_hash_table_size (self->active), NULL);
  for (guint i = 0; ready && i < ready->len; i++)
    {
      const ObUpload *upload = ready->pdata[i];
      const ObCandidate candidate = { upload->id, destination->name, upload->priority, upload->number,
                                      destination->failures > 0 };

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

void
ob_broker_schedule (ObBroker *self)
{
  g_autoptr (GPtrArray) uploads = NULL;
  g_autoptr (GArray) candidates = NULL;
  g_autoptr (GArray) running = NULL;
  g_autoptr (GPtrArray) chosen = NULL;
  g_autoptr (GArray) counts = NULL;
  g_autoptr (GHashTable) lanes = NULL;

  if (!self->is_started || self->is_paused || g_hash_table_size (self->active) >= OB_SCHEDULER_MAX_ATTEMPTS)
    return;
  counts = ob_uploads_count (self->database, NULL);
  uploads = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_upload_free);
  candidates = g_array_new (FALSE, FALSE, sizeof (ObCandidate));
  lanes = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; counts && i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if ((count->stored == OB_STORED_QUEUED || count->stored == OB_STORED_CONFIRMING) && count->own_hold == 0
          && g_hash_table_add (lanes, (gpointer) count->destination))
        add_candidates (self, count, uploads, candidates);
    }
  running = list_running (self);
  chosen = ob_scheduler_choose ((const ObCandidate *) (void *) candidates->data, candidates->len,
                                (const ObRunning *) (void *) running->data, running->len);
  for (guint i = 0; i < chosen->len; i++)
    start (self, chosen->pdata[i], destination_of (candidates, chosen->pdata[i]));
}

/* --- Holds that end by themselves --- */

static gboolean
wake_uploads (ObBroker *self, gint64 now_ms)
{
  const ObUploadsSet sets[] = { OB_UPLOADS_DUE, OB_UPLOADS_DUE_TO_BEGIN };
  gboolean is_all = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (sets); i++)
    {
      g_autoptr (GPtrArray) uploads = ob_uploads_find (self->database, sets[i], now_ms, WAKE_AT_ONCE, NULL);

      for (guint j = 0; uploads && j < uploads->len; j++)
        {
          ObUpload *upload = uploads->pdata[j];

          *(sets[i] == OB_UPLOADS_DUE ? &upload->retry_at_ms : &upload->not_before_ms) = 0;
          (void) ob_uploads_update (self->database, upload, NULL);
          ob_broker_touch (self, upload->id, FALSE);
        }
      is_all &= !uploads || uploads->len < WAKE_AT_ONCE;
    }

  return is_all;
}

/* The failures stay: a destination that comes out of its back-off is probed by one attempt. */
static void
wake_destinations (ObBroker *self, gint64 now_ms)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->destinations);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObDestination *destination = value;

      if (destination->retry_at_ms == 0 || destination->retry_at_ms > now_ms)
        continue;
      destination->retry_at_ms = 0;
      (void) ob_broker_save_destination (self, destination, OUTBOX_REASON_NONE, "the back-off is over", NULL);
    }
}

void
ob_broker_wake (ObBroker *self)
{
  gint64 now_ms = ob_broker_get_now_ms (self);

  if (!ob_turn_begin (self->turn, OB_TURN_SOON, NULL))
    return;
  wake_destinations (self, now_ms);
  (void) wake_uploads (self, now_ms);
  ob_turn_end (self->turn, TRUE);
  ob_broker_touch_holds (self);
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
    }
  if (offset_bytes > upload->offset_bytes)
    upload->progress_at_ms = now_ms;
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

/* --- How attempts end --- */

static void
hold_upload (ObBroker *self, ObUpload *upload, const ObAttemptResult *result)
{
  upload->failures = result->has_moved ? 1 : upload->failures + 1;
  upload->retry_at_ms = ob_broker_get_now_ms (self)
                        + ob_retry_delay_ms (upload->failures, result->outcome.retry_after_ms, g_random_double ());
}

static void
hold_destination (ObBroker *self, const ObUpload *upload, const ObAttemptResult *result, OutboxReason reason)
{
  ObDestination *destination = g_hash_table_lookup (self->destinations, upload->destination);

  if (!destination)
    return;
  destination->failures = result->has_moved ? 1 : destination->failures + 1;
  if (reason == OUTBOX_REASON_RETRYING)
    destination->retry_at_ms
        = ob_broker_get_now_ms (self)
          + ob_retry_delay_ms (destination->failures, result->outcome.retry_after_ms, g_random_double ());
  else
    destination->reason = reason;
  (void) ob_broker_save_destination (self, destination, reason, result->message, NULL);
}

/* It answered as it should. */
static void
relieve_destination (ObBroker *self, const ObUpload *upload)
{
  ObDestination *destination = g_hash_table_lookup (self->destinations, upload->destination);

  if (!destination || destination->failures == 0)
    return;
  destination->failures = 0;
  destination->retry_at_ms = 0;
  (void) ob_broker_save_destination (self, destination, OUTBOX_REASON_NONE, "it answers again", NULL);
}

static gboolean
move (ObBroker *self, ObUpload *upload, ObStored to, OutboxReason reason, const ObAttemptResult *result,
      GError **error)
{
  if (upload->stored == to)
    {
      upload->reason = reason;
      return ob_uploads_update (self->database, upload, error);
    }

  return ob_journal_move (self->database, upload, to, reason, result->message, ob_broker_get_now_ms (self), error);
}

/* Back to where it waits: bytes that the server has stay there. */
static gboolean
move_back (ObBroker *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  gint64 now_ms = ob_broker_get_now_ms (self);

  if (upload->stored == OB_STORED_CONFIRMING)
    {
      if (now_ms - upload->progress_at_ms > CONFIRM_MOST_MS)
        return move (self, upload, OB_STORED_FAILED, OUTBOX_REASON_GAVE_UP, result, error);
      return move (self, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NOT_CONFIRMED_YET, result, error);
    }
  if (ob_retry_must_give_up (upload->progress_at_ms, now_ms))
    return move (self, upload, OB_STORED_FAILED, OUTBOX_REASON_GAVE_UP, result, error);

  return move (self, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, result, error);
}

static gboolean
finish_upload (ObBroker *self, ObUpload *upload, ObAttemptResult *result, GError **error)
{
  ob_receipt_clear (&upload->receipt);
  upload->receipt = result->receipt;
  result->receipt = (ObReceipt){ 0 };
  upload->receipt.confirmed_at_ms = upload->done_at_ms = ob_broker_get_now_ms (self);
  if (!upload->receipt.url)
    upload->receipt.url = g_strdup (upload->server_url);
  upload->offset_bytes = upload->size_bytes;
  upload->failures = 0;
  upload->retry_at_ms = 0;
  relieve_destination (self, upload);
  /* A receipt that was found while the upload URL was gone comes without the last chunk. */
  if (upload->stored == OB_STORED_UPLOADING
      && !ob_journal_move (self->database, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NONE, NULL, upload->done_at_ms,
                           error))
    return FALSE;

  return move (self, upload, OB_STORED_DONE, OUTBOX_REASON_NONE, result, error);
}

static gboolean
apply_verdict (ObBroker *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  switch (result->outcome.verdict)
    {
    case OB_VERDICT_SIGN_IN:
      hold_destination (self, upload, result, OUTBOX_REASON_SIGN_IN);
      return move_back (self, upload, result, error);
    case OB_VERDICT_FULL:
      hold_destination (self, upload, result, OUTBOX_REASON_DESTINATION_FULL);
      return move_back (self, upload, result, error);
    case OB_VERDICT_RETRY:
    case OB_VERDICT_PORTAL:
      hold_destination (self, upload, result, OUTBOX_REASON_RETRYING);
      return move_back (self, upload, result, error);
    case OB_VERDICT_FAIL:
      return move (self, upload, OB_STORED_FAILED, result->outcome.reason, result, error);
    case OB_VERDICT_FORBIDDEN:
      return move (self, upload, OB_STORED_FAILED, OUTBOX_REASON_REJECTED, result, error);
    case OB_VERDICT_NOT_YET:
      relieve_destination (self, upload);
      hold_upload (self, upload, result);
      return move_back (self, upload, result, error);
    case OB_VERDICT_RETRY_UPLOAD:
    case OB_VERDICT_LOOK:
    case OB_VERDICT_RESEND:
    case OB_VERDICT_GONE:
    case OB_VERDICT_UNDECIDED:
    default:
      hold_upload (self, upload, result);
      return move_back (self, upload, result, error);
    }
}

static gboolean
end_attempt (ObBroker *self, ObUpload *upload, ObAttemptResult *result, GError **error)
{
  if (result->is_done)
    return finish_upload (self, upload, result, error);
  if (result->is_cancelled)
    return move (self, upload, upload->stored == OB_STORED_CONFIRMING ? OB_STORED_CONFIRMING : OB_STORED_QUEUED,
                 upload->reason, result, error);
  ob_last_error_set (&upload->last_error, result->code, result->message, ob_broker_get_now_ms (self));

  return apply_verdict (self, upload, result, error);
}

/* The receipt is on the disk: the copy is no longer needed. */
static void
on_done (const GError *error, gpointer user_data)
{
  g_autoptr (Pending) pending = user_data;

  if (error)
    return;
  ob_crash_point ("receipt-recorded");
  ob_broker_clear_copy (pending->broker, pending->id);
}

void
ob_broker_clear_copy (ObBroker *self, const char *id)
{
  g_autoptr (ObUpload) upload = NULL;
  gboolean is_good;

  if (!ob_spool_remove (self->spool, id, NULL))
    return;
  ob_crash_point ("spool-removed");
  if (!ob_turn_begin (self->turn, OB_TURN_LATER, NULL))
    return;
  upload = ob_uploads_get (self->database, id, NULL);
  if (upload)
    upload->has_local_copy = FALSE;
  is_good = upload && ob_uploads_update (self->database, upload, NULL);
  ob_turn_end (self->turn, is_good);
  if (is_good)
    ob_broker_touch (self, id, FALSE);
}

static void
on_ended (const char *id, ObAttemptResult *result, gpointer user_data)
{
  ObBroker *self = user_data;
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  (void) g_hash_table_remove (self->active, id);
  if (!ob_turn_begin (self->turn, OB_TURN_SOON, &error))
    {
      g_warning ("The end of an attempt could not be recorded: %s", error->message);
      return;
    }
  upload = ob_uploads_get (self->database, id, NULL);
  is_good = upload && end_attempt (self, upload, result, &error);
  ob_turn_end (self->turn, is_good);
  if (error)
    g_warning ("The end of an attempt could not be recorded: %s", error->message);
  if (is_good && upload->stored == OB_STORED_DONE)
    ob_turn_after (self->turn, on_done, pending_new (self, id));
  ob_broker_touch (self, id, FALSE);
}

const ObWorkersEvents ob_broker_workers_events = { on_created, on_progress, on_stored, on_ended };
