/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in the spool that no upload can be made of: they have no row, and no record that can be read. They stay where they are,
 * since somebody handed them over, and a person is told of them. Main thread.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObUnclaimed ObUnclaimed;

/* @spool: borrowed. */
ObUnclaimed *ob_unclaimed_new (ObSpool *spool);
void ob_unclaimed_free (ObUnclaimed *unclaimed);

/* @id: of bytes in the spool; what is no regular file is none of Outbox's, and not counted. */
void ob_unclaimed_add (ObUnclaimed *unclaimed, const char *id);

/* How many there are, and of how many bytes. A person may have taken any of them away: whether they are still there is looked
 * at, but of more than a thousand. */
void ob_unclaimed_count (ObUnclaimed *unclaimed, guint64 *files, guint64 *bytes);

/* Returns: (transfer full) (array zero-terminated=1): paths of the oldest ten. */
char **ob_unclaimed_list (ObUnclaimed *unclaimed);

G_END_DECLS
