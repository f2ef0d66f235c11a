/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An attempt: the protocol until every byte is stored, then the confirmation. Worker thread.
 */
#include "transfer/attempt.h"

#include "transfer/confirm.h"
#include "transfer/http.h"
#include "transfer/knock.h"
#include "transfer/protocols.h"
#include "transfer/trial.h"

/* Where nothing can be asked, the protocol's own final word is the receipt, as it was said just now. */
static void
confirm (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  if (!job->confirm_url)
    {
      result->is_done = TRUE;
      result->receipt.confirmed_by = g_strdup (job->protocol);
    }
  /* The answer may have been that it is stored and not attached yet: that need not be heard twice. */
  else if (result->outcome.verdict != OB_VERDICT_NOT_YET || result->is_unknown)
    {
      ob_confirm_ask (connection, job, result, stop);
    }
}

/* A destination that a later version has set. */
static void
end_unknown (const ObJob *job, ObAttemptResult *result)
{
  g_autofree char *words
      = g_strdup_printf ("This version of Outbox does not know the protocol %.40s: set the destination again",
                         job->protocol ? job->protocol : "");

  ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "unknown-protocol", words);
  result->outcome.scope = OUTBOX_SCOPE_DESTINATION;
}

/* Sends, unless the server has it, and has it confirmed. */
static void
deliver (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints,
         gpointer user_data, ObAttemptResult *result, ObStop *stop)
{
  if (!protocol->send (connection, job, checkpoints, user_data, result, stop))
    return;
  /* Without a confirm URL nothing is waited for: it is done, whoever wants to stop it by now. */
  if (job->confirm_url && (!checkpoints->stored (user_data) || ob_stop_is_asked (stop)))
    result->is_cancelled = TRUE;
  else
    confirm (connection, job, result, stop);
}

ObAttemptResult *
ob_attempt_run (ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                ObStop *stop)
{
  const ObProtocol *protocol = ob_protocol_find (job->protocol);
  ObAttemptResult *result = ob_attempt_result_new ();

  result->has_credentials = g_variant_n_children (job->headers) > 0;
  ob_deadline_set (ob_connection_get_deadline (connection), OB_DEADLINE_OWN_MS);
  if (!protocol)
    end_unknown (job, result);
  else if (job->is_termination && protocol->terminate)
    protocol->terminate (connection, job, result, stop);
  else if (job->is_termination)
    result->is_done = TRUE;
  else if (job->is_trial)
    ob_trial_run (protocol, connection, job, checkpoints, user_data, result, stop);
  else
    deliver (protocol, connection, job, checkpoints, user_data, result, stop);

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
