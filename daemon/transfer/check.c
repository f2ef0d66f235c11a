/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks again: the confirm URL, which knows most; else HEAD where the bytes went. Worker thread.
 */
#include "transfer/check.h"

#include "dbus/mark.h"
#include "transfer/confirm.h"
#include "transfer/put-look.h"
#include "transfer/tus-server.h"

static void
set (ObAttemptResult *result, ObCheck check, const char *code, const char *words)
{
  ob_result_set (result, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE, code, words);
  result->check = check;
}

static void
set_there (ObAttemptResult *result, OutboxRung rung)
{
  set (result, OB_CHECK_THERE, "there", NULL);
  ob_receipt_raise (&result->receipt, rung);
}

/* 410 is the server's own word that it had the file (RFC 9110 section 15.5.11). What else it refuses with is about something that
 * was asked of it, and leaves open whether the file is there. */
static void
check_by_confirm_url (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  ob_confirm_ask (connection, job, result, stop);
  if (result->is_cancelled)
    return;
  if (result->is_done)
    result->check = OB_CHECK_THERE;
  else if (result->outcome.verdict == OB_VERDICT_NOT_YET && result->is_unknown)
    set (result, OB_CHECK_GONE, "gone", S_ ("The server says that it does not have it"));
  else if (g_strcmp0 (result->code, OB_CODE_DIGEST_MISMATCH) == 0)
    result->check = OB_CHECK_OTHER;
  else if (g_strcmp0 (result->code, "http-410") == 0)
    result->check = OB_CHECK_GONE;
  else if (result->outcome.verdict == OB_VERDICT_FAIL)
    result->check = OB_CHECK_UNTOLD;
}

/* Servers clear an upload URL away once the file is where it belongs, so that its end says nothing of the file. */
void
ob_check_tus (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  g_autoptr (ObAnswer) answer = job->resume ? ob_tus_ask_offset (connection, job->resume, job, result, stop) : NULL;
  guint64 offset_bytes, size_bytes;

  if (!answer)
    set (result, OB_CHECK_UNTOLD, "no-url", S_ ("It is not known where the server has it"));
  else if (ob_tus_judge (answer, OB_STAGE_LOOK, result))
    {
      if (result->outcome.verdict == OB_VERDICT_GONE)
        set (result, OB_CHECK_UNTOLD, "cleared",
             S_ ("The server keeps no upload URL of what it has finished: only a confirm URL could tell"));
    }
  else if (!ob_answer_get_header (answer, "Tus-Resumable")
           || !ob_answer_get_number (answer, "Upload-Offset", &offset_bytes))
    ob_result_set (result, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer",
                   S_ ("Something that is no tus server answered"));
  else if (offset_bytes != job->size_bytes
           || (ob_answer_get_number (answer, "Upload-Length", &size_bytes) && size_bytes != job->size_bytes))
    set (result, OB_CHECK_OTHER, "other-size", S_ ("The server has another upload there"));
  else
    set_there (result, OUTBOX_RUNG_STORED);
}

void
ob_check_put (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop)
{
  const ObPutPlace place = { connection, job, job->resume ? job->resume : "", stop };
  ObPutSight sight;
  g_autoptr (ObAnswer) answer = ob_put_look (&place, -1, TRUE, &sight);

  if (!answer)
    set (result, OB_CHECK_UNTOLD, "no-url", S_ ("It is not known where the server has it"));
  else if (sight.found == OB_FOUND_WHOLE)
    {
      ob_put_note_digest (&sight, job, result);
      set_there (result, OUTBOX_RUNG_STORED);
    }
  else if (sight.found == OB_FOUND_NOTHING)
    set (result, OB_CHECK_GONE, "gone", S_ ("Nothing is at its URL any more"));
  else if (sight.found == OB_FOUND_OTHER)
    set (result, OB_CHECK_OTHER, OB_CODE_DIGEST_MISMATCH, S_ ("The server has other bytes at its URL"));
  else if (sight.found == OB_FOUND_REFUSED)
    set (result, OB_CHECK_UNTOLD, "refused", S_ ("The server does not tell what it has"));
  else if (!ob_answer_judge (answer, OB_STAGE_LOOK, FALSE, ob_put_verdict, result))
    set (result, OB_CHECK_UNTOLD, "unclear", S_ ("The server does not tell how large the file at its URL is"));
}

void
ob_check_run (const ObProtocol *protocol, ObConnection *connection, const ObJob *job, ObAttemptResult *result,
              ObStop *stop)
{
  if (ob_confirm_can_ask (job))
    check_by_confirm_url (connection, job, result, stop);
  else if (protocol->check)
    protocol->check (connection, job, result, stop);
  else
    set (result, OB_CHECK_UNTOLD, "no-question", S_ ("This protocol has no question for what a server has"));
}

static gboolean
is_by_confirm_url (const ObReceipt *receipt)
{
  return g_strcmp0 (receipt->confirmed_by, "confirm-url") == 0;
}

/* What was attached and is not any more is as much in need of a person as what is gone. Where a promise was raised afterwards, or
 * checksums told more than a look can, nothing is lost. */
OutboxReason
ob_check_find_loss (const ObReceipt *had, const ObAttemptResult *result, gboolean is_doubted)
{
  if (result->is_cancelled)
    return OUTBOX_REASON_NONE;
  if (result->check == OB_CHECK_GONE && !is_doubted && !is_by_confirm_url (had))
    return OUTBOX_REASON_NONE;
  if (result->check == OB_CHECK_GONE || result->check == OB_CHECK_OTHER)
    return OUTBOX_REASON_GONE;
  if (result->check == OB_CHECK_THERE && had->rung == OUTBOX_RUNG_ATTACHED && is_by_confirm_url (had)
      && is_by_confirm_url (&result->receipt) && result->receipt.rung < OUTBOX_RUNG_ATTACHED)
    return OUTBOX_REASON_NOT_ATTACHED;

  return OUTBOX_REASON_NONE;
}
