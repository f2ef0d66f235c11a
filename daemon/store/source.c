/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opens what an app handed over, once more. Blocking.
 */
#include "store/source.h"

#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define FDINFO_MAX_BYTES 512

/* The end of the year 9999: what is later cannot be written down. */
#define MODIFIED_MAX_S G_GINT64_CONSTANT (253402300799)

static gboolean
set_invalid (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The descriptor %s", why);

  return FALSE;
}

static gboolean
check (int fd, struct stat *before, GError **error)
{
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0 || fstat (fd, before) != 0)
    return set_invalid (error, "is closed");
  if (S_ISDIR (before->st_mode))
    return set_invalid (error, "is a folder, not a file");
  if (!S_ISREG (before->st_mode))
    return set_invalid (error, "is not a regular file");
  if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
    return set_invalid (error, "is not open for reading");

  return TRUE;
}

/* What an app hands over shares its position with the app's own descriptor: the file is opened once more, for reading alone.
 * A file that only the app may open is read where it is. */
ObSource *
ob_source_open (int fd, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  struct stat before;
  ObSource *source;
  int own;

  if (!check (fd, &before, error))
    return NULL;
  own = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  source = g_new0 (ObSource, 1);
  source->fd = own >= 0 ? own : fd;
  source->is_own = own >= 0;
  source->before = before;

  return source;
}

void
ob_source_close (ObSource *source)
{
  if (source->is_own)
    (void) close (source->fd);
  g_free (source);
}

gsize
ob_source_peek (ObSource *source, void *buffer, gsize size_bytes)
{
  gssize got;

  do
    got = pread (source->fd, buffer, size_bytes, 0);
  while (got < 0 && errno == EINTR);

  return (gsize) MAX (got, 0);
}

gint64
ob_source_get_modified_ms (const ObSource *source)
{
  const struct timespec *modified = &source->before.st_mtim;

  return modified->tv_sec > 0 && modified->tv_sec <= MODIFIED_MAX_S
             ? (gint64) modified->tv_sec * 1000 + modified->tv_nsec / 1000000
             : 0;
}

guint64
ob_source_find_mount (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
  int info = open (path, O_RDONLY | O_CLOEXEC);
  char text[FDINFO_MAX_BYTES];
  gssize got = info >= 0 ? read (info, text, sizeof text - 1) : -1;
  const char *line;

  if (info >= 0)
    (void) close (info);
  if (got <= 0)
    return 0;
  text[got] = '\0';
  line = strstr (text, "mnt_id:");

  return line ? strtoull (line + strlen ("mnt_id:"), NULL, 10) : 0;
}
