/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which port of the loopback is taken.
 */
#include "dbus/error.h"
#include "ipc/rest/port.h"

#include <stdlib.h>

static void
on_accepted (GSocketConnection *connection, gpointer user_data)
{
  g_assert_not_reached ();
}

/* Each daemon takes one, until there are none. Others of this machine may have some of them. */
static void
test_the_first_that_is_free (void)
{
  g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_port_free);
  g_autoptr (GError) error = NULL;
  guint last = OB_PORT_FIRST - 1;
  ObPort *port;

  g_unsetenv ("OUTBOX_REST_PORT");
  while ((port = ob_port_open (on_accepted, NULL, &error)))
    {
      g_ptr_array_add (ports, port);
      g_assert_cmpuint (ob_port_get_number (port), >, last);
      last = ob_port_get_number (port);
      g_assert_cmpuint (last, <=, OB_PORT_LAST);
    }
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
}

static void
test_what_names_no_port (void)
{
  static const char *const rows[]
      = { "", "x", "-1", "+1", " 1", "1 ", "0x10", "7363x", "65536", "99999999999999999999" };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_setenv ("OUTBOX_REST_PORT", rows[i], TRUE);
      g_assert_null (ob_port_open (on_accepted, NULL, &error));
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
    }
}

static void
test_one_that_is_named (void)
{
  g_autoptr (ObPort) any = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *number = NULL;

  g_setenv ("OUTBOX_REST_PORT", "0", TRUE);
  any = ob_port_open (on_accepted, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ob_port_get_number (any), !=, 0);
  number = g_strdup_printf ("%u", ob_port_get_number (any));
  g_setenv ("OUTBOX_REST_PORT", number, TRUE);
  g_assert_null (ob_port_open (on_accepted, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
  /* When its daemon has ended it is free at once. */
  g_clear_pointer (&any, ob_port_free);
  g_clear_error (&error);
  any = ob_port_open (on_accepted, NULL, &error);
  g_assert_no_error (error);
}

/* Returns: (nullable): a socket that is bound there. Errors: of GIO */
static GSocket *
bind_at (const char *text, guint number, GError **error)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string (text, number);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  return socket && g_socket_bind (socket, address, TRUE, error) ? g_steal_pointer (&socket) : NULL;
}

/* A browser looks for localhost at ::1 first. */
static void
test_nobody_else_is_localhost (void)
{
  static const char *const addresses[] = { "::1", "::" };
  g_autoptr (GSocket) before = NULL;
  g_autoptr (ObPort) port = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *number = NULL;

  before = bind_at ("::1", 0, NULL);
  if (!before)
    {
      g_test_skip ("there is no IPv6");
      return;
    }
  g_setenv ("OUTBOX_REST_PORT", "0", TRUE);
  port = ob_port_open (on_accepted, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (addresses); i++)
    {
      g_assert_null (bind_at (addresses[i], ob_port_get_number (port), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
      g_clear_error (&error);
    }
  {
    g_autoptr (GSocketClient) client = g_socket_client_new ();

    g_assert_null (g_socket_client_connect_to_host (client, "::1", ob_port_get_number (port), NULL, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
    g_clear_error (&error);
  }
  /* Who was there before keeps the number. */
  number = g_strdup_printf ("%u", ob_port_get_number (port));
  g_clear_pointer (&port, ob_port_free);
  g_clear_object (&before);
  before = bind_at ("::1", (guint) atoi (number), &error);
  g_assert_no_error (error);
  g_assert_true (g_socket_listen (before, &error));
  g_setenv ("OUTBOX_REST_PORT", number, TRUE);
  g_assert_null (ob_port_open (on_accepted, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/port/the-first-that-is-free", test_the_first_that_is_free);
  g_test_add_func ("/port/what-names-no-port", test_what_names_no_port);
  g_test_add_func ("/port/one-that-is-named", test_one_that_is_named);
  g_test_add_func ("/port/nobody-else-is-localhost", test_nobody_else_is_localhost);

  return g_test_run ();
}
