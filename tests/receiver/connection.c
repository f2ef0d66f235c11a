/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What no well-behaved server does to a connection: reset it, or answer in raw bytes. Main thread.
 */
#include "exchange.h"

#include <string.h>
#include <sys/socket.h>

#include <gio/gio.h>

void
connection_reset (SoupServerMessage *message)
{
  GSocket *socket = soup_server_message_get_socket (message);
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  struct sockaddr nobody = { .sa_family = AF_UNSPEC };

  if (socket == NULL)
    return;
  /* Dissolving the association sends the RST and leaves the descriptor open, which libsoup still has in its poll. */
  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  connect (g_socket_get_fd (socket), &nobody, sizeof nobody);
}

typedef struct
{
  GIOStream *stream; /* owned */
  GBytes *bytes;     /* owned */
  GBytes *again;     /* owned; what follows for ever, or NULL */
  guint pause_ms;    /* before each */
} RawAnswer;

static void
raw_answer_free (RawAnswer *answer)
{
  g_object_unref (answer->stream);
  g_bytes_unref (answer->bytes);
  g_clear_pointer (&answer->again, g_bytes_unref);
  g_free (answer);
}

static void raw_answer_write (RawAnswer *answer);

static gboolean
on_pause_over (gpointer user_data)
{
  raw_answer_write (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_raw_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  RawAnswer *answer = user_data;
  gboolean written = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);

  if (written && answer->again != NULL)
    {
      g_bytes_unref (answer->bytes);
      answer->bytes = g_bytes_ref (answer->again);
      if (answer->pause_ms > 0)
        g_timeout_add (answer->pause_ms, on_pause_over, answer);
      else
        raw_answer_write (answer);
      return;
    }
  g_io_stream_close (answer->stream, NULL, NULL);
  raw_answer_free (answer);
}

static void
raw_answer_write (RawAnswer *answer)
{
  gsize length;
  const void *data = g_bytes_get_data (answer->bytes, &length);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (answer->stream), data, length, G_PRIORITY_DEFAULT,
                                   NULL, on_raw_written, answer);
}

void
connection_send_raw (SoupServerMessage *message, const char *bytes, const char *again, guint pause_ms)
{
  RawAnswer *answer = g_new0 (RawAnswer, 1);

  answer->stream = soup_server_message_steal_connection (message);
  answer->bytes = g_bytes_new (bytes, strlen (bytes));
  answer->pause_ms = pause_ms;
  answer->again = again != NULL ? g_bytes_new (again, strlen (again)) : NULL;
  raw_answer_write (answer);
}
