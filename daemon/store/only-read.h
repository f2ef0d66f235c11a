/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A database on a disk that cannot be written. Main thread.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/**
 * ob_only_read_check:
 * @path: of a database that need not be there
 * @error: Storage with the system's words; TooMany where there are too many open files
 *
 * SQLite opens a file that it may not write without a word, and fails in the first change. Not while a connection to it is
 * open: closing a file gives up the locks of the whole process.
 *
 * Returns: %FALSE where it is there and cannot be written
 */
gboolean ob_only_read_check (const char *path, GError **error);

/**
 * ob_only_read_open:
 * @path: an absolute path of an existing database in WAL mode
 *
 * Opens it without writing or creating anything beside it. SQLite itself cannot do that where the index of the log
 * (`queue.db-shm`) is not there and cannot be made: with a log, the index is kept in this process's memory, as for a file
 * system without locks; without one, the file is read as it stands (`immutable`). Either way nobody else may write it
 * meanwhile: whoever calls has the lock of the data folder.
 *
 * Returns: (nullable): a connection for sqlite3_close_v2()
 */
sqlite3 *ob_only_read_open (const char *path);

G_END_DECLS
