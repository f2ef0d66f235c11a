/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The journal does not grow for ever. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* How many rows an upload, and a hold, keep. */
#define OB_PRUNE_ROWS_MAX 200

/* How long the journal knows of an upload that was removed. */
#define OB_PRUNE_REMOVED_MS (G_GINT64_CONSTANT (30) * 24 * 3600 * 1000)

/* Returns: whether there is something to delete among the rows that one call looks at; @end is the last of them, or 0 where
 * there are no more. */
gboolean ob_prune_find (ObDatabase *database, gint64 after, gint64 now_ms, gint64 *end);

/**
 * ob_prune_delete:
 * @after: the sequence after which to begin
 * @end: that of the last row, from ob_prune_find()
 * @now_ms: Unix milliseconds
 *
 * Deletes the rows of uploads that were removed 30 days ago, and of each live upload and each hold all but the newest 200. Never
 * the newest row of all, nor of a live upload or a hold; nor how an upload came. Errors: Storage, DiskFull.
 */
gboolean ob_prune_delete (ObDatabase *database, gint64 after, gint64 end, gint64 now_ms, GError **error);

/* Returns: the sequence up to which removals may have been forgotten, or 0: who knows no more than that lists anew. */
gint64 ob_prune_get_floor (ObDatabase *database);

G_END_DECLS
