/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out who a process is by what /proc says. Blocks when the kernel does: never call it on the main thread.
 */
#pragma once

#include "ipc/caller.h"

G_BEGIN_DECLS

/**
 * ob_process_identify:
 * @pid: the process that made a connection
 * @pidfd: the same from the bus, or -1 where it gives none
 * @connected_us: when the connection was there already, in microseconds since the device has started; 0: not known
 *
 * A number may be another process's by the time it is looked up: one that has started after the connection is not its.
 *
 * Asks the witness where there is one (base/witness.h).
 *
 * Errors: NotAllowed for everything but a clear answer.
 *
 * Returns: (transfer full) (nullable): who that process is
 */
ObCaller *ob_process_identify (guint32 pid, int pidfd, gint64 connected_us, GError **error);

/* The same, by what this process sees itself. */
ObCaller *ob_process_look (guint32 pid, int pidfd, gint64 connected_us, GError **error);

/* Returns: microseconds since the device started, sleep included */
gint64 ob_process_get_now_us (void);

G_END_DECLS
