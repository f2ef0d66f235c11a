/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The schema, one migration a version. A released one is never changed.
 */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Item v takes a database from version v to v + 1 (SQLite's user_version). */
extern const char *const ob_migrations[];

/* A query that fails if a table of the newest version is missing. */
extern const char ob_migrations_look[];

guint ob_migrations_get_newest_version (void);

/* Finds the version by the tables, whatever the file's head says. Returns: 0: there are no tables; -1: they are of no
 * known version */
gint64 ob_migrations_find_version (sqlite3 *database);

G_END_DECLS
