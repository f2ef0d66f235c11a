/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where damaged databases are set aside. So that a failing disk is not filled with them, each hour has one place, which its
 * last one takes, and only the newest three are kept. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: (transfer full): the path to rename the database at @path to */
char *ob_aside_dup_path (const char *path, gint64 now_ms);

/* Renames the database and SQLite's files beside it, so that a person can still examine them, and clears its marks.
 * Errors: Storage, DiskFull. */
gboolean ob_aside_rename (const char *path, const char *aside_path, GError **error);

/* Removes all but the newest. */
void ob_aside_remove_old (const char *path);

G_END_DECLS
