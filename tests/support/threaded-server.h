/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server of a test's own with a thread for each connection. When it is freed its connections are ended, and their threads have let
 * everything go that they were given. Main thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _TestThreadedServer TestThreadedServer;

/* In a thread of the connection, which is closed afterwards. */
typedef void (*TestThreadedServerTalk) (GSocketConnection *connection, gpointer user_data);

/* It listens nowhere. */
TestThreadedServer *test_threaded_server_new (TestThreadedServerTalk talk, gpointer user_data);
void test_threaded_server_free (TestThreadedServer *server);

/* Where it is to listen. */
GSocketListener *test_threaded_server_get_listener (TestThreadedServer *server);

/* Listens at a port that is free. Returns: it */
guint16 test_threaded_server_listen (TestThreadedServer *server);

G_END_DECLS
