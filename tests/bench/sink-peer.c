/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-sink-peer SOCKET|0 FILE: the bare minimum of a server that takes a file. With libsoup it writes the body of each request to
 * FILE as it comes, without keeping it, flushes it, and answers 201. When it listens, at that Unix socket or
 * at a port of the loopback, it prints which; it ends with its standard input. Main thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixsocketaddress.h>
#include <libsoup/soup.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void
check (gboolean is_good, const char *what)
{
  if (is_good)
    return;
  g_printerr ("bench-sink-peer: %s: %s\n", what, g_strerror (errno));
  exit (1);
}

static void
on_chunk (SoupServerMessage *message, GBytes *chunk, gpointer fd)
{
  gsize size_bytes;
  const char *bytes = g_bytes_get_data (chunk, &size_bytes);

  check (write (GPOINTER_TO_INT (fd), bytes, size_bytes) == (gssize) size_bytes, "write");
}

static void
on_head (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer file)
{
  int fd = open (file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  check (fd >= 0, file);
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  g_object_set_data (G_OBJECT (message), "file", GINT_TO_POINTER (fd));
  g_signal_connect (message, "got-chunk", G_CALLBACK (on_chunk), GINT_TO_POINTER (fd));
}

static void
on_body (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer file)
{
  int fd = GPOINTER_TO_INT (g_object_get_data (G_OBJECT (message), "file"));

  check (fsync (fd) == 0 && close (fd) == 0, "flush");
  soup_server_message_set_status (message, 201, NULL);
}

static gboolean
on_end (GIOChannel *input, GIOCondition condition, gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

static gboolean
listen_at (SoupServer *server, const char *path)
{
  g_autoptr (GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  return socket && g_socket_bind (socket, address, FALSE, NULL) && g_socket_listen (socket, NULL)
         && soup_server_listen_socket (server, socket, 0, NULL);
}

static guint
get_port (SoupServer *server)
{
  GSList *sockets = soup_server_get_listeners (server);
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (sockets->data, NULL);

  g_slist_free (sockets);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (STDIN_FILENO);
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  const gboolean has_path = argc == 3 && *argv[1] == '/';

  check (argc == 3
             && (has_path ? listen_at (server, argv[1])
                          : soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL)),
         "usage: bench-sink-peer SOCKET|0 FILE");
  soup_server_add_early_handler (server, NULL, on_head, argv[2], NULL);
  soup_server_add_handler (server, NULL, on_body, argv[2], NULL);
  (void) g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_end, loop);
  if (has_path)
    (void) printf ("%s\n", argv[1]);
  else
    (void) printf ("%u\n", get_port (server));
  (void) fflush (stdout);
  g_main_loop_run (loop);

  return 0;
}
