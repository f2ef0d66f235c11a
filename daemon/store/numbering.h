/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The counters of the database: numbers of uploads, sequences of the journal, the epoch. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/**
 * ob_numbering_mend:
 * @now_ms: becomes the epoch where something is mended, so that places given out before say nothing
 * @error: Storage, DiskFull
 *
 * A row with a number below one is in no list, and one with the largest number there is lets SQLite say at the next row that the
 * disk is full (https://sqlite.org/autoinc.html). Such rows get the next good numbers. A look costs the ends of some indexes.
 */
gboolean ob_numbering_mend (ObDatabase *database, gint64 now_ms, GError **error);

G_END_DECLS
