/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request and its whole answer, bounded and blocking. Private to the protocols; worker thread.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* The rest of a longer answer is not read. */
#define OB_ANSWER_MAX_BYTES (64 * 1024)

/* The most that an answer may take. After the last byte a server may run programs over the file before it answers. */
#define OB_ANSWER_MS (60 * 1000)
#define OB_ANSWER_OPTIONS_MS (5 * 1000)
#define OB_ANSWER_SEND_MS (5 * 60 * 1000)
#define OB_ANSWER_FINISH_MS (15 * 60 * 1000)
/* The head has said what became of the request: what it announced and no byte of which comes is not waited for as long. */
#define OB_ANSWER_BODY_MS (10 * 1000)

typedef struct
{
  SoupMessage *message; /* owned */
  char *body;           /* owned, NUL-terminated; may hold any byte */
  gsize body_bytes;
  GError *error;         /* owned; NULL where there is an answer */
  ObEnd end;             /* if there is an error: why we ended the request, if we did */
  guint64 wire_bytes;    /* bytes that went out for it */
  gboolean is_elsewhere; /* it came from another origin than the destination's; set by the caller */
} ObAnswer;

void ob_answer_free (ObAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObAnswer, ob_answer_free)

/* A message to @url. It has the destination's headers only if @url is of the destination's origin, since a Location or a
 * confirm URL may lead anywhere. Redirects are not followed. Returns: NULL if @url is not an http or https URL. */
SoupMessage *ob_http_message_new (const char *method, const char *url, const ObJob *job);

/* Has @message hold back its body until the server says that it will take it (RFC 9110 section 10.1.1). ob_http_send()
 * says how long the server has for that; then the answer may take @answer_ms. */
void ob_http_expect (SoupMessage *message, ObConnection *connection, gint64 answer_ms);

/* Sends @message (transfer full). If a kept connection turns out to be dead, a message that may be repeated is sent once
 * more. Returns: (transfer full): the answer, or the error. */
ObAnswer *ob_http_send (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop);

guint ob_answer_get_status (const ObAnswer *answer);

/* Returns: (nullable): the value of a header that can have but one. Lines that contradict each other say nothing. */
const char *ob_answer_get_header (const ObAnswer *answer, const char *name);

/* Returns: (nullable): the values of a header that is a list, which may be on several lines (RFC 9110 section 5.3) */
const char *ob_answer_get_list (const ObAnswer *answer, const char *name);

/* Returns: the length that the answer claims for its body, even if none came; -1 if it claims none */
gint64 ob_answer_get_length (const ObAnswer *answer);

/* Reads a header whose value must be a whole number. */
gboolean ob_answer_get_number (const ObAnswer *answer, const char *name, guint64 *number);

/* Returns: (transfer full): one line for a person: the start of the answer's text, or its status, without what the request
 * carried that nobody may read */
char *ob_answer_dup_words (const ObAnswer *answer);

/* Writes into @result what the answer means at that stage. @has_protocol: it carries the protocol's own header, or, of a
 * confirm URL, it is JSON. @verdict: (nullable): the protocol's. Returns: FALSE for a success status, which the caller
 * has to judge. */
gboolean ob_answer_judge (const ObAnswer *answer, ObStage stage, gboolean has_protocol, ObVerdictFunc verdict,
                          ObAttemptResult *result);

gboolean ob_answer_is_json (const ObAnswer *answer);

/* Ends an attempt by our own decision. */
void ob_result_set (ObAttemptResult *result, ObVerdict verdict, OutboxReason reason, const char *code,
                    const char *message);

G_END_DECLS
