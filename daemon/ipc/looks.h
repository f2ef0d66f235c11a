/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks at callers' processes, for any door: each on a thread of its own, since reading from a process may touch a file system
 * that does not answer. So many at a time, and each for so long. Main thread.
 */
#pragma once

#include "ipc/caller.h"

G_BEGIN_DECLS

typedef struct _ObLooks ObLooks;
typedef struct _ObLook ObLook;

ObLooks *ob_looks_new (void);

/* Cancel its looks first. Threads that are still in the kernel end by themselves. */
void ob_looks_free (ObLooks *looks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObLooks, ob_looks_free)

/* Called once. @caller: (transfer full) (nullable). @error: NotAllowed where it cannot be told who it is */
typedef void (*ObLookDone) (ObCaller *caller, const GError *error, gpointer user_data);

/**
 * ob_looks_begin:
 * @pid, @connected_us: as ob_process_identify() has them
 * @pidfd: (transfer full): or -1
 *
 * Errors: NotAllowed, where too many are under way; then nothing is called.
 * Returns: (transfer none) (nullable): until @done is called, or it is cancelled
 */
ObLook *ob_looks_begin (ObLooks *looks, guint32 pid, int pidfd, gint64 connected_us, ObLookDone done,
                        gpointer user_data, GError **error);

/* Nobody waits for it any more: nothing is called. */
void ob_look_cancel (ObLook *look);

G_END_DECLS
