/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads that were given up, since a library or the kernel does not let them go. They go on by themselves as soon as they
 * can; until then nobody may wait for them, and the process must not be taken down around them. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* One thread is given up; or has come to its end after all. */
void ob_strays_add (void);
void ob_strays_remove (void);

/* How many there are. Where there is one, the process ends by _exit(). */
guint ob_strays_count (void);

G_END_DECLS
