/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that is open. Owns its descriptor and the digests of what was appended. One thread at a time.
 */
#include "store/writer.h"

#include "base/crash.h"
#include "base/files.h"
#include "base/identity.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/copy.h"
#include "store/digester.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUFFER_BYTES (1024 * 1024)

/* How often the room on the disk is checked. */
#define CHECK_ROOM_BYTES (64 * 1024 * 1024)

struct _ObWriter
{
  gatomicrefcount refs;
  ObSpool *spool;     /* borrowed */
  ObPartial *partial; /* owned; on the disk where the file comes in pieces */
  gboolean is_once;   /* it comes in one go */
  gboolean is_finished;
  char *path;
  int fd;
  ObDigester *digester; /* owned; over everything up to @offset */
  guint64 offset;
  guint64 checked;  /* there was room up to here */
  gint64 synced_us; /* when it was last synced on the way */
};

/* @partial, @path: (transfer full). @fd: taken. */
static ObWriter *
writer_new (ObSpool *spool, ObPartial *partial, char *path, int fd, GError **error)
{
  g_autoptr (ObWriter) writer = g_new0 (ObWriter, 1);

  g_atomic_ref_count_init (&writer->refs);
  writer->spool = spool;
  writer->partial = partial;
  writer->path = path;
  writer->fd = fd;
  writer->digester = ob_digester_new (TRUE, error);

  return writer->digester ? g_steal_pointer (&writer) : NULL;
}

/* @partial: (transfer full). @fd: taken. */
static ObWriter *
open_pieces (ObSpool *spool, ObPartial *partial, int fd, GError **error)
{
  char *path = ob_partial_dup_path (spool, partial->id);

  return writer_new (spool, partial, path, fd, error);
}

ObWriter *
ob_writer_begin (ObSpool *spool, ObPartial *partial, GError **error)
{
  g_autoptr (ObPartial) owned = partial;
  int fd = ob_partial_begin (spool, partial, error);

  return fd >= 0 ? open_pieces (spool, g_steal_pointer (&owned), fd, error) : NULL;
}

/* The next start clears the folder, where the process is killed. */
ObWriter *
ob_writer_begin_once (ObSpool *spool, guint64 size_bytes, GError **error)
{
  g_autofree char *id = ob_id_new (0);
  g_autofree char *path = ob_spool_get_incoming_path (spool, id);
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  g_autoptr (ObWriter) writer = NULL;

  if (fd < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot create %s: %s"), path);
      return NULL;
    }
  writer = writer_new (spool, ob_partial_new (id, (gint64) size_bytes, NULL, 0), g_strdup (path), fd, error);
  if (!writer)
    {
      (void) unlink (path);
      return NULL;
    }
  writer->is_once = TRUE;

  return ob_copy_has_room (fd, size_bytes, error) ? g_steal_pointer (&writer) : NULL;
}

ObWriter *
ob_writer_ref (ObWriter *writer)
{
  g_atomic_ref_count_inc (&writer->refs);

  return writer;
}

void
ob_writer_unref (ObWriter *writer)
{
  if (!g_atomic_ref_count_dec (&writer->refs))
    return;
  (void) close (writer->fd);
  if (writer->is_once && !writer->is_finished)
    (void) ob_file_remove (writer->path);
  g_clear_pointer (&writer->digester, ob_digester_free);
  ob_partial_free (writer->partial);
  g_free (writer->path);
  g_free (writer);
}

/* --- After a restart --- */

static gboolean
set_error (const ObWriter *writer, const char *what, GError **error)
{
  ob_file_set_error (error, errno, what, writer->path);

  return FALSE;
}

/* Computes the digests of what is there, up to the durable offset. */
static gboolean
read_back (ObWriter *writer, GCancellable *cancellable, GError **error)
{
  g_autofree char *buffer = g_malloc (BUFFER_BYTES);
  guint64 end = writer->partial->durable_bytes;

  while (writer->offset < end)
    {
      gssize got = pread (writer->fd, buffer, (gsize) MIN (end - writer->offset, BUFFER_BYTES), (off_t) writer->offset);

      if (got < 0 && errno == EINTR)
        continue;
      if (got <= 0)
        {
          errno = got < 0 ? errno : EIO;
          return set_error (writer, S_ ("Cannot read %s: %s"), error);
        }
      ob_digester_add (writer->digester, buffer, (gsize) got);
      writer->offset += (guint64) got;
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
check_size (const ObWriter *writer, struct stat *info, GError **error)
{
  if (fstat (writer->fd, info) != 0)
    return set_error (writer, S_ ("Cannot look at %s: %s"), error);
  if ((guint64) info->st_size >= writer->partial->durable_bytes)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE,
               "%s has %" G_GINT64_FORMAT " bytes of the %" G_GUINT64_FORMAT " that were on the disk", writer->path,
               (gint64) info->st_size, writer->partial->durable_bytes);

  return FALSE;
}

ObWriter *
ob_writer_resume (ObSpool *spool, const char *id, GCancellable *cancellable, GError **error)
{
  g_autoptr (ObPartial) partial = ob_partial_load (spool, id, error);
  int fd = partial ? ob_partial_open (spool, id, O_RDWR, error) : -1;
  g_autoptr (ObWriter) writer = fd >= 0 ? open_pieces (spool, g_steal_pointer (&partial), fd, error) : NULL;
  struct stat info;

  if (!writer || !check_size (writer, &info, error) || !read_back (writer, cancellable, error))
    return NULL;
  if ((guint64) info.st_size > writer->offset && ftruncate (writer->fd, (off_t) writer->offset) != 0)
    {
      (void) set_error (writer, S_ ("Cannot size %s: %s"), error);
      return NULL;
    }
  writer->checked = writer->offset;

  return g_steal_pointer (&writer);
}

gboolean
ob_writer_set_size (ObWriter *writer, gint64 size_bytes, GError **error)
{
  ObPartial *partial = writer->partial;
  const gint64 size_before = partial->size_bytes;
  const gboolean was_streamed = partial->is_streamed;

  if ((size_before >= 0 && size_bytes != size_before) || (size_bytes >= 0 && (guint64) size_bytes < writer->offset))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
                   "The file has another size than the %" G_GINT64_FORMAT " bytes that are told now", size_bytes);
      return FALSE;
    }
  if (!ob_copy_has_room (writer->fd, size_bytes >= 0 ? (guint64) size_bytes - writer->offset : 0, error))
    return FALSE;
  partial->size_bytes = size_bytes;
  partial->is_streamed = TRUE;
  if (ob_partial_save (writer->spool, partial, error))
    return TRUE;
  partial->size_bytes = size_before;
  partial->is_streamed = was_streamed;

  return FALSE;
}

/* --- Bytes --- */

const ObPartial *
ob_writer_get_partial (ObWriter *writer)
{
  return writer->partial;
}

guint64
ob_writer_get_offset (ObWriter *writer)
{
  return writer->offset;
}

static gboolean
has_room (ObWriter *writer, gsize size_bytes, GError **error)
{
  if (writer->offset + size_bytes <= writer->checked)
    return TRUE;
  if (!ob_copy_has_room (writer->fd, size_bytes, error))
    return FALSE;
  writer->checked = writer->offset + MAX (size_bytes, CHECK_ROOM_BYTES);

  return TRUE;
}

static gboolean
check_end (const ObWriter *writer, gsize size_bytes, GError **error)
{
  gint64 most = writer->partial->size_bytes;

  if (most < 0 || writer->offset + size_bytes <= (guint64) most)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               "There are more bytes than the %" G_GINT64_FORMAT " that the file was to have", most);

  return FALSE;
}

gboolean
ob_writer_append (ObWriter *writer, const void *bytes, gsize size_bytes, GError **error)
{
  if (!check_end (writer, size_bytes, error) || !has_room (writer, size_bytes, error))
    return FALSE;
  if (lseek (writer->fd, (off_t) writer->offset, SEEK_SET) < 0)
    return set_error (writer, S_ ("Cannot seek in %s: %s"), error);
  if (!ob_fd_write_all (writer->fd, bytes, size_bytes, writer->path, error))
    {
      /* Cut off bytes that were not digested. */
      (void) ftruncate (writer->fd, (off_t) writer->offset);
      return FALSE;
    }
  ob_fd_start_sync (writer->fd, (off_t) writer->offset);
  ob_digester_add (writer->digester, bytes, size_bytes);
  writer->offset += size_bytes;
  ob_crash_point ("partial-appended");

  return TRUE;
}

gboolean
ob_writer_sync (ObWriter *writer, GError **error)
{
  guint64 before = writer->partial->durable_bytes;

  if (writer->offset == before)
    return TRUE;
  if (fsync (writer->fd) != 0)
    return set_error (writer, S_ ("Cannot sync %s: %s"), error);
  ob_crash_point ("partial-flushed");
  writer->partial->durable_bytes = writer->offset;
  if (ob_partial_save (writer->spool, writer->partial, error))
    {
      ob_crash_point ("partial-durable");
      return TRUE;
    }
  writer->partial->durable_bytes = before;

  return FALSE;
}

gboolean
ob_writer_sync_on_the_way (ObWriter *writer, GError **error)
{
  gboolean is_good;

  if (writer->offset - writer->partial->durable_bytes < OB_WRITER_SYNC_BYTES
      || g_get_monotonic_time () - writer->synced_us < OB_WRITER_SYNC_EVERY_US)
    return TRUE;
  is_good = ob_writer_sync (writer, error);
  writer->synced_us = g_get_monotonic_time ();

  return is_good;
}

/* --- The end --- */

int
ob_writer_seal (ObWriter *writer, GError **error)
{
  int fd = open (writer->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  int own = fd >= 0 ? fcntl (fd, F_DUPFD_CLOEXEC, 0) : -1;

  if (own < 0)
    {
      (void) set_error (writer, S_ ("Cannot open %s: %s"), error);
      if (fd >= 0)
        (void) close (fd);
      return -1;
    }
  (void) close (writer->fd);
  writer->fd = own;

  return fd;
}

static gboolean
is_whole (const ObWriter *writer, GError **error)
{
  gint64 wanted = writer->partial->size_bytes;

  if (wanted < 0 || writer->offset == (guint64) wanted)
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT,
               "There are %" G_GUINT64_FORMAT " bytes of the %" G_GINT64_FORMAT " that the file was to have",
               writer->offset, wanted);

  return FALSE;
}

gboolean
ob_writer_end (ObWriter *writer, const char *expected_sha256, ObSpoolCopy *copy, GBytes **blocks, GError **error)
{
  *blocks = NULL;
  if (!is_whole (writer, error) || !ob_copy_has_room (writer->fd, 0, error))
    return FALSE;
  ob_digester_end (writer->digester, copy, blocks);
  if (ob_digest_check (copy, expected_sha256, error))
    return TRUE;
  g_clear_pointer (blocks, g_bytes_unref);

  return FALSE;
}

gboolean
ob_writer_finish (ObWriter *writer, const char *id, const char *record, GError **error)
{
  g_return_val_if_fail (writer->is_once || g_str_equal (id, writer->partial->id), FALSE);
  writer->is_finished = writer->is_once ? ob_spool_commit_file (writer->spool, id, writer->path, record, error)
                                        : ob_partial_finish (writer->spool, id, record, error);

  return writer->is_finished;
}

void
ob_writer_cancel (ObWriter *writer)
{
  (void) ob_partial_remove (writer->spool, writer->partial->id, NULL);
}
