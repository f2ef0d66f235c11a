/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread for each connection. Owns the sockets.
 */
#include "support/trap.h"

#include "support/threaded-server.h"

#include <sys/socket.h>

#define FILLERS 4
#define DRIP_MS 100
#define HALF_BYTES (512 * 1024)
/* So that little of what is not read fits in. */
#define RECEIVE_BYTES (16 * 1024)

struct _TestTrap
{
  TestTrapPoint point;
  const char *method;
  GSocket *listener;
  TestThreadedServer *server; /* NULL: nobody accepts */
  GSocket *fillers[FILLERS];
  GCancellable *closing;
  gint n_reached; /* atomic, as are the next two */
  gint n_made;
  gint n_ended;
};

typedef struct
{
  TestTrap *trap;
  GSocketConnection *connection;
  GDataInputStream *in;
  GOutputStream *out;
  char *method;
  guint64 body_bytes;
  guint64 offset_bytes;
} Exchange;

/* Also where the other side still sends. */
static gboolean
is_over (Exchange *exchange, gint64 wait_ms)
{
  GPollFD polls[2] = { { .fd = g_socket_get_fd (g_socket_connection_get_socket (exchange->connection)), .events = 0 } };

  g_assert_true (g_cancellable_make_pollfd (exchange->trap->closing, &polls[1]));
  (void) g_poll (polls, 2, (gint) wait_ms);
  g_cancellable_release_fd (exchange->trap->closing);

  return (polls[0].revents & (G_IO_HUP | G_IO_ERR)) != 0 || g_cancellable_is_cancelled (exchange->trap->closing);
}

static gboolean
say (Exchange *exchange, const char *text)
{
  return g_output_stream_write_all (exchange->out, text, strlen (text), NULL, exchange->trap->closing, NULL);
}

static void
say_again_and_again (Exchange *exchange, const char *text)
{
  while (!is_over (exchange, DRIP_MS) && say (exchange, text))
    ;
}

static void
take_body (Exchange *exchange, guint64 most_bytes)
{
  guint64 left_bytes = MIN (exchange->body_bytes, most_bytes);

  while (left_bytes > 0)
    {
      gssize got = g_input_stream_skip (G_INPUT_STREAM (exchange->in), (gsize) MIN (left_bytes, 65536),
                                        exchange->trap->closing, NULL);

      if (got <= 0)
        return;
      left_bytes -= (guint64) got;
    }
}

/* What a socket hears of a peer that closes in good order is the end of the stream. */
static void
wait_for_the_end (Exchange *exchange)
{
  TestTrapPoint point = exchange->trap->point;
  char byte;

  if (point == TEST_TRAP_UNREAD || point == TEST_TRAP_HALF_READ)
    while (!is_over (exchange, -1))
      ;
  else
    while (g_input_stream_read (G_INPUT_STREAM (exchange->in), &byte, 1, exchange->trap->closing, NULL) > 0)
      ;
}

static void
stop_here (Exchange *exchange)
{
  TestTrap *trap = exchange->trap;

  if (trap->point == TEST_TRAP_HALF_READ)
    take_body (exchange, HALF_BYTES);
  else if (trap->point != TEST_TRAP_UNREAD && trap->point != TEST_TRAP_ACCEPTED)
    take_body (exchange, G_MAXUINT64);
  if (trap->point == TEST_TRAP_HALF_HEAD)
    (void) say (exchange, "HTTP/1.1 201 Crea");
  else if (trap->point == TEST_TRAP_NO_BODY)
    (void) say (exchange,
                "HTTP/1.1 201 Created\r\nTus-Resumable: 1.0.0\r\nLocation: /files/1\r\nContent-Length: 9\r\n\r\n");
  else if (trap->point == TEST_TRAP_DRIPPING)
    (void) say (exchange, "HTTP/1.1 201 Created\r\nX-More: ");
  g_atomic_int_inc (&trap->n_reached);
  g_main_context_wakeup (NULL);
  if (trap->point == TEST_TRAP_DRIPPING)
    say_again_and_again (exchange, "x");
  else if (trap->point == TEST_TRAP_NOT_YET)
    say_again_and_again (exchange, "HTTP/1.1 102 Processing\r\n\r\n");
  else
    wait_for_the_end (exchange);
  g_atomic_int_inc (&trap->n_ended);
  g_main_context_wakeup (NULL);
}

static gboolean
answer (Exchange *exchange)
{
  take_body (exchange, G_MAXUINT64);
  if (g_str_equal (exchange->method, "POST"))
    {
      /* An address is one upload's. */
      g_autofree char *text = g_strdup_printf (
          "HTTP/1.1 201 Created\r\nTus-Resumable: 1.0.0\r\nLocation: /files/%d\r\nContent-Length: 0\r\n\r\n",
          g_atomic_int_add (&exchange->trap->n_made, 1));

      return say (exchange, text);
    }
  if (g_str_equal (exchange->method, "HEAD"))
    return say (exchange, "HTTP/1.1 200 OK\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: 0\r\nContent-Length: 0\r\n\r\n");

  if (g_str_equal (exchange->method, "PATCH"))
    {
      g_autofree char *text
          = g_strdup_printf ("HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: %" G_GUINT64_FORMAT
                             "\r\n\r\n",
                             exchange->offset_bytes + exchange->body_bytes);

      return say (exchange, text);
    }

  return say (exchange, "HTTP/1.1 204 No Content\r\nTus-Resumable: 1.0.0\r\nTus-Version: 1.0.0\r\n"
                        "Tus-Extension: creation,termination\r\n\r\n");
}

static gboolean
read_head (Exchange *exchange)
{
  g_autofree char *line = g_data_input_stream_read_line (exchange->in, NULL, exchange->trap->closing, NULL);

  g_clear_pointer (&exchange->method, g_free);
  exchange->body_bytes = 0;
  if (!line)
    return FALSE;
  exchange->method = g_strndup (line, strcspn (line, " "));
  for (;;)
    {
      g_free (line);
      line = g_data_input_stream_read_line (exchange->in, NULL, exchange->trap->closing, NULL);
      if (!line)
        return FALSE;
      g_strchomp (line);
      if (*line == '\0')
        return TRUE;
      if (g_ascii_strncasecmp (line, "Content-Length:", 15) == 0)
        exchange->body_bytes = g_ascii_strtoull (line + 15, NULL, 10);
      if (g_ascii_strncasecmp (line, "Upload-Offset:", 14) == 0)
        exchange->offset_bytes = g_ascii_strtoull (line + 14, NULL, 10);
    }
}

/* Reads the head of a second request, and says nothing. */
static gboolean
is_second (Exchange *exchange)
{
  return exchange->trap->point == TEST_TRAP_FORGETFUL && (read_head (exchange) || TRUE);
}

static void
talk (GSocketConnection *connection, gpointer user_data)
{
  TestTrap *trap = user_data;
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  Exchange exchange = { trap, connection, in, g_io_stream_get_output_stream (G_IO_STREAM (connection)), NULL, 0, 0 };

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_LF);
  if (trap->point == TEST_TRAP_ACCEPTED)
    stop_here (&exchange);
  else
    while (read_head (&exchange))
      if (g_str_equal (exchange.method, trap->method))
        {
          stop_here (&exchange);
          break;
        }
      else if (!answer (&exchange) || is_second (&exchange))
        break;
  g_free (exchange.method);
}

static void
listen_anywhere (TestTrap *trap)
{
  g_autoptr (GInetAddress) any = g_inet_address_new_any (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (any, 0);

  trap->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_set_option (trap->listener, SOL_SOCKET, SO_RCVBUF, RECEIVE_BYTES, NULL));
  g_socket_set_listen_backlog (trap->listener, trap->point == TEST_TRAP_UNACCEPTED ? 1 : 16);
  g_assert_true (g_socket_bind (trap->listener, wanted, TRUE, NULL));
  g_assert_true (g_socket_listen (trap->listener, NULL));
}

/* Whoever comes after these finds no room. */
static void
fill_queue (TestTrap *trap)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, test_trap_get_port (trap));

  for (guint i = 0; i < FILLERS; i++)
    {
      trap->fillers[i] = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
      g_socket_set_blocking (trap->fillers[i], FALSE);
      (void) g_socket_connect (trap->fillers[i], address, NULL, NULL);
    }
}

static void
serve (TestTrap *trap)
{
  trap->server = test_threaded_server_new (talk, trap);
  g_assert_true (
      g_socket_listener_add_socket (test_threaded_server_get_listener (trap->server), trap->listener, NULL, NULL));
}

TestTrap *
test_trap_new (TestTrapPoint point, const char *method)
{
  TestTrap *trap = g_new0 (TestTrap, 1);

  trap->point = point;
  trap->method = method;
  trap->closing = g_cancellable_new ();
  listen_anywhere (trap);
  if (point == TEST_TRAP_UNACCEPTED)
    fill_queue (trap);
  else
    serve (trap);

  return trap;
}

void
test_trap_free (TestTrap *trap)
{
  g_cancellable_cancel (trap->closing);
  g_clear_pointer (&trap->server, test_threaded_server_free);
  for (guint i = 0; i < FILLERS; i++)
    g_clear_object (&trap->fillers[i]);
  g_object_unref (trap->listener);
  g_object_unref (trap->closing);
  g_free (trap);
}

guint16
test_trap_get_port (TestTrap *trap)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (trap->listener, NULL);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

guint
test_trap_count_reached (TestTrap *trap)
{
  return (guint) g_atomic_int_get (&trap->n_reached);
}

guint
test_trap_count_ended (TestTrap *trap)
{
  return (guint) g_atomic_int_get (&trap->n_ended);
}
