/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the destination's confirm URL whether it has stored an upload, and to which record it attached it.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* For so long a confirm URL is asked to keep a question that it cannot answer yet. */
#define OB_CONFIRM_WAIT_S 10

/**
 * ob_confirm_fill_url:
 * @template: a URL with {id}, {group} and {sha256}
 *
 * Returns: (transfer full): the URL, values escaped (RFC 3986 section 2.1)
 */
char *ob_confirm_fill_url (const char *template, const char *id, const char *group, const char *sha256);

/* Pure. Returns: whether there is somebody to ask; if not, the success that the protocol reports is the receipt */
gboolean ob_confirm_can_ask (const ObJob *job);

/* Asks once; the answer is in @result. Worker thread. */
void ob_confirm_ask (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

/* The answer of the confirm URL, asked before a byte is sent again. */
typedef enum
{
  OB_CONFIRM_NO_WORD, /* 404 from whoever: unless bytes are missing there, it must not be sent a second time */
  OB_CONFIRM_UNKNOWN, /* the server never heard of it, or there is no confirm URL: it may be sent */
  OB_CONFIRM_STORED,  /* the server has it, and has not attached it yet */
  OB_CONFIRM_END,     /* the result says how it ended: confirmed, in trouble, cancelled */
} ObConfirmLook;

/* Asks for a receipt if there is somebody to ask. Worker thread. */
ObConfirmLook ob_confirm_look (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

/**
 * ob_confirm_is_kept:
 * @applied: (nullable): Preference-Applied of the answer (RFC 7240 section 3)
 * @kept_us: from the question to the answer
 *
 * Pure. A server that says so and answers at once has kept nothing. Returns: whether it kept the question, so that asking again at once
 * does not hammer
 */
gboolean ob_confirm_is_kept (const char *applied, gint64 kept_us);

/* Pure. Reads the body of a 200 into @result. */
void ob_confirm_read (const char *body, gsize body_bytes, const ObJob *job, ObAttemptResult *result);

G_END_DECLS
