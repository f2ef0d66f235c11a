/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The two directions of a connection, each with the time that it has been waited for. Main thread.
 */
#include "ipc/rest/visit-stream.h"

/* How long a direction has waited for the peer. */
typedef struct
{
  ObWatch *watch; /* NULL: the stream is closed */
  ObWatchDirection direction;
  GSource *source;  /* (nullable): what libsoup has of it */
  gint64 since_us;  /* 0: nobody waits */
  gboolean is_over; /* the peer was silent for too long */
} Wait;

static gint64
find_end_us (const Wait *wait)
{
  return wait->since_us + OB_VISIT_STREAM_SILENCE_MOST_S * G_USEC_PER_SEC;
}

static gboolean
check (const Wait *wait, GError **error)
{
  if (wait->is_over)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "The peer was silent for too long");

  return !wait->is_over;
}

/* Told of every read or write. @done: what it returned; @failed: (transfer full) (nullable): its error.
 * Returns: what the caller returns */
static gssize
heed (Wait *wait, gssize done, GError *failed, GError **error)
{
  g_autoptr (GError) owned = failed;

  if (!g_error_matches (failed, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    wait->since_us = 0;
  else if (wait->since_us == 0)
    wait->since_us = g_get_monotonic_time ();
  else
    wait->is_over = g_get_monotonic_time () >= find_end_us (wait);
  if (check (wait, error) && failed)
    g_propagate_error (error, g_steal_pointer (&owned));

  return wait->is_over ? -1 : done;
}

static void
on_ready (gboolean is_in_time, gpointer user_data)
{
  g_source_set_ready_time (((Wait *) user_data)->source, 0);
}

static void
stop (Wait *wait)
{
  if (wait->watch)
    ob_watch_stop (wait->watch, wait->direction);
  wait->watch = NULL;
  g_clear_pointer (&wait->source, g_source_unref);
}

/* @is_at_hand: it is ready at once. Returns: (transfer full) */
static GSource *
new_source (gpointer stream, Wait *wait, gboolean is_at_hand, GCancellable *cancellable)
{
  GSource *source = g_pollable_source_new_full (stream, NULL, cancellable);

  if (is_at_hand || wait->is_over || !wait->watch)
    g_source_set_ready_time (source, 0);
  else
    {
      g_clear_pointer (&wait->source, g_source_unref);
      wait->source = g_source_ref (source);
      if (wait->since_us == 0)
        wait->since_us = g_get_monotonic_time ();
      ob_watch_wait (wait->watch, wait->direction, find_end_us (wait), on_ready, wait);
    }

  return source;
}

/* --- What comes --- */

#define OB_TYPE_VISIT_STREAM_INPUT (ob_visit_stream_input_get_type ())
G_DECLARE_FINAL_TYPE (ObVisitStreamInput, ob_visit_stream_input, OB, VISIT_STREAM_INPUT, GInputStream)

struct _ObVisitStreamInput
{
  GInputStream parent_instance;
  GInputStream *base;
  GBytes *head;
  gsize told_bytes; /* of the head */
  guint64 body_bytes;
  Wait wait;
};

static void ob_visit_stream_input_pollable_init (GPollableInputStreamInterface *interface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObVisitStreamInput, ob_visit_stream_input, G_TYPE_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      ob_visit_stream_input_pollable_init))

/* Returns: whether a read is answered without the socket */
static gboolean
is_at_hand (const ObVisitStreamInput *self)
{
  return self->told_bytes < g_bytes_get_size (self->head) || self->body_bytes == 0;
}

static gssize
tell_head (ObVisitStreamInput *self, void *buffer, gsize count)
{
  gsize size_bytes;
  const char *head = g_bytes_get_data (self->head, &size_bytes);

  count = MIN (count, size_bytes - self->told_bytes);
  memcpy (buffer, head + self->told_bytes, count);
  self->told_bytes += count;

  return (gssize) count;
}

static gssize
ob_visit_stream_input_read_now (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  ObVisitStreamInput *self = OB_VISIT_STREAM_INPUT (stream);
  GError *read_error = NULL;
  gssize got;

  if (!check (&self->wait, error))
    return -1;
  if (is_at_hand (self))
    return tell_head (self, buffer, count);
  got = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->base), buffer,
                                                  MIN (count, self->body_bytes), NULL, &read_error);
  if (got > 0)
    self->body_bytes -= (guint64) got;

  return heed (&self->wait, got, read_error, error);
}

/* libsoup's server never blocks; a stream has to have it. */
static gssize
ob_visit_stream_input_read (GInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error)
{
  ObVisitStreamInput *self = OB_VISIT_STREAM_INPUT (stream);
  gssize got;

  if (is_at_hand (self))
    return tell_head (self, buffer, count);
  got = g_input_stream_read (self->base, buffer, MIN (count, self->body_bytes), cancellable, error);
  if (got > 0)
    self->body_bytes -= (guint64) got;

  return got;
}

static gboolean
ob_visit_stream_input_is_readable (GPollableInputStream *stream)
{
  ObVisitStreamInput *self = OB_VISIT_STREAM_INPUT (stream);

  return self->wait.is_over || is_at_hand (self)
         || g_pollable_input_stream_is_readable (G_POLLABLE_INPUT_STREAM (self->base));
}

static GSource *
ob_visit_stream_input_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  ObVisitStreamInput *self = OB_VISIT_STREAM_INPUT (stream);

  return new_source (stream, &self->wait, is_at_hand (self), cancellable);
}

static void
ob_visit_stream_input_pollable_init (GPollableInputStreamInterface *interface, gpointer data)
{
  interface->read_nonblocking = ob_visit_stream_input_read_now;
  interface->is_readable = ob_visit_stream_input_is_readable;
  interface->create_source = ob_visit_stream_input_create_source;
}

static void
ob_visit_stream_input_finalize (GObject *object)
{
  ObVisitStreamInput *self = OB_VISIT_STREAM_INPUT (object);

  g_object_unref (self->base);
  g_bytes_unref (self->head);
  G_OBJECT_CLASS (ob_visit_stream_input_parent_class)->finalize (object);
}

static void
ob_visit_stream_input_class_init (ObVisitStreamInputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ob_visit_stream_input_finalize;
  G_INPUT_STREAM_CLASS (class)->read_fn = ob_visit_stream_input_read;
}

static void
ob_visit_stream_input_init (ObVisitStreamInput *self)
{
}

/* --- What goes --- */

#define OB_TYPE_VISIT_STREAM_OUTPUT (ob_visit_stream_output_get_type ())
G_DECLARE_FINAL_TYPE (ObVisitStreamOutput, ob_visit_stream_output, OB, VISIT_STREAM_OUTPUT, GOutputStream)

struct _ObVisitStreamOutput
{
  GOutputStream parent_instance;
  GOutputStream *base;
  gboolean hides_leave;
  Wait wait;
};

static void ob_visit_stream_output_pollable_init (GPollableOutputStreamInterface *interface, gpointer data);

G_DEFINE_FINAL_TYPE_WITH_CODE (ObVisitStreamOutput, ob_visit_stream_output, G_TYPE_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      ob_visit_stream_output_pollable_init))

/* libsoup writes it by itself, before all else. */
static gboolean
is_leave (const char *bytes, gsize size_bytes)
{
  return size_bytes > 13 && memcmp (bytes, "HTTP/1.", 7) == 0 && memcmp (bytes + 8, " 100 ", 5) == 0;
}

static gssize
ob_visit_stream_output_write_now (GPollableOutputStream *stream, const void *buffer, gsize count, GError **error)
{
  ObVisitStreamOutput *self = OB_VISIT_STREAM_OUTPUT (stream);
  GError *write_error = NULL;
  gssize written;

  if (!check (&self->wait, error))
    return -1;
  if (self->hides_leave && is_leave (buffer, count))
    return (gssize) count;
  self->hides_leave = FALSE;
  written = g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (self->base), buffer, count, NULL,
                                                        &write_error);

  return heed (&self->wait, written, write_error, error);
}

static gssize
ob_visit_stream_output_write (GOutputStream *stream, const void *buffer, gsize count, GCancellable *cancellable,
                              GError **error)
{
  return g_output_stream_write (OB_VISIT_STREAM_OUTPUT (stream)->base, buffer, count, cancellable, error);
}

static gboolean
ob_visit_stream_output_is_writable (GPollableOutputStream *stream)
{
  ObVisitStreamOutput *self = OB_VISIT_STREAM_OUTPUT (stream);

  return self->wait.is_over || g_pollable_output_stream_is_writable (G_POLLABLE_OUTPUT_STREAM (self->base));
}

static GSource *
ob_visit_stream_output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  ObVisitStreamOutput *self = OB_VISIT_STREAM_OUTPUT (stream);

  return new_source (stream, &self->wait, FALSE, cancellable);
}

static void
ob_visit_stream_output_pollable_init (GPollableOutputStreamInterface *interface, gpointer data)
{
  interface->write_nonblocking = ob_visit_stream_output_write_now;
  interface->is_writable = ob_visit_stream_output_is_writable;
  interface->create_source = ob_visit_stream_output_create_source;
}

static void
ob_visit_stream_output_finalize (GObject *object)
{
  ObVisitStreamOutput *self = OB_VISIT_STREAM_OUTPUT (object);

  g_object_unref (self->base);
  G_OBJECT_CLASS (ob_visit_stream_output_parent_class)->finalize (object);
}

static void
ob_visit_stream_output_class_init (ObVisitStreamOutputClass *class)
{
  G_OBJECT_CLASS (class)->finalize = ob_visit_stream_output_finalize;
  G_OUTPUT_STREAM_CLASS (class)->write_fn = ob_visit_stream_output_write;
}

static void
ob_visit_stream_output_init (ObVisitStreamOutput *self)
{
}

/* --- The two --- */

struct _ObVisitStream
{
  GIOStream parent_instance;
  GSocketConnection *connection;
  ObVisitStreamInput *input;
  ObVisitStreamOutput *output;
  void (*closed) (guint64 unread_bytes, gpointer user_data); /* NULL: it has been called */
  gpointer user_data;
};

G_DEFINE_FINAL_TYPE (ObVisitStream, ob_visit_stream, G_TYPE_IO_STREAM)

static void
tell_closed (ObVisitStream *self)
{
  void (*closed) (guint64 unread_bytes, gpointer user_data) = self->closed;

  self->closed = NULL;
  stop (&self->input->wait);
  stop (&self->output->wait);
  if (closed)
    closed (self->input->wait.is_over ? 0 : self->input->body_bytes, self->user_data);
}

static gboolean
ob_visit_stream_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  tell_closed (OB_VISIT_STREAM (stream));

  return TRUE;
}

static GInputStream *
ob_visit_stream_get_input (GIOStream *stream)
{
  return G_INPUT_STREAM (OB_VISIT_STREAM (stream)->input);
}

static GOutputStream *
ob_visit_stream_get_output (GIOStream *stream)
{
  return G_OUTPUT_STREAM (OB_VISIT_STREAM (stream)->output);
}

static void
ob_visit_stream_finalize (GObject *object)
{
  ObVisitStream *self = OB_VISIT_STREAM (object);

  tell_closed (self);
  g_object_unref (self->input);
  g_object_unref (self->output);
  g_object_unref (self->connection);
  G_OBJECT_CLASS (ob_visit_stream_parent_class)->finalize (object);
}

static void
ob_visit_stream_class_init (ObVisitStreamClass *class)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = ob_visit_stream_finalize;
  stream_class->get_input_stream = ob_visit_stream_get_input;
  stream_class->get_output_stream = ob_visit_stream_get_output;
  stream_class->close_fn = ob_visit_stream_close;
}

static void
ob_visit_stream_init (ObVisitStream *self)
{
}

GIOStream *
ob_visit_stream_new (GSocketConnection *connection, ObWatch *watch, GBytes *head, guint64 body_bytes,
                     gboolean hides_leave, void (*closed) (guint64 unread_bytes, gpointer user_data),
                     gpointer user_data)
{
  ObVisitStream *self = g_object_new (OB_TYPE_VISIT_STREAM, NULL);

  self->connection = g_object_ref (connection);
  self->closed = closed;
  self->user_data = user_data;
  self->input = g_object_new (OB_TYPE_VISIT_STREAM_INPUT, NULL);
  self->input->base = g_object_ref (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  self->input->head = g_bytes_ref (head);
  self->input->body_bytes = body_bytes;
  self->input->wait = (Wait){ .watch = watch, .direction = OB_WATCH_IN };
  self->output = g_object_new (OB_TYPE_VISIT_STREAM_OUTPUT, NULL);
  self->output->base = g_object_ref (g_io_stream_get_output_stream (G_IO_STREAM (connection)));
  self->output->wait = (Wait){ .watch = watch, .direction = OB_WATCH_OUT };
  self->output->hides_leave = hides_leave;

  return G_IO_STREAM (self);
}
