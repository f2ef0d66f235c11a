/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One read of the source gives both the copy and its digest. Blocking; runs on an ingest thread.
 */
#include "store/copy.h"

#include "base/files.h"
#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITER_MS 100
#define BUFFER_MAX_BYTES (1024 * 1024)

typedef struct
{
  int source;
  int target; /* -1: it is a clone already, only the digest is wanted */
  const char *path;
  gnutls_hash_hd_t hash;
  char *buffer;
  gsize buffer_bytes;
  GCancellable *cancellable;
  gint64 *copied_bytes;
  off_t done;
} Copier;

static gboolean
set_invalid (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The descriptor %s", why);

  return FALSE;
}

static gboolean
set_busy (GError **error)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, "The file was still being written while it was read");

  return FALSE;
}

gboolean
ob_copy_check_source (int source, struct stat *before, GError **error)
{
  int flags = fcntl (source, F_GETFL);

  if (flags < 0 || fstat (source, before) != 0)
    return set_invalid (error, "is closed");
  if (S_ISDIR (before->st_mode))
    return set_invalid (error, "is a folder, not a file");
  if (!S_ISREG (before->st_mode))
    return set_invalid (error, "is not a regular file");
  if ((flags & O_PATH) || (flags & O_ACCMODE) == O_WRONLY)
    return set_invalid (error, "is not open for reading");

  return TRUE;
}

static gboolean
has_changed (const struct stat *before, const struct stat *after)
{
  return before->st_size != after->st_size || before->st_mtim.tv_sec != after->st_mtim.tv_sec
         || before->st_mtim.tv_nsec != after->st_mtim.tv_nsec || before->st_ctim.tv_sec != after->st_ctim.tv_sec
         || before->st_ctim.tv_nsec != after->st_ctim.tv_nsec;
}

static gboolean
take_block (Copier *copier, gsize size_bytes, gboolean is_hole, GError **error)
{
  if (!is_hole && copier->target >= 0)
    {
      if (!ob_fd_write_all (copier->target, copier->buffer, size_bytes, copier->path, error))
        return FALSE;
      ob_fd_start_flush (copier->target, copier->done);
    }
  gnutls_hash (copier->hash, copier->buffer, size_bytes);
  copier->done += (off_t) size_bytes;
  if (copier->copied_bytes)
    __atomic_store_n (copier->copied_bytes, copier->done, __ATOMIC_RELAXED);

  return !g_cancellable_set_error_if_cancelled (copier->cancellable, error);
}

static gsize
next_block (const Copier *copier, off_t end)
{
  return (gsize) MIN ((off_t) copier->buffer_bytes, end - copier->done);
}

static gboolean
take_data (Copier *copier, off_t end, GError **error)
{
  if (copier->target >= 0 && lseek (copier->target, copier->done, SEEK_SET) < 0)
    {
      ob_file_set_error (error, errno, "Cannot seek in", copier->path);
      return FALSE;
    }
  while (copier->done < end)
    {
      gssize got = pread (copier->source, copier->buffer, next_block (copier, end), copier->done);

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        {
          ob_file_set_error (error, errno, "Cannot read", "the file that was handed over");
          return FALSE;
        }
      if (got == 0)
        return set_busy (error); /* it shrank */
      if (!take_block (copier, (gsize) got, FALSE, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
take_hole (Copier *copier, off_t end, GError **error)
{
  if (copier->done < end)
    memset (copier->buffer, 0, next_block (copier, end));
  while (copier->done < end)
    if (!take_block (copier, next_block (copier, end), TRUE, error))
      return FALSE;

  return TRUE;
}

static gboolean
take_all (Copier *copier, off_t size, GError **error)
{
  while (copier->done < size)
    {
      /* Seeking for data moves the caller's position, which is shared with it: put it back each time. */
      off_t position = lseek (copier->source, 0, SEEK_CUR);
      off_t data = lseek (copier->source, copier->done, SEEK_DATA);
      gboolean is_hole_to_end = data < 0 && errno == ENXIO;
      off_t hole = data < 0 ? size : lseek (copier->source, data, SEEK_HOLE);

      if (position >= 0)
        (void) lseek (copier->source, position, SEEK_SET);
      if (is_hole_to_end)
        return take_hole (copier, size, error);
      if (data < 0 || hole < 0)
        return take_data (copier, size, error);
      if (!take_hole (copier, MIN (data, size), error) || !take_data (copier, MIN (hole, size), error))
        return FALSE;
    }

  return TRUE;
}

static void
finish_digest (gnutls_hash_hd_t hash, char *sha256)
{
  guint8 digest[OB_SHA256_HEX_LENGTH / 2];

  gnutls_hash_deinit (hash, digest);
  for (guint i = 0; i < sizeof digest; i++)
    g_snprintf (sha256 + 2 * i, 3, "%02x", digest[i]);
}

/* Whether somebody has it open for writing: a read lease can be had where nobody has (fcntl(2)). A hint: files of others
 * cannot be asked, nor a descriptor that can write itself. It is dropped at once, so that it holds up nobody. */
static gboolean
has_writer (int source)
{
  if ((fcntl (source, F_GETFL) & O_ACCMODE) != O_RDONLY)
    return FALSE;
  if (fcntl (source, F_SETLEASE, F_RDLCK) != 0)
    return errno == EAGAIN;
  (void) fcntl (source, F_SETLEASE, F_UNLCK);

  return FALSE;
}

/* Files that do not know their size, such as those of /proc, have more behind it. */
static gboolean
is_as_before (int source, const struct stat *before)
{
  struct stat now;
  char more;

  return fstat (source, &now) == 0 && !has_changed (before, &now) && pread (source, &more, 1, before->st_size) <= 0;
}

gboolean
ob_copy_and_digest (int source, const struct stat *before, int target, const char *path, GCancellable *cancellable,
                    gint64 *copied_bytes, ObSpoolCopy *copy, GError **error)
{
  gsize buffer_bytes = (gsize) CLAMP (before->st_size, 1, BUFFER_MAX_BYTES);
  g_autofree char *buffer = g_malloc (buffer_bytes);
  Copier copier = { source, target, path, NULL, buffer, buffer_bytes, cancellable, copied_bytes, 0 };
  gboolean is_good;

  if (gnutls_hash_init (&copier.hash, GNUTLS_DIG_SHA256) != 0)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "SHA-256 cannot be had");
      return FALSE;
    }

  /* A clone is digested itself: the digest must be of what the spool has. */
  if (ioctl (target, FICLONE, source) == 0)
    {
      copier.source = target;
      copier.target = -1;
    }
  is_good = take_all (&copier, before->st_size, error);
  finish_digest (copier.hash, copy->sha256);
  copy->size_bytes = (guint64) before->st_size;
  if (!is_good)
    return FALSE;
  if (target >= 0 && ftruncate (target, before->st_size) != 0)
    {
      ob_file_set_error (error, errno, "Cannot size", path);
      return FALSE;
    }
  /* A small file is copied between two writes of a camera: one that has a writer is watched a little longer. */
  if (is_as_before (source, before) && has_writer (source))
    g_usleep (WRITER_MS * 1000);

  return is_as_before (source, before) || set_busy (error);
}
