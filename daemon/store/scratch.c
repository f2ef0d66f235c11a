/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A nameless file that grows. One thread at a time.
 */
#include "store/scratch.h"

#include "base/files.h"
#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* How often the room on the disk is checked. */
#define CHECK_ROOM_BYTES (16 * 1024 * 1024)

struct _ObScratch
{
  int fd;
  char *folder; /* for error messages */
  guint64 size_bytes;
  guint64 checked_bytes; /* there was room up to here */
};

/* Some file systems cannot make a file without a name (open(2)). */
static int
make_file (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "scratch-XXXXXX", NULL);
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
    return fd;
  fd = mkostemp (path, O_CLOEXEC);
  if (fd >= 0)
    (void) unlink (path);

  return fd;
}

ObScratch *
ob_scratch_open (ObSpool *spool, guint64 size_bytes, GError **error)
{
  g_autoptr (ObScratch) scratch = g_new0 (ObScratch, 1);

  scratch->folder = g_strdup (ob_spool_get_staging (spool));
  scratch->fd = make_file (scratch->folder);
  if (scratch->fd < 0)
    {
      ob_file_set_error (error, errno, "Cannot make a file in", scratch->folder);
      return NULL;
    }

  return ob_copy_has_room (scratch->fd, size_bytes, error) ? g_steal_pointer (&scratch) : NULL;
}

gboolean
ob_scratch_append (ObScratch *scratch, const void *bytes, gsize size_bytes, GError **error)
{
  if (scratch->size_bytes + size_bytes > scratch->checked_bytes)
    {
      if (!ob_copy_has_room (scratch->fd, size_bytes, error))
        return FALSE;
      scratch->checked_bytes = scratch->size_bytes + size_bytes + CHECK_ROOM_BYTES;
    }
  if (!ob_fd_write_all (scratch->fd, bytes, size_bytes, scratch->folder, error))
    return FALSE;
  scratch->size_bytes += size_bytes;

  return TRUE;
}

/* A descriptor to read with: whoever copies the file sees by it that nobody writes any more, and need not read it twice. */
int
ob_scratch_take_file (ObScratch *scratch)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", scratch->fd);
  int fd = open (path, O_RDONLY | O_CLOEXEC);

  if (fd >= 0)
    (void) close (scratch->fd);
  else
    fd = scratch->fd;
  scratch->fd = -1;

  return fd;
}

void
ob_scratch_free (ObScratch *scratch)
{
  if (scratch->fd >= 0)
    (void) close (scratch->fd);
  g_free (scratch->folder);
  g_free (scratch);
}
