/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A source on the listening socket, or a pause. Main thread.
 */
#include "ipc/rest/acceptor.h"

#include "ipc/line.h"

/* In each turn of the main loop, so that a crowd at the door holds up nobody else. */
#define ACCEPT_AT_ONCE 16

/* Descriptors or memory have run out: they come back when others end. */
#define TRY_AGAIN_MS 250

struct _ObAcceptor
{
  GSocket *socket;
  GSource *source; /* NULL in a pause */
  guint pause;
  ObAccepted accepted;
  gpointer user_data;
};

static void begin (ObAcceptor *acceptor);

static gboolean
on_pause_over (gpointer user_data)
{
  ObAcceptor *acceptor = user_data;

  acceptor->pause = 0;
  begin (acceptor);

  return G_SOURCE_REMOVE;
}

static gboolean
on_knock (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  ObAcceptor *acceptor = user_data;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < ACCEPT_AT_ONCE; i++)
    {
      g_autoptr (GSocket) accepted = g_socket_accept (socket, NULL, &error);
      g_autoptr (GSocketConnection) connection
          = accepted ? g_socket_connection_factory_create_connection (accepted) : NULL;

      if (!connection)
        break;
      acceptor->accepted (connection, acceptor->user_data);
    }
  if (!error || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&acceptor->source, g_source_unref);
  acceptor->pause = g_timeout_add (TRY_AGAIN_MS, on_pause_over, acceptor);

  return G_SOURCE_REMOVE;
}

static void
begin (ObAcceptor *acceptor)
{
  acceptor->source = g_socket_create_source (acceptor->socket, G_IO_IN, NULL);
  g_source_set_priority (acceptor->source, OB_LINE_PRIORITY);
  g_source_set_callback (acceptor->source, G_SOURCE_FUNC (on_knock), acceptor, NULL);
  (void) g_source_attach (acceptor->source, NULL);
}

ObAcceptor *
ob_acceptor_new (GSocket *socket, ObAccepted accepted, gpointer user_data)
{
  ObAcceptor *acceptor = g_new0 (ObAcceptor, 1);

  acceptor->socket = g_object_ref (socket);
  acceptor->accepted = accepted;
  acceptor->user_data = user_data;
  begin (acceptor);

  return acceptor;
}

void
ob_acceptor_free (ObAcceptor *acceptor)
{
  if (acceptor->source)
    g_source_destroy (acceptor->source);
  g_clear_pointer (&acceptor->source, g_source_unref);
  g_clear_handle_id (&acceptor->pause, g_source_remove);
  (void) g_socket_close (acceptor->socket, NULL);
  g_object_unref (acceptor->socket);
  g_free (acceptor);
}
