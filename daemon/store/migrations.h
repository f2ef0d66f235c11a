/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The schema, one migration a version. A released one is never changed.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Item v takes a database from version v to v + 1 (SQLite's user_version). */
extern const char *const ob_migrations[];

guint ob_migrations_get_newest_version (void);

G_END_DECLS
