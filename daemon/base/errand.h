/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A process of this program's own that makes system calls which may never return: on a file whose file system is somebody
 * else's. A thread that hangs there cannot be ended, and would keep the whole process alive with its lock and its name on the
 * bus; a process is killed and left to the kernel. Its answer comes through a pipe. Any thread, one at a time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObErrand ObErrand;

/* In the process: system calls alone, no memory allocation, no locks, no GLib, since another thread may have held a lock at the
 * moment of the fork. @data: as it was then. @pipe: for ob_errand_send() */
typedef void (*ObErrandWork) (gconstpointer data, int pipe);

/* @answer: (nullable): all that the process has sent; %NULL if it was too much */
typedef void (*ObErrandDone) (GBytes *answer, gpointer user_data);

/* In the process, and in others that are forked: what it is called in lists of processes. */
void ob_errand_set_name (const char *name);

/* The process sends bytes; it ends if nobody reads them any more. */
void ob_errand_send (int pipe, const void *bytes, gsize size);

/**
 * ob_errand_start:
 * @fd: a descriptor that the process keeps, or -1; all others are closed in it, but those of files that may hang, since closing
 *   them could hang as well (FUSE asks its program at each close())
 *
 * Errors: Failed where there can be no process, where it has not begun after seconds, or where too many that were killed still hang.
 * Returns: (transfer full) (nullable)
 */
ObErrand *ob_errand_start (ObErrandWork work, gconstpointer data, int fd, GError **error);

/* Kills the process, whose answer is then over, unless it hangs where nothing can kill it. */
void ob_errand_kill (ObErrand *errand);

/* Kills the process, without waiting for its end. */
void ob_errand_free (ObErrand *errand);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObErrand, ob_errand_free)

/* Returns: the pipe that the answer comes from, not blocking; borrowed */
int ob_errand_get_pipe (ObErrand *errand);

/* Receives @size bytes of the answer. @timeout_ms: for each part of it; -1: none. Returns: FALSE also at the end of the answer.
 * Errors: Failed, G_IO_ERROR_CANCELLED. */
gboolean ob_errand_read (ObErrand *errand, void *bytes, gsize size, GCancellable *cancellable, int timeout_ms,
                         GError **error);

/* Main thread: collects the answer until the process ends, then calls @done from the main loop; at most once, and not after
 * ob_errand_free(). */
void ob_errand_collect (ObErrand *errand, gsize most_bytes, ObErrandDone done, gpointer user_data);

/* Waits until the collecting is over, which calls @done, or until @until_us of the monotonic clock. Returns: whether it is over */
gboolean ob_errand_wait (ObErrand *errand, gint64 until_us);

G_END_DECLS
