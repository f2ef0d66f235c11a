/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A process that reads one file whose file system may never answer (see base/errand.h). Any thread, one at a time.
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

/* Kills the process, without waiting for its end. */
void ob_reader_free (ObReader *reader);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObReader, ob_reader_free)

/* Receives the facts of the file before it is read; call it first. Errors: InvalidArgument, G_IO_ERROR_CANCELLED. */
gboolean ob_reader_get_facts (ObReader *reader, GCancellable *cancellable, struct stat *before, GError **error);

/* Returns: (transfer none) (nullable): the next bytes, which stay until they are taken; %NULL with a size of 0 at the
 * end, or with @error */
char *ob_reader_peek (ObReader *reader, GCancellable *cancellable, gsize *size_bytes, GError **error);
void ob_reader_take (ObReader *reader);

/* Call it at the end. @after: (out): the facts of the file now. @comes_again: (out): the file is read once more, since a
 * program may be writing it. */
void ob_reader_get_end (ObReader *reader, struct stat *after, gboolean *comes_again);

/* Has another process try to close such a file, and closes the descriptor once that returned; until then it stays open. */
void ob_reader_release_fd (int fd);

/* For the end of the process: leaves such files, still open, to a process that nobody waits for, since the kernel would
 * close them in this one and hang. */
void ob_reader_leave_files (void);

G_END_DECLS
