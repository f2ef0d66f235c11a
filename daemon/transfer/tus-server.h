/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The words of tus: what a server says of itself (versions, extensions, limits), what it is told of a file, and where it puts
 * it. Worker thread.
 */
#pragma once

#include "transfer/http.h"

G_BEGIN_DECLS

/* A message to @url as tus 1.0.0 wants it, or NULL, said in @result. */
SoupMessage *ob_tus_message_new (const char *method, const char *url, const ObJob *job, ObAttemptResult *result);

/* A chunk from @offset_bytes, or the end of all of them. @is_post: as a POST that names its method, for what refuses PATCH
 * (tus 1.0, X-HTTP-Method-Override). */
SoupMessage *ob_tus_patch_new (const char *url, const ObJob *job, guint64 offset_bytes, gboolean is_post,
                               ObAttemptResult *result);

/* Whether something before the server refuses the method: not its own word, and one that other methods would not get. */
gboolean ob_tus_is_method_refused (const ObAnswer *answer);

/* Every byte is sent, and what waited for the server's last answer has given up, though the server may not have. */
gboolean ob_tus_is_slow_finish (const ObAnswer *answer);

/* Whether the server names its versions and ours is none of them; says so in @result. */
gboolean ob_tus_is_of_other_version (const ObAnswer *answer, ObAttemptResult *result);

/* As ob_answer_judge(), with words of its own for a server that speaks no tus 1.0.0. */
gboolean ob_tus_judge (const ObAnswer *answer, ObStage stage, ObAttemptResult *result);

/* OPTIONS, where @facts are not known or old. A server that does not answer it is taken to have no extensions.
 * Returns: FALSE: it cannot go on, and @result says why */
gboolean ob_tus_discover (ObConnection *connection, const ObJob *job, ObServerFacts *facts, ObAttemptResult *result,
                          ObStop *stop);

/* Pure. Returns: (transfer full): the value of Upload-Metadata. */
char *ob_tus_encode_metadata (const ObJob *job, gboolean is_short);

/* Upload-Checksum of a part of the file. Returns: 0; else why the file cannot be read, as transfer/copy.h takes it. */
int ob_tus_add_checksum (SoupMessage *message, int fd, guint64 offset_bytes, guint64 chunk_bytes);

/* Asks the destination itself, whatever is known of it. Returns: whether a tus server answers. */
gboolean ob_tus_answers (ObConnection *connection, const ObJob *job, ObStop *stop);

G_END_DECLS
