/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk that refuses a write: the system calls that write, cut, sync or rename are replaced for the whole program, SQLite's and
 * GLib's too, and one of them fails in a folder that the test names. Main thread; the calls may come from any.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* From now on the call number @n below @folder fails with that errno, and with @is_lasting each that follows. Files that the test
 * itself makes there, file-N, are left out. */
void write_faults_begin (const char *folder, guint n, gboolean is_lasting, int error_number);

/* Returns: whether one has failed */
gboolean write_faults_end (void);

G_END_DECLS
