/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An attempt: runs the protocol until the server has every byte, then has the upload confirmed. Worker thread.
 */
#include "transfer/attempt.h"

#include "base/debug.h"
#include "dbus/mark.h"
#include "transfer/amend.h"
#include "transfer/check.h"
#include "transfer/confirm.h"
#include "transfer/http.h"
#include "transfer/knock.h"
#include "transfer/protocols.h"
#include "transfer/trial.h"

/* What was taken without a checksum stays so, however long is waited for it; what else a server may say, it may say later. */
static void
end_without_digest (ObAttemptResult *result)
{
  if (result->is_unchecked)
    ob_result_set (
        result, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, OB_CODE_UNCHECKED,
        S_ ("The server has stored it, and took a part of it without comparing its checksum: a retry sends it anew"));
  else
    ob_result_set (result, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE, "no-digest",
                   S_ ("The server has stored it, and does not say that its bytes are the right ones"));
}

/* Without a confirm URL nobody can be asked, and the success that the protocol has just seen is the receipt: enough, unless a
 * person wants more than that. */
static void
confirm (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  if (!ob_confirm_can_ask (job))
    {
      result->is_done = result->receipt.rung >= job->promise;
      if (result->is_done)
        result->receipt.confirmed_by = g_strdup (job->protocol);
      else
        end_without_digest (result);
    }
  /* While sending, the confirm URL may have said already "stored, not attached yet": do not ask the same again at once. */
  else if (result->outcome.verdict != OB_VERDICT_NOT_YET || result->is_unknown)
    {
      ob_confirm_ask (connection, job, result, stop);
    }
}

/* A later version of Outbox has set this destination to a protocol that this one does not have. */
static void
end_unknown (const ObJob *job, ObAttemptResult *result)
{
  g_autofree char *words
      = g_strdup_printf (S_ ("This version of Outbox does not know the protocol %.40s: set the destination again"),
                         job->protocol ? job->protocol : "");

  ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "unknown-protocol", words);
  result->outcome.scope = OUTBOX_SCOPE_DESTINATION;
}

/* Sends the file unless the server has it already, then has it confirmed. */
static void
deliver (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints,
         gpointer user_data, ObAttemptResult *result, ObStop *stop)
{
  if (!protocol->send (connection, job, checkpoints, user_data, result, stop))
    return;
  ob_receipt_raise (&result->receipt, OUTBOX_RUNG_STORED);
  /* Without a confirm URL the upload is done now: a stop that comes this late changes nothing. */
  if ((ob_confirm_can_ask (job) || result->receipt.rung < job->promise)
      && (!checkpoints->stored (user_data) || ob_stop_is_asked (stop)))
    result->is_cancelled = TRUE;
  else
    confirm (connection, job, result, stop);
}

static void
debug_end (const ObJob *job, const ObAttemptResult *result)
{
  if (result->is_done)
    ob_debug_write (OB_DEBUG_TRANSFER, job->id, "ends: done, confirmed by %s",
                    result->receipt.confirmed_by ? result->receipt.confirmed_by : "nobody, since nothing was sent");
  else if (result->is_cancelled)
    ob_debug_write (OB_DEBUG_TRANSFER, job->id, "ends: stopped");
  else
    ob_debug_write (OB_DEBUG_TRANSFER, job->id,
                    "ends: verdict %s, code %s, reason %s, trouble of %s%s, the server wants %" G_GINT64_FORMAT " ms",
                    ob_verdict_get_name (result->outcome.verdict), result->code ? result->code : "none",
                    outbox_reason_get_info (result->outcome.reason)->name,
                    result->outcome.scope & OUTBOX_SCOPE_UPLOAD ? "the upload" : "",
                    result->outcome.scope & OUTBOX_SCOPE_DESTINATION ? " the destination" : "",
                    result->outcome.retry_after_ms);
}

/* Where a badge asks. */
typedef struct
{
  const ObCheckpoints *checkpoints;
  gpointer user_data;
} Checkpoint;

static ObCredential *
ask (gconstpointer job, gpointer user_data)
{
  const Checkpoint *checkpoint = user_data;

  return checkpoint->checkpoints->credentials (job, checkpoint->user_data);
}

/* Returns: whether there is something to show, or nothing that must be; otherwise @result says why not */
static gboolean
take_credential (ObJob *job, Checkpoint *checkpoint, ObAttemptResult *result)
{
  const ObCredential *credential;

  g_clear_pointer (&job->badge, ob_badge_free);
  job->badge = ob_badge_new (ask, job, checkpoint);
  credential = ob_badge_show (job->badge);
  if (!credential)
    {
      result->is_cancelled = TRUE;
      return FALSE;
    }
  result->has_credentials = g_variant_n_children (job->headers) > 0 || !ob_credential_is_empty (credential);

  return !ob_result_take_trouble (result, credential);
}

/* A token may have been taken back before its time, or the files of a certificate be others by now: they are asked for before a
 * person is. */
static void
note_refusal (ObJob *job, ObAttemptResult *result)
{
  ObCredential *shown = job->badge ? ob_badge_get_shown (job->badge) : NULL;

  if (result->outcome.reason == OUTBOX_REASON_SIGN_IN && !result->is_done && !result->is_cancelled && shown
      && ob_credential_is_renewable (shown))
    result->refused = ob_credential_ref (shown);
}

static void
run_job (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, const ObCheckpoints *checkpoints,
         gpointer user_data, ObAttemptResult *result, ObStop *stop)
{
  if (job->is_termination && protocol->terminate)
    protocol->terminate (connection, job, result, stop);
  else if (job->is_termination)
    result->is_done = TRUE;
  else if (job->is_check)
    ob_check_run (protocol, connection, job, result, stop);
  else if (job->is_amendment)
    ob_amend_send (connection, job, result, stop);
  else if (job->is_trial)
    ob_trial_run (protocol, connection, job, checkpoints, user_data, result, stop);
  else
    deliver (protocol, connection, job, checkpoints, user_data, result, stop);
}

ObAttemptResult *
ob_attempt_run (ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
                ObStop *stop)
{
  const ObProtocol *protocol = ob_protocol_find (job->protocol);
  ObAttemptResult *result = ob_attempt_result_new ();
  Checkpoint checkpoint = { checkpoints, user_data };

  ob_debug (OB_DEBUG_TRANSFER, job->id,
            "begins: %s by %s, %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes are at the server, %s",
            job->is_termination ? "a termination"
            : job->is_check     ? "a check"
            : job->is_amendment ? "an amendment"
            : job->is_trial     ? "a trial"
                                : "an attempt",
            job->protocol ? job->protocol : "no protocol", job->offset_bytes, job->size_bytes,
            job->resume ? "resumes" : "nothing to resume");
  ob_deadline_set (ob_connection_get_deadline (connection), OB_DEADLINE_OWN_MS);
  if (!protocol)
    end_unknown (job, result);
  else if (take_credential (job, &checkpoint, result))
    run_job (protocol, connection, job, checkpoints, user_data, result, stop);
  note_refusal (job, result);
  g_clear_pointer (&job->badge, ob_badge_free);
  /* The server's name may lead elsewhere by the next attempt: away from a portal, or to the server's new address. */
  if (!result->is_done && !result->is_cancelled && (result->outcome.scope & OUTBOX_SCOPE_DESTINATION))
    ob_connection_rest (connection);
  if (ob_debug_is_on (OB_DEBUG_TRANSFER))
    debug_end (job, result);

  return result;
}

static ObAttemptResult *
run (const ObRunner *runner, ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
     ObStop *stop)
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
