/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which mount a descriptor is on, and whether a server, a program or a device must answer for it. Asks the kernel's tables
 * alone and no file system, so that nothing here can hang. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: the number that the kernel has for the mount; 0: not known. */
guint64 ob_mounts_find (int fd);

/* Returns: whether it is on anything but a disk of this device or memory. What is not known, such as a mount that only
 * the caller sees, may hang. */
gboolean ob_mounts_may_hang (int fd);

/* @mountinfo: what /proc/PID/mountinfo says of another process's mounts. Returns: whether it is on such a disk, or memory, by that */
gboolean ob_mounts_is_local_by (const char *mountinfo, int fd);

/* Returns: (transfer full) (nullable): the type of the file system that it is on, such as "ext4" */
char *ob_mounts_dup_type (int fd);

/* Returns: (transfer full): the open descriptors, above those of standard input and output, of files that may hang. */
GArray *ob_mounts_list_hanging (void);

G_END_DECLS
