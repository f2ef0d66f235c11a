/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks for damage that only a query would find, which may come weeks later.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef enum
{
  OB_INTEGRITY_UNKNOWN, /* there was not time enough, or the disk failed */
  OB_INTEGRITY_GOOD,
  OB_INTEGRITY_DAMAGED,
} ObIntegrity;

/**
 * ob_integrity_check:
 * @most_ms: how long it may take
 * @is_over: (nullable): not 0 ends it early; another thread may set it (atomically)
 * @words: (out) (transfer full): what is wrong, in SQLite's words; %NULL if nothing is known to be
 *
 * Runs `PRAGMA integrity_check` (https://sqlite.org/pragma.html#pragma_integrity_check), which reads every page, and looks each row
 * up in each index: a row that an index has lost is not found by its id. A value that the schema does not allow is no damage: such rows are repaired when they are read
 * (store/repair.h). Any thread, on a connection that nobody else uses meanwhile.
 */
ObIntegrity ob_integrity_check (sqlite3 *handle, guint most_ms, const gint *is_over, char **words);

typedef struct _ObIntegrityWatch ObIntegrityWatch;

/**
 * ob_integrity_watch_begin:
 * @database: borrowed, until the end of the watch
 *
 * Checks a database on a thread and a connection of its own, while the queue is at work, if the process that had it before has died:
 * a power cut may have kept any part of what it wrote on a disk that does not keep its promises. Damage is told to the database from
 * the main loop (ob_database_note_damage()), and so are counters that are not of its rows (ob_database_note_bad_row()). Main
 * thread.
 *
 * Returns: (transfer full) (nullable): %NULL if nothing is to be checked
 */
ObIntegrityWatch *ob_integrity_watch_begin (ObDatabase *database);

/* Returns: whether all is known, and was told. */
gboolean ob_integrity_watch_is_over (ObIntegrityWatch *watch);

/* Waits for the thread, which ends at once. */
void ob_integrity_watch_end (ObIntegrityWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIntegrityWatch, ob_integrity_watch_end)

G_END_DECLS
