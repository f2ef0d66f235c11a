/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks for damage that only a query would find. Any thread, on a connection that nobody else uses meanwhile.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

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
 * Runs `PRAGMA quick_check` (https://sqlite.org/pragma.html#pragma_quick_check), which reads every page of every table: that takes
 * about a second for 500 MB.
 */
ObIntegrity ob_integrity_check (sqlite3 *handle, guint most_ms, const gint *is_over, char **words);

G_END_DECLS
