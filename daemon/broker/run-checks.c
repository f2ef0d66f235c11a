/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks servers again whether they have what they confirmed, as a person wants it or before a copy goes: two at a time, where the
 * policy allows a question, and again after an error. What is found to be gone is told, and sent again only when a person taps retry.
 * Main thread.
 */
#include "broker/runs-private.h"

#include "broker/run-job.h"
#include "broker/scheduler.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/checks.h"
#include "store/journal.h"
#include "transfer/check.h"

#define CHECKS_AT_ONCE 2

/* Looks among so many that are due for one that can be asked for now. */
#define CHECK_CHOICE 32

/* After so many questions without an answer a person is told that there is none. */
#define FAILURES_MOST 8

/* A proxy may say "not found" while the server behind it restarts: ask once more. */
#define DOUBT_MS 15000

static ObJob *
make_check_job (ObRuns *self, const ObDestination *destination, const ObUpload *upload, gboolean is_doubted)
{
  ObJob *job = ob_run_job_new_of (upload, destination);

  job->path = ob_spool_get_path (self->spool, upload->id);
  job->keeps_copy = upload->has_local_copy;
  /* Nothing is attached while its form is on the way, perhaps for a second time: that is no loss. */
  job->had.rung
      = ob_runs_awaits_form (self, upload) ? MIN (upload->receipt.rung, OUTBOX_RUNG_DIGEST) : upload->receipt.rung;
  job->had.confirmed_by = g_strdup (upload->receipt.confirmed_by);
  job->is_doubted = is_doubted;
  job->resume = g_strdup (upload->receipt.url ? upload->receipt.url : upload->server_url);
  job->is_check = TRUE;

  return job;
}

/* Returns: whether it was begun, or need not be */
static gboolean
start_check (ObRuns *self, const ObPendingCheck *check)
{
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, check->id, NULL);
  const ObDestination *destination
      = upload ? ob_destination_table_find (self->destinations, upload->destination) : NULL;
  ObActive *active;
  ObLane lane;

  if (!destination || upload->stored != OB_STORED_DONE || ob_health_is_tried (&destination->health)
      || ob_actives_find (self->active, check->id))
    return FALSE;
  lane = ob_lane_of (upload);
  if (!self->host->may_start (&lane, OB_STORED_CONFIRMING, self->user_data))
    return FALSE;
  active = ob_runs_add (self, check->id, &lane);
  active->is_check = active->is_asking = TRUE;
  ob_workers_start (self->workers, make_check_job (self, destination, upload, check->is_doubted), active->stop);

  return TRUE;
}

void
ob_runs_start_checks (ObRuns *self)
{
  guint n_checks = ob_actives_count_checks (self->active);
  g_autoptr (GPtrArray) due = NULL;

  if (n_checks >= CHECKS_AT_ONCE)
    return;
  due = ob_checks_find_due (self->database, ob_queue_get_now_ms (self->queue), CHECK_CHOICE);
  for (guint i = 0;
       i < due->len && n_checks < CHECKS_AT_ONCE && ob_actives_count (self->active) < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    n_checks += start_check (self, due->pdata[i]);
}

gboolean
ob_runs_awaits_check (ObRuns *self, const char *id)
{
  g_autoptr (ObPendingCheck) check = ob_checks_get (self->database, id);

  return check != NULL;
}

gboolean
ob_runs_want_check (ObRuns *self, ObUpload *upload, gboolean frees, GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  const ObPendingCheck check = { upload->id, now_ms, now_ms, 0, FALSE, frees };

  ob_verification_set (&upload->verified, "asked", NULL, OUTBOX_RUNG_NONE, now_ms);

  return ob_checks_save (self->database, &check, error) && ob_uploads_update (self->database, upload, error);
}

/* --- Answers --- */

static const char *
name_answer (ObCheck check, gboolean is_enough)
{
  switch (check)
    {
    case OB_CHECK_THERE:
      return is_enough ? "confirmed" : "less";
    case OB_CHECK_GONE:
      return "gone";
    case OB_CHECK_OTHER:
      return "changed";
    case OB_CHECK_NONE:
    case OB_CHECK_UNTOLD:
    default:
      return "unknown";
    }
}

static void
on_freed (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;

  if (!error)
    g_ptr_array_add (self->freed, g_strdup (pending->id));
}

static gboolean
conclude (ObRuns *self, ObUpload *upload, const ObPendingCheck *check, const ObAttemptResult *result, GError **error)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);
  OutboxRung promise = destination ? ob_destination_get_promise (destination) : OUTBOX_RUNG_ATTACHED;
  const char *answer = name_answer (result->check, result->receipt.rung >= promise);
  gboolean is_there = result->check == OB_CHECK_THERE;
  g_autofree char *words = g_strdup_printf ("%s: %s", answer,
                                            is_there          ? outbox_rung_get_info (result->receipt.rung)->name
                                            : result->message ? result->message
                                                              : "no answer");
  OutboxReason loss = ob_check_find_loss (&upload->receipt, result, check->is_doubted);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  ob_verification_set (&upload->verified, answer, is_there ? NULL : result->message, result->receipt.rung, now_ms);
  upload->updated_at_ms = now_ms;
  upload->sequence = ob_journal_append (self->database, now_ms, upload, "verified", upload->stored, OUTBOX_REASON_NONE,
                                        words, error);
  if (upload->sequence == 0 || !ob_checks_delete (self->database, upload->id, error))
    return FALSE;
  if (check->frees && g_str_equal (answer, "confirmed"))
    ob_queue_after (self->queue, on_freed, ob_pending_new (self, upload->id));
  ob_queue_touch (self->queue, upload->id, FALSE);
  if (loss == OUTBOX_REASON_NONE || (loss == OUTBOX_REASON_NOT_ATTACHED && ob_runs_awaits_form (self, upload)))
    return ob_uploads_update (self->database, upload, error);
  upload->done_at_ms = 0;
  ob_last_error_set (&upload->last_error, result->code, result->message, now_ms);

  return ob_journal_move (self->database, upload, OB_STORED_FAILED, loss, result->message, now_ms, error);
}

gboolean
ob_runs_end_check (ObRuns *self, const char *id, const ObAttemptResult *result, GError **error)
{
  g_autoptr (ObPendingCheck) check = ob_checks_get (self->database, id);
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, NULL);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  gboolean is_doubtful
      = result->check == OB_CHECK_GONE && upload && g_strcmp0 (upload->receipt.confirmed_by, "confirm-url") != 0;

  if (!check || result->is_cancelled)
    return TRUE;
  if (!upload || upload->stored != OB_STORED_DONE)
    return ob_checks_delete (self->database, id, error);
  if (is_doubtful && !check->is_doubted)
    {
      check->is_doubted = TRUE;
      check->retry_at_ms = now_ms + DOUBT_MS;
      return ob_checks_save (self->database, check, error);
    }
  if (result->check != OB_CHECK_NONE || ++check->failures >= FAILURES_MOST)
    return conclude (self, upload, check, result, error);
  check->retry_at_ms = now_ms + ob_retry_delay_ms (check->failures, result->outcome.retry_after_ms, g_random_double ());

  return ob_checks_save (self->database, check, error);
}
