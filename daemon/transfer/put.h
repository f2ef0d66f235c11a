/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain HTTP: each file is one PUT to a URL made from its id (see put-url.h), as WebDAV servers, nginx and many others take
 * it. Nothing is resumed: a file that was cut is sent again from its first byte.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

/* From this size on, ask the server whether it takes the file before sending it (RFC 9110 section 10.1.1). A server of
 * which nothing is known is asked for any size. */
#define OB_PUT_EXPECT_BYTES (G_GUINT64_CONSTANT (1) * 1024 * 1024)

/* How long the server has for that answer. A silent one does not know the question: send without, and remember it. */
#define OB_PUT_EXPECT_MS 3000

extern const ObProtocol ob_put_protocol;

G_END_DECLS
