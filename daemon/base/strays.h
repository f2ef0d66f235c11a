/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads that were given up because a library or the kernel does not return. Each goes on when it can; until then nobody
 * may wait for it, and the process must not be torn down around it. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A thread is given up; it has ended after all. */
void ob_strays_add (void);
void ob_strays_remove (void);

/* Returns: how many there are. If there are any, the process must end by _exit(). */
guint ob_strays_count (void);

G_END_DECLS
