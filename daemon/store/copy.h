/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies a file and digests it in the same pass. Private to the store.
 */
#pragma once

#include "store/spool.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* What is read. */
typedef struct
{
  int fd;
  gboolean is_own;    /* opened here: nobody else sees its position move */
  struct stat before; /* as it stood before the copy */
} ObCopySource;

/* Errors: InvalidArgument where it is no readable regular file. To be called before any other descriptor is opened: the
 * number of a closed one would come back as that one. */
gboolean ob_copy_open_source (int fd, ObCopySource *source, GError **error);
void ob_copy_close_source (ObCopySource *source);

/* Whether so much fits on the disk of @fd and leaves the database its room. Errors: DiskFull. */
gboolean ob_copy_has_room (int fd, guint64 bytes, GError **error);

/* From @source to the empty file @target at @path; see ob_spool_copy(). Does not flush. A @target of -1 wants the digest
 * alone. */
gboolean ob_copy_and_digest (const ObCopySource *source, int target, const char *path, GCancellable *cancellable,
                             gint64 *copied_bytes, ObSpoolCopy *copy, GError **error);

G_END_DECLS
