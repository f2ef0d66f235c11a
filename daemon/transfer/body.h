/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upload's bytes from an offset, as the body of one request. Read on the worker thread that sends it.
 */
#pragma once

#include "transfer/deadline.h"
#include "transfer/pace.h"
#include "transfer/transit.h"

G_BEGIN_DECLS

#define OB_TYPE_BODY (ob_body_get_type ())
G_DECLARE_FINAL_TYPE (ObBody, ob_body, OB, BODY, GInputStream)

/* @fd: borrowed; it must stay open as long as the body lives, and its file position is neither used nor moved. @pace:
 * (nullable): limits how fast the body can be read. @deadline: set during each read, since a disk may hang. */
GInputStream *ob_body_new (int fd, guint64 offset_bytes, guint64 size_bytes, ObPace *pace, ObDeadline *deadline);

/* Checks each block before any byte of it is handed out; a wrong one ends the reading with G_IO_ERROR_INVALID_DATA.
 * @digests: of the whole file, see base/blocks.h. @file_bytes: its size */
void ob_body_set_digests (ObBody *self, GBytes *digests, guint64 file_bytes);

/* Has the body tell @transit how far it has been read. Call it before the first read. */
void ob_body_set_transit (ObBody *self, ObTransit *transit);

/* Returns: how many bytes were read from it so far. */
guint64 ob_body_get_taken_bytes (ObBody *self);

/* Call it after the reading. Returns: (nullable): for a person, which bytes are damaged or why the file cannot be read;
 * NULL if nothing is wrong. @fault_errno: (out) (optional): EBADMSG for damaged bytes, else as in transfer/copy.h */
const char *ob_body_get_fault (ObBody *self, int *fault_errno);

G_END_DECLS
