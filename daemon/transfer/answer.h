/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An answer: what it says, and what that means for an attempt. Private to the protocols; worker thread.
 */
#pragma once

#include "base/json.h"
#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/outcome.h"

G_BEGIN_DECLS

/* Noted on a message while it is under way: the length that the answer claimed for its body, as text; and the destination's
 * headers, an a{ss}, and its ObCredential, if the request carried them. */
#define OB_ANSWER_LENGTH "outbox-length"
#define OB_ANSWER_HEADERS "outbox-headers"
#define OB_ANSWER_CREDENTIAL "outbox-credential"

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

/* Returns: whether less came than was announced: what came may be whole JSON by chance */
gboolean ob_answer_is_cut (const ObAnswer *answer);

/* Returns: (transfer full) (nullable): the body, however its text is encoded. A name in another encoding, or a byte order mark (RFC
 * 8259 section 8.1), must not void the whole answer. */
JsonNode *ob_answer_parse_json (const char *body, gsize body_bytes);

/* Returns: whether the credential is trouble, which is then how the attempt ends */
gboolean ob_result_take_trouble (ObAttemptResult *result, const ObCredential *credential);

/* Ends an attempt by our own decision. */
void ob_result_set (ObAttemptResult *result, ObVerdict verdict, OutboxReason reason, const char *code,
                    const char *message);

/* Returns: how long the server wants to be left alone, in milliseconds; -1 if it does not say. */
gint64 ob_answer_get_retry_after_ms (const ObAnswer *answer);

G_END_DECLS
