/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker's data folder, held by a descriptor and locked, so that it is noticed when its path leads elsewhere because a
 * disk was mounted over it or taken away. A note outside of the folder says on which disk its queue was. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObHome ObHome;

/**
 * ob_home_open:
 * @path: the data folder; created if need be, and closed to other users
 * @error: Storage, DiskFull; NotAllowed where it belongs to another user; WrongState where another outboxd has it
 *
 * Returns: (transfer full) (nullable): the folder
 */
ObHome *ob_home_open (const char *path, GError **error);
void ob_home_free (ObHome *home);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObHome, ob_home_free)

const char *ob_home_get_path (ObHome *home);

/* Calls @on_moved once, when the path leads elsewhere or nowhere; and each time that files of the queue were removed. */
void ob_home_watch (ObHome *home, void (*on_moved) (gpointer user_data), gpointer user_data);

/* Returns: whether the path still leads to this folder. */
gboolean ob_home_is_there (ObHome *home);

/* Returns: whether the queue's file was removed, alone or with its folder, and there is no other at its path. */
gboolean ob_home_lost_queue (ObHome *home);

/* Returns: whether a queue here can be opened for writing, as far as can be told without opening it: there is room, and
 * an existing file can be changed. Do not call it while the queue is open for writing. */
gboolean ob_home_can_be_written (ObHome *home);

/* Returns: whether its content is lost when the device is switched off. */
gboolean ob_home_is_in_memory (ObHome *home);

/* Returns: (transfer full): a path of it that works wherever the folder's own path leads. */
char *ob_home_dup_held_path (ObHome *home);

/* Returns: whether a program still writes a file that it was given there. */
gboolean ob_home_has_recordings_in_use (ObHome *home);

/* Notes that the queue of that epoch is on this disk. */
void ob_home_remember (ObHome *home, gint64 epoch);

/* Returns: whether another queue was at this path on another disk, and ob_home_remember() has not given it up. */
gboolean ob_home_misses_queue (ObHome *home, gint64 epoch);

G_END_DECLS
