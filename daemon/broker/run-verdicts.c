/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How attempts end: what a verdict means for the upload and its destination. Main thread.
 */
#include "broker/row-repair.h"
#include "base/text.h"
#include "broker/runs-private.h"

#include "base/crash.h"
#include "base/debug.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/ready.h"

/* How long it may stay open whether a 403 is about one upload or about the credentials. */
#define DOUBT_MS 3000

/* After a question that the server kept for as long as it could. */
#define WAITED_MS 1000

/* A server may take so long to attach a file before a person is told. */
#define CONFIRM_MOST_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

static void
count_failure (ObUpload *upload, const ObAttemptResult *result)
{
  upload->failures = result->has_moved ? 1 : upload->failures + 1;
}

static void
hold_upload (ObRuns *self, ObUpload *upload, const ObAttemptResult *result)
{
  count_failure (upload, result);
  upload->retry_at_ms = ob_queue_get_now_ms (self->queue)
                        + ob_retry_delay_ms (upload->failures, result->outcome.retry_after_ms, g_random_double ());
}

/* Holds the destination until a person acts. */
static gboolean
block_destination (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, OutboxReason reason, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);

  count_failure (upload, result);
  if (!destination)
    return TRUE;
  ob_health_block (&destination->health, reason, result->message, ob_queue_get_now_ms (self->queue));

  return ob_destination_table_save (self->destinations, destination, result->message, error);
}

/* The destination's health decides whether the trouble is its own or this upload's. */
static gboolean
note_trouble (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  ObHealth *health = destination ? &destination->health : NULL;
  const ObTrouble trouble = {
    .upload_id = upload->id,
    .scope = result->outcome.scope,
    .reason = result->outcome.reason,
    .words = result->message,
    .begun_at = ob_runs_get_begun_at (self, upload->id),
    .retry_after_ms = result->outcome.retry_after_ms,
    .now_ms = ob_queue_get_now_ms (self->queue),
    .spread = g_random_double (),
    .has_failed = upload->failures > 0,
    .has_moved = result->has_moved,
    .has_others = ob_ready_has_other (self->database, upload->destination, upload->id),
  };
  gint64 old_retry_at_ms = health ? health->retry_at_ms : 0;
  guint old_failures = health ? health->failures : 0;

  ob_knocks_note_end (self->knocks, upload, result->outcome.is_silent, result->has_moved);
  if (!health || ob_health_note_trouble (health, &trouble) == OUTBOX_SCOPE_UPLOAD)
    {
      hold_upload (self, upload, result);
      return !health || health->failures == old_failures || ob_destinations_save (self->database, destination, error);
    }
  count_failure (upload, result);

  return health->retry_at_ms == old_retry_at_ms
         || ob_destination_table_save (self->destinations, destination, result->message, error);
}

static gboolean
move (ObRuns *self, ObUpload *upload, ObStored to, OutboxReason reason, const ObAttemptResult *result, GError **error)
{
  if (upload->stored == to)
    {
      upload->reason = reason;
      return ob_uploads_update (self->database, upload, error);
    }

  return ob_journal_move (self->database, upload, to, reason, result->message, ob_queue_get_now_ms (self->queue),
                          error);
}

/* Back to waiting; bytes that the server has stay there. */
static gboolean
move_back (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  gboolean is_confirming = upload->stored == OB_STORED_CONFIRMING;
  gint64 limit_ms = result->outcome.verdict == OB_VERDICT_NOT_YET || result->outcome.verdict == OB_VERDICT_WORKING
                        ? CONFIRM_MOST_MS
                        : OB_RETRY_GIVE_UP_MS;

  if (ob_retry_must_give_up (upload->progress_at_ms, ob_queue_get_now_ms (self->queue), upload->failures, limit_ms))
    {
      upload->retry_at_ms = 0;
      return move (self, upload, OB_STORED_FAILED, OUTBOX_REASON_GAVE_UP, result, error);
    }

  return move (self, upload, is_confirming ? OB_STORED_CONFIRMING : OB_STORED_QUEUED,
               is_confirming ? OUTBOX_REASON_NOT_CONFIRMED_YET : OUTBOX_REASON_NONE, result, error);
}

static const char *
choose_sentence (OutboxRung rung, gboolean is_kept)
{
  switch (rung)
    {
    case OUTBOX_RUNG_ATTACHED:
      return is_kept ? S_ ("attached, said %s: its record has the receipt") : S_ ("attached, says %s");
    case OUTBOX_RUNG_DIGEST:
      return is_kept ? S_ ("digest, said %s: its record has the receipt") : S_ ("digest, says %s");
    case OUTBOX_RUNG_STORED:
    case OUTBOX_RUNG_NONE:
    case OUTBOX_RUNG_UNKNOWN:
    default:
      return is_kept ? S_ ("stored, said %s: its record has the receipt") : S_ ("stored, says %s");
    }
}

static gboolean
finish_upload (ObRuns *self, ObUpload *upload, ObAttemptResult *result, GError **error)
{
  gboolean is_kept = result->receipt.confirmed_at_ms > 0;

  /* The log tells the rung and who gave it. */
  g_free (result->message);
  result->message = ob_text_dup_filled (choose_sentence (result->receipt.rung, is_kept),
                                        result->receipt.confirmed_by ? result->receipt.confirmed_by : "?", NULL);
  ob_receipt_clear (&upload->receipt);
  upload->receipt = result->receipt;
  result->receipt = (ObReceipt){ 0 };
  upload->done_at_ms = ob_queue_get_now_ms (self->queue);
  if (!is_kept)
    upload->receipt.confirmed_at_ms = upload->done_at_ms;
  ob_upload_set_offset (upload, upload->size_bytes);
  upload->failures = 0;
  upload->retry_at_ms = 0;
  if (!ob_runs_relieve_destination (self, upload, error))
    return FALSE;
  /* A receipt that was found after the upload URL was gone comes without the last chunk: pass through confirming. */
  if (upload->stored == OB_STORED_UPLOADING
      && !ob_journal_move (self->database, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_NONE, NULL, upload->done_at_ms,
                           error))
    return FALSE;

  return move (self, upload, OB_STORED_DONE, OUTBOX_REASON_NONE, result, error);
}

static gboolean
fail_upload (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  gboolean is_mended = FALSE;

  if (result->outcome.reason == OUTBOX_REASON_FILE_MISSING)
    upload->has_local_copy = FALSE;
  if (result->outcome.reason == OUTBOX_REASON_FILE_CHANGED
      && !ob_row_repair_mend_bytes (self->database, self->spool, upload, ob_queue_get_now_ms (self->queue), &is_mended,
                                    error))
    return FALSE;
  if (is_mended)
    return move_back (self, upload, result, error);

  return move (self, upload, OB_STORED_FAILED, result->outcome.reason, result, error);
}

/* A refusal of one upload, which turned out to be about the credentials, neither fails the upload nor delays it. */
static gboolean
readmit (ObRuns *self, const char *id, const char *why, GError **error)
{
  g_autoptr (ObUpload) upload = id ? ob_uploads_get (self->database, id, NULL) : NULL;

  if (!upload)
    return TRUE;
  ob_queue_touch (self->queue, id, FALSE);
  upload->retry_at_ms = 0;
  if (upload->stored == OB_STORED_FAILED && upload->reason == OUTBOX_REASON_REJECTED)
    return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, why,
                            ob_queue_get_now_ms (self->queue), error);

  return ob_uploads_update (self->database, upload, error);
}

static gboolean
readmit_all (ObRuns *self, ObHealth *health, const char *why, GError **error)
{
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, health->refused);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (!readmit (self, id, why, error))
      return FALSE;
  g_hash_table_remove_all (health->refused);

  return readmit (self, health->refused_id, why, error);
}

gboolean
ob_runs_readmit (ObRuns *self, const char *name, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, name);

  if (!destination || !readmit_all (self, &destination->health, S_ ("signed in"), error))
    return FALSE;
  g_clear_pointer (&destination->health.refused_id, g_free);

  return ob_destinations_save (self->database, destination, error);
}

/* Returns: whether what the server refused was an access token in whose place there is another: no person is needed */
static gboolean
renew_token (ObRuns *self, ObUpload *upload, const ObAttemptResult *result)
{
  return result->refused && ob_credentials_renew (self->credentials, upload->destination, result->refused);
}

/* With another token it goes on at once, from where it was. */
static gboolean
go_on_with_token (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  upload->retry_at_ms = 0;

  return move_back (self, upload, result, error);
}

/* A 403 may be about the credentials or about this upload. */
static gboolean
forbid (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  gboolean has_credentials = result->outcome.reason == OUTBOX_REASON_SIGN_IN;
  gboolean has_others = ob_ready_has_other (self->database, upload->destination, upload->id);
  ObRefusal refusal = OB_REFUSAL_OWN;

  if (destination)
    refusal = ob_health_refuse (&destination->health, upload->id, ob_runs_get_begun_at (self, upload->id),
                                has_credentials, has_others, result->message);
  if (refusal == OB_REFUSAL_BLOCK)
    {
      count_failure (upload, result);
      ob_health_doubt_credentials (&destination->health, result->message, ob_queue_get_now_ms (self->queue),
                                   g_random_double ());
      return readmit_all (self, &destination->health, S_ ("the destination refuses others too"), error)
             && ob_destination_table_save (self->destinations, destination, result->message, error)
             && move_back (self, upload, result, error);
    }
  if (destination && !ob_destinations_save (self->database, destination, error))
    return FALSE;
  if (refusal == OB_REFUSAL_OWN)
    return move (self, upload, OB_STORED_FAILED, OUTBOX_REASON_REJECTED, result, error);
  hold_upload (self, upload, result);
  /* If no other upload asks meanwhile, this one asks again, and a person is told. */
  if (result->outcome.retry_after_ms <= 0)
    upload->retry_at_ms = MIN (upload->retry_at_ms, ob_queue_get_now_ms (self->queue) + DOUBT_MS);

  return move_back (self, upload, result, error);
}

/* Asks the server now and then whether it is done; no other upload waits for that. */
static gboolean
leave_to_server (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  upload->failures = upload->reason == OUTBOX_REASON_SERVER_WORKING ? upload->failures + 1 : 1;
  if (ob_retry_must_give_up (upload->progress_at_ms, now_ms, upload->failures, CONFIRM_MOST_MS))
    return move_back (self, upload, result, error);
  upload->retry_at_ms
      = now_ms + ob_retry_patience_ms (upload->failures, result->outcome.retry_after_ms, g_random_double ());

  return move (self, upload, OB_STORED_CONFIRMING, OUTBOX_REASON_SERVER_WORKING, result, error);
}

static gboolean
apply_verdict (ObRuns *self, ObUpload *upload, const ObAttemptResult *result, GError **error)
{
  if (renew_token (self, upload, result))
    return go_on_with_token (self, upload, result, error);
  switch (result->outcome.verdict)
    {
    case OB_VERDICT_SIGN_IN:
      return block_destination (self, upload, result, OUTBOX_REASON_SIGN_IN, error)
             && move_back (self, upload, result, error);
    case OB_VERDICT_FULL:
      return block_destination (self, upload, result, OUTBOX_REASON_DESTINATION_FULL, error)
             && move_back (self, upload, result, error);
    case OB_VERDICT_RETRY:
    case OB_VERDICT_HOLD:
      return note_trouble (self, upload, result, error) && move_back (self, upload, result, error);
    case OB_VERDICT_FAIL:
      return fail_upload (self, upload, result, error);
    case OB_VERDICT_FORBIDDEN:
      return forbid (self, upload, result, error);
    case OB_VERDICT_NOT_YET:
      hold_upload (self, upload, result);
      ob_runs_wait_for_form (self, upload, result);
      /* It is the server that lets us wait: asking again at once does not hammer it. */
      if (result->is_waited_for && result->outcome.retry_after_ms <= 0)
        upload->retry_at_ms = ob_queue_get_now_ms (self->queue) + WAITED_MS;
      return ob_runs_relieve_destination (self, upload, error) && move_back (self, upload, result, error);
    case OB_VERDICT_WORKING:
      return ob_runs_relieve_destination (self, upload, error) && leave_to_server (self, upload, result, error);
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
end_upload (ObRuns *self, ObUpload *upload, ObAttemptResult *result, GError **error)
{
  if (result->has_moved || result->is_done)
    ob_credentials_note_taken (self->credentials, upload->destination);
  if (result->is_done)
    return finish_upload (self, upload, result, error);
  if (result->is_cancelled)
    return move (self, upload, upload->stored == OB_STORED_CONFIRMING ? OB_STORED_CONFIRMING : OB_STORED_QUEUED,
                 upload->reason, result, error);
  /* Giving up counts only time in which it was tried. */
  if (upload->failures > 0)
    upload->progress_at_ms += ob_retry_get_idle_ms (upload->last_error.at_ms, ob_queue_get_now_ms (self->queue));
  upload->silent_since_ms
      = ob_retry_count_silence (upload->silent_since_ms, result->is_url_heard, result->is_url_silent,
                                upload->last_error.at_ms, ob_queue_get_now_ms (self->queue));
  ob_last_error_set (&upload->last_error, result->code, result->message, ob_queue_get_now_ms (self->queue));

  return apply_verdict (self, upload, result, error);
}

/* The receipt is on the disk. */
static void
on_done (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;

  if (error)
    return;
  ob_crash_point ("receipt-recorded");
  /* A moved file's copy is the last one: it goes after a check. */
  if (!ob_runs_awaits_check (self, pending->id))
    g_ptr_array_add (self->arrived, g_strdup (pending->id));
}

/* The copy goes now, and not before: else the upload would be changed again while its arrival is told. */
void
ob_runs_tell_arrived (ObRuns *self)
{
  g_autoptr (GPtrArray) arrived = g_steal_pointer (&self->arrived);
  g_autoptr (GPtrArray) freed = g_steal_pointer (&self->freed);

  self->arrived = g_ptr_array_new_with_free_func (g_free);
  self->freed = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < arrived->len; i++)
    self->host->arrived (arrived->pdata[i], self->user_data);
  for (guint i = 0; i < freed->len; i++)
    self->host->freed (freed->pdata[i], self->user_data);
}

/* The end of an attempt, to be written. */
typedef struct
{
  ObRuns *runs;
  const char *id;
  ObAttemptResult *result;
  ObFollowUpKind follow_up;
} End;

static gboolean
write_end (ObRuns *self, const char *id, ObAttemptResult *result, GError **error)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, error);

  if (!upload)
    return FALSE;
  /* An attempt that hangs reports nothing: count what is known to have gone out. */
  upload->wire_bytes += ob_runs_get_sent_bytes (self, upload) - upload->offset_bytes;
  if (!end_upload (self, upload, result, error))
    return FALSE;
  ob_debug (OB_DEBUG_RUNS, id,
            "the attempt has ended (%s): now %s, failed %u times, tried again in %" G_GINT64_FORMAT " ms",
            result->is_done        ? "done"
            : result->is_cancelled ? "stopped"
                                   : ob_verdict_get_name (result->outcome.verdict),
            ob_stored_get_name (upload->stored), upload->failures,
            MAX (upload->retry_at_ms - ob_queue_get_now_ms (self->queue), 0));
  if (upload->stored == OB_STORED_DONE && !ob_runs_note_form (self, upload, error))
    return FALSE;
  if (!ob_runs_start_update (self, upload, error))
    return FALSE;
  if (upload->stored == OB_STORED_DONE && upload->is_moved && !ob_runs_want_check (self, upload, TRUE, error))
    return FALSE;
  if (upload->stored == OB_STORED_DONE)
    ob_queue_after (self->queue, on_done, ob_pending_new (self, id));
  ob_queue_touch (self->queue, id, FALSE);

  return TRUE;
}

static gboolean
end_attempt (gpointer user_data, GError **error)
{
  const End *end = user_data;
  ObRuns *self = end->runs;
  gboolean is_good = end->follow_up == OB_FOLLOW_UP_NONE
                         ? write_end (self, end->id, end->result, error)
                         : ob_runs_end_follow_up (self, end->follow_up, end->id, end->result, error);

  /* Before a rollback, after which it would be looked for among running attempts. */
  ob_actives_remove (self->active, end->id);

  return is_good;
}

void
ob_runs_end_attempt (const char *id, ObAttemptResult *result, gpointer user_data)
{
  ObRuns *self = user_data;
  const ObActive *active = ob_actives_find (self->active, id);
  End end = { self, id, result, active ? active->follow_up : OB_FOLLOW_UP_NONE };
  gboolean makes_room = active && active->makes_room && result->is_cancelled;
  g_autoptr (GError) error = NULL;

  if (ob_trials_end (self->trials, id, result))
    return;
  if (makes_room)
    {
      g_free (result->message);
      result->message = g_strdup (S_ ("made room for one of higher priority"));
    }
  if (!ob_queue_do (self->queue, OB_TURN_SOON, end_attempt, &end, &error))
    {
      /* If no turn could be begun, it is still in the table. */
      ob_actives_remove (self->active, id);
      if (!g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
        g_warning ("The end of an attempt could not be recorded: %s", error->message);
    }
  /* A place is free. */
  ob_queue_want_flush (self->queue);
}
