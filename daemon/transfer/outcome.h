/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer or an error of a server means, whatever the protocol: what happens next, whose trouble it is, and what a
 * person is told. Pure: facts in, a decision out. A success is not decided here: only a protocol knows which headers it
 * must have.
 */
#pragma once

#include "dbus/status.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The code of the error that the server has other bytes than were sent: they are sent anew when a person retries. */
#define OB_CODE_DIGEST_MISMATCH "digest-mismatch"

/* Where in the exchange the answer came. */
typedef enum
{
  OB_STAGE_CREATE,    /* asking for a place to send to */
  OB_STAGE_LOOK,      /* asking what the server has */
  OB_STAGE_SEND,      /* sending bytes */
  OB_STAGE_FINISH,    /* every byte is sent: the server does what it does with a whole upload */
  OB_STAGE_CONFIRM,   /* asking the confirm URL */
  OB_STAGE_TERMINATE, /* having the server let go of an upload */
} ObStage;

#define OB_N_STAGES (OB_STAGE_TERMINATE + 1)

typedef enum
{
  OB_VERDICT_UNDECIDED,    /* a success status: the protocol's own headers decide */
  OB_VERDICT_RETRY,        /* trouble that passes; the scope says whose */
  OB_VERDICT_RETRY_UPLOAD, /* only this upload is in trouble; it passes */
  OB_VERDICT_HOLD,         /* the destination is held by the reason, and one upload tries it now and then */
  OB_VERDICT_LOOK,         /* the offset is in doubt: ask for it, go on from there */
  OB_VERDICT_RESEND,       /* the chunk arrived damaged: send it again */
  OB_VERDICT_GONE,         /* the server has no such upload any more: look for a receipt, else begin anew */
  OB_VERDICT_SIGN_IN,      /* the destination wants credentials, or others */
  OB_VERDICT_FORBIDDEN,    /* this upload is refused; or, where the reason is a sign-in, who asks for it */
  OB_VERDICT_FULL,         /* the destination has no room */
  OB_VERDICT_NOT_YET,      /* the server has not attached it yet */
  OB_VERDICT_WORKING,      /* the server has every byte and still works on them: it is not asked to begin again */
  OB_VERDICT_FAIL,         /* reason says why; needs a person */
} ObVerdict;

#define OB_N_VERDICTS (OB_VERDICT_FAIL + 1)

/* An answer, or the error that came in its place. */
typedef struct
{
  ObStage stage;
  guint status;                     /* 0: no answer */
  const GError *error;              /* where there is no answer */
  GTlsCertificateFlags certificate; /* what is wrong with it, where the error is about that */
  gboolean has_protocol;            /* it carries the protocol's own header; of a confirm URL: it is JSON */
  gboolean is_page;                 /* HTML: written for a person and not for a program */
  gboolean has_challenge;           /* WWW-Authenticate (RFC 9110 section 11.6.1) */
  gboolean has_credentials;         /* the destination has headers of its own, which were sent with it */
  gboolean is_elsewhere;            /* the confirm URL is at another origin than the destination */
  const char *retry_after;          /* Retry-After (RFC 9110 section 10.2.3), or NULL */
  const char *date;                 /* Date (RFC 9110 section 6.6.1), or NULL */
} ObReply;

typedef struct
{
  ObVerdict verdict;
  guint scope; /* whose trouble it is: OUTBOX_SCOPE_UPLOAD, OUTBOX_SCOPE_DESTINATION; both: that is not known yet */
  OutboxReason reason;   /* of a hold of the destination, or of a failure */
  gint64 retry_after_ms; /* what the server asked for, or -1 */
  gboolean is_silent;    /* nothing answered at all: no server has refused anything */
} ObOutcome;

/**
 * ObVerdictFunc:
 * @reply: an answer with a status, at any stage but %OB_STAGE_CONFIRM, which is no protocol's
 * @outcome: (out): set where %TRUE is returned
 *
 * What a protocol says of an answer where it knows better than HTTP. It fails no upload and drops no resume text by an answer
 * that anything on the way may have given. Pure.
 *
 * Returns: whether it knows; else the answer means what it means in all of HTTP
 */
typedef gboolean (*ObVerdictFunc) (const ObReply *reply, ObOutcome *outcome);

/**
 * ob_outcome_from_reply:
 * @reply: what came (statuses: RFC 9110 section 15; 423 and 507: RFC 4918; 425: RFC 8470). An error that says cancelled is
 *   the caller's own doing and must not come here.
 * @verdict: (nullable): the protocol's
 * @now_ms: Unix milliseconds, for a Retry-After that is a date in an answer without one
 *
 * What carries the protocol's own header is the server's word about the upload. What does not may come from anything that
 * stands in the way: it holds the destination, fails no upload and drops no resume text. Trouble of a confirm URL at another
 * origin is never the destination's, where no person could mend it and bytes can still go.
 */
ObOutcome ob_outcome_from_reply (const ObReply *reply, ObVerdictFunc verdict, gint64 now_ms);

/* An outcome that is a protocol's own decision. @reason: of OB_VERDICT_HOLD and OB_VERDICT_FAIL */
ObOutcome ob_outcome_new (ObVerdict verdict, OutboxReason reason);

/* Returns: the verdict's name, for a line of the log; such as "retry". */
const char *ob_verdict_get_name (ObVerdict verdict);

/* The public state and the reason that a person is told after it; @reason may be OUTBOX_REASON_NONE. */
OutboxState ob_outcome_get_public (const ObOutcome *outcome, ObStage stage, OutboxReason *reason);

/* Returns: (nullable): what to add to an error about a certificate: a clock may be wrong, a portal may be in the way. */
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
