/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has servers delete what they have of removed uploads: again after an error, for a week at most. Main thread.
 */
#include "broker/run-follow-up-kinds.h"

#include "broker/run-job.h"
#include "policy/retry.h"

ObJob *
ob_runs_make_termination_job (ObRuns *self, const ObFollowUp *termination, const ObUpload *upload,
                              const ObDestination *destination)
{
  ObJob *job = ob_run_job_new (termination->id, destination);

  job->resume = g_strdup (termination->server_url);
  job->is_termination = TRUE;

  return job;
}

/* The server has deleted it, or never will, or was asked for long enough. */
gboolean
ob_runs_end_termination (ObRuns *self, ObFollowUp *termination, ObUpload *upload, const ObAttemptResult *result,
                         GError **error)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);

  termination->failures++;
  if (result->is_done || result->outcome.verdict == OB_VERDICT_FAIL || result->outcome.reason == OUTBOX_REASON_REJECTED
      || ob_retry_must_give_up (termination->asked_at_ms, now_ms, termination->failures, OB_RETRY_GIVE_UP_MS))
    return ob_follow_ups_delete (self->database, termination->kind, termination->id, error);
  termination->retry_at_ms
      = now_ms + ob_retry_delay_ms (termination->failures, result->outcome.retry_after_ms, g_random_double ());

  return ob_follow_ups_save (self->database, termination, error);
}
