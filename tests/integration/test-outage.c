/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that is down while many uploads wait for it: how often it is asked, and that all arrive when it is back. For
 * twenty seconds; with OUTBOX_FIELD=full for the minute that is promised.
 */
#include "support/broker.h"
#include "support/wait.h"

#define N_UPLOADS 500

typedef struct
{
  guint n_connections;
  gboolean is_over;
} Outage;

static gboolean
on_connection (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  ((Outage *) user_data)->n_connections++;
  (void) g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);

  return TRUE;
}

static gboolean
on_time (gpointer data)
{
  ((Outage *) data)->is_over = TRUE;

  return G_SOURCE_REMOVE;
}

static gboolean
is_over (gpointer data)
{
  return ((Outage *) data)->is_over;
}

/* Whoever connects is hung up on. Returns: its port. */
static guint16
be_down (GSocketService *service, Outage *outage)
{
  g_autoptr (GSocketAddress) loopback = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  g_socket_listener_add_address (G_SOCKET_LISTENER (service), loopback, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                 NULL, &address, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (on_connection), outage);

  return g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
submit_many (TestBroker *broker)
{
  for (guint i = 0; i < N_UPLOADS; i++)
    {
      g_autofree char *name = g_strdup_printf ("IMG_%04u.jpg", i);
      g_autofree char *path = test_broker_make_file (broker, name, 10 * 1000, i);
      g_autoptr (GError) error = NULL;
      g_autofree char *id = test_broker_submit (broker, path, NULL, &error);

      g_assert_no_error (error);
    }
}

static void
test_a_server_is_down (void)
{
  gboolean is_full = g_strcmp0 (g_getenv ("OUTBOX_FIELD"), "full") == 0;
  guint outage_s = is_full ? 60 : 20, most_connections = is_full ? 5 : 3;
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GError) error = NULL;
  Outage outage = { 0 };
  guint16 port = be_down (service, &outage);
  g_autofree char *port_text = g_strdup_printf ("%u", port);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/files/", port);
  const char *argv[] = { g_getenv ("RECEIVER"), "--port", port_text, "--discard", NULL };

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, &error);
  g_assert_no_error (error);
  test_broker_set_destination (broker, url, NULL);
  submit_many (broker);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, &error);
  g_assert_no_error (error);
  (void) g_timeout_add_seconds (outage_s, on_time, &outage);
  test_wait_until (is_over, &outage, outage_s + 10);
  g_test_message ("%u connections in %u s, %u waiting", outage.n_connections, outage_s,
                  test_broker_count (broker, "retrying"));
  g_assert_cmpuint (outage.n_connections, >=, 2); /* it was tried again */
  g_assert_cmpuint (outage.n_connections, <=, most_connections);
  g_assert_cmpuint (test_broker_count (broker, "retrying"), ==, N_UPLOADS);

  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  broker->peer = test_peer_start (argv);
  g_assert_cmpuint (test_broker_deliver (broker, 1, 60), <=, 1);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, N_UPLOADS);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outage/a-server-is-down", test_a_server_is_down);

  return g_test_run ();
}
