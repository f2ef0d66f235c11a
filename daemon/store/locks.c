/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite says "locked" for ENOLCK and keeps the errno to itself, so a lock is tried as SQLite does it: by its own system call.
 */
#include "store/locks.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

gboolean
ob_locks_are_missing (const char *path)
{
  sqlite3_vfs *vfs = sqlite3_vfs_find (NULL);
  int (*lock) (int, int, ...) = (int (*) (int, int, ...)) vfs->xGetSystemCall (vfs, "fcntl");
  struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean is_missing = FALSE;

  if (fd < 0)
    return FALSE;
  if (lock)
    is_missing = lock (fd, F_SETLK, &whole) != 0 && errno == ENOLCK;
  (void) close (fd);

  return is_missing;
}
