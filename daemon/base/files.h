/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Helpers for durable files: what they have written stays on the disk. Any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Returns: whether there is no room: the disk is full, or the quota used up */
gboolean ob_errno_is_full (int saved_errno);

/* Sets @error from errno, in our own domain: DiskFull for a full disk, TooMany for too many open files, which passes,
 * and else Storage. */
void ob_file_set_error (GError **error, int saved_errno, const char *sentence, const char *path);

/* Creates the folder and its parents, for this user only. */
gboolean ob_folder_ensure (const char *path, GError **error);

/* Syncs a folder's entries: a rename in it is durable after that. */
gboolean ob_folder_sync (const char *path, GError **error);

/* Writes all of @size_bytes; short writes and EINTR are handled. */
gboolean ob_fd_write_all (int fd, const void *bytes, gsize size_bytes, const char *path, GError **error);

/* Has the kernel begin to write what a file has from there on, and does not wait: a sync then finds less left to do. */
void ob_fd_start_sync (int fd, off_t from);

/* @free_bytes, @size_bytes: (out): of the disk that the file is on; the free ones are those that this user may write. Returns: whether
 * it is known: some file systems do not know how large they are */
gboolean ob_fd_get_room (int fd, guint64 *free_bytes, guint64 *size_bytes);
gboolean ob_folder_get_room (const char *path, guint64 *free_bytes, guint64 *size_bytes);

/* Opens one of our own files for reading, if it is a regular file and no link: a pipe or a device of that name could
 * block, or never end. Returns: -1 with errno, which is EINVAL for anything but a file and ELOOP for a link */
int ob_file_open_own (const char *path);

/* Returns: whether the errno means that there is no such file, or something else in its place; other errors may pass */
gboolean ob_errno_is_missing (int saved_errno);

/* Reads one of our own files (see ob_file_open_own) of at most @most_bytes. @size_bytes: (nullable): without the NUL
 * that is added. Returns: (transfer full) (nullable) */
char *ob_file_read_own (const char *path, gsize most_bytes, gsize *size_bytes, GError **error);

/* Writes a new file and begins to sync it. */
gboolean ob_file_write (const char *path, const char *bytes, gsize size_bytes, GError **error);

/* Waits until the file's bytes are on the disk. Errors include those of earlier writes. */
gboolean ob_file_sync (const char *path, GError **error);

/* Writes a new file and syncs its bytes. Its name is durable only after ob_folder_sync(). */
gboolean ob_file_write_durably (const char *path, const char *bytes, gsize size_bytes, GError **error);

/* Writes the text beside the file, as its name with ".new", and renames that over it: durable when it returns, and the old text
 * until then. @crash_point: between the two */
gboolean ob_file_replace (const char *path, const char *text, const char *crash_point, GError **error);

/* Removes one of our own files. Freeing the blocks of a large one takes seconds, when it has neither name nor descriptor
 * any more: a thread closes the last descriptor. Returns: as unlink() */
int ob_file_remove (const char *path);

/* Removes all files of one of our own folders; folders in it are another program's, and stay. */
gboolean ob_folder_clear (const char *path, GError **error);

G_END_DECLS
