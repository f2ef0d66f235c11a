/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Namespaces for whoever runs the benchmarks. By plain system calls: it runs between fork and exec, too.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Leaves namespaces, as unshare() does. Who is not root does it in a user namespace where everybody keeps their ids; the
 * process must have one thread. */
gboolean bench_unshare (int flags);

G_END_DECLS
