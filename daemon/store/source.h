/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that was handed over, open for reading: in this process, or, if its file system may never answer, in a reader
 * process. Blocking. One thread at a time.
 */
#pragma once

#include "store/reader.h"

G_BEGIN_DECLS

typedef struct
{
  ObReader *reader; /* owned; NULL: this process reads it, by the next */
  int fd;
  gboolean is_own;    /* we opened it: nobody else uses its position */
  struct stat before; /* of the file before it was read */
} ObSource;

/**
 * ob_source_open:
 * @fd: borrowed; stays open as long as the source
 * @cancellable: (nullable): ends the wait for another process
 *
 * Call it before any other descriptor is opened: if @fd was closed meanwhile, its number could be another file by then.
 *
 * Errors: InvalidArgument where it is no readable regular file.
 * Returns: (transfer full) (nullable)
 */
ObSource *ob_source_open (int fd, GCancellable *cancellable, GError **error);
void ob_source_close (ObSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSource, ob_source_close)

/* Reads up to @size_bytes from the beginning. Returns: how many; 0 if the file cannot be read */
gsize ob_source_peek (ObSource *source, GCancellable *cancellable, void *buffer, gsize size_bytes);

/* Returns: the file's mtime in Unix milliseconds; 0 if no camera's clock could have said it */
gint64 ob_source_get_modified_ms (const ObSource *source);

/* Closes a descriptor that a caller handed over. */
void ob_source_close_fd (int fd);

G_END_DECLS
