/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that was handed over, open to be read. Blocking: its file system may take its time, or never answer. One thread at
 * a time.
 */
#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

G_BEGIN_DECLS

typedef struct
{
  int fd;
  gboolean is_own;    /* opened here: nobody else sees its position move */
  struct stat before; /* as it stood before it was read */
} ObSource;

/**
 * ob_source_open:
 * @fd: borrowed; stays open as long as the source
 *
 * To be called before any other descriptor is opened: the number of a closed one would come back as that one.
 *
 * Errors: InvalidArgument where it is no readable regular file.
 * Returns: (transfer full) (nullable)
 */
ObSource *ob_source_open (int fd, GError **error);
void ob_source_close (ObSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObSource, ob_source_close)

/* Its first bytes, as many as are there; none where they cannot be read. Returns: how many. */
gsize ob_source_peek (ObSource *source, void *buffer, gsize size_bytes);

/* When its bytes were last written, in Unix milliseconds, as its file system says; 0: what no camera's clock says. */
gint64 ob_source_get_modified_ms (const ObSource *source);

/* The mount that a descriptor is on, as the kernel numbers them; 0: not known. Asks no file system. */
guint64 ob_source_find_mount (int fd);

G_END_DECLS
