/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain HTTP: a file is one PUT to a URL that is made from its id (see put-url.h), as WebDAV servers, nginx and many others take
 * it. Nothing of it is resumed: what was cut is sent anew from its first byte.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

/* From that size on a server is asked whether it will take the file before its bytes are sent (RFC 9110 section 10.1.1); a server
 * of which nothing is known is, whatever the size. */
#define OB_PUT_EXPECT_BYTES (G_GUINT64_CONSTANT (1) * 1024 * 1024)

/* How long it has to say so. One that is silent does not know of the question: it is sent to without, and remembered. */
#define OB_PUT_EXPECT_MS 3000

extern const ObProtocol ob_put_protocol;

G_END_DECLS
