/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Binds the first port that is free. Main thread.
 */
#include "ipc/rest/port.h"

#include "dbus/error.h"

#define BACKLOG 128

/* The system may give a number that somebody has at the other loopback address. */
#define ANY_TRIES 8

struct _ObPort
{
  GSocket *socket;
  GSocket *beside; /* holds the same number at ::1; NULL: there is no IPv6 */
  guint16 number;
  ObAcceptor *acceptor;
};

/* Browsers go to [::1] first for a name below localhost, such as the dashboard's: whoever listened there would get its ticket. Nobody
 * listens where this socket is bound, and so they go on to 127.0.0.1. */
static gboolean
hold_beside (ObPort *port, guint16 number, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV6);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, number);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_autoptr (GError) own_error = NULL;

  if (socket && g_socket_bind (socket, address, FALSE, &own_error))
    port->beside = g_steal_pointer (&socket);
  if (!g_error_matches (own_error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&own_error));

  return FALSE;
}

/* The address may be used again at once: connections of an Outbox that has just ended may be in TIME_WAIT there. */
static gboolean
listen_at (ObPort *port, guint16 number, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_from_string ("127.0.0.1");
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, number);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (!socket)
    return FALSE;
  g_socket_set_blocking (socket, FALSE);
  g_socket_set_listen_backlog (socket, BACKLOG);
  if (!g_socket_bind (socket, address, TRUE, error) || !g_socket_listen (socket, error))
    return FALSE;
  bound = g_socket_get_local_address (socket, error);
  if (!bound)
    return FALSE;
  port->number = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  if (!hold_beside (port, port->number, error))
    return FALSE;
  port->socket = g_steal_pointer (&socket);

  return TRUE;
}

/* @first, @last: (out). Errors: Failed. */
static gboolean
read_range (guint *first, guint *last, GError **error)
{
  const char *wanted = g_getenv ("OUTBOX_REST_PORT");
  guint64 number = 0;

  *first = OB_PORT_FIRST;
  *last = OB_PORT_LAST;
  if (!wanted)
    return TRUE;
  if (!g_ascii_string_to_unsigned (wanted, 10, 0, G_MAXUINT16, &number, NULL))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "OUTBOX_REST_PORT is no number of a port: %s", wanted);
      return FALSE;
    }
  *first = *last = (guint) number;

  return TRUE;
}

ObPort *
ob_port_open (ObAccepted accepted, gpointer user_data, GError **error)
{
  g_autoptr (ObPort) port = g_new0 (ObPort, 1);
  g_autoptr (GError) last_error = NULL;
  guint first, last;

  if (!read_range (&first, &last, error))
    return NULL;
  for (guint i = 0; i < (first == 0 ? ANY_TRIES : last - first + 1) && !port->socket; i++)
    {
      g_clear_error (&last_error);
      (void) listen_at (port, (guint16) (first == 0 ? 0 : first + i), &last_error);
    }
  if (!port->socket)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "no port of 127.0.0.1 from %u to %u: %s", first, last,
                   last_error->message);
      return NULL;
    }
  port->acceptor = ob_acceptor_new (port->socket, accepted, user_data);

  return g_steal_pointer (&port);
}

guint16
ob_port_get_number (ObPort *port)
{
  return port->number;
}

void
ob_port_free (ObPort *port)
{
  g_clear_pointer (&port->acceptor, ob_acceptor_free);
  g_clear_object (&port->socket);
  g_clear_object (&port->beside);
  g_free (port);
}
