/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Has SQLite copy the database into one with smaller pages. Main thread.
 */
#include "store/pages.h"

/* Takes about a second on a slow card. */
#define BYTES_MOST (32 * 1024 * 1024)

gboolean
ob_pages_ask (sqlite3 *database, const char *sql, gint64 *number)
{
  sqlite3_stmt *statement = NULL;
  gboolean is_there
      = sqlite3_prepare_v2 (database, sql, -1, &statement, NULL) == SQLITE_OK && sqlite3_step (statement) == SQLITE_ROW;

  if (is_there)
    *number = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);

  return is_there;
}

void
ob_pages_set_up (sqlite3 *database)
{
  gint64 mode;

  /* First: a question fixes the size of a new one. */
  (void) sqlite3_exec (database, "PRAGMA page_size = " G_STRINGIFY (OB_PAGE_BYTES), NULL, NULL, NULL);
  if (ob_pages_ask (database, "PRAGMA auto_vacuum", &mode) && mode == 0)
    (void) sqlite3_exec (database, "PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL, NULL);
}

void
ob_pages_make_small (sqlite3 *database)
{
  gint64 page_bytes, n_pages;

  if (!ob_pages_ask (database, "PRAGMA page_size", &page_bytes) || page_bytes <= OB_PAGE_BYTES
      || !ob_pages_ask (database, "PRAGMA page_count", &n_pages) || n_pages > BYTES_MOST / page_bytes)
    return;
  /* The page size cannot change while there is a log. */
  (void) sqlite3_exec (database, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
  (void) sqlite3_exec (database, "PRAGMA page_size = " G_STRINGIFY (OB_PAGE_BYTES) "; VACUUM", NULL, NULL, NULL);
  (void) sqlite3_exec (database, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
}
