/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Copies a file and digests it in the same pass. Private to the store.
 */
#pragma once

#include "store/spool.h"

#include <sys/stat.h>

G_BEGIN_DECLS

/* Whether @source is a readable regular file, and how it stands before the copy. To be asked before any descriptor is
 * opened: the number of a closed one would come back as that one. */
gboolean ob_copy_check_source (int source, struct stat *before, GError **error);

/* From @source to the empty file @target at @path; see ob_spool_copy(). Does not flush. A @target of -1 wants the digest
 * alone. */
gboolean ob_copy_and_digest (int source, const struct stat *before, int target, const char *path,
                             GCancellable *cancellable, gint64 *copied_bytes, ObSpoolCopy *copy, GError **error);

G_END_DECLS
