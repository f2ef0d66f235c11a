/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whose program is at the other end of a connection over the loopback.
 */
#include "base/socket-owner.h"

#include "dbus/error.h"

#include <gio/gio.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* A user that is not root, whoever it is. */
#define ANOTHER 65534

typedef struct
{
  GSocket *listener;
  guint16 port;
} Place;

static void
set_up (Place *place, gconstpointer data)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  place->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_assert_true (g_socket_bind (place->listener, address, FALSE, NULL));
  g_assert_true (g_socket_listen (place->listener, NULL));
  bound = g_socket_get_local_address (place->listener, NULL);
  place->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
}

static void
tear_down (Place *place, gconstpointer data)
{
  g_object_unref (place->listener);
}

static GSocket *
connect_to (const Place *place)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, place->port);
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);

  g_assert_true (g_socket_connect (socket, address, NULL, NULL));

  return socket;
}

static GSocket *
accept_one (const Place *place)
{
  GSocket *accepted = g_socket_accept (place->listener, NULL, NULL);

  g_assert_nonnull (accepted);

  return accepted;
}

static void
test_our_own (Place *place, gconstpointer data)
{
  g_autoptr (GSocket) client = connect_to (place);
  g_autoptr (GSocket) accepted = accept_one (place);
  g_autoptr (GError) error = NULL;
  guint32 uid = G_MAXUINT32;

  g_assert_true (ob_socket_read_owner (g_socket_get_fd (accepted), &uid, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (uid, ==, geteuid ());
  /* One that has sent all it wants to send is still there. */
  g_assert_true (g_socket_shutdown (client, FALSE, TRUE, NULL));
  g_assert_true (ob_socket_read_owner (g_socket_get_fd (accepted), &uid, NULL));
  g_assert_cmpuint (uid, ==, geteuid ());
}

/* The kernel says root of what nobody holds. */
static void
test_one_that_has_gone (Place *place, gconstpointer data)
{
  g_autoptr (GSocket) client = connect_to (place);
  g_autoptr (GSocket) accepted = accept_one (place);
  g_autoptr (GError) error = NULL;
  guint32 uid;

  g_assert_true (g_socket_close (client, NULL));
  g_assert_false (ob_socket_read_owner (g_socket_get_fd (accepted), &uid, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
}

static void
test_what_is_no_connection (Place *place, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint32 uid;
  int ends[2];

  g_assert_false (ob_socket_read_owner (g_socket_get_fd (place->listener), &uid, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_clear_error (&error);
  g_assert_cmpint (pipe (ends), ==, 0);
  g_assert_false (ob_socket_read_owner (ends[0], &uid, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  (void) close (ends[0]);
  (void) close (ends[1]);
}

static void
test_another_users (Place *place, gconstpointer data)
{
  g_autoptr (GSocket) accepted = NULL;
  g_autoptr (GError) error = NULL;
  guint32 uid = 0;
  pid_t child;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can be another user");
      return;
    }
  child = fork ();
  if (child == 0)
    {
      if (setuid (ANOTHER) == 0)
        {
          (void) connect_to (place);
          (void) pause ();
        }
      _exit (1);
    }
  accepted = accept_one (place);
  g_assert_true (ob_socket_read_owner (g_socket_get_fd (accepted), &uid, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (uid, ==, ANOTHER);
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/socket-owner/our-own", Place, NULL, set_up, test_our_own, tear_down);
  g_test_add ("/socket-owner/one-that-has-gone", Place, NULL, set_up, test_one_that_has_gone, tear_down);
  g_test_add ("/socket-owner/what-is-no-connection", Place, NULL, set_up, test_what_is_no_connection, tear_down);
  g_test_add ("/socket-owner/another-users", Place, NULL, set_up, test_another_users, tear_down);

  return g_test_run ();
}
