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

/* @fd: borrowed; must stay open as long as the body lives. Its position is neither used nor moved.
 * @pace: (nullable): reading waits as it says. @deadline: kept while the file is read: a disk may hang */
GInputStream *ob_body_new (int fd, guint64 offset_bytes, guint64 size_bytes, ObPace *pace, ObDeadline *deadline);

/* Gives out no byte of a block that is not as its digest says: reading ends with G_IO_ERROR_INVALID_DATA.
 * @digests: of the whole file; see base/blocks.h. @file_bytes: its size */
void ob_body_set_digests (ObBody *self, GBytes *digests, guint64 file_bytes);

/* Says there how far it is read. Before the reading. */
void ob_body_set_transit (ObBody *self, ObTransit *transit);

/* What was read out of it so far. */
guint64 ob_body_get_taken_bytes (ObBody *self);

/* Returns: (nullable): which bytes are not what was handed over, or why they cannot be read, for a person; NULL while none
 * was found. @fault_errno: (out) (optional): EBADMSG for the first; else as transfer/copy.h has it. After the reading. */
const char *ob_body_get_fault (ObBody *self, int *fault_errno);

G_END_DECLS
