/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the source once for both the copy and its digest. Blocking; on an ingest thread.
 */
#include "store/copy.h"

#include "base/blocks.h"
#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WRITER_MS 100
#define BUFFER_MAX_BYTES (1024 * 1024)

/* How often the room on the disk is checked for a file of unknown size. */
#define CHECK_ROOM_BYTES (64 * 1024 * 1024)

typedef struct
{
  int source;
  gboolean is_own; /* we opened the descriptor: nobody else uses its position */
  int target;      /* -1: the target is a clone already, or only the digest is wanted */
  const char *path;
  ObDigester *digester; /* borrowed */
  char *buffer;
  gsize buffer_bytes;
  GCancellable *cancellable;
  gint64 *copied_bytes;
  off_t done;
  off_t written;      /* where the last write ended in the target */
  struct stat before; /* of the source before it is read */
} Copier;

static gboolean
set_busy (GError **error)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY, S_ ("The file was still being written while it was read"));

  return FALSE;
}

gboolean
ob_copy_has_room (int fd, guint64 bytes, GError **error)
{
  guint64 free_bytes, size_bytes;

  if (!ob_fd_get_room (fd, &free_bytes, &size_bytes) || free_bytes >= bytes + OB_COPY_RESERVE_BYTES)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL,
               S_ ("The disk is full: less than %d MiB would be left, which the queue needs to go on"),
               OB_COPY_RESERVE_BYTES / (1024 * 1024));

  return FALSE;
}

/* Returns: whether it was written: size or mtime differ. A different ctime alone may come from a new name, owner or
 * attribute. */
static gboolean
is_written (const struct stat *before, const struct stat *after)
{
  return before->st_size != after->st_size || before->st_mtim.tv_sec != after->st_mtim.tv_sec
         || before->st_mtim.tv_nsec != after->st_mtim.tv_nsec;
}

static gboolean
has_changed (const struct stat *before, const struct stat *after)
{
  return is_written (before, after) || before->st_ctim.tv_sec != after->st_ctim.tv_sec
         || before->st_ctim.tv_nsec != after->st_ctim.tv_nsec;
}

/* Sets an error for a file with fewer or more bytes than @before says. */
static gboolean
set_not_that_size (const struct stat *before, const struct stat *after, GError **error)
{
  if (!after || is_written (before, after))
    return set_busy (error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               S_ ("The file cannot be read: it does not have the %lld bytes that its size tells of"),
               (long long) before->st_size);

  return FALSE;
}

static gboolean
take_block (Copier *copier, gsize size_bytes, gboolean is_hole, GError **error)
{
  if (!is_hole && copier->target >= 0)
    {
      if (!ob_fd_write_all (copier->target, copier->buffer, size_bytes, copier->path, error))
        return FALSE;
      ob_fd_start_sync (copier->target, copier->done);
      copier->written = copier->done + (off_t) size_bytes;
    }
  ob_digester_add (copier->digester, copier->buffer, size_bytes);
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

/* A failed read is never taken for the end: with --move, a file that was taken short would be deleted. */
static gssize
read_block (Copier *copier, gsize size_bytes, GError **error)
{
  gssize got;

  do
    got = pread (copier->source, copier->buffer, size_bytes, copier->done);
  while (got < 0 && errno == EINTR);
  if (got < 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("The file cannot be read: %s"),
                 g_strerror (errno));

  return got;
}

/* Sets an error for a file that ended early: it shrank, or never had its size, as files of /sys and of some network
 * folders. */
static gboolean
set_early_end (const Copier *copier, GError **error)
{
  struct stat now;

  return set_not_that_size (&copier->before, fstat (copier->source, &now) == 0 ? &now : NULL, error);
}

static gboolean
take_data (Copier *copier, off_t end, GError **error)
{
  if (copier->target >= 0 && lseek (copier->target, copier->done, SEEK_SET) < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot seek in %s: %s"), copier->path);
      return FALSE;
    }
  while (copier->done < end)
    {
      gssize got = read_block (copier, next_block (copier, end), error);

      if (got < 0)
        return FALSE;
      if (got == 0)
        return set_early_end (copier, error);
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
      /* Finding holes moves the file position, which must not be the app's. */
      off_t data = copier->is_own ? lseek (copier->source, copier->done, SEEK_DATA) : copier->done;
      gboolean is_hole_to_end = data < 0 && errno == ENXIO;
      off_t hole = data < 0 || !copier->is_own ? size : lseek (copier->source, data, SEEK_HOLE);

      if (is_hole_to_end)
        return take_hole (copier, size, error);
      if (data < 0 || hole < 0)
        return take_data (copier, size, error);
      if (!take_hole (copier, MIN (data, size), error) || !take_data (copier, MIN (hole, size), error))
        return FALSE;
    }

  return TRUE;
}

/* Checks the room now and then, since the file may grow without end. */
static gboolean
has_room_still (const Copier *copier, gsize next_bytes, GError **error)
{
  return copier->target < 0 || copier->done == 0 || copier->done % CHECK_ROOM_BYTES >= (off_t) next_bytes
         || ob_copy_has_room (copier->target, 0, error);
}

/* Reads a file that does not know its size, such as one of /proc, a cloud document, or a file on a phone. */
static gboolean
take_to_end (Copier *copier, GError **error)
{
  gssize got;

  while ((got = read_block (copier, copier->buffer_bytes, error)) > 0)
    {
      if (!has_room_still (copier, (gsize) got, error))
        return FALSE;
      if (!take_block (copier, (gsize) got, FALSE, error))
        return FALSE;
    }

  return got == 0;
}

static gboolean
take_from_reader (Copier *copier, ObReader *reader, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  char *block;
  gsize got;

  while ((block = ob_reader_peek (reader, copier->cancellable, &got, &own_error)) != NULL)
    {
      copier->buffer = block;
      if (!has_room_still (copier, got, error) || !take_block (copier, got, FALSE, error))
        return FALSE;
      ob_reader_take (reader);
    }
  if (!own_error)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&own_error));

  return FALSE;
}

/* Returns: whether a program has the file open or mapped for writing: then the kernel refuses a read lease (fcntl(2)).
 * Only a hint, since a lease cannot be had on files of other users, or on a writable descriptor. The lease is dropped at
 * once, so that nobody waits for it. */
static gboolean
may_have_writer (int source)
{
  if ((fcntl (source, F_GETFL) & O_ACCMODE) != O_RDONLY)
    return TRUE;
  if (fcntl (source, F_SETLEASE, F_RDLCK) != 0)
    return errno == EAGAIN;
  (void) fcntl (source, F_SETLEASE, F_UNLCK);

  return FALSE;
}

/* A program that writes by mmap() changes neither size nor times of pages that are already dirty (mmap(2)). So read a
 * file that may have a writer a second time, a moment later, and compare. */
static gboolean
reads_the_same (const Copier *first, const ObSpoolCopy *copy, gboolean *is_same, GError **error)
{
  g_autoptr (ObDigester) digester = ob_digester_new (FALSE, error);
  Copier again = { .source = first->source,
                   .before = first->before,
                   .is_own = first->is_own,
                   .target = -1,
                   .path = first->path,
                   .buffer = first->buffer,
                   .buffer_bytes = first->buffer_bytes,
                   .digester = digester,
                   .cancellable = first->cancellable };
  ObSpoolCopy found;

  if (!digester || !take_all (&again, (off_t) copy->size_bytes, error))
    return FALSE;
  ob_digester_end (digester, &found, NULL);
  *is_same = g_str_equal (found.sha256, copy->sha256);

  return TRUE;
}

static gboolean
has_more (int source, off_t size)
{
  char more;

  return pread (source, &more, 1, size) != 0;
}

/* A changed ctime may be a write whose mtime was set back, or only a rename or removal, for which a file is not refused.
 * The second reading tells. */
static gboolean
check_quiet (int source, const Copier *copier, const ObSpoolCopy *copy, GError **error)
{
  Copier watcher = *copier;
  gboolean is_same = TRUE;
  struct stat first, last;

  if (fstat (source, &first) != 0 || is_written (&copier->before, &first)
      || has_more (source, (off_t) copy->size_bytes))
    return set_busy (error);
  if (!has_changed (&copier->before, &first) && !may_have_writer (source))
    return TRUE;
  /* A camera may pause between two writes for longer than copying a small file takes. */
  g_usleep (WRITER_MS * 1000);
  watcher.source = source;
  watcher.before = first;
  if (!reads_the_same (&watcher, copy, &is_same, error))
    return FALSE;

  return (is_same && fstat (source, &last) == 0 && !has_changed (&first, &last)
          && !has_more (source, (off_t) copy->size_bytes))
         || set_busy (error);
}

/* The same for a file that the reader process reads: it says whether there may be a writer, and reads the file again. */
static gboolean
check_quiet_elsewhere (const ObSource *source, const Copier *first, const ObSpoolCopy *copy, GError **error)
{
  g_autoptr (ObDigester) digester = NULL;
  Copier again = { .target = -1, .path = first->path, .cancellable = first->cancellable };
  const struct stat *before = &source->before;
  struct stat once, twice;
  gboolean comes_again;
  ObSpoolCopy found;

  ob_reader_get_end (source->reader, &once, &comes_again);
  if (before->st_size > 0 && copy->size_bytes != (guint64) before->st_size)
    return set_not_that_size (before, &once, error);
  if (is_written (before, &once) || (has_changed (before, &once) && !comes_again))
    return set_busy (error);
  if (!comes_again)
    return TRUE;
  again.digester = digester = ob_digester_new (FALSE, error);
  if (!digester || !take_from_reader (&again, source->reader, error))
    return FALSE;
  ob_digester_end (digester, &found, NULL);
  ob_reader_get_end (source->reader, &twice, &comes_again);

  return (g_str_equal (found.sha256, copy->sha256) && !has_changed (&once, &twice)) || set_busy (error);
}

static gboolean
take_source (Copier *copier, const ObSource *source, GError **error)
{
  if (source->reader)
    return take_from_reader (copier, source->reader, error);

  return source->before.st_size > 0 ? take_all (copier, source->before.st_size, error) : take_to_end (copier, error);
}

/* Returns: how many bytes of the file are in no block of its disk, which may be far more than the disk has. Moves the position
 * of the descriptor. */
static guint64
count_holes (int fd, off_t size)
{
  guint64 holes = 0;
  off_t end = 0;

  while (end < size)
    {
      off_t data = lseek (fd, end, SEEK_DATA);

      if (data < 0 && errno != ENXIO)
        return 0; /* nobody knows */
      holes += (guint64) ((data < 0 ? size : MIN (data, size)) - end);
      end = data < 0 ? size : lseek (fd, data, SEEK_HOLE);
      if (end < 0)
        return holes;
    }

  return holes;
}

/* A sparse file may be larger than the disk: refuse it now, instead of reading it for hours. A copy needs room for all of it. A
 * clone, a recording and what is only digested need none, and their holes may be no more than the disk has. */
static gboolean
check_room (const Copier *copier, const ObSource *source, GError **error)
{
  guint64 free_bytes, size_bytes;

  if (copier->target >= 0)
    return ob_copy_has_room (copier->target, (guint64) source->before.st_size, error);
  if (source->reader || !copier->is_own || !ob_fd_get_room (copier->source, &free_bytes, &size_bytes)
      || count_holes (copier->source, source->before.st_size) <= size_bytes)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               S_ ("The file has %lld bytes, more than its disk has room for, and almost none are written"),
               (long long) source->before.st_size);

  return FALSE;
}

gboolean
ob_copy_and_digest (const ObSource *source, int target, const char *path, GCancellable *cancellable,
                    gint64 *copied_bytes, ObSpoolCopy *copy, GBytes **blocks, GError **error)
{
  const struct stat *before = &source->before;
  gsize buffer_bytes = before->st_size > 0 ? (gsize) MIN (before->st_size, BUFFER_MAX_BYTES) : BUFFER_MAX_BYTES;
  g_autofree char *buffer = g_malloc (buffer_bytes);
  gboolean may_have_blocks = blocks && (before->st_size == 0 || before->st_size > OB_BLOCK_BYTES);
  g_autoptr (ObDigester) digester = ob_digester_new (may_have_blocks, error);
  Copier copier = { .source = source->fd,
                    .before = *before,
                    .is_own = source->is_own,
                    .target = target,
                    .path = path,
                    .digester = digester,
                    .buffer = buffer,
                    .buffer_bytes = buffer_bytes,
                    .cancellable = cancellable,
                    .copied_bytes = copied_bytes };
  gboolean is_good;

  if (!digester)
    return FALSE;
  /* Digest the clone, not the source: the digest must be of the bytes in the spool. */
  if (!source->reader && target >= 0 && before->st_size > 0 && ioctl (target, FICLONE, source->fd) == 0)
    {
      copier.source = target;
      copier.is_own = TRUE;
      copier.target = -1;
    }
  is_good = check_room (&copier, source, error);
  if (is_good)
    is_good = take_source (&copier, source, error);
  if (!is_good)
    return FALSE;
  ob_digester_end (digester, copy, blocks);
  if (target >= 0 && copier.written != copier.done && ftruncate (target, copier.done) != 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot size %s: %s"), path);
      return FALSE;
    }
  if (source->reader)
    return check_quiet_elsewhere (source, &copier, copy, error);
  copier.is_own = source->is_own;

  return check_quiet (source->fd, &copier, copy, error);
}
