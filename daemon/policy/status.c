/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The public status. Pure.
 */
#include "policy/status.h"

guint
ob_upload_get_holds (const ObUpload *upload, ObHold holds[4])
{
  guint n_holds = 0;

  if (upload->is_paused)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_UPLOAD, OUTBOX_REASON_USER, 0, 0 };
  if (upload->is_group_paused)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_GROUP, OUTBOX_REASON_USER, 0, 0 };
  if (upload->not_before_ms > 0)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_UPLOAD, OUTBOX_REASON_NOT_BEFORE, upload->not_before_ms, 0 };
  if (upload->retry_at_ms > 0)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_UPLOAD, OUTBOX_REASON_RETRYING, upload->retry_at_ms, 0 };

  return n_holds;
}

/* The upload goes on when the last hold ends; if one of them has no end, nobody knows when. */
static void
add_holds (ObStatus *status, const ObHold *holds, guint n_holds)
{
  gboolean is_open = FALSE;

  for (guint i = 0; i < n_holds; i++)
    {
      status->reasons |= OUTBOX_REASON_BIT (holds[i].reason);
      status->needs_user
          |= outbox_reason_get_info (holds[i].reason)->needs_user || (holds[i].flags & OB_HOLD_NEEDS_USER);
      status->until_ms = MAX (status->until_ms, holds[i].until_ms);
      is_open |= holds[i].until_ms == 0;
    }
  if (is_open)
    status->until_ms = 0;
}

/* While the server's answer is awaited, a retry is only the next question; any other hold is told. */
static void
confirming_status (ObStatus *status, OutboxReason reason, const ObHold *holds, guint n_holds)
{
  const OutboxReasonSet retrying = OUTBOX_REASON_BIT (OUTBOX_REASON_RETRYING);

  add_holds (status, holds, n_holds);
  status->reasons &= ~retrying;
  if (reason != OUTBOX_REASON_NONE)
    status->reasons |= OUTBOX_REASON_BIT (reason);
}

/* Show a person's pause at once, though the attempt may still finish its chunk. Any other hold ends the attempt at once,
 * and a probe runs in spite of the hold that it tests. */
static gboolean
has_pause (const ObHold *holds, guint n_holds)
{
  for (guint i = 0; i < n_holds; i++)
    if (holds[i].reason == OUTBOX_REASON_USER || holds[i].reason == OUTBOX_REASON_QUEUE)
      return TRUE;

  return FALSE;
}

static void
waiting_status (ObStatus *status, const ObHold *holds, guint n_holds)
{
  add_holds (status, holds, n_holds);
  if (status->reasons == 0)
    status->state = OUTBOX_STATE_QUEUED;
  else if (ob_status_get_first_reason (status) == OUTBOX_REASON_RETRYING)
    status->state = OUTBOX_STATE_RETRYING;
  else
    status->state = OUTBOX_STATE_PAUSED;
}

ObStatus
ob_status (ObStored stored, OutboxReason reason, const ObHold *holds, guint n_holds)
{
  ObStatus status = { 0 };

  switch (stored)
    {
    case OB_STORED_SAVING:
      status.state = OUTBOX_STATE_SAVING;
      status.reasons = reason != OUTBOX_REASON_NONE ? OUTBOX_REASON_BIT (reason) : 0;
      status.needs_user = outbox_reason_get_info (reason)->needs_user;
      break;
    case OB_STORED_UPLOADING:
      if (has_pause (holds, n_holds))
        waiting_status (&status, holds, n_holds);
      else
        status.state = OUTBOX_STATE_UPLOADING;
      break;
    case OB_STORED_CONFIRMING:
      status.state = OUTBOX_STATE_CONFIRMING;
      confirming_status (&status, reason, holds, n_holds);
      break;
    case OB_STORED_FAILED:
      status.state = OUTBOX_STATE_FAILED;
      status.reasons = reason != OUTBOX_REASON_NONE ? OUTBOX_REASON_BIT (reason) : 0;
      status.needs_user = TRUE;
      break;
    case OB_STORED_DONE:
      status.state = OUTBOX_STATE_DONE;
      break;
    case OB_STORED_QUEUED:
    default:
      waiting_status (&status, holds, n_holds);
      break;
    }

  return status;
}

OutboxReason
ob_status_get_first_reason (const ObStatus *status)
{
  return outbox_reasons_get_first (status->reasons);
}
