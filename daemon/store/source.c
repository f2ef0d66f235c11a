/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Opens the file of a descriptor that an app handed over once more. Blocking.
 */
#include "store/source.h"

#include "base/text.h"
#include "dbus/error.h"
#include "base/mounts.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static gboolean
set_invalid (GError **error, const char *why)
{
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, why);

  return FALSE;
}

static gboolean
check_flags (int fd, GError **error)
{
  int flags = fcntl (fd, F_GETFL);

  if (flags < 0)
    return set_invalid (error, S_ ("The descriptor is closed"));
  if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
    return set_invalid (error, S_ ("The descriptor is not open for reading"));

  return TRUE;
}

static gboolean
check_kind (const struct stat *info, GError **error)
{
  if (S_ISREG (info->st_mode))
    return TRUE;

  return set_invalid (error, S_ISDIR (info->st_mode)    ? S_ ("The descriptor is a folder, not a file")
                             : S_ISFIFO (info->st_mode) ? S_ ("The descriptor is a pipe, not a file")
                             : S_ISSOCK (info->st_mode) ? S_ ("The descriptor is a socket, not a file")
                                                        : S_ ("The descriptor is a device, not a file"));
}

/* The app's descriptor shares its file position with the app, so open the file again, for reading. A file that only the
 * app may open is read by its own descriptor, without using the position. */
static gboolean
open_here (ObSource *source, int fd, GError **error)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  int own;

  if (fstat (fd, &source->before) != 0)
    return set_invalid (error, S_ ("The descriptor is closed"));
  if (!check_kind (&source->before, error))
    return FALSE;
  own = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  source->fd = own >= 0 ? own : fd;
  source->is_own = own >= 0;

  return TRUE;
}

static gboolean
open_elsewhere (ObSource *source, int fd, GCancellable *cancellable, GError **error)
{
  source->reader = ob_reader_start (fd, error);

  return source->reader && ob_reader_get_facts (source->reader, cancellable, &source->before, error)
         && check_kind (&source->before, error);
}

ObSource *
ob_source_open (int fd, GCancellable *cancellable, GError **error)
{
  g_autoptr (ObSource) source = g_new0 (ObSource, 1);

  /* Check the kind of descriptor before anything is opened: a descriptor that was closed meanwhile may be another file
   * by then. */
  if (!check_flags (fd, error))
    return NULL;
  if (ob_mounts_may_hang (fd) ? !open_elsewhere (source, fd, cancellable, error) : !open_here (source, fd, error))
    return NULL;

  return g_steal_pointer (&source);
}

void
ob_source_close (ObSource *source)
{
  g_clear_pointer (&source->reader, ob_reader_free);
  if (source->is_own)
    (void) close (source->fd);
  g_free (source);
}

gsize
ob_source_peek (ObSource *source, GCancellable *cancellable, void *buffer, gsize size_bytes)
{
  gsize there = 0;
  gssize got;

  if (source->reader)
    {
      const char *block = ob_reader_peek (source->reader, cancellable, &there, NULL);

      there = MIN (there, size_bytes);
      if (block)
        memcpy (buffer, block, there);
      return there;
    }
  do
    got = pread (source->fd, buffer, size_bytes, 0);
  while (got < 0 && errno == EINTR);

  return (gsize) MAX (got, 0);
}

gint64
ob_source_get_modified_ms (const ObSource *source)
{
  const struct timespec *modified = &source->before.st_mtim;

  return modified->tv_sec > 0 && modified->tv_sec <= OB_TIME_MAX_MS / 1000
             ? (gint64) modified->tv_sec * 1000 + modified->tv_nsec / 1000000
             : 0;
}

void
ob_source_close_fd (int fd)
{
  if (ob_mounts_may_hang (fd))
    ob_reader_release_fd (fd);
  else
    (void) close (fd);
}
