/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus 1.0.0 as a server: /v1/tus/ makes uploads of the queue. Main thread.
 *
 *   what can come                                             what becomes of it
 *   headers that are not good                                 see tus-head.h
 *   a creation beyond OB_RECORDINGS_OF_APP of its app         429
 *   a creation, or a size that is told later, that the disk   507
 *     has no room for
 *   a creation with the key of an upload that is not whole:   the same one, and its offset; a PATCH that comes to it ends.
 *     told the same; told another size or other metadata;       KeyReused
 *     which an app writes itself                                KeyReused
 *   a creation with the key of one that is whole              KeyReused; with all bytes they are compared, as POST /v1/uploads
 *                                                             does
 *   an id that is none, of another app where the caller may   404
 *     not see it, of a file that an app writes itself, or
 *     that was removed
 *   a PATCH at another offset; of an upload that is whole     409
 *   a PATCH while another comes, or while it is committed     423
 *   a body that is longer than what is left; a size that      413; 400
 *     differs from one that was told, or is less than there is
 *   a body that is shorter than it says                       what came is kept; HEAD tells how much
 *   a checksum that differs                                   460
 *   a HEAD while a PATCH comes                                that PATCH ends (409), then the offset is told
 *   a HEAD of a file that is whole and was not committed      commits it first; 423 while the broker does
 *   a HEAD while the disk or the database fails, there are    423: told anything else, clients take the upload for lost, and
 *     too many connections, or by a token that is none        send all of it again (tus-method.h)
 *   X-HTTP-Method-Override                                    the method, whatever the request's own is
 *   an upload that nobody goes on with                        Upload-Expires tells until when it is kept; then 404
 *   a HEAD of an upload in the queue, sending, or done        its size is its offset, as long as it is listed
 *   a DELETE of one that is in the queue                      409: Outbox has it now, DELETE /v1/uploads/{id} removes it
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* The head is here. */
void ob_tus_take_head (ObExchange *exchange);

/* The last byte is here. */
void ob_tus_take_body (ObExchange *exchange);

G_END_DECLS
