/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Status codes and errors to verdicts. Pure, any thread.
 */
#include "transfer/outcome.h"

#include <libsoup/soup.h>

static ObVerdict
confirm_verdict (guint status)
{
  switch (status)
    {
    case 202:
    case 404:
      return OB_VERDICT_NOT_YET;
    case 409:
    case 410:
    case 422:
      return OB_VERDICT_FAIL;
    default:
      return OB_VERDICT_UNDECIDED;
    }
}

/* Statuses whose meaning depends on what was asked. */
static ObVerdict
stage_verdict (ObStage stage, guint status)
{
  gboolean has_upload_url = stage == OB_STAGE_LOOK || stage == OB_STAGE_SEND;

  if (stage == OB_STAGE_CONFIRM)
    return confirm_verdict (status);
  if (has_upload_url && (status == 404 || status == 410))
    return OB_VERDICT_GONE;
  if (stage == OB_STAGE_SEND && status == 409)
    return OB_VERDICT_LOOK;
  if (stage == OB_STAGE_SEND && status == 460)
    return OB_VERDICT_RESEND;
  /* A dead connection of ours may still hold the upload, for minutes: it is no trouble of the destination. Some servers
   * say 500 for it when they are asked for the offset. */
  if ((has_upload_url && (status == 409 || status == 423)) || (stage == OB_STAGE_LOOK && status == 500))
    return OB_VERDICT_RETRY_UPLOAD;

  return OB_VERDICT_UNDECIDED;
}

static ObVerdict
common_verdict (guint status)
{
  switch (status)
    {
    case 401:
      return OB_VERDICT_SIGN_IN;
    case 403:
      return OB_VERDICT_FORBIDDEN;
    case 408:
    case 423:
    case 425:
    case 429:
      return OB_VERDICT_RETRY;
    case 507:
      return OB_VERDICT_FULL;
    case 511:
      return OB_VERDICT_PORTAL;
    default:
      if (status >= 500)
        return OB_VERDICT_RETRY;
      if (status >= 400)
        return OB_VERDICT_FAIL;
      /* Redirects are not followed: the answer of a captive portal, or a wrong URL that a person mends. */
      if (status >= 300)
        return OB_VERDICT_PORTAL;
      return OB_VERDICT_UNDECIDED;
    }
}

static OutboxReason
failure_reason (ObStage stage, guint status)
{
  if (stage == OB_STAGE_CONFIRM)
    return OUTBOX_REASON_NOT_ATTACHED;

  return status == 413 ? OUTBOX_REASON_TOO_LARGE : OUTBOX_REASON_REJECTED;
}

ObOutcome
ob_outcome_from_status (ObStage stage, guint status, const char *retry_after, gint64 now_ms)
{
  ObOutcome outcome = { .verdict = stage_verdict (stage, status), .retry_after_ms = -1 };

  if (outcome.verdict == OB_VERDICT_UNDECIDED)
    outcome.verdict = common_verdict (status);
  if (outcome.verdict == OB_VERDICT_FAIL)
    outcome.reason = failure_reason (stage, status);
  if (outcome.verdict == OB_VERDICT_RETRY || outcome.verdict == OB_VERDICT_RETRY_UPLOAD
      || outcome.verdict == OB_VERDICT_NOT_YET)
    outcome.retry_after_ms = ob_outcome_parse_retry_after (retry_after, now_ms);

  return outcome;
}

ObOutcome
ob_outcome_from_error (const GError *error)
{
  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return (ObOutcome){ OB_VERDICT_FAIL, OUTBOX_REASON_CERTIFICATE, -1 };

  return (ObOutcome){ OB_VERDICT_RETRY, OUTBOX_REASON_NONE, -1 };
}

gint64
ob_outcome_parse_retry_after (const char *retry_after, gint64 now_ms)
{
  g_autoptr (GDateTime) date = NULL;
  guint64 seconds;

  if (!retry_after)
    return -1;
  if (g_ascii_string_to_unsigned (retry_after, 10, 0, G_MAXINT32, &seconds, NULL))
    return (gint64) seconds * 1000;
  date = soup_date_time_new_from_http_string (retry_after);
  if (!date)
    return -1;

  return MAX (g_date_time_to_unix (date) * 1000 - now_ms, 0);
}
