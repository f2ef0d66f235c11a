/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An attempt: the protocol until every byte is stored, then the confirmation. Worker thread.
 */
#include "transfer/attempt.h"

#include "transfer/confirm.h"
#include "transfer/knock.h"
#include "transfer/trial.h"
#include "transfer/tus.h"

void
ob_job_free (ObJob *job)
{
  g_free (job->id);
  g_free (job->path);
  g_free (job->name);
  g_free (job->media_type);
  g_free (job->sha256);
  g_free (job->group);
  g_free (job->server_url);
  g_free (job->url);
  g_strfreev (job->also);
  g_free (job->confirm_url);
  g_clear_pointer (&job->headers, g_variant_unref);
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
  g_free (result);
}

/* Where nothing can be asked, the protocol's own final word is the receipt, as it was said just now. */
static void
confirm (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  if (!job->confirm_url)
    {
      result->is_done = TRUE;
      result->receipt.confirmed_by = g_strdup ("tus");
    }
  /* The answer may have been that it is stored and not attached yet: that need not be heard twice. */
  else if (result->outcome.verdict != OB_VERDICT_NOT_YET || result->is_unknown)
    {
      ob_confirm_ask (connection, job, result, stop);
    }
}

ObAttemptResult *
ob_attempt_run (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                ObStop *stop)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->has_credentials = g_variant_n_children (job->headers) > 0;
  ob_deadline_set (ob_connection_get_deadline (connection), OB_DEADLINE_OWN_MS);
  if (job->is_termination)
    {
      ob_tus_terminate (connection, job, result, stop);
      return result;
    }
  if (job->is_trial)
    {
      ob_trial_run (connection, job, checkpoints, user_data, result, stop);
      return result;
    }
  if (!ob_tus_send (connection, job, checkpoints, user_data, result, stop))
    return result;
  /* Without a confirm URL nothing is waited for: it is done, whoever wants to stop it by now. */
  if (job->confirm_url && (!checkpoints->stored (user_data) || ob_stop_is_asked (stop)))
    {
      result->is_cancelled = TRUE;
      return result;
    }
  confirm (connection, job, result, stop);

  return result;
}

static ObAttemptResult *
run (const ObRunner *runner, ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints,
     gpointer user_data, ObStop *stop)
{
  return ob_attempt_run (connection, job, checkpoints, user_data, stop);
}

static void
knock (const ObRunner *runner, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  ob_knock_async (url, cancellable, callback, user_data);
}

const ObRunner ob_attempt_runner = { run, knock };
