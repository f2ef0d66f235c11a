/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream over a part of a file: GIO's own file stream cannot end before the file does. With digests it reads block by
 * block, and hands out only bytes of blocks whose digest matches. Worker thread.
 */
#include "transfer/body.h"

#include "base/blocks.h"
#include "base/brake.h"
#include "base/crash.h"
#include "dbus/mark.h"
#include "transfer/copy.h"
#include "transfer/stop.h"

#include <errno.h>
#include <unistd.h>

struct _ObBody
{
  GInputStream parent_instance;

  int fd;               /* borrowed */
  ObPace *pace;         /* owned, or NULL */
  ObDeadline *deadline; /* a reference */
  ObTransit *transit;   /* a reference, or NULL */
  guint64 offset_bytes;
  guint64 size_bytes;
  guint64 taken_bytes;
  guint64 stretch_end; /* is_hole describes the file up to here */
  gboolean is_hole;

  GBytes *digests; /* owned, or NULL: no block is checked */
  guint64 file_bytes;
  char *block; /* owned; the block at block_start, whose rest is handed out next */
  guint64 block_start;
  gsize block_bytes; /* 0: no block has been read yet */
  char *fault;       /* owned, or NULL */
  int fault_errno;
};

G_DEFINE_FINAL_TYPE (ObBody, ob_body, G_TYPE_INPUT_STREAM)

/* Hand out the zeros of a hole without reading the file: the kernel would fill its cache with pages of zeros, push out
 * the pages of other programs, and take 68 % of the time of sending a sparse file for it. Beyond the end of the file
 * there is no hole, so that a copy that was cut short is noticed. */
static void
find_stretch (ObBody *self, guint64 position)
{
  off_t data = lseek (self->fd, (off_t) position, SEEK_DATA);
  gboolean is_hole_to_end = data < 0 && errno == ENXIO;
  off_t end = is_hole_to_end ? lseek (self->fd, 0, SEEK_END) : -1;

  if (is_hole_to_end && end > (off_t) position)
    self->stretch_end = (guint64) end;
  else if (data > (off_t) position)
    self->stretch_end = (guint64) data;
  else
    {
      off_t hole = data < 0 ? -1 : lseek (self->fd, data, SEEK_HOLE);

      self->is_hole = FALSE;
      self->stretch_end = hole < 0 ? G_MAXUINT64 : (guint64) hole;
      return;
    }
  self->is_hole = TRUE;
}

/* As pread(), but the zeros of a hole are not read from the file. */
static gssize
take_at (ObBody *self, guint64 position, void *buffer, gsize count)
{
  if (position >= self->stretch_end)
    find_stretch (self, position);
  count = MIN (count, self->stretch_end - position);
  if (!self->is_hole)
    return pread (self->fd, buffer, count, (off_t) position);
  memset (buffer, 0, count);

  return (gssize) count;
}

/* Reads the whole block even if only its end is sent, since the digest is of the whole. Returns: as take_at(); 0 if the
 * file is too short. */
static gssize
read_block (ObBody *self, guint64 start, gsize size_bytes)
{
  gsize done = 0;
  gssize got = 1;

  if (!self->block)
    self->block = g_malloc ((gsize) MIN (OB_BLOCK_BYTES, self->file_bytes));
  while (done < size_bytes && (got > 0 || (got < 0 && errno == EINTR)))
    {
      got = take_at (self, start + done, self->block + done, size_bytes - done);
      done += (gsize) MAX (got, 0);
    }

  return got;
}

static void
set_fault (ObBody *self, guint64 start, gsize size_bytes)
{
  self->fault = g_strdup_printf (S_ ("The saved copy is not what was handed over: bytes %llu to %llu are others"),
                                 (unsigned long long) start, (unsigned long long) (start + size_bytes - 1));
}

static void
set_unreadable (ObBody *self, int fault_errno)
{
  self->fault_errno = fault_errno;
  self->fault = ob_copy_dup_words (fault_errno);
}

/* Returns: as take_at(); -1 with EBADMSG if the block's digest does not match. */
static gssize
load_block (ObBody *self, guint64 position)
{
  guint64 start = position - position % OB_BLOCK_BYTES;
  gsize size_bytes = (gsize) MIN (OB_BLOCK_BYTES, self->file_bytes - start);
  gssize got = read_block (self, start, size_bytes);

  if (got <= 0)
    return got;
  if (!ob_blocks_match (self->digests, self->file_bytes, start / OB_BLOCK_BYTES, self->block, size_bytes))
    {
      set_fault (self, start, size_bytes);
      errno = self->fault_errno = EBADMSG;
      return -1;
    }
  self->block_start = start;
  self->block_bytes = size_bytes;

  return got;
}

static gssize
take (ObBody *self, void *buffer, gsize count)
{
  guint64 position = self->offset_bytes + self->taken_bytes;
  gboolean is_loaded = position >= self->block_start && position < self->block_start + self->block_bytes;
  gssize got;

  if (!self->digests || count == 0 || position >= self->file_bytes)
    return take_at (self, position, buffer, count);
  if (!is_loaded && (got = load_block (self, position)) <= 0)
    return got;
  count = MIN (count, self->block_start + self->block_bytes - position);
  memcpy (buffer, self->block + (position - self->block_start), count);

  return (gssize) count;
}

/* Waits until the pace lets bytes go. Returns: how many may be read now. */
static gsize
keep_pace (ObBody *self, gsize count, GCancellable *cancellable)
{
  gint64 delay_us;

  if (!self->pace || count == 0)
    return count;
  count = ob_pace_take (self->pace, count, g_get_monotonic_time (), &delay_us);
  if (delay_us > 0)
    ob_stop_rest (cancellable, delay_us / 1000 + 1);

  return count;
}

/* The reader asks for more only after it has written what it got before. @held_bytes: what it gets now */
static void
note_taken (ObBody *self, guint64 held_bytes)
{
  if (self->transit)
    ob_transit_note_taken (self->transit, self->taken_bytes, held_bytes);
}

static gssize
ob_body_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  ObBody *self = OB_BODY (stream);
  gint64 due_us;
  gssize got;

  note_taken (self, 0);
  count = keep_pace (self, MIN (count, self->size_bytes - self->taken_bytes), cancellable);
  ob_brake_wait (cancellable);
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return -1;
  due_us = ob_deadline_begin (self->deadline, OB_DEADLINE_OWN_MS);
  if (self->taken_bytes > 0 && count > 0)
    ob_crash_point ("copy-read-on");
  do
    got = take (self, buffer, count);
  while (got < 0 && errno == EINTR);
  ob_deadline_end (self->deadline, due_us);
  if (got < 0 || (got == 0 && count > 0))
    {
      if (!self->fault)
        set_unreadable (self, got < 0 ? errno : OB_COPY_RESIZED);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, self->fault);
      return -1;
    }
  if (self->taken_bytes > 0)
    ob_crash_point ("mid-chunk");
  self->taken_bytes += (guint64) got;
  note_taken (self, (guint64) got);

  return got;
}

static void
ob_body_finalize (GObject *object)
{
  g_clear_pointer (&OB_BODY (object)->pace, ob_pace_unref);
  g_clear_pointer (&OB_BODY (object)->deadline, ob_deadline_unref);
  g_clear_pointer (&OB_BODY (object)->transit, ob_transit_unref);
  g_clear_pointer (&OB_BODY (object)->digests, g_bytes_unref);
  g_clear_pointer (&OB_BODY (object)->block, g_free);
  g_clear_pointer (&OB_BODY (object)->fault, g_free);
  G_OBJECT_CLASS (ob_body_parent_class)->finalize (object);
}

static void
ob_body_init (ObBody *self)
{
}

static void
ob_body_class_init (ObBodyClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_body_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = ob_body_read;
}

GInputStream *
ob_body_new (int fd, guint64 offset_bytes, guint64 size_bytes, ObPace *pace, ObDeadline *deadline)
{
  ObBody *self = g_object_new (OB_TYPE_BODY, NULL);

  self->fd = fd;
  self->offset_bytes = offset_bytes;
  self->size_bytes = size_bytes;
  self->pace = pace ? ob_pace_ref (pace) : NULL;
  self->deadline = ob_deadline_ref (deadline);

  return G_INPUT_STREAM (self);
}

void
ob_body_set_digests (ObBody *self, GBytes *digests, guint64 file_bytes)
{
  self->digests = g_bytes_ref (digests);
  self->file_bytes = file_bytes;
}

void
ob_body_set_transit (ObBody *self, ObTransit *transit)
{
  self->transit = ob_transit_ref (transit);
  ob_transit_begin (transit, self->offset_bytes);
}

guint64
ob_body_get_taken_bytes (ObBody *self)
{
  return self->taken_bytes;
}

const char *
ob_body_get_fault (ObBody *self, int *fault_errno)
{
  if (fault_errno)
    *fault_errno = self->fault_errno;

  return self->fault;
}
