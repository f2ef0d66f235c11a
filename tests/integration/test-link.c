/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Links that go silent, for real: the program moves itself into a network namespace of its own, where the kernel's packet
 * filter drops what a dead link would lose. Uploads go to addresses that it can silence; the receiver is asked on
 * another.
 */
#include "support/namespace.h"
#include "support/peer.h"
#include "transfer/attempt.h"

#include <glib/gstdio.h>
#include <unistd.h>

#define SIZE_BYTES (9 * 1024 * 1024 + 321)

/* Old and new connections are told apart by the ports that they leave from. */
#define OLD_PORTS "40000-40999"

#define DEAD "10.77.0.1"
#define ALIVE "10.77.0.2"
#define DOOMED "10.77.0.3"

static const char *const set_up_commands[]
    = { "ip link set lo up",
        "ip address add " DEAD "/32 dev lo && ip address add " ALIVE "/32 dev lo && ip address add " DOOMED
        "/32 dev lo",
        "nft add table ip link", "nft add chain ip link in '{ type filter hook input priority 0; }'",
        "nft add counter ip link dead && nft add rule ip link in ip daddr " DEAD " counter name dead drop" };

/* A server and one upload to it, that runs in a thread of its own. */
typedef struct
{
  char *folder;
  TestPeer *peer;
  ObJob *job;
  ObStop *stop;
  GThread *thread;
  const char *when_created; /* a command; NULL: none */
  guint n_created;
} Fixture;

static ObCreated
on_created (const char *server_url, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_created++;
  if (fixture->when_created)
    test_namespace_run ("%s", fixture->when_created);

  return TRUE;
}

static void
on_progress (guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer user_data)
{
}

static gboolean
on_begins (const ObChecked *checked, gpointer user_data)
{
  return TRUE;
}

static gboolean
on_stored (gpointer user_data)
{
  return TRUE;
}

static ObCredential *
on_credentials (const ObJob *job, gpointer user_data)
{
  return ob_credential_new ();
}

static void
on_noted (const char *event, const char *message, gpointer user_data)
{
}

static gpointer
send (gpointer user_data)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_begins, on_stored, on_noted, on_credentials };
  Fixture *fixture = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ObFacts) facts = ob_facts_new ();
  g_autoptr (ObParking) parking = ob_parking_new ();
  g_autoptr (ObDeadline) deadline = ob_deadline_new ();
  g_autoptr (ObTransit) transit = ob_transit_new ();
  g_autoptr (ObConnection) connection = NULL;
  ObAttemptResult *result;

  g_main_context_push_thread_default (context);
  connection = ob_connection_new (facts, parking, deadline, transit);
  result = ob_attempt_run (connection, fixture->job, &checkpoints, fixture, fixture->stop);
  g_clear_pointer (&connection, ob_connection_free);
  g_main_context_pop_thread_default (context);

  return result;
}

static void
write_file (ObJob *job)
{
  g_autofree guint8 *bytes = g_malloc (SIZE_BYTES);

  for (gsize i = 0; i < SIZE_BYTES; i++)
    bytes[i] = (guint8) ((i * 2654435761u) >> 13);
  g_assert_true (g_file_set_contents (job->path, (char *) bytes, SIZE_BYTES, NULL));
  job->size_bytes = SIZE_BYTES;
  job->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, SIZE_BYTES);
}

static void
start (Fixture *fixture, const char *host)
{
  g_autoptr (GUri) uri = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->peer = test_peer_start_receiver ("--any-address", "--discard", NULL);
  uri = g_uri_parse (test_peer_get_url (fixture->peer), G_URI_FLAGS_NONE, NULL);
  fixture->job = g_new0 (ObJob, 1);
  fixture->job->id = g_strdup ("018fd1a0-0000-7000-8000-000000000001");
  fixture->job->path = g_build_filename (fixture->folder, "copy", NULL);
  fixture->job->name = g_strdup ("1.jpg");
  fixture->job->media_type = g_strdup ("image/jpeg");
  fixture->job->protocol = g_strdup ("tus");
  fixture->job->url = g_strdup_printf ("http://%s:%d%s", host, g_uri_get_port (uri), g_uri_get_path (uri));
  fixture->job->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  fixture->job->metadata = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  write_file (fixture->job);
  fixture->stop = ob_stop_new ();
  /* Uploads stay at the address that they were made at. */
  test_peer_control (fixture->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
}

static void
begin (Fixture *fixture)
{
  fixture->thread = g_thread_new ("worker", send, fixture);
}

static ObAttemptResult *
wait_for_end (Fixture *fixture)
{
  return g_thread_join (g_steal_pointer (&fixture->thread));
}

static void
finish (Fixture *fixture)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  test_peer_free (fixture->peer);
  ob_job_free (fixture->job);
  g_object_unref (fixture->stop);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* Waits until the receiver has more than that of the upload. */
static void
wait_for_bytes (Fixture *fixture, gint64 bytes)
{
  while (test_peer_get_number (fixture->peer, "body_bytes") <= bytes)
    g_usleep (20 * 1000);
}

/* Lets a part of the first chunk through to that address, and nothing after it. */
static void
begin_and_fall_silent (Fixture *fixture, const char *match)
{
  test_namespace_run ("nft add rule ip link in ip daddr %s quota over 1000000 bytes drop", match);
  begin (fixture);
  wait_for_bytes (fixture, 500 * 1000);
}

static void
assert_arrived (Fixture *fixture)
{
  g_autoptr (ObAttemptResult) result = wait_for_end (fixture);
  g_autoptr (JsonNode) node = test_peer_describe (fixture->peer);
  JsonArray *uploads = json_object_get_array_member (json_node_get_object (node), "uploads");

  g_test_message ("%s: %s", result->code, result->message);
  g_assert_true (result->is_done);
  g_assert_cmpuint (json_array_get_length (uploads), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (uploads, 0), "sha256"), ==,
                   fixture->job->sha256);
}

static void
test_a_link_that_was_silent (void)
{
  Fixture fixture = { 0 };
  gint64 back_us, before_bytes;

  start (&fixture, ALIVE);
  begin_and_fall_silent (&fixture, ALIVE);
  g_usleep (8 * G_USEC_PER_SEC);
  before_bytes = test_peer_get_number (fixture.peer, "body_bytes");
  test_namespace_run ("nft delete rule ip link in handle $(nft -a list chain ip link in | sed -n 's/.* " ALIVE
                      " .*handle //p')");
  back_us = g_get_monotonic_time ();
  wait_for_bytes (&fixture, before_bytes);
  g_test_message ("sending again %" G_GINT64_FORMAT " ms after the link came back",
                  (g_get_monotonic_time () - back_us) / 1000);
  g_assert_cmpint (g_get_monotonic_time () - back_us, <, 4 * G_USEC_PER_SEC);
  assert_arrived (&fixture);
  g_test_message ("%" G_GINT64_FORMAT " bytes sent twice over %" G_GINT64_FORMAT " connections",
                  test_peer_get_number (fixture.peer, "body_bytes") - SIZE_BYTES,
                  test_peer_get_number (fixture.peer, "connections"));
  g_assert_cmpint (test_peer_get_number (fixture.peer, "body_bytes") - SIZE_BYTES, <, 1 << 20);
  finish (&fixture);
}

/* A router that started anew knows nothing of the old connection: only a new one can get through. */
static void
test_a_connection_that_died_in_silence (void)
{
  Fixture fixture = { 0 };

  /* What the server sends leaves from its own port, which must not be one of the old ones. */
  test_namespace_run ("echo 42000 42999 > /proc/sys/net/ipv4/ip_local_port_range");
  start (&fixture, ALIVE);
  test_namespace_run ("echo 40000 40999 > /proc/sys/net/ipv4/ip_local_port_range");
  /* The connection is there, and no byte of the file has gone: the next one leaves from another port. */
  fixture.when_created = "echo 41000 41999 > /proc/sys/net/ipv4/ip_local_port_range";
  begin_and_fall_silent (&fixture, ALIVE " tcp sport " OLD_PORTS);
  assert_arrived (&fixture);
  g_test_message ("%" G_GINT64_FORMAT " bytes sent twice over %" G_GINT64_FORMAT " connections",
                  test_peer_get_number (fixture.peer, "body_bytes") - SIZE_BYTES,
                  test_peer_get_number (fixture.peer, "connections"));
  g_assert_cmpint (test_peer_get_number (fixture.peer, "connections"), ==, 2);
  g_assert_cmpint (test_peer_get_number (fixture.peer, "body_bytes") - SIZE_BYTES, <, 1 << 20);
  g_assert_cmpuint (fixture.n_created, ==, 1);
  test_namespace_run ("nft delete rule ip link in handle $(nft -a list chain ip link in | sed -n 's/.* " ALIVE
                      " .*handle //p')");
  finish (&fixture);
}

static void
test_a_host_with_a_dead_address (void)
{
  Fixture fixture = { 0 };
  g_autofree char *hosts = NULL;

  start (&fixture, "two-addresses.test");
  hosts = g_build_filename (fixture.folder, "hosts", NULL);
  test_namespace_run ("printf '" DEAD " two-addresses.test\\n" ALIVE
                      " two-addresses.test\\n' > %s && mount --bind %s /etc/hosts",
                      hosts, hosts);
  begin (&fixture);
  assert_arrived (&fixture);
  /* The dead one was tried. */
  test_namespace_run ("nft list counter ip link dead | grep -q 'packets [1-9]'");
  g_assert_cmpint (test_peer_get_number (fixture.peer, "connections"), ==, 1);
  test_namespace_run ("umount /etc/hosts");
  finish (&fixture);
}

/* Begun by main() and silent since then, so that its long end is waited for while the others run. */
static void
test_a_link_that_stays_silent (gconstpointer data)
{
  Fixture *fixture = (Fixture *) data;
  g_autoptr (ObAttemptResult) result = wait_for_end (fixture);

  g_test_message ("%s: %s", result->code, result->message);
  g_assert_false (result->is_done);
  g_assert_false (result->is_cancelled);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpstr (result->code, ==, "connection");
  g_assert_nonnull (strstr (result->message, "reached"));
  finish (fixture);
}

int
main (int argc, char *argv[])
{
  static Fixture doomed;
  const struct
  {
    const char *name;
    void (*run) (void);
  } tests[] = {
    { "/link/silent-for-a-while", test_a_link_that_was_silent },
    { "/link/a-connection-dies-in-silence", test_a_connection_that_died_in_silence },
    { "/link/a-host-has-a-dead-address", test_a_host_with_a_dead_address },
  };
  gboolean is_inside;

  is_inside = test_namespace_enter (argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; is_inside && i < G_N_ELEMENTS (set_up_commands); i++)
    test_namespace_run ("%s", set_up_commands[i]);
  if (is_inside)
    {
      start (&doomed, DOOMED);
      begin_and_fall_silent (&doomed, DOOMED);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_func (tests[i].name, is_inside ? tests[i].run : test_namespace_skip);
  if (is_inside)
    g_test_add_data_func ("/link/silent-for-good", &doomed, test_a_link_that_stays_silent);
  else
    g_test_add_func ("/link/silent-for-good", test_namespace_skip);

  return g_test_run ();
}
