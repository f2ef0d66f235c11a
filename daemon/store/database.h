/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The database: opens it, migrates it, and sets it aside if it is damaged. Main thread only.
 */
#pragma once

#include <gio/gio.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef struct _ObDatabase ObDatabase;

/**
 * ob_database_open:
 * @data_folder: an existing folder; the database is `queue.db` in it
 * @now_ms: Unix milliseconds: names a database that is set aside, and the new epoch
 * @was_rebuilt: (out): whether a damaged database was set aside and an empty one stands in its place: rebuild the queue
 *   from the spool
 * @error: Storage or DiskFull; NotSupported for a database of a newer version, which is left as it is
 *
 * SQLite in WAL with synchronous=FULL: a committed transaction survives a power cut. A damaged file is renamed, never
 * deleted; so is one whose log of the last transactions is gone, since what is left of it is the past.
 *
 * Returns: (transfer full) (nullable): the database, at the newest schema
 */
ObDatabase *ob_database_open (const char *data_folder, gint64 now_ms, gboolean *was_rebuilt, GError **error);
void ob_database_free (ObDatabase *database);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObDatabase, ob_database_free)

/**
 * ob_database_open_to_read:
 * @data_folder: where a database is; nothing in it is written, created or removed
 * @why: why it cannot be written: the error of every change of it
 * @error: @why, where it cannot be read either: there is none, it has no sound head, it is of another version
 *
 * For a disk that cannot be written, so that what is known of the queue is still told. Nobody else may use it meanwhile.
 *
 * Returns: (transfer full) (nullable): the database
 */
ObDatabase *ob_database_open_to_read (const char *data_folder, const GError *why, GError **error);

gboolean ob_database_is_only_read (ObDatabase *database);

/* Returns: (transfer full) (nullable): the damaged database that this one replaced, to rescue what can still be read;
 * none of it is certain */
ObDatabase *ob_database_open_aside (ObDatabase *database);

/* @on_damaged: called once if damage is found after opening. The file is then marked, and the next to open it sets it
 * aside. */
void ob_database_watch_damage (ObDatabase *database, void (*on_damaged) (gpointer user_data), gpointer user_data);

/* Returns: whether the process that had it open before has died. */
gboolean ob_database_was_left_open (ObDatabase *database);

/* Returns: whether damage was found since it was opened. */
gboolean ob_database_is_damaged (ObDatabase *database);

/* @on_bad_row: called when a row has a value that no version of Outbox has written; ob_repair_rows() repairs it. */
void ob_database_watch_bad_rows (ObDatabase *database, void (*on_bad_row) (gpointer user_data), gpointer user_data);

/* Called by whoever reads such a row. */
void ob_database_note_bad_row (ObDatabase *database);

/* Called by whoever finds damage. @what: words for a person */
void ob_database_note_damage (ObDatabase *database, const char *what);

sqlite3 *ob_database_get_handle (ObDatabase *database);

/* Private to statement.c: SQL text → sqlite3_stmt that is not in use. They are finalised before the database is closed. */
GHashTable *ob_database_get_idle_statements (ObDatabase *database);

/* Private to uploads.c: the number of the next upload; 0: not read yet. */
gint64 *ob_database_get_next_number (ObDatabase *database);

/* Private to journal.c: its witness, and that one's data; both NULL: nobody. */
gconstpointer *ob_database_get_witness (ObDatabase *database);

/* Returns: a number that changes when the database is rebuilt; it is the first half of a public sequence */
gint64 ob_database_get_epoch (ObDatabase *database);

/* Runs SQL without parameters. */
gboolean ob_database_run (ObDatabase *database, const char *sql, GError **error);

/* Reads the single number that a query gives. Errors: Storage. */
gboolean ob_database_ask_number (ObDatabase *database, const char *sql, gint64 *number, GError **error);

/* Returns: (nullable): why the last write failed, DiskFull or Storage; %NULL if none ever did */
const GError *ob_database_get_trouble (ObDatabase *database);

/* Forgets that trouble, once a write has succeeded. A database that is only read keeps its own. */
void ob_database_clear_trouble (ObDatabase *database);

/* Sets @error from SQLite's last error: DiskFull or Storage. */
void ob_database_set_error (ObDatabase *database, GError **error);

G_END_DECLS
