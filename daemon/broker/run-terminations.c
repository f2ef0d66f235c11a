/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has servers delete what they have of removed uploads: one at a time, again after an error, for a week at most. Main
 * thread.
 */
#include "broker/runs-private.h"

#include "broker/run-job.h"
#include "broker/scheduler.h"
#include "policy/health.h"
#include "policy/retry.h"
#include "store/terminations.h"

/* Looks among so many that are due for one that can be asked for now. */
#define TERMINATION_CHOICE 16

static ObJob *
make_termination_job (const ObDestination *destination, const ObTermination *termination)
{
  ObJob *job = ob_run_job_new (termination->id, destination);

  job->resume = g_strdup (termination->server_url);
  job->is_termination = TRUE;

  return job;
}

/* A termination can wait: one at a time, if a place is free and the destination is well. */
void
ob_runs_start_termination (ObRuns *self)
{
  g_autoptr (GPtrArray) due = NULL;

  if (ob_actives_count (self->active) >= OB_SCHEDULER_MAX_ATTEMPTS || ob_actives_is_terminating (self->active))
    return;
  due = ob_terminations_find_due (self->database, ob_queue_get_now_ms (self->queue), TERMINATION_CHOICE);
  for (guint i = 0; i < due->len; i++)
    {
      const ObTermination *termination = due->pdata[i];
      const ObDestination *destination = ob_destination_table_find (self->destinations, termination->destination);
      const ObLane none = ob_lane_make (termination->destination, NULL, NULL);
      const ObLane any = ob_lane_make (termination->destination, "", "");

      /* The upload's last attempt may still be ending. */
      if (!destination || ob_health_is_tried (&destination->health) || ob_actives_find (self->active, termination->id)
          || !self->host->may_start (&any, OB_STORED_CONFIRMING, self->user_data))
        continue;
      ob_workers_start (self->workers, make_termination_job (destination, termination),
                        ob_runs_add (self, termination->id, &none)->stop);
      return;
    }
}

/* The server has deleted it, or never will, or was asked for long enough. */
gboolean
ob_runs_end_termination (ObRuns *self, const char *id, const ObAttemptResult *result, GError **error)
{
  g_autoptr (ObTermination) termination = ob_terminations_get (self->database, id);
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  if (!termination || (result->is_cancelled && !result->is_done))
    return TRUE;
  termination->failures++;
  if (result->is_done || result->outcome.verdict == OB_VERDICT_FAIL || result->outcome.reason == OUTBOX_REASON_REJECTED
      || ob_retry_must_give_up (termination->removed_at_ms, now_ms, termination->failures, OB_RETRY_GIVE_UP_MS))
    return ob_terminations_delete (self->database, id, error);
  termination->retry_at_ms
      = now_ms + ob_retry_delay_ms (termination->failures, result->outcome.retry_after_ms, g_random_double ());

  return ob_terminations_save (self->database, termination, error);
}
