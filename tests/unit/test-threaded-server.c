/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server of tests with a thread for each connection: it may be freed at any moment of a conversation, also before its thread has begun.
 */
#include "support/threaded-server.h"

#include <string.h>

#define ROUNDS 300

typedef struct
{
  gint n_begun; /* atomic */
  char bytes[64];
} Talk;

/* Says what it has, and waits for the other side to close. */
static void
talk (GSocketConnection *connection, gpointer user_data)
{
  Talk *data = user_data;
  GSocket *socket = g_socket_connection_get_socket (connection);

  g_atomic_int_inc (&data->n_begun);
  (void) g_socket_send (socket, data->bytes, sizeof data->bytes, NULL, NULL);
  (void) g_socket_receive (socket, data->bytes, sizeof data->bytes, NULL, NULL);
}

static void
test_freed_at_any_moment (void)
{
  for (guint i = 0; i < ROUNDS; i++)
    {
      Talk *data = g_new0 (Talk, 1);
      TestThreadedServer *server = test_threaded_server_new (talk, data);
      const guint16 port = test_threaded_server_listen (server);
      g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
      g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, port);
      GSocket *clients[6];

      for (guint j = 0; j < G_N_ELEMENTS (clients); j++)
        {
          clients[j] = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
          g_assert_true (g_socket_connect (clients[j], address, NULL, NULL));
        }
      for (guint turn = 0; turn < i % 8; turn++)
        (void) g_main_context_iteration (NULL, FALSE);
      test_threaded_server_free (server);
      memset (data, 0xff, sizeof *data);
      g_free (data);
      for (guint j = 0; j < G_N_ELEMENTS (clients); j++)
        g_object_unref (clients[j]);
    }
}

static void
test_all_are_served (void)
{
  Talk data = { .bytes = "hello" };
  TestThreadedServer *server = test_threaded_server_new (talk, &data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection = NULL;
  const guint16 port = test_threaded_server_listen (server);
  char bytes[64] = "";

  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  while (g_atomic_int_get (&data.n_begun) == 0)
    (void) g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (g_socket_receive (g_socket_connection_get_socket (connection), bytes, sizeof bytes, NULL, &error),
                   ==, 64);
  g_assert_cmpstr (bytes, ==, "hello");
  test_threaded_server_free (server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/threaded-server/all-are-served", test_all_are_served);
  g_test_add_func ("/threaded-server/freed-at-any-moment", test_freed_at_any_moment);

  return g_test_run ();
}
