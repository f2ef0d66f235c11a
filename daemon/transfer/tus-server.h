/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The vocabulary of tus: what a server says of itself (versions, extensions, limits), and what it is told of a file. Worker
 * thread.
 */
#pragma once

#include "transfer/http.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable): a message to @url as tus 1.0.0 wants it; %NULL with the reason in @result */
SoupMessage *ob_tus_message_new (const char *method, const char *url, const ObJob *job, ObAttemptResult *result);

/* A chunk from @offset_bytes on, perhaps empty. @is_post: sends it by POST with X-HTTP-Method-Override, past a proxy
 * that refuses PATCH. */
SoupMessage *ob_tus_patch_new (const char *url, const ObJob *job, guint64 offset_bytes, gboolean is_post,
                               ObAttemptResult *result);

/* Returns: whether a proxy refuses the method: it is not the server's own answer, and other methods would pass. */
gboolean ob_tus_is_method_refused (const ObAnswer *answer);

/* Looks what the server has of an upload. Where a proxy refuses HEAD, POST is tried in its place. Returns: NULL if @url is
 * no URL. */
ObAnswer *ob_tus_ask_offset (ObConnection *connection, const char *url, const ObJob *job, ObAttemptResult *result,
                             ObStop *stop);

/* Returns: whether every byte was sent, and a proxy gave up waiting for the server, which may go on. */
gboolean ob_tus_is_slow_finish (const ObAnswer *answer);

/* Returns: whether the server tells its versions and ours is not among them; if so, @result says it. */
gboolean ob_tus_is_of_other_version (const ObAnswer *answer, ObAttemptResult *result);

/* As ob_answer_judge(), with its own words for a server that does not speak tus 1.0.0. */
gboolean ob_tus_judge (const ObAnswer *answer, ObStage stage, ObAttemptResult *result);

/* Sends OPTIONS if @facts are too old. A server that does not answer it is taken to have no extensions. Returns: FALSE
 * if the upload cannot go on, with the reason in @result. */
gboolean ob_tus_discover (ObConnection *connection, const ObJob *job, ObServerFacts *facts, ObAttemptResult *result,
                          ObStop *stop);

/* Pure. Returns: (transfer full): the value of Upload-Metadata. */
char *ob_tus_encode_metadata (const ObJob *job, gboolean is_short);

/* Adds the Upload-Checksum of a part of the file. Returns: 0, or a fault as in transfer/copy.h. */
int ob_tus_add_checksum (SoupMessage *message, int fd, guint64 offset_bytes, guint64 chunk_bytes);

/* Asks the destination itself, whatever is known of it. Returns: whether a tus server answers there. */
gboolean ob_tus_answers (ObConnection *connection, const ObJob *job, ObStop *stop);

/* As ObProtocol.check; in check.c. */
void ob_check_tus (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

G_END_DECLS
