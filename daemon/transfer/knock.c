/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects and hangs up. A knock makes two connections, the second a moment later: into a silent link the kernel repeats
 * the first packet (SYN) of each after 1 s and, before Linux 6.5, after 3 s, and one alone would miss a link that comes
 * back in between. Main thread.
 */
#include "transfer/knock.h"

#include "dbus/mark.h"

/* A little less than the time between two knocks, so that one is nearly always under way. */
#define ANSWER_MS 4900
#define SECOND_AFTER_MS 1500

typedef struct
{
  GTask *task; /* owned; NULL: the result is out */
  char *url;
  GCancellable *connecting; /* owned; cancels both connections */
  gulong cancelled_handler; /* on the caller's cancellable; 0: it has none */
  guint second_source;
  guint end_source;
  guint n_references; /* the connections under way, and the knock itself until its result is out */
} Knock;

static void
release (Knock *knock)
{
  if (--knock->n_references > 0)
    return;
  g_object_unref (knock->connecting);
  g_free (knock->url);
  g_free (knock);
}

/* @error: (transfer full) (nullable) */
static void
answer (Knock *knock, GError *error)
{
  g_autoptr (GTask) task = g_steal_pointer (&knock->task);

  g_clear_handle_id (&knock->second_source, g_source_remove);
  g_clear_handle_id (&knock->end_source, g_source_remove);
  g_cancellable_disconnect (g_task_get_cancellable (task), knock->cancelled_handler);
  g_cancellable_cancel (knock->connecting);
  if (error)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
  release (knock);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Knock *knock = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocketConnection) connection
      = g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (source), result, &error);

  /* If the host refuses one connection, it refuses the other too. */
  if (knock->task)
    answer (knock, g_steal_pointer (&error));
  release (knock);
}

static void
connect_to_host (Knock *knock)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  g_socket_client_set_enable_proxy (client, FALSE);
  knock->n_references++;
  g_socket_client_connect_to_uri_async (client, knock->url, g_str_has_prefix (knock->url, "https:") ? 443 : 80,
                                        knock->connecting, on_connected, knock);
}

static gboolean
on_second (gpointer user_data)
{
  Knock *knock = user_data;

  knock->second_source = 0;
  connect_to_host (knock);

  return G_SOURCE_REMOVE;
}

static gboolean
on_late (gpointer user_data)
{
  Knock *knock = user_data;

  knock->end_source = 0;
  answer (knock, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, S_ ("Nothing answers")));

  return G_SOURCE_REMOVE;
}

/* Cancels the connections; when they end by that, the caller is told. */
static void
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

void
ob_knock_async (const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Knock *knock = g_new0 (Knock, 1);

  knock->task = g_task_new (NULL, cancellable, callback, user_data);
  knock->url = g_strdup (url);
  knock->connecting = g_cancellable_new ();
  knock->n_references = 1;
  knock->second_source = g_timeout_add (SECOND_AFTER_MS, on_second, knock);
  knock->end_source = g_timeout_add (ANSWER_MS, on_late, knock);
  connect_to_host (knock);
  if (cancellable)
    knock->cancelled_handler = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled),
                                                      g_object_ref (knock->connecting), g_object_unref);
}

gboolean
ob_knock_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
