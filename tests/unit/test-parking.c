/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Parked connections, over real sockets of loopback: their server hears nothing of their end until a new connection to it
 * is there, or nobody may wait for that.
 */
#include "transfer/parking.h"

#include <gio/gio.h>

#define CONNECTIONS (OB_PARKING_MAX + 2)

typedef struct
{
  GSocket *listener;
  GSocketAddress *address;
  GSocket *client[CONNECTIONS];
  GSocket *server[CONNECTIONS];
  guint n;
} Server;

static void
server_init (Server *server)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);

  *server = (Server){ 0 };
  server->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (server->listener, wanted, FALSE, NULL));
  g_assert_true (g_socket_listen (server->listener, NULL));
  server->address = g_socket_get_local_address (server->listener, NULL);
}

/* Returns: the number of a new connection to it. */
static guint
server_connect (Server *server)
{
  guint n = server->n++;

  server->client[n] = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_connect (server->client[n], server->address, NULL, NULL));
  server->server[n] = g_socket_accept (server->listener, NULL, NULL);
  g_assert_nonnull (server->server[n]);
  g_socket_set_blocking (server->server[n], FALSE);

  return n;
}

static void
server_clear (Server *server)
{
  for (guint i = 0; i < server->n; i++)
    {
      g_object_unref (server->client[i]);
      g_object_unref (server->server[i]);
    }
  g_object_unref (server->listener);
  g_object_unref (server->address);
}

/* Gives up the client's own end of it, as libsoup does, and leaves the rest to the parking. */
static void
park (ObParking *parking, Server *server, guint n)
{
  ob_parking_park (parking, g_socket_get_fd (server->client[n]));
  g_assert_true (g_socket_close (server->client[n], NULL));
}

/* On loopback a segment has arrived when the call that sends it comes back. */
static gboolean
has_heard (Server *server, guint n)
{
  char byte;
  g_autoptr (GError) error = NULL;
  gssize got = g_socket_receive (server->server[n], &byte, 1, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return FALSE;
  g_assert_cmpint (got, ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);

  return TRUE;
}

static void
test_a_new_connection_tells_it (void)
{
  g_autoptr (ObParking) parking = ob_parking_new ();
  Server server, other;
  guint first, second, elsewhere, fresh;

  server_init (&server);
  server_init (&other);
  first = server_connect (&server);
  second = server_connect (&server);
  elsewhere = server_connect (&other);
  park (parking, &server, first);
  park (parking, &server, second);
  park (parking, &other, elsewhere);
  g_assert_false (has_heard (&server, first));
  g_assert_false (has_heard (&server, second));
  fresh = server_connect (&server);
  ob_parking_release (parking, g_socket_get_fd (server.client[fresh]));
  g_assert_true (has_heard (&server, first));
  g_assert_true (has_heard (&server, second));
  g_assert_false (has_heard (&server, fresh));
  g_assert_false (has_heard (&other, elsewhere));
  g_assert_cmpuint (ob_parking_count (parking), ==, 1);
  server_clear (&server);
  server_clear (&other);
}

static void
test_all_go_at_once (void)
{
  g_autoptr (ObParking) parking = ob_parking_new ();
  Server server;

  server_init (&server);
  park (parking, &server, server_connect (&server));
  park (parking, &server, server_connect (&server));
  ob_parking_drop (parking);
  g_assert_true (has_heard (&server, 0));
  g_assert_true (has_heard (&server, 1));
  g_assert_cmpuint (ob_parking_count (parking), ==, 0);
  server_clear (&server);
}

static void
test_the_oldest_makes_room (void)
{
  ObParking *parking = ob_parking_new ();
  Server server;

  server_init (&server);
  for (guint i = 0; i <= OB_PARKING_MAX; i++)
    park (parking, &server, server_connect (&server));
  g_assert_cmpuint (ob_parking_count (parking), ==, OB_PARKING_MAX);
  g_assert_true (has_heard (&server, 0));
  g_assert_false (has_heard (&server, 1));
  ob_parking_unref (parking);
  for (guint i = 1; i <= OB_PARKING_MAX; i++)
    g_assert_true (has_heard (&server, i));
  server_clear (&server);
}

/* What is queued stays where it is, also when there is room for it at the other end again. */
static void
test_nothing_more_is_sent (void)
{
  g_autoptr (ObParking) parking = ob_parking_new ();
  g_autofree char *bytes = g_malloc0 (64 * 1024);
  g_autofree char *taken = g_malloc (1024 * 1024);
  guint64 queued_bytes = 0, seen_bytes = 0;
  Server server;
  gssize got;
  guint fresh;

  server_init (&server);
  (void) server_connect (&server);
  g_socket_set_blocking (server.client[0], FALSE);
  while ((got = g_socket_send (server.client[0], bytes, 64 * 1024, NULL, NULL)) > 0)
    queued_bytes += (guint64) got;
  park (parking, &server, 0);
  while ((got = g_socket_receive (server.server[0], taken, 1024 * 1024, NULL, NULL)) > 0)
    seen_bytes += (guint64) got;
  g_test_message ("%" G_GUINT64_FORMAT " bytes were written, %" G_GUINT64_FORMAT " arrived", queued_bytes, seen_bytes);
  g_assert_cmpuint (seen_bytes, <, queued_bytes);
  fresh = server_connect (&server);
  ob_parking_release (parking, g_socket_get_fd (server.client[fresh]));
  g_assert_true (has_heard (&server, 0));
  server_clear (&server);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parking/a-new-connection-tells-it", test_a_new_connection_tells_it);
  g_test_add_func ("/parking/all-go-at-once", test_all_go_at_once);
  g_test_add_func ("/parking/the-oldest-makes-room", test_the_oldest_makes_room);
  g_test_add_func ("/parking/nothing-more-is-sent", test_nothing_more_is_sent);

  return g_test_run ();
}
