/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus-js-client, unmodified, hands a file over at REST's socket while it is killed, and the daemon too.
 *
 *   OUTBOX_FIELD=full   with 300 MB (make campaign); otherwise with a tenth of that
 */
#include "ledger.h"
#include "rest.h"

#include "support/files.h"
#include "support/node.h"

#define FULL_BYTES (300 * 1000 * 1000)
#define MOST_S 120

/* After a kill of the daemon, what it had flushed is not sent again: a piece that was not confirmed is sent from there on. Of one
 * long request the daemon flushes once a second, so that all may come again that came since the client was back. */
#define MOST_AGAIN_BYTES (9 * 1024 * 1024)

typedef struct
{
  const char *name;
  const char *chunk; /* NULL: the rest of the file in one request */
  gboolean overrides_method;
} Way;

static const Way ways[] = {
  { "in-chunks", "4194304", FALSE },
  { "in-one-request", NULL, FALSE },
  { "without-patch", "4194304", TRUE },
};

typedef struct
{
  TestBroker *broker;
  Ledger *ledger;
  const Way *way;
  gsize size_bytes;
  char *socket; /* of the ledger */
  char *file;
  char *store;
} Trip;

static GSubprocess *
start_client (const Trip *trip)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autofree char *node = test_node_find ();
  g_autofree char *script = g_build_filename (g_getenv ("CLIENTS"), "tus-client.mjs", NULL);
  g_autofree char *tools = test_node_find_tool ("");
  const char *const always[]
      = { node,      script,      "--tools",  tools,        "--file",     trip->file,
          "--store", trip->store, "--socket", trip->socket, "--endpoint", "http://localhost/v1/tus/" };
  g_autoptr (GError) error = NULL;
  GSubprocess *client;

  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_ptr_array_add (argv, (gpointer) always[i]);
  if (trip->way->chunk)
    {
      g_ptr_array_add (argv, (gpointer) "--chunk");
      g_ptr_array_add (argv, (gpointer) trip->way->chunk);
    }
  if (trip->way->overrides_method)
    g_ptr_array_add (argv, (gpointer) "--override");
  g_ptr_array_add (argv, NULL);
  client = g_subprocess_newv ((const char *const *) argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error);
  g_assert_no_error (error);

  return client;
}

static void
wait_for (GSubprocess *client)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_subprocess_wait_async (client, NULL, test_wait_on_result, &result);
  test_wait_for_result (&result, MOST_S);
}

static void
run_to_the_end (GSubprocess *client)
{
  wait_for (client);
  g_assert_true (g_subprocess_get_if_exited (client));
  g_assert_cmpint (g_subprocess_get_exit_status (client), ==, 0);
}

/* --- What must hold --- */

static void
assert_saved (const Trip *trip)
{
  g_autofree char *expected = test_file_digest (trip->file);
  g_autoptr (GVariant) all = test_broker_list (trip->broker);
  g_autoptr (GVariant) upload = NULL;
  g_autofree char *path = NULL;
  g_autofree char *sha256 = NULL;
  const char *id = NULL;

  g_assert_cmpuint (g_variant_n_children (all), ==, 1);
  upload = g_variant_get_child_value (all, 0);
  g_assert_true (g_variant_lookup (upload, "id", "&s", &id));
  path = g_build_filename (trip->broker->folder, "data", "outbox", "spool", id, NULL);
  sha256 = test_file_digest (path);
  g_assert_cmpstr (sha256, ==, expected);
}

static void
kill_the_client (const Trip *trip, guint64 at_bytes)
{
  g_autoptr (GSubprocess) client = NULL;

  ledger_allow (trip->ledger, at_bytes);
  client = start_client (trip);
  ledger_wait_for (trip->ledger, at_bytes);
  g_subprocess_force_exit (client);
  wait_for (client);
}

static void
kill_the_daemon (const Trip *trip, guint64 at_bytes)
{
  g_autoptr (GSubprocess) client = NULL;

  ledger_allow (trip->ledger, at_bytes);
  client = start_client (trip);
  ledger_wait_for (trip->ledger, at_bytes);
  test_broker_kill (trip->broker);
  ledger_allow (trip->ledger, G_MAXUINT64);
  test_broker_start (trip->broker, NULL);
  run_to_the_end (client);
}

static void
come_again (const Trip *trip)
{
  const guint64 before = ledger_get_bytes (trip->ledger);
  g_autoptr (GSubprocess) client = start_client (trip);

  run_to_the_end (client);
  g_assert_cmpuint (ledger_get_bytes (trip->ledger), ==, before);
}

static void
travel (const Trip *trip)
{
  guint64 again;

  kill_the_client (trip, trip->size_bytes / 3 + 4711);
  kill_the_daemon (trip, 2 * (trip->size_bytes / 3) + 815);
  come_again (trip);
  again = ledger_assert_nothing_confirmed_came_twice (trip->ledger);
  g_test_message ("%" G_GUINT64_FORMAT " bytes that nothing had confirmed came again", again);
  g_assert_cmpuint (again, <=, MOST_AGAIN_BYTES + (trip->way->chunk ? 0 : trip->size_bytes / 3));
  g_assert_cmpuint (ledger_get_bytes (trip->ledger), ==, trip->size_bytes + again);
  g_assert_cmpuint (ledger_count_creations (trip->ledger), ==, 1);
  g_assert_true ((ledger_count (trip->ledger, "PATCH") == 0) == trip->way->overrides_method);
  assert_saved (trip);
}

static void
test_way (gconstpointer data)
{
  g_autofree char *packages = test_node_find_tool ("clients/node_modules/tus-js-client");
  g_autofree char *node = test_node_find ();
  g_autoptr (TestBroker) broker = NULL;
  g_autoptr (Ledger) ledger = NULL;
  g_autofree char *upstream = NULL;
  Trip trip = { .way = data };

  if (!node || !g_file_test (packages, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("tus-js-client is not installed; tests/setup/install.sh test brings it");
      return;
    }
  trip.size_bytes = g_strcmp0 (g_getenv ("OUTBOX_FIELD"), "full") == 0 ? FULL_BYTES : FULL_BYTES / 10;
  trip.broker = broker = test_broker_new ();
  rest_wait (broker);
  /* Nothing is sent on, so that the copy stays to be looked at. */
  g_assert_true (outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL));
  upstream = rest_dup_socket (broker);
  trip.socket = g_build_filename (broker->folder, "ledger.sock", NULL);
  trip.ledger = ledger = ledger_new (trip.socket, upstream);
  trip.file = test_broker_make_file (broker, "clip.mp4", trip.size_bytes, 7);
  trip.store = g_build_filename (broker->folder, "urls.json", NULL);
  travel (&trip);
  g_free (trip.socket);
  g_free (trip.file);
  g_free (trip.store);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autofree char *path = g_strconcat ("/rest-clients/", ways[i].name, NULL);

      g_test_add_data_func (path, &ways[i], test_way);
    }

  return g_test_run ();
}
