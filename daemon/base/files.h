/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Small helpers for durable files: what is on the disk when they return stays there. Any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether the system has no room to give: a full disk, or a quota that is used up. */
gboolean ob_errno_is_full (int saved_errno);

/* Sets @error in the error table's domain from errno: a full disk is DiskFull, too many open files are TooMany and pass, all
 * else is Storage. */
void ob_file_set_error (GError **error, int saved_errno, const char *what, const char *path);

/* Creates the folder and its parents, for this user only. */
gboolean ob_folder_ensure (const char *path, GError **error);

/* Flushes a folder's entries: a rename in it is durable after that. */
gboolean ob_folder_sync (const char *path, GError **error);

/* Writes all of @size_bytes; short writes and EINTR are handled. */
gboolean ob_fd_write_all (int fd, const void *bytes, gsize size_bytes, const char *path, GError **error);

/* Has the kernel begin to write what a file has from there on, and does not wait: a flush then finds less left to do. */
void ob_fd_start_flush (int fd, off_t from);

/* Opens a file of Outbox's own to read it: a regular one, and no link. What else may have its name, a pipe or a device, would
 * be waited for, or read, without an end. Returns: -1: see errno, which is EINVAL for what is no file, ELOOP for a link. */
int ob_file_open_own (const char *path);

/* Whether that errno says that there is no such file: nothing is there, or something else is in its place. All else may pass. */
gboolean ob_errno_is_missing (int saved_errno);

/* Reads all of a file of Outbox's own, if it is one (ob_file_open_own) of @most_bytes at most.
 * @size_bytes: (nullable): without the NUL that is added. Returns: (transfer full) (nullable). */
char *ob_file_read_own (const char *path, gsize most_bytes, gsize *size_bytes, GError **error);

/* Writes a new file and begins to flush it. */
gboolean ob_file_write (const char *path, const char *bytes, gsize size_bytes, GError **error);

/* Waits until a file's bytes are on the disk; tells of those that could not be written, also before this call. */
gboolean ob_file_flush (const char *path, GError **error);

/* Writes a new file and flushes its bytes. Its name is durable only after ob_folder_sync(). */
gboolean ob_file_write_durably (const char *path, const char *bytes, gsize size_bytes, GError **error);

/* Removes a file of Outbox's own. To free the blocks of a large one takes seconds, and happens when it has neither name nor
 * descriptor any more: a thread of its own closes the last one. Returns: as unlink() does. */
int ob_file_remove (const char *path);

G_END_DECLS
