/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Durable files by plain system calls, since GIO has no fsync of a folder. Any thread.
 */
#include "base/files.h"

#include "base/crash.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* 64 MiB in blocks of 512 bytes. */
#define LARGE_BLOCKS (64 * 1024 * 2)

gboolean
ob_errno_is_full (int saved_errno)
{
  return saved_errno == ENOSPC || saved_errno == EDQUOT;
}

void
ob_file_set_error (GError **error, int saved_errno, const char *sentence, const char *path)
{
  OutboxError code = ob_errno_is_full (saved_errno)                   ? OUTBOX_ERROR_DISK_FULL
                     : saved_errno == EMFILE || saved_errno == ENFILE ? OUTBOX_ERROR_TOO_MANY
                                                                      : OUTBOX_ERROR_STORAGE;
  g_autofree char *words = NULL;

  words = ob_text_dup_filled (sentence, path, g_strerror (saved_errno));
  g_set_error_literal (error, OUTBOX_ERROR, code, words);
}

gboolean
ob_folder_ensure (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, 0700) == 0)
    return TRUE;

  ob_file_set_error (error, errno, S_ ("Cannot create folder %s: %s"), path);

  return FALSE;
}

static gboolean
sync_and_close (int fd, const char *path, GError **error)
{
  int saved_errno = fsync (fd) == 0 ? 0 : errno;

  /* If close() fails after a good fsync(), nothing is lost. */
  (void) close (fd);
  if (saved_errno == 0)
    return TRUE;

  ob_file_set_error (error, saved_errno, S_ ("Cannot sync %s: %s"), path);

  return FALSE;
}

gboolean
ob_folder_sync (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot open folder %s: %s"), path);
      return FALSE;
    }

  return sync_and_close (fd, path, error);
}

gboolean
ob_fd_write_all (int fd, const void *bytes, gsize size_bytes, const char *path, GError **error)
{
  const char *next = bytes;

  while (size_bytes > 0)
    {
      gssize written = write (fd, next, size_bytes);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        {
          ob_file_set_error (error, errno, S_ ("Cannot write %s: %s"), path);
          return FALSE;
        }
      next += written;
      size_bytes -= (gsize) written;
    }

  return TRUE;
}

void
ob_fd_start_sync (int fd, off_t from)
{
  (void) sync_file_range (fd, from, 0, SYNC_FILE_RANGE_WRITE);
}

gboolean
ob_fd_get_room (int fd, guint64 *free_bytes, guint64 *size_bytes)
{
  struct statvfs disk;

  if (fstatvfs (fd, &disk) != 0 || disk.f_blocks == 0)
    return FALSE;
  *free_bytes = (guint64) disk.f_bavail * disk.f_frsize;
  *size_bytes = (guint64) disk.f_blocks * disk.f_frsize;

  return TRUE;
}

gboolean
ob_folder_get_room (const char *path, guint64 *free_bytes, guint64 *size_bytes)
{
  int fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  gboolean is_known = fd >= 0 && ob_fd_get_room (fd, free_bytes, size_bytes);

  if (fd >= 0)
    (void) close (fd);

  return is_known;
}

int
ob_file_open_own (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
  int fault_errno = fd < 0 ? errno : 0;
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) != 0)
    fault_errno = errno;
  else if (fd >= 0 && !S_ISREG (info.st_mode))
    fault_errno = EINVAL;
  if (fault_errno == 0)
    return fd;
  if (fd >= 0)
    (void) close (fd);
  /* open() says so for a socket, and for a device without a driver. */
  errno = fault_errno == ENXIO || fault_errno == ENODEV ? EINVAL : fault_errno;

  return -1;
}

gboolean
ob_errno_is_missing (int saved_errno)
{
  return saved_errno == ENOENT || saved_errno == ELOOP || saved_errno == EINVAL;
}

/* Returns: FALSE with errno set */
static gboolean
read_all (int fd, gsize most_bytes, GString *text)
{
  char block[16 * 1024];
  gssize got;

  while ((got = read (fd, block, sizeof block)) != 0)
    {
      if (got < 0 && errno != EINTR)
        return FALSE;
      if (got > 0)
        g_string_append_len (text, block, got);
      if (text->len > most_bytes)
        {
          errno = EFBIG;
          return FALSE;
        }
    }

  return TRUE;
}

char *
ob_file_read_own (const char *path, gsize most_bytes, gsize *size_bytes, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  int fd = ob_file_open_own (path);
  gboolean is_good = fd >= 0 && read_all (fd, most_bytes, text);

  if (!is_good)
    ob_file_set_error (error, errno, S_ ("Cannot read %s: %s"), path);
  if (fd >= 0)
    (void) close (fd);
  if (!is_good)
    return NULL;
  if (size_bytes)
    *size_bytes = text->len;

  return g_string_free (g_steal_pointer (&text), FALSE);
}

gboolean
ob_file_write (const char *path, const char *bytes, gsize size_bytes, GError **error)
{
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  gboolean is_good;

  if (fd < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot create %s: %s"), path);
      return FALSE;
    }
  is_good = ob_fd_write_all (fd, bytes, size_bytes, path, error);
  if (is_good)
    ob_fd_start_sync (fd, 0);
  (void) close (fd);

  return is_good;
}

gboolean
ob_file_sync (const char *path, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

  if (fd < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot open %s: %s"), path);
      return FALSE;
    }

  return sync_and_close (fd, path, error);
}

gboolean
ob_file_write_durably (const char *path, const char *bytes, gsize size_bytes, GError **error)
{
  return ob_file_write (path, bytes, size_bytes, error) && ob_file_sync (path, error);
}

gboolean
ob_file_replace (const char *path, const char *text, const char *crash_point, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *new_path = g_strconcat (path, ".new", NULL);
  gboolean is_written = ob_file_write_durably (new_path, text, strlen (text), error);

  if (is_written)
    ob_crash_point (crash_point);
  if (is_written && g_rename (new_path, path) == 0)
    return ob_folder_sync (folder, error);
  if (is_written)
    ob_file_set_error (error, errno, S_ ("Cannot replace %s: %s"), path);
  (void) g_unlink (new_path);

  return FALSE;
}

/* --- Removal --- */

static gpointer
close_descriptor (gpointer fd)
{
  (void) close (GPOINTER_TO_INT (fd));

  return NULL;
}

int
ob_file_remove (const char *path)
{
  struct stat info;
  gboolean is_large = lstat (path, &info) == 0 && S_ISREG (info.st_mode) && info.st_blocks >= LARGE_BLOCKS;
  int fd = is_large ? ob_file_open_own (path) : -1;
  int result = g_unlink (path);
  int saved_errno = errno;
  GThread *thread;

  if (fd >= 0)
    {
      thread = g_thread_try_new ("free-blocks", close_descriptor, GINT_TO_POINTER (fd), NULL);
      if (thread)
        g_thread_unref (thread);
      else
        (void) close (fd);
    }
  errno = saved_errno;

  return result;
}

gboolean
ob_folder_clear (const char *path, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  const char *name;

  if (!folder)
    return FALSE;
  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);

      if (ob_file_remove (entry) == 0)
        continue;
      /* A folder in there is another program's, such as a backup, and does no harm. */
      if (errno == EISDIR || errno == EPERM)
        g_warning ("%s is not Outbox's and is left there", entry);
      else
        {
          ob_file_set_error (error, errno, S_ ("Cannot remove %s: %s"), entry);
          return FALSE;
        }
    }

  return TRUE;
}
