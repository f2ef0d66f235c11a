/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request and its whole, bounded answer, blocking. Private to the protocols; worker thread.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* More of an answer than this is never read. */
#define OB_ANSWER_MAX_BYTES (64 * 1024)

/* How long an answer may take. A server that has got its bytes may run programs over them before it says so. */
#define OB_ANSWER_MS (60 * 1000)
#define OB_ANSWER_OPTIONS_MS (5 * 1000)
#define OB_ANSWER_SEND_MS (5 * 60 * 1000)
#define OB_ANSWER_FINISH_MS (15 * 60 * 1000)

typedef struct
{
  SoupMessage *message; /* owned */
  char *body;           /* owned, NUL-terminated; may hold any byte */
  gsize body_bytes;
  GError *error;         /* owned; NULL where there is an answer */
  ObEnd end;             /* of an error: whether it was our doing */
  guint64 wire_bytes;    /* what went out for it */
  gboolean is_elsewhere; /* not from the destination's origin, which its caller knows */
} ObAnswer;

void ob_answer_free (ObAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObAnswer, ob_answer_free)

/* A message to @url with the destination's headers; redirects are not followed. Another origin than the
 * destination's gets none of them: a Location may lead anywhere, and so may a confirm URL. NULL: not an http(s) URL. */
SoupMessage *ob_http_message_new (const char *method, const char *url, const ObJob *job);

/* Has @message, about to be sent by @connection, wait with its body until the server says that it will take it (RFC 9110 section
 * 10.1.1). From then on the answer may take @answer_ms; ob_http_send() says how long that word may. */
void ob_http_expect (SoupMessage *message, ObConnection *connection, gint64 answer_ms);

/* Sends @message (transfer full); one that does no more when it is sent twice again, where its connection turns out to be dead.
 * Returns: (transfer full): the answer or the error. */
ObAnswer *ob_http_send (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop);

guint ob_answer_get_status (const ObAnswer *answer);
const char *ob_answer_get_header (const ObAnswer *answer, const char *name);

/* Returns: how long the body is said to be, also where none came; -1: that is not said, or the answer is none */
gint64 ob_answer_get_length (const ObAnswer *answer);

/* A header that must be a whole number. */
gboolean ob_answer_get_number (const ObAnswer *answer, const char *name, guint64 *number);

/* Pure: the words of an answer for a person, one line. @reason and @body: (nullable): any bytes. Returns: (transfer full). */
char *ob_http_dup_words (guint status, const char *reason, const char *body);

/* Returns: (transfer full): the start of the answer's text as one line for a person, or its status. */
char *ob_answer_dup_words (const ObAnswer *answer);

/* Says in @result what the answer means at that stage. @has_protocol: it carries the protocol's own header, or of a confirm
 * URL is JSON. @verdict: (nullable): the protocol's. Returns: whether it is no success, so that the attempt ends or turns; a
 * success status is left to the caller. */
gboolean ob_answer_judge (const ObAnswer *answer, ObStage stage, gboolean has_protocol, ObVerdictFunc verdict,
                          ObAttemptResult *result);

gboolean ob_answer_is_json (const ObAnswer *answer);

/* Ends an attempt by a decision of ours. */
void ob_result_set (ObAttemptResult *result, ObVerdict verdict, OutboxReason reason, const char *code,
                    const char *message);

G_END_DECLS
