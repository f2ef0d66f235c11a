/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connections are counted on the main thread when they come: one whose thread has not begun yet would be missed by the end.
 */
#include "support/threaded-server.h"

struct _TestThreadedServer
{
  GSocketService *service;
  TestThreadedServerTalk talk;
  gpointer user_data;
  GMutex lock;
  GPtrArray *open; /* of GSocketConnection; under the lock */
};

static gboolean
on_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  TestThreadedServer *server = user_data;

  g_mutex_lock (&server->lock);
  g_ptr_array_add (server->open, g_object_ref (connection));
  g_mutex_unlock (&server->lock);

  return FALSE;
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  TestThreadedServer *server = user_data;

  server->talk (connection, server->user_data);
  (void) g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
  g_mutex_lock (&server->lock);
  (void) g_ptr_array_remove (server->open, connection);
  /* Under the lock: afterwards the server may be gone. */
  g_main_context_wakeup (NULL);
  g_mutex_unlock (&server->lock);

  return TRUE;
}

TestThreadedServer *
test_threaded_server_new (TestThreadedServerTalk talk, gpointer user_data)
{
  TestThreadedServer *server = g_new0 (TestThreadedServer, 1);

  server->talk = talk;
  server->user_data = user_data;
  server->open = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_init (&server->lock);
  /* No bound of threads: a service that reached it starts again by itself, also after it was stopped. */
  server->service = g_threaded_socket_service_new (-1);
  (void) g_signal_connect (server->service, "incoming", G_CALLBACK (on_incoming), server);
  (void) g_signal_connect (server->service, "run", G_CALLBACK (on_run), server);

  return server;
}

/* Ends what is open. Returns: whether there was none */
static gboolean
is_idle (TestThreadedServer *server)
{
  gboolean is;

  g_mutex_lock (&server->lock);
  is = server->open->len == 0;
  for (guint i = 0; i < server->open->len; i++)
    (void) g_socket_shutdown (g_socket_connection_get_socket (server->open->pdata[i]), TRUE, TRUE, NULL);
  g_mutex_unlock (&server->lock);

  return is;
}

void
test_threaded_server_free (TestThreadedServer *server)
{
  g_socket_service_stop (server->service);
  g_socket_listener_close (G_SOCKET_LISTENER (server->service));
  while (!is_idle (server))
    g_main_context_iteration (NULL, TRUE);
  /* What was accepted as it stopped comes later. */
  (void) g_signal_handlers_disconnect_by_data (server->service, server);
  g_object_unref (server->service);
  g_ptr_array_unref (server->open);
  g_mutex_clear (&server->lock);
  g_free (server);
}

GSocketListener *
test_threaded_server_get_listener (TestThreadedServer *server)
{
  return G_SOCKET_LISTENER (server->service);
}

guint16
test_threaded_server_listen (TestThreadedServer *server)
{
  guint16 port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (server->service), NULL, NULL);

  g_assert_cmpuint (port, >, 0);

  return port;
}
