/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file without a name on the spool's disk, for bytes that come in from a stream and are handed over when all are here: gone with
 * its descriptor, whatever ends the process. Blocking; one thread at a time.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObScratch ObScratch;

/* @size_bytes: how many are announced. Errors: Storage; DiskFull, where these, or %OB_COPY_RESERVE_BYTES, would not be left.
 * Returns: (transfer full) (nullable) */
ObScratch *ob_scratch_open (ObSpool *spool, guint64 size_bytes, GError **error);

/* Does not wait for the disk. Errors: Storage, DiskFull. */
gboolean ob_scratch_append (ObScratch *scratch, const void *bytes, gsize size_bytes, GError **error);

/* Returns: (transfer full): the descriptor, once; nothing can be appended after that */
int ob_scratch_take_file (ObScratch *scratch);

void ob_scratch_free (ObScratch *scratch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObScratch, ob_scratch_free)

G_END_DECLS
