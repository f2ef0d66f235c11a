/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A watcher as its user sees it: by what it reads when it says that something has changed. Main thread.
 */
#pragma once

#include "policy/conditions.h"

G_BEGIN_DECLS

typedef struct
{
  ObWatcher *watcher;
  char *(*describe) (const ObConditions *conditions);
  char *text; /* of what was read last */
  guint n_changes;
} Watched;

/* Takes the watcher over, which must be new. */
Watched *watched_new (ObWatcher *watcher, char *(*describe) (const ObConditions *conditions));
void watched_free (Watched *watched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watched, watched_free)

/* Waits until its description matches a pattern, with '*' and '?'. */
void watched_wait_for (Watched *watched, const char *pattern, guint most_s);

/* Returns: (transfer full): the names of its sources, by commas. */
char *watched_dup_sources (Watched *watched);

G_END_DECLS
