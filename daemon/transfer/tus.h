/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus 1.0.0 with creation, checksum, expiration and termination (https://tus.io/protocols/resumable-upload). Its resume text
 * is the upload URL that the server gave.
 */
#pragma once

#include "transfer/protocol.h"

G_BEGIN_DECLS

#define OB_TUS_CHUNK_MIN_BYTES (G_GUINT64_CONSTANT (64) * 1024)
#define OB_TUS_CHUNK_FIRST_BYTES (G_GUINT64_CONSTANT (4) * 1024 * 1024)
#define OB_TUS_CHUNK_FIRST_MOST_BYTES (G_GUINT64_CONSTANT (16) * 1024 * 1024)
#define OB_TUS_CHUNK_MAX_BYTES (G_GUINT64_CONSTANT (64) * 1024 * 1024)

extern const ObProtocol ob_tus_protocol;

/* How often a server may lose what it had confirmed, without getting further in between, before nothing more goes there. */
#define OB_TUS_LOSSES_MOST 3

/* Pure. What to send next, in bytes: about eight seconds of the last rate, at most @limit_bytes. */
guint64 ob_tus_next_chunk_bytes (guint64 moved_bytes, gint64 elapsed_us, guint64 limit_bytes);

G_END_DECLS
