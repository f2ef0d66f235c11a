/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A process of its own that reads one file whose file system may never answer. A thread that waits there cannot be ended, and
 * would keep the whole process alive, with its lock and its name on the bus; this one is killed and left to the kernel. What
 * it has read comes through a pipe. Any thread, one at a time.
 */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

typedef struct _ObReader ObReader;

/**
 * ob_reader_start:
 * @fd: borrowed; may be closed at once, by ob_reader_release_fd()
 *
 * Errors: Failed where there can be no process.
 * Returns: (transfer full) (nullable)
 */
ObReader *ob_reader_start (int fd, GError **error);

/* Ends it, without waiting for its end. */
void ob_reader_free (ObReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObReader, ob_reader_free)

/* How the file stood before it was read; to be called first. Errors: InvalidArgument, and G_IO_ERROR_CANCELLED. */
gboolean ob_reader_get_facts (ObReader *reader, GCancellable *cancellable, struct stat *before, GError **error);

/* The next bytes, without taking them. Returns: (transfer none) (nullable): NULL with a size of 0 at the end, or with @error. */
char *ob_reader_peek (ObReader *reader, GCancellable *cancellable, gsize *size_bytes, GError **error);
void ob_reader_take (ObReader *reader);

/* At the end: how the file stands now, and whether it comes once more, for somebody may be writing it. */
void ob_reader_get_end (ObReader *reader, struct stat *after, gboolean *comes_again);

/* Closes a descriptor of such a file once another process has found that this comes back; until then it stays open. */
void ob_reader_release_fd (int fd);

/* At the end of the process: whatever is still open of such files is left to a process that nobody waits for, as the kernel
 * would close it in this one. */
void ob_reader_leave_files (void);

G_END_DECLS
