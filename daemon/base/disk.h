/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kind of disk that something is on. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * ob_disk_is_in_memory:
 * @fd: an open file or folder
 *
 * Tells whether what is written there is lost when the device is switched off: tmpfs and ramfs, a block device in memory (zram,
 * ram), or an overlay whose upper layer is one of these, as live systems and kiosks with a protected card have. An upper
 * layer that cannot be reached from here counts as memory where it is no larger than the device's memory.
 *
 * Returns: %TRUE where that is known or likely
 */
gboolean ob_disk_is_in_memory (int fd);

/**
 * ob_disk_dup_name:
 * @fd: an open file or folder
 *
 * Returns: (transfer full): what tells its file system from others, the same after the next mount
 */
char *ob_disk_dup_name (int fd);

/* For tests: finds the upper layer of an overlay in the text of mountinfo(5), by the mount's number. Returns: (transfer
 * full) (nullable): its path */
char *ob_disk_find_upper (const char *mountinfo, guint64 mount);

/* Returns: whether the error is about a disk, or the database on it: Storage or DiskFull */
gboolean ob_error_is_of_disk (const GError *error);

G_END_DECLS
