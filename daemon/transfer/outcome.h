/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an answer or an error of a server means, whatever the protocol. Pure: facts in, a decision out. A success is not
 * decided here: only a protocol knows which headers it must have.
 */
#pragma once

#include "dbus/status.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where in the exchange the answer came. */
typedef enum
{
  OB_STAGE_CREATE,  /* asking for an upload URL */
  OB_STAGE_LOOK,    /* asking the upload URL for its offset */
  OB_STAGE_SEND,    /* sending bytes to the upload URL */
  OB_STAGE_CONFIRM, /* asking the confirm URL */
} ObStage;

#define OB_N_STAGES (OB_STAGE_CONFIRM + 1)

typedef enum
{
  OB_VERDICT_UNDECIDED,    /* a success status: the protocol's own headers decide */
  OB_VERDICT_RETRY,        /* the destination is in trouble; it passes */
  OB_VERDICT_RETRY_UPLOAD, /* only this upload is in trouble; it passes */
  OB_VERDICT_LOOK,         /* the offset is in doubt: ask for it, go on from there */
  OB_VERDICT_RESEND,       /* the chunk arrived damaged: send it again */
  OB_VERDICT_GONE,         /* the upload URL is no more: look for a receipt, else create anew */
  OB_VERDICT_SIGN_IN,      /* the destination wants credentials */
  OB_VERDICT_FORBIDDEN,    /* this upload is refused; the destination too if a second one is */
  OB_VERDICT_FULL,         /* the destination has no room */
  OB_VERDICT_NOT_YET,      /* the server has not attached it yet */
  OB_VERDICT_FAIL,         /* reason says why; needs a person */
  OB_VERDICT_PORTAL,       /* not the server at all: a network that wants a sign-in */
} ObVerdict;

typedef struct
{
  ObVerdict verdict;
  OutboxReason reason;   /* of OB_VERDICT_FAIL */
  gint64 retry_after_ms; /* what the server asked for, or -1 */
} ObOutcome;

/**
 * ob_outcome_from_status:
 * @stage: where it came
 * @status: HTTP status (RFC 9110 section 15; 507: RFC 4918; 425: RFC 8470; 460: the tus checksum extension)
 * @retry_after: (nullable): value of Retry-After (RFC 9110 section 10.2.3)
 * @now_ms: Unix milliseconds, for a Retry-After that is a date
 */
ObOutcome ob_outcome_from_status (ObStage stage, guint status, const char *retry_after, gint64 now_ms);

/* @error: what GIO or libsoup reported in place of an answer. A certificate that cannot be verified fails at once, all
 * else passes. Cancelling is the caller's own doing and must not come here. */
ObOutcome ob_outcome_from_error (const GError *error);

/* Returns: milliseconds from now, or -1 where @retry_after is absent or is no number and no date. */
gint64 ob_outcome_parse_retry_after (const char *retry_after, gint64 now_ms);

G_END_DECLS
