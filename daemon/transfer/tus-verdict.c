/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What statuses mean in tus, where that differs from HTTP. Pure, any thread.
 */
#include "transfer/tus-verdict.h"

/* At an upload URL the upload has ended. Where uploads are made, the address is not the one for that, which is no fault of
 * any upload: a tus server answers so at every other path of its own. */
static gboolean
judge_gone (const ObReply *reply, ObOutcome *outcome)
{
  if (!reply->has_protocol)
    return FALSE;
  *outcome = reply->stage == OB_STAGE_CREATE ? ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS)
                                             : ob_outcome_new (OB_VERDICT_GONE, OUTBOX_REASON_NONE);

  return TRUE;
}

/* tus has it for the version alone, which is the same in every request. */
static gboolean
judge_version (const ObReply *reply, ObOutcome *outcome)
{
  if (!reply->has_protocol)
    return FALSE;
  *outcome = ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS);

  return TRUE;
}

/* It takes no new uploads at this address. Elsewhere a refused method is judged like any other refusal. */
static gboolean
judge_method (const ObReply *reply, ObOutcome *outcome)
{
  if (!reply->has_protocol || reply->stage != OB_STAGE_CREATE)
    return FALSE;
  *outcome = ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS);

  return TRUE;
}

/* A dead connection of ours may keep the upload locked for minutes, which is no trouble of the destination. At the end,
 * the server's own processing may keep it locked. */
static gboolean
judge_conflict (const ObReply *reply, ObOutcome *outcome)
{
  if (!reply->has_protocol || reply->stage == OB_STAGE_CREATE)
    return FALSE;
  if (reply->stage == OB_STAGE_FINISH)
    *outcome = ob_outcome_new (OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING);
  else if (reply->stage == OB_STAGE_SEND)
    *outcome = ob_outcome_new (OB_VERDICT_LOOK, OUTBOX_REASON_NONE);
  else
    *outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);

  return TRUE;
}

static gboolean
judge_locked (const ObReply *reply, ObOutcome *outcome)
{
  if (reply->stage == OB_STAGE_CREATE)
    return FALSE;
  *outcome = reply->stage == OB_STAGE_FINISH ? ob_outcome_new (OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING)
                                             : ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);

  return TRUE;
}

/* The checksum extension says that the chunk arrived damaged. */
static gboolean
judge_checksum (const ObReply *reply, ObOutcome *outcome)
{
  if (!reply->has_protocol || (reply->stage != OB_STAGE_SEND && reply->stage != OB_STAGE_FINISH))
    return FALSE;
  *outcome = ob_outcome_new (OB_VERDICT_RESEND, OUTBOX_REASON_NONE);

  return TRUE;
}

/* Some servers answer a look with 500 while a dead connection of ours keeps the upload locked. */
static gboolean
judge_server_error (const ObReply *reply, ObOutcome *outcome)
{
  if (reply->stage != OB_STAGE_LOOK)
    return FALSE;
  *outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);

  return TRUE;
}

gboolean
ob_tus_verdict (const ObReply *reply, ObOutcome *outcome)
{
  switch (reply->status)
    {
    case 404:
    case 410:
      return judge_gone (reply, outcome);
    case 405:
    case 501:
      return judge_method (reply, outcome);
    case 409:
      return judge_conflict (reply, outcome);
    case 412:
      return judge_version (reply, outcome);
    case 423:
      return judge_locked (reply, outcome);
    case 460:
      return judge_checksum (reply, outcome);
    case 500:
      return judge_server_error (reply, outcome);
    default:
      return FALSE;
    }
}
