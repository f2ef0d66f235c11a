/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a program defines itself comes before what its libraries have: each call looks for the next one of its name. Each has both
 * names of the C library, with offsets of 64 bits and without.
 */
#undef _FILE_OFFSET_BITS
#include "write-faults.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct
{
  char folder[4096];
  gint is_on;
  gint n_calls;
  gint has_failed;
  gint n;
  gboolean is_lasting;
  int error_number;
} faults;

static gboolean
is_inside (const char *path)
{
  return g_str_has_prefix (path, faults.folder) && !strstr (path, "/file-");
}

static gboolean
is_of_folder (int fd)
{
  char link[64], path[4096];
  gssize n;

  (void) snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  n = readlink (link, path, sizeof path - 1);
  path[MAX (n, 0)] = '\0';

  return is_inside (path);
}

static gboolean
fails (void)
{
  const gint n = g_atomic_int_add (&faults.n_calls, 1) + 1;

  if (n != faults.n && !(faults.is_lasting && n > faults.n))
    return FALSE;
  g_atomic_int_set (&faults.has_failed, TRUE);
  errno = faults.error_number;

  return TRUE;
}

static gboolean
fails_at (int fd)
{
  return g_atomic_int_get (&faults.is_on) && is_of_folder (fd) && fails ();
}

#define REAL(name) ((__typeof__ (&name)) dlsym (RTLD_NEXT, #name))

ssize_t
write (int fd, const void *bytes, size_t size)
{
  return fails_at (fd) ? -1 : REAL (write) (fd, bytes, size);
}

ssize_t
pwrite (int fd, const void *bytes, size_t size, off_t offset)
{
  return fails_at (fd) ? -1 : REAL (pwrite) (fd, bytes, size, offset);
}

ssize_t
pwrite64 (int fd, const void *bytes, size_t size, off64_t offset)
{
  return fails_at (fd) ? -1 : REAL (pwrite64) (fd, bytes, size, offset);
}

int
ftruncate (int fd, off_t size)
{
  return fails_at (fd) ? -1 : REAL (ftruncate) (fd, size);
}

int
ftruncate64 (int fd, off64_t size)
{
  return fails_at (fd) ? -1 : REAL (ftruncate64) (fd, size);
}

int
fsync (int fd)
{
  return fails_at (fd) ? -1 : REAL (fsync) (fd);
}

int
fdatasync (int fd)
{
  return fails_at (fd) ? -1 : REAL (fdatasync) (fd);
}

/* Only what makes a file needs room. @arguments: after the flags. */
static mode_t
read_mode (int flags, va_list arguments)
{
  return flags & O_CREAT ? va_arg (arguments, mode_t) : 0;
}

#define OPEN(name)                                                                               \
  int name (const char *path, int flags, ...)                                                    \
  {                                                                                              \
    va_list arguments;                                                                           \
    mode_t mode;                                                                                 \
                                                                                                 \
    va_start (arguments, flags);                                                                 \
    mode = read_mode (flags, arguments);                                                         \
    va_end (arguments);                                                                          \
                                                                                                 \
    return (flags & O_CREAT) && g_atomic_int_get (&faults.is_on) && is_inside (path) && fails () \
               ? -1                                                                              \
               : REAL (name) (path, flags, mode);                                                \
  }

#define OPEN_AT(name)                                                                             \
  int name (int folder, const char *path, int flags, ...)                                         \
  {                                                                                               \
    va_list arguments;                                                                            \
    mode_t mode;                                                                                  \
                                                                                                  \
    va_start (arguments, flags);                                                                  \
    mode = read_mode (flags, arguments);                                                          \
    va_end (arguments);                                                                           \
                                                                                                  \
    return (flags & O_CREAT) && fails_at (folder) ? -1 : REAL (name) (folder, path, flags, mode); \
  }

OPEN (open)
OPEN (open64)
OPEN_AT (openat)
OPEN_AT (openat64)

int
rename (const char *from, const char *to)
{
  return g_atomic_int_get (&faults.is_on) && is_inside (to) && fails () ? -1 : REAL (rename) (from, to);
}

int
renameat (int from_folder, const char *from, int to_folder, const char *to)
{
  return fails_at (to_folder) ? -1 : REAL (renameat) (from_folder, from, to_folder, to);
}

void
write_faults_begin (const char *folder, guint n, gboolean is_lasting, int error_number)
{
  (void) g_strlcpy (faults.folder, folder, sizeof faults.folder);
  faults.n = (gint) n;
  faults.is_lasting = is_lasting;
  faults.error_number = error_number;
  g_atomic_int_set (&faults.n_calls, 0);
  g_atomic_int_set (&faults.has_failed, FALSE);
  g_atomic_int_set (&faults.is_on, TRUE);
}

gboolean
write_faults_end (void)
{
  g_atomic_int_set (&faults.is_on, FALSE);

  return g_atomic_int_get (&faults.has_failed);
}
