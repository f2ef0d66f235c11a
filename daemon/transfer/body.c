/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A stream over a part of a file. GIO's own file stream cannot end before the file does. Worker thread.
 */
#include "transfer/body.h"

#include "base/brake.h"
#include "base/crash.h"
#include "transfer/stop.h"

#include <errno.h>
#include <unistd.h>

struct _ObBody
{
  GInputStream parent_instance;

  int fd;               /* borrowed */
  ObPace *pace;         /* owned, or NULL */
  ObDeadline *deadline; /* a reference */
  guint64 offset_bytes;
  guint64 size_bytes;
  guint64 taken_bytes;
  guint64 stretch_end; /* up to there the file is as is_hole says */
  gboolean is_hole;
};

G_DEFINE_FINAL_TYPE (ObBody, ob_body, G_TYPE_INPUT_STREAM)

/* The kernel would make pages of zeros of a hole, keep them, and so push out those of others: 68 % of the time that it took
 * to send a sparse file. Past the end there is no hole: a copy that became too short must be noticed. */
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

static gssize
take (ObBody *self, void *buffer, gsize count)
{
  guint64 position = self->offset_bytes + self->taken_bytes;

  if (position >= self->stretch_end)
    find_stretch (self, position);
  count = MIN (count, self->stretch_end - position);
  if (!self->is_hole)
    return pread (self->fd, buffer, count, (off_t) position);
  memset (buffer, 0, count);

  return (gssize) count;
}

/* Returns: how many bytes may be read now, after the wait that they are due. */
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

static gssize
ob_body_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  ObBody *self = OB_BODY (stream);
  gint64 due_us;
  gssize got;

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
      g_set_error (error, G_IO_ERROR, got < 0 ? g_io_error_from_errno (errno) : G_IO_ERROR_PARTIAL_INPUT,
                   "The saved copy cannot be read: %s", got < 0 ? g_strerror (errno) : "it is too short");
      return -1;
    }
  if (self->taken_bytes > 0)
    ob_crash_point ("mid-chunk");
  self->taken_bytes += (guint64) got;

  return got;
}

static void
ob_body_finalize (GObject *object)
{
  g_clear_pointer (&OB_BODY (object)->pace, ob_pace_unref);
  g_clear_pointer (&OB_BODY (object)->deadline, ob_deadline_unref);
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
