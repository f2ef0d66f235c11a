/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite lets its system calls be replaced (sqlite3_vfs, xSetSystemCall). Owns what they were.
 */
#include "support/broken-disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

static int write_errno;

static ssize_t
refuse_write (int fd, const void *bytes, size_t size)
{
  errno = write_errno;

  return -1;
}

static ssize_t
refuse_pwrite (int fd, const void *bytes, size_t size, off64_t offset)
{
  errno = write_errno;

  return -1;
}

static int
refuse_truncate (int fd, off_t size)
{
  errno = write_errno;

  return -1;
}

static void *
refuse_map (void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
  if (flags & MAP_SHARED)
    {
      errno = ENODEV;
      return MAP_FAILED;
    }

  return mmap (address, size, protection, flags, fd, offset);
}

static int
refuse_lock (int fd, int command, ...)
{
  va_list arguments;
  void *argument;

  va_start (arguments, command);
  argument = va_arg (arguments, void *);
  va_end (arguments);
  if (command != F_SETLK && command != F_SETLKW && command != F_GETLK)
    return fcntl (fd, command, argument);
  errno = ENOLCK;

  return -1;
}

/* @replacement: NULL: as it was. Which of several names a build of SQLite uses is its own affair. */
static void
replace (const char *name, sqlite3_syscall_ptr replacement)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);

  (void) vfs->xSetSystemCall (vfs, name, replacement);
}

void
test_disk_refuse_writes (int error_number)
{
  write_errno = error_number;
  replace ("write", error_number != 0 ? (sqlite3_syscall_ptr) refuse_write : NULL);
  replace ("pwrite", error_number != 0 ? (sqlite3_syscall_ptr) refuse_pwrite : NULL);
  replace ("pwrite64", error_number != 0 ? (sqlite3_syscall_ptr) refuse_pwrite : NULL);
  replace ("ftruncate", error_number != 0 ? (sqlite3_syscall_ptr) refuse_truncate : NULL);
}

void
test_disk_refuse_shared_maps (gboolean is_refused)
{
  replace ("mmap", is_refused ? (sqlite3_syscall_ptr) refuse_map : NULL);
}

void
test_disk_refuse_locks (gboolean is_refused)
{
  replace ("fcntl", is_refused ? (sqlite3_syscall_ptr) refuse_lock : NULL);
}
