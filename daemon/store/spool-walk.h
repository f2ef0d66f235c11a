/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A walk through what is in the spool. The folder is read on a thread of its own; the visits are on the main thread, some a turn
 * of its loop, so that a spool of a hundred thousand files holds nobody up.
 */
#pragma once

#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObSpoolWalk ObSpoolWalk;

/* @id: that has bytes in the spool, a record, or both; once each. It may be gone by now. */
typedef void (*ObSpoolVisit) (const char *id, gpointer user_data);

/* Begins one. The oldest are visited first, of each thousand that the folder gives. Returns: (transfer full) */
ObSpoolWalk *ob_spool_walk_begin (ObSpool *spool, ObSpoolVisit visit, gpointer user_data);

/* Visits nothing any more. */
void ob_spool_walk_end (ObSpoolWalk *walk);

/* Visits all of them before it returns, the oldest first. */
void ob_spool_visit_all (ObSpool *spool, ObSpoolVisit visit, gpointer user_data);

G_END_DECLS
