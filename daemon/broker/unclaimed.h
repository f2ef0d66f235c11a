/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in the spool that no upload can be made of: without a row and without a readable record. They stay, since somebody
 * handed them over, and a person is told of them. Main thread.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObUnclaimed ObUnclaimed;

/* @spool: borrowed. */
ObUnclaimed *ob_unclaimed_new (ObSpool *spool);
void ob_unclaimed_free (ObUnclaimed *unclaimed);

/* @id: of bytes in the spool. Anything but a regular file is not ours, and not counted. Returns: whether it is news */
gboolean ob_unclaimed_add (ObUnclaimed *unclaimed, const char *id);

/* Counts them. A person may have taken some away, so it looks whether they are still there if the spool has changed since the last
 * time, except for more than a thousand. */
void ob_unclaimed_count (ObUnclaimed *unclaimed, guint64 *files, guint64 *bytes);

/* Returns: (transfer full) (array zero-terminated=1): paths of the oldest ten */
char **ob_unclaimed_list (ObUnclaimed *unclaimed);

G_END_DECLS
