/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One request and its whole answer, bounded and blocking. Private to the protocols; worker thread.
 */
#pragma once

#include "transfer/answer.h"
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

/* A message to @url. It has the destination's headers only if @url is of the destination's origin, since a Location or a
 * confirm URL may lead anywhere. Redirects are not followed. Returns: NULL if @url is not an http or https URL. */
SoupMessage *ob_http_message_new (const char *method, const char *url, const ObJob *job);

/* Has @message hold back its body until the server says that it will take it (RFC 9110 section 10.1.1). ob_http_send()
 * says how long the server has for that; then the answer may take @answer_ms. */
void ob_http_expect (SoupMessage *message, ObConnection *connection, gint64 answer_ms);

/* Sends @message (transfer full). If a kept connection turns out to be dead, a message that may be repeated is sent once
 * more. Returns: (transfer full): the answer, or the error. */
ObAnswer *ob_http_send (ObConnection *connection, SoupMessage *message, gint64 answer_ms, GCancellable *stop);

G_END_DECLS
