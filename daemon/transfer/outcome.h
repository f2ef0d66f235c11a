/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer or an error of a server means in any protocol: what happens next, whose trouble it is, and what a person
 * is told. Pure: facts in, a decision out. A success is left to the protocol, which knows the headers that it must have.
 */
#pragma once

#include "dbus/status.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Error code: the server has other bytes than were sent. When a person retries, the file is sent anew. */
#define OB_CODE_DIGEST_MISMATCH "digest-mismatch"

/* Error code: the server compares checksums, and has bytes that it took without one; whether they are the right ones, nobody can say. When a
 * person retries, the file is sent anew. */
#define OB_CODE_UNCHECKED "unchecked"

/* Error code: the confirm URL answered 404 without saying that it has never heard of the upload, as a proxy does. */
#define OB_CODE_NO_WORD "no-word"

/* Returns: whether an upload that failed with that code is of no use at its server. @code: (nullable) */
gboolean ob_code_sends_anew (const char *code);

/* The purpose of the request that got the answer. */
typedef enum
{
  OB_STAGE_CREATE,    /* making a new upload at the server */
  OB_STAGE_LOOK,      /* asking what the server has */
  OB_STAGE_SEND,      /* sending bytes */
  OB_STAGE_FINISH,    /* finishing: the server has every byte and processes the whole file */
  OB_STAGE_CONFIRM,   /* asking the confirm URL */
  OB_STAGE_TERMINATE, /* deleting an upload at the server */
} ObStage;

#define OB_N_STAGES (OB_STAGE_TERMINATE + 1)

typedef enum
{
  OB_VERDICT_UNDECIDED,    /* a success status: the protocol's own headers decide */
  OB_VERDICT_RETRY,        /* passing trouble; the scope says whose */
  OB_VERDICT_RETRY_UPLOAD, /* passing trouble of this upload alone */
  OB_VERDICT_HOLD, /* hold the destination by the reason, and let one upload try it now and then: with reason sign-in, since
                            * files of a certificate may have been replaced */
  OB_VERDICT_LOOK,      /* the offset is in doubt: ask the server for it and go on from there */
  OB_VERDICT_RESEND,    /* the chunk arrived damaged: send it again */
  OB_VERDICT_GONE,      /* the server no longer has the upload: look for a receipt, else begin anew */
  OB_VERDICT_SIGN_IN,   /* the destination wants credentials, or better ones */
  OB_VERDICT_FORBIDDEN, /* this upload is refused; with reason sign-in, the credentials are */
  OB_VERDICT_FULL,      /* the destination has no room */
  OB_VERDICT_NOT_YET,   /* the server has stored it and not attached it to its record yet */
  OB_VERDICT_WORKING,   /* the server has every byte and still processes them: do not ask it to begin again */
  OB_VERDICT_FAIL,      /* the upload fails by the reason, and needs a person */
} ObVerdict;

#define OB_N_VERDICTS (OB_VERDICT_FAIL + 1)

/* An answer, or the error that came in its place. */
typedef struct
{
  ObStage stage;
  guint status;                     /* 0: no answer */
  const GError *error;              /* set if there is no answer */
  GTlsCertificateFlags certificate; /* what is wrong with it, if the error is about the certificate */
  gboolean has_protocol;            /* it carries the protocol's own header; of a confirm URL: it is JSON */
  gboolean is_page;                 /* it is HTML, so written for a person and perhaps not by the server */
  gboolean has_challenge;           /* it has WWW-Authenticate (RFC 9110 section 11.6.1) */
  gboolean has_credentials;         /* the request had headers of the destination's own */
  gboolean is_of_certificate;       /* it refuses this device's certificate, or wants one */
  gboolean is_elsewhere;            /* the confirm URL is at another origin than the destination */
  const char *retry_after;          /* Retry-After (RFC 9110 section 10.2.3), or NULL */
  const char *date;                 /* Date (RFC 9110 section 6.6.1), or NULL */
} ObReply;

typedef struct
{
  ObVerdict verdict;
  guint scope;         /* whose trouble it is: OUTBOX_SCOPE_UPLOAD or OUTBOX_SCOPE_DESTINATION; both if that is open */
  OutboxReason reason; /* of a hold or a failure */
  gint64 retry_after_ms; /* what the server asked for, or -1 */
  gboolean is_silent;    /* nothing answered at all, so no server has refused anything */
} ObOutcome;

/**
 * ObVerdictFunc:
 * @reply: an answer with a status, at any stage but %OB_STAGE_CONFIRM, which is no protocol's
 * @outcome: (out): set where %TRUE is returned
 *
 * What an answer means in a protocol, if that differs from HTTP. An answer that a proxy or portal may have given must neither
 * fail an upload nor drop its resume text. Pure.
 *
 * Returns: FALSE if the answer means what it means in HTTP
 */
typedef gboolean (*ObVerdictFunc) (const ObReply *reply, ObOutcome *outcome);

/**
 * ob_outcome_from_reply:
 * @reply: what came (statuses: RFC 9110 section 15; 423 and 507: RFC 4918; 425: RFC 8470). An error that says cancelled is
 *   the caller's own doing and must not come here.
 * @verdict: (nullable): the protocol's
 * @now_ms: Unix milliseconds, for a Retry-After that is a date in an answer without one
 *
 * An answer with the protocol's own header is the server's word about the upload. One without may come from anything in between:
 * it holds the destination, fails no upload and drops no resume text. Trouble of a confirm URL at another
 * origin is never the destination's, where no person could mend it and bytes can still go.
 */
ObOutcome ob_outcome_from_reply (const ObReply *reply, ObVerdictFunc verdict, gint64 now_ms);

/* The outcome of a protocol's own decision. @reason: for OB_VERDICT_HOLD and OB_VERDICT_FAIL */
ObOutcome ob_outcome_new (ObVerdict verdict, OutboxReason reason);

/* Returns: the verdict's name, for a line of the log; such as "retry". */
const char *ob_verdict_get_name (ObVerdict verdict);

/* Returns: the public state that follows from it. @reason: (out): the reason, maybe OUTBOX_REASON_NONE */
OutboxState ob_outcome_get_public (const ObOutcome *outcome, ObStage stage, OutboxReason *reason);

/* Returns: (nullable): what else to tell about a bad certificate: the clock may be wrong, or a portal in the way */
const char *ob_outcome_explain_certificate (GTlsCertificateFlags flags);

/**
 * ob_outcome_parse_retry_after:
 * @retry_after: (nullable): the header's value
 * @date: (nullable): when the server says it answered: its own clock measures a date in @retry_after
 * @now_ms: Unix milliseconds, where @date is none
 *
 * Returns: milliseconds from now, 0 for what is past; -1 where it is absent or is no number and no date
 */
gint64 ob_outcome_parse_retry_after (const char *retry_after, const char *date, gint64 now_ms);

G_END_DECLS
