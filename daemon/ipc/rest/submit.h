/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST /v1/uploads: the body is a file. It goes into a file of the spool's disk as it comes, which is moved into the spool when all of
 * it is here: its bytes are written once, and nothing of a body that breaks off is left. Main thread.
 *
 *   what can come                                             what becomes of it
 *   no Content-Length                                         411: an empty file is told by a length of 0
 *   more than there is room for                               507 at once, and not a byte is read
 *   a form (multipart)                                        415: it would be kept as one file
 *   no type, or one that says nothing (octet-stream; what     the type is found by name and bytes, as everywhere
 *     curl says of any data)
 *   Idempotency-Key, plain or in quotes                       the submit key: the same bytes again are the same upload, others
 *                                                             are KeyReused
 *   a key that no app may have: empty, too long               400
 *   a body that comes faster than the disk takes it           the client waits: so many bytes of a body are in memory, no more
 *   a body that breaks off, a client that goes                nothing is kept
 *   an end of the daemon                                      nothing is kept, or the upload is there: the key tells which
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* How much of a body may wait for the disk; as much again is being written. */
#define OB_SUBMIT_WAITING_MAX_BYTES (128 * 1024)

/* The head is here. */
void ob_submit_take_head (ObExchange *exchange);

/* Takes the exchange of a creation of tus that has all of the file with it, for the sake of its key. @options: of Submit. @size_bytes: of
 * the body */
void ob_submit_begin_for_tus (ObExchange *exchange, GVariant *options, guint64 size_bytes);

/* The last byte is here. */
void ob_submit_take_body (ObExchange *exchange);

G_END_DECLS
