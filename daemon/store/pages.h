/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The size of the database's pages. Main thread.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* A commit writes whole pages, and the steps of an upload change some bytes in each of about ten. Pages of a quarter of
 * SQLite's default write a third as much (tests/bench/wear.c), so that the cards of kiosks last longer. */
#define OB_PAGE_BYTES 1024

/* Every database has a log as large as 1,000 default pages. */
#define OB_PAGES_PRAGMAS "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000;"

/* Before those pragmas, and anything else: gives a new database small pages, and has it able to give free ones back to the disk; one of
 * an older version is able to when it has been copied. It leaves one that is able to alone: SQLite would write to it at each start, also
 * where the disk is full. */
void ob_pages_set_up (sqlite3 *database);

/* Copies a database into one with small pages, if it is small enough for a start to wait. If that fails (no room),
 * nothing changes. It removes the log and makes a new one: never call it with the log of a dead process. */
void ob_pages_make_small (sqlite3 *database);

/* Reads one number. Returns: whether there was one; if not, SQLite has the error. */
gboolean ob_pages_ask (sqlite3 *database, const char *sql, gint64 *number);

G_END_DECLS
