/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection that is closed as soon as it is made. Main thread.
 */
#include "transfer/knock.h"

/* Less than the time between two of them. */
#define ANSWER_S 4

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection
      = g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
ob_knock_async (const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_socket_client_set_timeout (client, ANSWER_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_to_uri_async (client, url, g_str_has_prefix (url, "https:") ? 443 : 80, cancellable,
                                        on_connected, task);
}

gboolean
ob_knock_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
