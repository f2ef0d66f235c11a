/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whether a file system has locks at all: some network homes have none, and SQLite calls every database there locked. Then the name
 * on the bus alone keeps a second daemon away. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The name of SQLite's way to a file that uses no locks (https://sqlite.org/vfs.html). */
#define OB_LOCKS_WITHOUT "unix-none"

/* @path: a file that this process has no lock on: it would be let go of (fcntl(2)). Returns: whether the system says that there are
 * no locks for it */
gboolean ob_locks_are_missing (const char *path);

G_END_DECLS
