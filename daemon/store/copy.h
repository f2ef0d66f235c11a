/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies a file and digests it in the same pass. Private to the store.
 */
#pragma once

#include "store/digester.h"
#include "store/source.h"

G_BEGIN_DECLS

/* A copy leaves so much of the disk to the database: an upload that cannot be recorded cannot be sent, and then never makes room. */
#define OB_COPY_RESERVE_BYTES (8 * 1024 * 1024)

/* Returns: whether @bytes fit on the disk of @fd, with the room for the database left. Errors: DiskFull. */
gboolean ob_copy_has_room (int fd, guint64 bytes, GError **error);

/* Copies @source to the empty file @target at @path, see ob_spool_copy(); does not sync. With a @target of -1, only
 * digests. @blocks: (out) (optional): the digests of its blocks if it has several, see base/blocks.h */
gboolean ob_copy_and_digest (const ObSource *source, int target, const char *path, GCancellable *cancellable,
                             gint64 *copied_bytes, ObSpoolCopy *copy, GBytes **blocks, GError **error);

G_END_DECLS
