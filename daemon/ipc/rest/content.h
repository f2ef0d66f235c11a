/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GET /v1/uploads/{id}/content: the copy on this device, for a page that shows it. It comes as a download of no type, which a browser
 * neither opens nor runs. Main thread; what the disk has is read by another.
 *
 *   what can come                                             what becomes of it
 *   an upload that the caller may not see                     404
 *   one without a copy: it has arrived, is still being saved, 409
 *     or was lost
 *   a copy that cannot be opened                              500
 *   a disk that fails in the middle, a copy that is shorter   the answer ends before its length
 *     than it was
 *   a client that does not read                               64 KiB wait for it; it is left after 30 seconds
 *   a removal meanwhile                                       the answer goes on: the file is open
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

#define OB_CONTENT_PIECE_BYTES (64 * 1024)

/* The request is here. */
void ob_content_take_body (ObExchange *exchange);

G_END_DECLS
