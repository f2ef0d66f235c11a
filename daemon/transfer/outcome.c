/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * From answers and errors to verdicts. Pure, any thread.
 */
#include "transfer/outcome.h"

#include "dbus/mark.h"

#include <libsoup/soup.h>

#define EITHER (OUTBOX_SCOPE_UPLOAD | OUTBOX_SCOPE_DESTINATION)

/* Longer than the longest wait that is allowed, and small enough to count in milliseconds. */
#define RETRY_AFTER_MAX_S G_MAXINT32

gboolean
ob_code_sends_anew (const char *code)
{
  return g_strcmp0 (code, OB_CODE_DIGEST_MISMATCH) == 0 || g_strcmp0 (code, OB_CODE_UNCHECKED) == 0;
}

const char *
ob_verdict_get_name (ObVerdict verdict)
{
  static const char *const names[OB_N_VERDICTS] = { [OB_VERDICT_UNDECIDED] = "undecided",
                                                    [OB_VERDICT_RETRY] = "retry",
                                                    [OB_VERDICT_RETRY_UPLOAD] = "retry-upload",
                                                    [OB_VERDICT_HOLD] = "hold",
                                                    [OB_VERDICT_LOOK] = "look",
                                                    [OB_VERDICT_RESEND] = "resend",
                                                    [OB_VERDICT_GONE] = "gone",
                                                    [OB_VERDICT_SIGN_IN] = "sign-in",
                                                    [OB_VERDICT_FORBIDDEN] = "forbidden",
                                                    [OB_VERDICT_FULL] = "full",
                                                    [OB_VERDICT_NOT_YET] = "not-yet",
                                                    [OB_VERDICT_WORKING] = "working",
                                                    [OB_VERDICT_FAIL] = "fail" };

  return names[verdict];
}

static guint
default_scope (ObVerdict verdict, OutboxReason reason)
{
  switch (verdict)
    {
    case OB_VERDICT_HOLD:
      return reason == OUTBOX_REASON_WRONG_ADDRESS ? EITHER : OUTBOX_SCOPE_DESTINATION;
    case OB_VERDICT_RETRY:
    case OB_VERDICT_SIGN_IN:
    case OB_VERDICT_FULL:
      return OUTBOX_SCOPE_DESTINATION;
    case OB_VERDICT_FORBIDDEN:
      return EITHER;
    case OB_VERDICT_UNDECIDED:
      return OUTBOX_SCOPE_NONE;
    case OB_VERDICT_RETRY_UPLOAD:
    case OB_VERDICT_LOOK:
    case OB_VERDICT_RESEND:
    case OB_VERDICT_GONE:
    case OB_VERDICT_NOT_YET:
    case OB_VERDICT_WORKING:
    case OB_VERDICT_FAIL:
    default:
      return OUTBOX_SCOPE_UPLOAD;
    }
}

static OutboxReason
default_reason (ObVerdict verdict)
{
  switch (verdict)
    {
    case OB_VERDICT_SIGN_IN:
      return OUTBOX_REASON_SIGN_IN;
    case OB_VERDICT_FULL:
      return OUTBOX_REASON_DESTINATION_FULL;
    case OB_VERDICT_FORBIDDEN:
      return OUTBOX_REASON_REJECTED;
    default:
      return OUTBOX_REASON_NONE;
    }
}

ObOutcome
ob_outcome_new (ObVerdict verdict, OutboxReason reason)
{
  return (ObOutcome){ verdict, default_scope (verdict, reason), reason ? reason : default_reason (verdict), -1, FALSE };
}

/* One answer alone does not tell whether this is one upload's trouble or everybody's. */
static ObOutcome
either (ObVerdict verdict)
{
  return (ObOutcome){ verdict, EITHER, OUTBOX_REASON_NONE, -1, FALSE };
}

/* Not the server answered, but something that stands in its way. In place of the confirm URL it says nothing about the
 * upload, and a question that fails must not hold up the bytes of others: if it is in their way too, the next attempt to send
 * some will find it. */
static ObOutcome
in_the_way (const ObReply *reply, OutboxReason reason)
{
  return reply->stage == OB_STAGE_CONFIRM ? ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE)
                                          : ob_outcome_new (OB_VERDICT_HOLD, reason);
}

static ObOutcome
stranger (const ObReply *reply)
{
  return in_the_way (reply, OUTBOX_REASON_WRONG_ADDRESS);
}

static ObOutcome
confirm_outcome (const ObReply *reply)
{
  if (reply->status == 202)
    return ob_outcome_new (reply->is_page ? OB_VERDICT_RETRY_UPLOAD : OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
  /* Every proxy says so while its server restarts. What a confirm URL says of a file is in its JSON (transfer/confirm.c). */
  if (reply->status == 404)
    return ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  if (reply->has_protocol
      || (!reply->is_page && (reply->status == 409 || reply->status == 410 || reply->status == 422)))
    return ob_outcome_new (OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED);

  return stranger (reply);
}

/* The protocol's own server refuses this upload (4xx). */
static ObOutcome
server_outcome (const ObReply *reply)
{
  return ob_outcome_new (OB_VERDICT_FAIL, reply->status == 413 ? OUTBOX_REASON_TOO_LARGE : OUTBOX_REASON_REJECTED);
}

/* Some statuses anything on the way may send; the others count as the server's word only with the protocol's own header. */
static ObOutcome
client_error_outcome (const ObReply *reply)
{
  gboolean is_its_own = reply->has_protocol || reply->has_challenge;

  switch (reply->status)
    {
    case 401:
      return is_its_own ? ob_outcome_new (OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE) : stranger (reply);
    case 403:
      if (!is_its_own)
        return stranger (reply);
      /* Some servers say 403, and not 401, when a token has expired. */
      return reply->has_credentials
                 ? (ObOutcome){ OB_VERDICT_FORBIDDEN, OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_SIGN_IN, -1, FALSE }
                 : ob_outcome_new (OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
    case 407:
      return in_the_way (reply, OUTBOX_REASON_PROXY);
    case 408:
      return reply->stage == OB_STAGE_FINISH ? ob_outcome_new (OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING)
                                             : either (OB_VERDICT_RETRY);
    case 421: /* about the connection, not the upload: the next one may lead to the right server (RFC 9110) */
    case 423:
      return either (OB_VERDICT_RETRY);
    case 425:
    case 429:
      return ob_outcome_new (OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
    case 426: /* it wants another protocol at this address, such as https */
    case 451:
      return stranger (reply);
    default:
      if (reply->stage == OB_STAGE_CONFIRM)
        return confirm_outcome (reply);
      return reply->has_protocol ? server_outcome (reply) : stranger (reply);
    }
}

static ObOutcome
server_error_outcome (const ObReply *reply)
{
  switch (reply->status)
    {
    case 507:
      return ob_outcome_new (OB_VERDICT_FULL, OUTBOX_REASON_NONE);
    case 511:
      return in_the_way (reply, OUTBOX_REASON_CAPTIVE_PORTAL);
    case 504:
    case 524: /* a proxy that waited too long for its server */
      if (reply->stage == OB_STAGE_FINISH)
        return ob_outcome_new (OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING);
      return either (OB_VERDICT_RETRY);
    default:
      return either (OB_VERDICT_RETRY);
    }
}

static ObOutcome
status_outcome (const ObReply *reply)
{
  if (reply->status >= 500)
    return server_error_outcome (reply);
  if (reply->status >= 400)
    return client_error_outcome (reply);
  /* Redirects are not followed: it is a captive portal, or a wrong URL for a person to mend. */
  if (reply->status >= 300)
    return stranger (reply);
  if (reply->stage == OB_STAGE_CONFIRM)
    return reply->status == 202 ? confirm_outcome (reply)
           : reply->is_page     ? stranger (reply)
                                : ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
  if (reply->is_page && !reply->has_protocol)
    return stranger (reply);

  return ob_outcome_new (OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE);
}

static ObOutcome
tls_outcome (const GError *error)
{
  switch (error->code)
    {
    case G_TLS_ERROR_BAD_CERTIFICATE:
    case G_TLS_ERROR_CERTIFICATE_REQUIRED:
    case G_TLS_ERROR_INAPPROPRIATE_FALLBACK:
      return ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_CERTIFICATE);
    case G_TLS_ERROR_NOT_TLS: /* also where the connection was reset in the handshake, as while a server restarts */
    default:
      return either (OB_VERDICT_RETRY);
    }
}

static gboolean
is_of_the_way (const GError *error)
{
  return error->domain == G_RESOLVER_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE);
}

/* Returns: whether nothing was heard at all: no status, no TLS alert, no connection that a server ended. */
static gboolean
is_silence (const ObReply *reply)
{
  return reply->error && reply->status == 0
         && (is_of_the_way (reply->error) || g_error_matches (reply->error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
}

static gboolean
is_of_a_proxy (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_FAILED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_AUTH_FAILED)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NEED_AUTH)
         || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PROXY_NOT_ALLOWED);
}

/* A server that cannot be reached says nothing about one upload; a connection that was cut, or kept waiting, may. */
static ObOutcome
error_outcome (const ObReply *reply)
{
  const GError *error = reply->error;

  if (error && error->domain == G_TLS_ERROR)
    return tls_outcome (error);
  if (error && is_of_a_proxy (error))
    return ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_PROXY);
  if (error && is_of_the_way (error))
    return ob_outcome_new (OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  if (reply->stage == OB_STAGE_FINISH)
    return ob_outcome_new (OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING);

  return either (OB_VERDICT_RETRY);
}

/* Returns: whether only the confirm URL is in trouble, so that bytes can still go to the destination. At another origin
 * it has other credentials, another certificate, maybe another proxy. At the destination's own origin, "too many
 * requests" about questions does not forbid sending, and a question needs no room on its disk. */
static gboolean
is_trouble_of_a_question (const ObReply *reply, const ObOutcome *outcome)
{
  gboolean is_answered = !reply->error && reply->status != 0;

  if (reply->stage != OB_STAGE_CONFIRM)
    return FALSE;
  if (reply->is_elsewhere)
    return (outcome->scope & OUTBOX_SCOPE_DESTINATION) != 0 || outcome->verdict == OB_VERDICT_FORBIDDEN;

  return is_answered && (outcome->verdict == OB_VERDICT_RETRY || outcome->verdict == OB_VERDICT_FULL);
}

/* Look at the error first: an interim status may stand beside the error that ended the exchange. */
static ObOutcome
judge (const ObReply *reply, ObVerdictFunc verdict)
{
  ObOutcome outcome;

  if (reply->is_of_certificate)
    return ob_outcome_new (OB_VERDICT_HOLD, OUTBOX_REASON_SIGN_IN);
  if (reply->error || reply->status == 0)
    return error_outcome (reply);
  if (verdict && reply->stage != OB_STAGE_CONFIRM && verdict (reply, &outcome))
    return outcome;

  return status_outcome (reply);
}

ObOutcome
ob_outcome_from_reply (const ObReply *reply, ObVerdictFunc verdict, gint64 now_ms)
{
  ObOutcome outcome = judge (reply, verdict);

  if (is_trouble_of_a_question (reply, &outcome))
    outcome = either (OB_VERDICT_RETRY);
  outcome.is_silent = is_silence (reply);
  outcome.retry_after_ms = ob_outcome_parse_retry_after (reply->retry_after, reply->date, now_ms);

  return outcome;
}

OutboxState
ob_outcome_get_public (const ObOutcome *outcome, ObStage stage, OutboxReason *reason)
{
  *reason = outcome->reason;
  switch (outcome->verdict)
    {
    case OB_VERDICT_FORBIDDEN:
      return outcome->reason == OUTBOX_REASON_SIGN_IN ? OUTBOX_STATE_PAUSED : OUTBOX_STATE_FAILED;
    case OB_VERDICT_FAIL:
      return OUTBOX_STATE_FAILED;
    case OB_VERDICT_HOLD:
    case OB_VERDICT_SIGN_IN:
    case OB_VERDICT_FULL:
      return OUTBOX_STATE_PAUSED;
    case OB_VERDICT_WORKING:
      return OUTBOX_STATE_CONFIRMING;
    case OB_VERDICT_UNDECIDED:
    case OB_VERDICT_LOOK:
    case OB_VERDICT_RESEND:
    case OB_VERDICT_GONE:
      return stage == OB_STAGE_CONFIRM ? OUTBOX_STATE_CONFIRMING : OUTBOX_STATE_UPLOADING;
    case OB_VERDICT_RETRY:
    case OB_VERDICT_RETRY_UPLOAD:
    case OB_VERDICT_NOT_YET:
    default:
      *reason = stage == OB_STAGE_CONFIRM ? OUTBOX_REASON_NOT_CONFIRMED_YET : OUTBOX_REASON_RETRYING;
      return stage == OB_STAGE_CONFIRM ? OUTBOX_STATE_CONFIRMING : OUTBOX_STATE_RETRYING;
    }
}

const char *
ob_outcome_explain_certificate (GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return S_ ("its certificate is not valid yet: this device's clock may be wrong");
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return S_ ("its certificate has expired, or this device's clock is wrong");
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return S_ ("its certificate is for another name: this network may want a sign-in");
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return S_ ("nobody whom this device trusts has signed its certificate");
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return S_ ("its certificate was revoked");
  if (flags & G_TLS_CERTIFICATE_INSECURE)
    return S_ ("its certificate is signed in a way that is not secure any more");
  if (flags & G_TLS_CERTIFICATE_GENERIC_ERROR)
    return S_ ("its certificate is not signed by whom it names");

  return NULL;
}

static gboolean
is_number (const char *text)
{
  return *text && text[strspn (text, "0123456789")] == '\0';
}

gint64
ob_outcome_parse_retry_after (const char *retry_after, const char *date, gint64 now_ms)
{
  g_autoptr (GDateTime) until = NULL;
  g_autoptr (GDateTime) from = NULL;
  guint64 seconds;

  if (!retry_after)
    return -1;
  if (g_ascii_string_to_unsigned (retry_after, 10, 0, RETRY_AFTER_MAX_S, &seconds, NULL))
    return (gint64) seconds * 1000;
  if (is_number (retry_after))
    return G_GINT64_CONSTANT (1000) * RETRY_AFTER_MAX_S;
  until = soup_date_time_new_from_http_string (retry_after);
  if (!until)
    return -1;
  from = date ? soup_date_time_new_from_http_string (date) : NULL;

  return MAX (g_date_time_to_unix (until) * 1000 - (from ? g_date_time_to_unix (from) * 1000 : now_ms), 0);
}
