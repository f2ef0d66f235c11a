/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers: documents as JSON, errors as problem details (RFC 9457) from the one error table. Each sets status, headers and body of
 * a message that has none yet. @reader: (nullable): the origin whose pages may read the answer; %NULL: no page may. Main thread.
 */
#pragma once

#include "dbus/error.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* @document: (nullable): floating or not; %NULL: there is nothing to tell, which is 204 for a @status of 200 */
void ob_reply_document (SoupServerMessage *message, const char *reader, guint status, GVariant *document);

void ob_reply_file (SoupServerMessage *message, const char *reader, const char *media_type, GBytes *file);

/* The body comes later, in pieces that are gone when they are sent. */
void ob_reply_stream (SoupServerMessage *message, const char *reader, const char *media_type);

/* What the system says of a disk names the file: the daemon's log has that, and a caller gets what it can act on. Returns: borrowed from
 * @error, or static: a sentence without a path of this device */
const char *ob_reply_get_detail (const GError *error);

/* @error: of the error table. */
void ob_reply_error (SoupServerMessage *message, const char *reader, const GError *error);

/* For what the door refuses itself. @detail: a whole sentence */
void ob_reply_refusal (SoupServerMessage *message, const char *reader, guint status, const char *detail);

/* The same with members of its own. @code: the name in the error table. @more: (nullable): floating a{sv} */
void ob_reply_problem (SoupServerMessage *message, const char *reader, guint status, OutboxError code,
                       const char *detail, GVariant *more);

/* Tells the browser that pages of @reader may send requests with these methods (Fetch standard, section 3.3). */
void ob_reply_preflight (SoupServerMessage *message, const char *reader, const char *methods);

G_END_DECLS
