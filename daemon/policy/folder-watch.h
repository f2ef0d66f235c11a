/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells when something changes in a folder, which need not exist. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObFolderWatch ObFolderWatch;

/* @on_changed: called from the main loop once the folder is watched, since something may have changed before that; when a
 * file in it appeared, vanished or was written; and when the folder itself appeared or vanished. The process does not wake
 * while nothing changes. A dead network folder on the path, or a link into one, blocks nobody: nothing is told until it
 * answers. Changes that are not noticed: a folder above is renamed; a link leads elsewhere; another device changes a
 * network folder. If the kernel has no watches left, a warning is logged, and nothing is noticed. */
ObFolderWatch *ob_folder_watch_new (const char *path, void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_folder_watch_free (ObFolderWatch *watch);

G_END_DECLS
