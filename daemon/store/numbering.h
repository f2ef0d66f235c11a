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
 * @now_ms: becomes the epoch if something is repaired, so that sequences told before are not used any more
 * @error: Storage, DiskFull
 *
 * A row with a number below one is in no list. After a row with the largest possible number SQLite calls the disk full at the
 * next one (https://sqlite.org/autoinc.html). Such rows get the next good numbers. The check reads the ends of some indexes.
 */
gboolean ob_numbering_mend (ObDatabase *database, gint64 now_ms, GError **error);

G_END_DECLS
