/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process sends what it reads, behind a byte that says that it could; the bytes lie in memory that is overwritten. Main
 * thread.
 */
#include "store/secret-pipes.h"

#include "base/errand.h"
#include "base/mounts.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "model/sign-in.h"
#include "store/reader.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

/* What the process sends last. */
#define GOOD 'g'
#define BAD 'b'

/* One more than a secret may have tells that there was more; and the last byte. */
#define ROOM_BYTES (OB_SIGN_IN_MOST_BYTES + 2)

struct _ObSecretPipes
{
  GPtrArray *readings; /* of Reading */
  guint patience_ms;
};

typedef struct
{
  ObSecretPipes *pipes;
  ObErrand *errand;
  char *bytes;
  gsize size_bytes;
  guint source;
  guint timeout;
  ObSecretPipesDone done;
  gpointer user_data;
} Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  g_clear_handle_id (&reading->source, g_source_remove);
  g_clear_handle_id (&reading->timeout, g_source_remove);
  g_clear_pointer (&reading->errand, ob_errand_free);
  explicit_bzero (reading->bytes, ROOM_BYTES);
  g_free (reading->bytes);
  g_free (reading);
}

ObSecretPipes *
ob_secret_pipes_new (guint patience_ms)
{
  ObSecretPipes *self = g_new0 (ObSecretPipes, 1);

  self->patience_ms = patience_ms;
  self->readings = g_ptr_array_new_with_free_func (reading_free);

  return self;
}

/* --- In the process: no memory allocation, no locks, no GLib --- */

static void
send_all (gconstpointer data, int pipe)
{
  const int fd = *(const int *) data;
  char part[4096];
  gsize sent = 0;
  char last;
  gssize got;

  do
    {
      got = read (fd, part, sizeof part);
      if (got > 0)
        ob_errand_send (pipe, part, (gsize) got);
      sent += got > 0 ? (gsize) got : 0;
    }
  while (sent <= OB_SIGN_IN_MOST_BYTES && (got > 0 || (got < 0 && errno == EINTR)));
  explicit_bzero (part, sizeof part);
  last = got == 0 ? GOOD : BAD;
  ob_errand_send (pipe, &last, 1);
}

/* --- In this process --- */

/* @why: (nullable): NULL: it is good */
static void
end (Reading *reading, OutboxError code, const char *why)
{
  g_autoptr (GError) error = why ? g_error_new_literal (OUTBOX_ERROR, code, why) : NULL;
  guint place;

  if (g_ptr_array_find (reading->pipes->readings, reading, &place))
    (void) g_ptr_array_steal_index (reading->pipes->readings, place);
  if (error)
    reading->done (NULL, 0, error, reading->user_data);
  else
    reading->done (reading->bytes, reading->size_bytes - 1, NULL, reading->user_data);
  reading_free (reading);
}

/* Returns: whether there can be more */
static gboolean
take_part (Reading *reading)
{
  gssize got = read (ob_errand_get_pipe (reading->errand), reading->bytes + reading->size_bytes,
                     ROOM_BYTES - reading->size_bytes);

  if (got < 0)
    return errno == EAGAIN || errno == EINTR;
  reading->size_bytes += (gsize) got;

  return got > 0 && reading->size_bytes < ROOM_BYTES;
}

static gboolean
on_part (int pipe, GIOCondition condition, gpointer user_data)
{
  Reading *reading = user_data;

  if (take_part (reading))
    return G_SOURCE_CONTINUE;
  reading->source = 0;
  if (reading->size_bytes == ROOM_BYTES)
    end (reading, OUTBOX_ERROR_INVALID_ARGUMENT, "secret: it has more than 64 KiB");
  else if (reading->size_bytes == 0 || reading->bytes[reading->size_bytes - 1] != GOOD)
    end (reading, OUTBOX_ERROR_INVALID_ARGUMENT, "secret: the descriptor cannot be read");
  else
    end (reading, OUTBOX_ERROR_FAILED, NULL);

  return G_SOURCE_REMOVE;
}

static gboolean
on_time (gpointer user_data)
{
  Reading *reading = user_data;

  reading->timeout = 0;
  end (reading, OUTBOX_ERROR_INVALID_ARGUMENT, "secret: it did not come to its end in time");

  return G_SOURCE_REMOVE;
}

void
ob_secret_pipes_free (ObSecretPipes *self)
{
  while (self->readings->len > 0)
    end (self->readings->pdata[0], OUTBOX_ERROR_NO_BROKER, S_ ("Outbox is ending; try again"));
  g_ptr_array_unref (self->readings);
  g_free (self);
}

static void
close_file (int fd)
{
  if (ob_mounts_may_hang (fd))
    ob_reader_release_fd (fd);
  else
    (void) close (fd);
}

static ObErrand *
start (ObSecretPipes *self, int fd, GError **error)
{
  if (self->readings->len < OB_SECRET_PIPES_MOST)
    return ob_errand_start (send_all, &fd, fd, error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "%u secrets are being read already", self->readings->len);

  return NULL;
}

void
ob_secret_pipes_read (ObSecretPipes *self, int fd, ObSecretPipesDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  ObErrand *errand = start (self, fd, &error);
  Reading *reading;

  close_file (fd);
  if (!errand)
    {
      done (NULL, 0, error, user_data);
      return;
    }
  reading = g_new0 (Reading, 1);
  reading->pipes = self;
  reading->errand = errand;
  reading->bytes = g_malloc (ROOM_BYTES);
  reading->done = done;
  reading->user_data = user_data;
  reading->source = g_unix_fd_add (ob_errand_get_pipe (errand), G_IO_IN | G_IO_HUP | G_IO_ERR, on_part, reading);
  reading->timeout = g_timeout_add (self->patience_ms, on_time, reading);
  g_ptr_array_add (self->readings, reading);
}
