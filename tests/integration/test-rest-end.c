/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * However the daemon ends in good order, nobody listens afterwards, and nothing says that somebody does.
 */
#include "rest.h"

#include <glib/gstdio.h>

/* @name: of a file beside the socket. Returns: whether it is there */
static gboolean
has_file (TestBroker *broker, const char *name)
{
  g_autofree char *path = g_build_filename (broker->folder, "run", "outbox", name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Returns: (transfer full) (nullable): the address of the other door; %NULL where there is none */
static char *
dup_url (TestBroker *broker)
{
  g_autofree char *path = g_build_filename (broker->folder, "run", "outbox", "rest.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *note;

  g_assert_true (json_parser_load_from_file (parser, path, NULL));
  note = json_node_get_object (json_parser_get_root (parser));
  g_assert_true (json_object_has_member (note, "socket"));

  return g_strdup (json_object_get_string_member_with_default (note, "url", NULL));
}

static gboolean
is_anybody_at (const char *url)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = g_socket_client_connect_to_uri (client, url, 80, NULL, NULL);

  return connection != NULL;
}

static gboolean
has_ended (gpointer broker)
{
  return ((TestBroker *) broker)->is_dead;
}

static void
check_that_nothing_is_left (TestBroker *broker, const char *url)
{
  g_autoptr (GSocketConnection) connection = rest_connect (broker);

  g_assert_null (connection);
  g_assert_false (has_file (broker, "rest.sock"));
  g_assert_false (has_file (broker, "rest.json"));
  g_assert_false (url && is_anybody_at (url));
}

/* Returns: (transfer full): a daemon with its doors open. @url: (out) (nullable): of the other door */
static TestBroker *
start (char **url)
{
  TestBroker *broker = test_broker_new ();

  rest_wait (broker);
  g_assert_true (has_file (broker, "rest.sock"));
  *url = dup_url (broker);
  g_assert_true (!*url || is_anybody_at (*url));

  return broker;
}

static void
test_as_it_is_told (void)
{
  g_autofree char *url = NULL;
  g_autoptr (TestBroker) broker = start (&url);

  test_broker_stop (broker);
  check_that_nothing_is_left (broker, url);
}

/* The session is over. */
static void
test_the_bus_ends (void)
{
  g_autofree char *url = NULL;
  g_autoptr (TestBroker) broker = start (&url);

  test_broker_end_session (broker);
  test_wait_until (has_ended, broker, 20);
  check_that_nothing_is_left (broker, url);
  g_clear_object (&broker->process);
}

/* As a package is purged: nobody tells the daemons of all who are logged in. What waits is kept for another day. */
static void
test_the_program_is_removed (void)
{
  g_autofree char *program = g_strdup (g_getenv ("OUTBOXD"));
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *installed = g_build_filename (folder, "outboxd", NULL);
  g_autoptr (GFile) from = g_file_new_for_path (program), to = g_file_new_for_path (installed);
  g_autofree char *url = NULL;
  g_autofree char *id = NULL;
  g_autoptr (TestBroker) broker = NULL;
  g_autoptr (GVariant) list = NULL;

  g_assert_true (g_file_copy (from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, NULL));
  g_assert_true (g_setenv ("OUTBOXD", installed, TRUE));
  broker = start (&url);
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  {
    g_autofree char *file = test_broker_make_file (broker, "a.jpg", 1000, 1);

    id = test_broker_submit (broker, file, NULL, NULL);
  }
  g_assert_nonnull (id);
  g_assert_cmpint (g_unlink (installed), ==, 0);
  test_wait_until (has_ended, broker, 30);
  check_that_nothing_is_left (broker, url);
  g_assert_cmpint (g_subprocess_get_exit_status (broker->process), ==, 0);
  g_clear_object (&broker->process);
  g_assert_true (g_setenv ("OUTBOXD", program, TRUE));
  test_broker_start (broker, NULL);
  list = test_broker_list (broker);
  g_assert_cmpuint (g_variant_n_children (list), ==, 1);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest/end/as-it-is-told", test_as_it_is_told);
  g_test_add_func ("/rest/end/the-bus-ends", test_the_bus_ends);
  g_test_add_func ("/rest/end/the-program-is-removed", test_the_program_is_removed);

  return g_test_run ();
}
