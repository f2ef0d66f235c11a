/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Apps take turns, by whichever door they come: whoever hands over one file is answered before all of another's many, and an app's
 * own are numbered in the order in which it handed them over.
 */
#include "rest.h"

#include "dbus/names.h"
#include "support/document.h"
#include "support/wait.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>

/* Less than a bus without a configuration lets one connection wait for. */
#define N_FLOOD 100
#define N_FEW 3

/* Less than REST lets one process have open. */
#define N_REST_FLOOD 60

typedef struct
{
  OutboxDBusUploads *uploads;
  char *path;
  guint n_answers;
  guint n_wanted;
} App;

static void
app_clear (App *app)
{
  g_object_unref (app->uploads);
  g_free (app->path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (App, app_clear)

static void
app_set_up (App *app, TestBroker *broker, const char *file)
{
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  connection = g_dbus_connection_new_for_address_sync (test_broker_get_bus_address (broker),
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                           | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, &error);
  g_assert_no_error (error);
  app->uploads = outbox_dbus_uploads_proxy_new_sync (connection,
                                                     G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES
                                                         | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                                                     OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  g_assert_no_error (error);
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (app->uploads), G_MAXINT);
  app->path = test_broker_make_file (broker, file, 1000, 1);
}

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  (void) outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &id, NULL, result, &error);
  g_assert_no_error (error);
  ((App *) user_data)->n_answers++;
}

static void
app_submit (App *app, const char *name, guint n_files)
{
  app->n_wanted = n_files;
  for (guint i = 0; i < n_files; i++)
    {
      int fd = open (app->path, O_RDONLY | O_CLOEXEC);
      g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
      g_autofree char *file = g_strdup_printf ("%s-%u", name, i);

      outbox_dbus_uploads_call_submit (app->uploads, g_variant_new_handle (0),
                                       g_variant_new_parsed ("{'name': <%s>, 'app': <%s>}", file, name), fds, NULL,
                                       on_submitted, app);
    }
  g_assert_true (g_dbus_connection_flush_sync (g_dbus_proxy_get_connection (G_DBUS_PROXY (app->uploads)), NULL, NULL));
}

static gboolean
is_served (gpointer data)
{
  const App *app = data;

  return app->n_answers == app->n_wanted;
}

/* The list is in order of arrival. */
static void
assert_in_order (TestBroker *broker, const char *name, guint n_files)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;

  outbox_dbus_uploads_call_list_sync (broker->uploads,
                                      g_variant_new_parsed ("{'app': <%s>, 'limit': <uint32 1000>}", name), &list,
                                      &cursor, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (list), ==, n_files);
  for (guint i = 0; i < n_files; i++)
    {
      g_autoptr (GVariant) document = g_variant_get_child_value (list, i);
      g_autofree char *expected = g_strdup_printf ("%s-%u", name, i);

      g_assert_cmpstr (test_document_get_text (document, "name"), ==, expected);
    }
}

static void
test_a_flood_holds_up_no_other (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_auto (App) flood = { 0 }, other = { 0 };

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  app_set_up (&flood, broker, "flood.jpg");
  app_set_up (&other, broker, "photo.jpg");
  app_submit (&flood, "flood", N_FLOOD);
  app_submit (&other, "few", N_FEW);
  test_wait_until (is_served, &other, 20);
  g_assert_cmpuint (flood.n_answers, <, N_FLOOD / 2);
  test_wait_until (is_served, &flood, 30);
  assert_in_order (broker, "flood", N_FLOOD);
  assert_in_order (broker, "few", N_FEW);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;

  (void) outbox_dbus_uploads_call_list_finish (OUTBOX_DBUS_UPLOADS (source), &list, NULL, result, &error);
  g_assert_no_error (error);
  ((App *) user_data)->n_answers++;
}

static void
app_list (App *app, guint n_calls)
{
  app->n_answers = 0;
  app->n_wanted = n_calls;
  for (guint i = 0; i < n_calls; i++)
    outbox_dbus_uploads_call_list (app->uploads, g_variant_new ("a{sv}", NULL), NULL, on_listed, app);
  g_assert_true (g_dbus_connection_flush_sync (g_dbus_proxy_get_connection (G_DBUS_PROXY (app->uploads)), NULL, NULL));
}

/* Questions cost the main loop as much as files do. */
static void
test_a_flood_of_questions_holds_up_no_other (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_auto (App) flood = { 0 }, other = { 0 };

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  app_set_up (&flood, broker, "flood.jpg");
  app_set_up (&other, broker, "photo.jpg");
  app_submit (&flood, "flood", N_FLOOD);
  test_wait_until (is_served, &flood, 30);
  app_list (&flood, N_FLOOD);
  app_list (&other, 1);
  test_wait_until (is_served, &other, 20);
  g_assert_cmpuint (flood.n_answers, <, N_FLOOD / 2);
  test_wait_until (is_served, &flood, 30);
}

/* --- At the other door --- */

static gboolean
on_rest_answer (GSocket *socket, GIOCondition condition, gpointer n_answers)
{
  ++*(guint *) n_answers;

  return G_SOURCE_REMOVE;
}

/* Asks for lists on connections of their own. @n_answers: counts the answers from then on */
static GPtrArray *
list_by_rest (TestBroker *broker, guint n_requests, guint *n_answers)
{
  static const char request[] = "GET /v1/uploads HTTP/1.1\r\nHost: localhost\r\n\r\n";
  g_autoptr (GPtrArray) connections = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < n_requests; i++)
    {
      GSocketConnection *connection = rest_connect (broker);
      GSocket *socket = g_socket_connection_get_socket (connection);
      g_autoptr (GSource) answered = g_socket_create_source (socket, G_IO_IN, NULL);

      g_source_set_callback (answered, G_SOURCE_FUNC (on_rest_answer), n_answers, NULL);
      (void) g_source_attach (answered, NULL);
      g_assert_cmpint (g_socket_send (socket, request, strlen (request), NULL, NULL), ==, (gssize) strlen (request));
      g_ptr_array_add (connections, connection);
    }

  return g_steal_pointer (&connections);
}

static gboolean
is_rest_served (gpointer n_answers)
{
  return *(guint *) n_answers == N_REST_FLOOD;
}

static gboolean
has_answer (gpointer n_answers)
{
  return *(guint *) n_answers > 0;
}

static void
test_a_flood_by_rest_holds_up_nobody_on_the_bus (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_auto (App) other = { 0 };
  g_autoptr (GPtrArray) connections = NULL;
  guint n_answers = 0;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  app_set_up (&other, broker, "photo.jpg");
  app_submit (&other, "few", N_FLOOD);
  test_wait_until (is_served, &other, 30);
  connections = list_by_rest (broker, N_REST_FLOOD, &n_answers);
  app_list (&other, 1);
  test_wait_until (is_served, &other, 20);
  g_assert_cmpuint (n_answers, <, N_REST_FLOOD / 2);
  test_wait_until (is_rest_served, &n_answers, 30);
}

static void
test_a_flood_on_the_bus_holds_up_nobody_at_rest (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_auto (App) flood = { 0 };
  g_autoptr (GPtrArray) connections = NULL;
  guint n_answers = 0;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  app_set_up (&flood, broker, "flood.jpg");
  app_submit (&flood, "flood", N_FLOOD);
  test_wait_until (is_served, &flood, 30);
  app_list (&flood, N_FLOOD);
  connections = list_by_rest (broker, 1, &n_answers);
  test_wait_until (has_answer, &n_answers, 20);
  g_assert_cmpuint (flood.n_answers, <, N_FLOOD / 2);
  test_wait_until (is_served, &flood, 30);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/turns/a-flood-holds-up-no-other", test_a_flood_holds_up_no_other);
  g_test_add_func ("/turns/a-flood-of-questions-holds-up-no-other", test_a_flood_of_questions_holds_up_no_other);

  g_test_add_func ("/turns/a-flood-by-rest-holds-up-nobody-on-the-bus",
                   test_a_flood_by_rest_holds_up_nobody_on_the_bus);
  g_test_add_func ("/turns/a-flood-on-the-bus-holds-up-nobody-at-rest",
                   test_a_flood_on_the_bus_holds_up_nobody_at_rest);

  return g_test_run ();
}
