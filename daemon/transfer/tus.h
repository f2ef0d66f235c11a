/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus 1.0.0 with creation, checksum, expiration and termination (https://tus.io/protocols/resumable-upload). Its resume text
 * is the upload URL that the server gave.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

extern const ObProtocol ob_tus_protocol;

/* Pure. Returns: how many bytes to send next: about eight seconds at the last rate, at most @limit_bytes */
guint64 ob_tus_next_chunk_bytes (guint64 moved_bytes, gint64 elapsed_us, guint64 limit_bytes);

G_END_DECLS
