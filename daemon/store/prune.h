/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps the journal from growing for ever. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* How many rows each upload and each hold keeps. */
#define OB_PRUNE_ROWS_MAX 200

/* How long the journal remembers a removed upload. */
#define OB_PRUNE_REMOVED_MS (G_GINT64_CONSTANT (30) * 24 * 3600 * 1000)

/* And at least, whatever room its rows take: a copy that comes to light meanwhile is known by them. */
#define OB_PRUNE_SHED_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/* Returns: whether there is something to delete among the rows that this call looks at. @end: (out): the last row it
 * looked at, or 0 at the end of the journal. */
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

/* The same where the journal takes too much room: deletes the rows of uploads that were removed a day ago, and of those that have arrived
 * all but the newest. What has not arrived keeps its own. Errors: Storage, DiskFull. */
gboolean ob_prune_shed (ObDatabase *database, gint64 after, gint64 end, gint64 now_ms, GError **error);

/* Returns: the bytes that the rows of uploads take in the file, about; of holds there are few */
gint64 ob_prune_measure (ObDatabase *database, gint64 after, gint64 end);

/* Returns: whether the file has many free pages. */
gboolean ob_prune_is_loose (ObDatabase *database);

/* Gives some free pages of the file back to the disk, if there are many; what is left is room for new rows. A database of an older
 * version gives none before it was copied (see store/scrub.h). @has_more: (out): whether another call would give more. Errors: Storage,
 * DiskFull. */
gboolean ob_prune_shrink (ObDatabase *database, gboolean *has_more, GError **error);

/* Returns: the sequence up to which removals may be forgotten, or 0; a client that knows nothing newer has to list anew */
gint64 ob_prune_get_floor (ObDatabase *database);

G_END_DECLS
