/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that was handed over, open to be read: by this process, or by one of its own where the file system may never answer.
 * Blocking. One thread at a time.
 */
#pragma once

#include "store/reader.h"

G_BEGIN_DECLS

typedef struct
{
  ObReader *reader; /* owned; NULL: it is read here, by the next */
  int fd;
  gboolean is_own;    /* opened here: nobody else sees its position move */
  struct stat before; /* as it stood before it was read */
} ObSource;

/**
 * ob_source_open:
 * @fd: borrowed; stays open as long as the source
 * @cancellable: (nullable): ends the wait for another process
 *
 * To be called before any other descriptor is opened: the number of a closed one would come back as that one.
 *
 * Errors: InvalidArgument where it is no readable regular file.
 * Returns: (transfer full) (nullable)
 */
ObSource *ob_source_open (int fd, GCancellable *cancellable, GError **error);
void ob_source_close (ObSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSource, ob_source_close)

/* Its first bytes, as many as are there; none where they cannot be read. Returns: how many. */
gsize ob_source_peek (ObSource *source, GCancellable *cancellable, void *buffer, gsize size_bytes);

/* When its bytes were last written, in Unix milliseconds, as its file system says; 0: what no camera's clock says. */
gint64 ob_source_get_modified_ms (const ObSource *source);

/* Closes what a caller handed over. */
void ob_source_close_fd (int fd);

G_END_DECLS
