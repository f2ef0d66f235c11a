/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The size of the database's pages. Main thread.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Every commit writes whole pages: about ten for the steps of an upload, of which each changes some bytes. With pages of a
 * quarter of SQLite's own size a third is written (tests/bench/wear.c), and the cards of kiosks last longer. */
#define OB_PAGE_BYTES 1024

/* A new database gets such pages, and any a log of the size that SQLite's own 1,000 pages would have. */
#define OB_PAGES_PRAGMAS \
  "PRAGMA page_size = " G_STRINGIFY (OB_PAGE_BYTES) "; PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 4000;"

/* Makes a database anew with such pages if it is small enough for a start to wait. Where that fails (no room) it is as it
 * was. Its log goes and comes back: not for one that a dead process has left. */
void ob_pages_make_small (sqlite3 *database);

/* Asks for one number. Returns: whether there was one; else SQLite has the error. */
gboolean ob_pages_ask (sqlite3 *database, const char *sql, gint64 *number);

G_END_DECLS
