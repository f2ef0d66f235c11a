/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Jobs and results as records. No shared state.
 */
#include "transfer/job.h"

void
ob_job_free (ObJob *job)
{
  g_free (job->id);
  g_free (job->path);
  g_free (job->name);
  g_free (job->media_type);
  g_free (job->sha256);
  g_free (job->group);
  g_free (job->protocol);
  g_free (job->resume);
  g_free (job->destination);
  g_free (job->url);
  g_strfreev (job->also);
  g_free (job->confirm_url);
  g_free (job->amend_url);
  ob_receipt_clear (&job->had);
  g_clear_pointer (&job->headers, g_variant_unref);
  g_clear_pointer (&job->badge, ob_badge_free);
  g_clear_pointer (&job->metadata, g_variant_unref);
  g_clear_pointer (&job->pace, ob_pace_unref);
  g_free (job);
}

ObAttemptResult *
ob_attempt_result_new (void)
{
  ObAttemptResult *result = g_new0 (ObAttemptResult, 1);

  result->outcome.retry_after_ms = -1;

  return result;
}

void
ob_attempt_result_free (ObAttemptResult *result)
{
  g_free (result->code);
  g_free (result->message);
  ob_receipt_clear (&result->receipt);
  g_clear_pointer (&result->refused, ob_credential_unref);
  g_free (result);
}
