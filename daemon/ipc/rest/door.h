/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * REST as a door: HTTP requests become requests, and their answers become JSON. It is there as long as its service. Main thread.
 */
#pragma once

#include "ipc/feed.h"
#include "ipc/requests/request.h"

G_BEGIN_DECLS

typedef struct _ObDoor ObDoor;

/* Opens the Unix socket and the port for pages, and tells where in `rest.json` beside the socket. Without a socket the bus is the only
 * door, which is warned of; so is that there is no port.
 * @context, @feed: must outlive it. Returns: (transfer full) */
ObDoor *ob_door_open (const ObRequestContext *context, ObFeed *feed);

/* Returns: (nullable): the path of the socket; %NULL: there is none */
const char *ob_door_get_socket (ObDoor *door);

/* Returns: (nullable): where pages find it, such as "http://127.0.0.1:7363"; %NULL: nowhere */
const char *ob_door_get_url (ObDoor *door);

/* Returns: (nullable): the origin of the dashboard, such as "http://outbox-bcdf-ghjk.localhost:7363", another at each start; %NULL: there is none */
const char *ob_door_get_dashboard (ObDoor *door);

/* Closes every connection. Call it when the broker has answered what was under way. */
void ob_door_free (ObDoor *door);

G_END_DECLS
