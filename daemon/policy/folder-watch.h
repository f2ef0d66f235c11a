/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells when something in a folder changes that need not exist. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObFolderWatch ObFolderWatch;

/* @on_changed: called when a file in the folder came, went or was written, and when the folder itself came or went.
 * Nothing wakes the process as long as nothing changes. Nothing is asked of what lies in the folder or in those above it, so
 * that a dead network folder there holds up nobody. Not seen is that a folder above is renamed, that a link leads elsewhere,
 * and what another device changes in a network folder. Where the kernel has no more watches to give, a warning is logged, and
 * nothing is seen. */
ObFolderWatch *ob_folder_watch_new (const char *path, void (*on_changed) (gpointer user_data), gpointer user_data);
void ob_folder_watch_free (ObFolderWatch *watch);

G_END_DECLS
