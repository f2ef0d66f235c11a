/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes the connections of a socket that listens, a few in each turn of the main loop. When descriptors or memory have run out it
 * waits for others to end, and does not turn the loop for nothing. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _ObAcceptor ObAcceptor;

typedef void (*ObAccepted) (GSocketConnection *connection, gpointer user_data);

/* @socket: listens, and does not block. @accepted: called for each connection. Returns: (transfer full) */
ObAcceptor *ob_acceptor_new (GSocket *socket, ObAccepted accepted, gpointer user_data);

/* Closes the socket. */
void ob_acceptor_free (ObAcceptor *acceptor);

G_END_DECLS
