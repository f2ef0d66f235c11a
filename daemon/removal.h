/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Notices that this program was removed from the device. The scripts of a package reach no person's session, and a daemon that goes on
 * after its package was purged would leave doors open that nobody mends any more. An upgrade puts another file in its place, and
 * changes nothing. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* An installer that replaces a file may remove the old one first. */
#define OB_REMOVAL_AFTER_S 5

typedef struct _ObRemoval ObRemoval;

/* Returns: (transfer full) (nullable): the path of this program; %NULL where the system does not tell it */
char *ob_removal_dup_program (void);

/**
 * ob_removal_watch:
 * @path: (nullable): of the program; %NULL: it is never removed
 * @after_s: for how many seconds it has to be missing
 * @on_removed: called once, when nothing is at @path any more
 *
 * Returns: (transfer full)
 */
ObRemoval *ob_removal_watch (const char *path, guint after_s, void (*on_removed) (gpointer user_data),
                             gpointer user_data);

void ob_removal_free (ObRemoval *removal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObRemoval, ob_removal_free)

G_END_DECLS
