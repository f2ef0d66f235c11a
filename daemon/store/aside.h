/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where damaged databases are set aside. A disk that damages one after another is not filled with them: one an hour is kept,
 * what comes within the hour has one place, that of the last, and of all the newest three stay. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): where the database at @path is to be renamed to. */
char *ob_aside_dup_path (const char *path, gint64 now_ms);

/* Renames the database and what SQLite keeps beside it, so that a person can still look at them, and clears its marks. Errors:
 * Storage, DiskFull. */
gboolean ob_aside_rename (const char *path, const char *aside_path, GError **error);

/* Removes those that are too many. */
void ob_aside_remove_old (const char *path);

G_END_DECLS
