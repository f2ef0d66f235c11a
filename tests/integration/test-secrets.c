/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Signs in to a destination, and looks for the secret in every file, message of the bus, command line and environment: it is in
 * its own file alone.
 */
#include "support/broker.h"
#include "support/certificate.h"
#include "support/command.h"
#include "support/document.h"
#include "support/planted.h"
#include "support/system-bus.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

#define TOKEN "pl4nted-bearer-tok3n"
#define REQUIRE "{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Bearer " TOKEN "\"}"

#define N_UPLOADS 3
#define SIZE_BYTES (600 * 1000)

typedef struct
{
  TestBroker *broker;
  char *folder; /* of what the person has, which is not looked into */
  TestPlanted *planted;
} Fixture;

/* --- Life --- */

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->broker = test_broker_new ();
  fixture->folder = g_dir_make_tmp ("outbox-person-XXXXXX", NULL);
  fixture->planted = test_planted_listen (test_broker_get_bus_address (fixture->broker));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  test_planted_free (fixture->planted);
  test_broker_free (fixture->broker);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* --- Signing in --- */

/* Runs the command with the secret on its standard input. Returns: (transfer full): what it prints */
static char *
sign_in (Fixture *fixture, const char *options, const char *secret, int exit_code)
{
  g_autofree char *path = g_build_filename (fixture->folder, "secret", NULL);
  g_autofree char *script = g_strdup_printf ("exec \"$OUTBOX\" destination sign-in %s < %s", options, path);
  g_autofree char *quoted = g_shell_quote (script);
  g_autofree char *line = g_strconcat ("sh -c ", quoted, NULL);
  g_auto (TestCommand) command = { NULL };

  g_assert_true (g_file_set_contents (path, secret, -1, NULL));
  command = test_command_start_line (fixture->broker, line);

  return test_command_finish (&command, exit_code);
}

/* Returns: (transfer full): its id */
static char *
submit (Fixture *fixture, const char *name, guint seed)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, name, SIZE_BYTES, seed);
  g_autoptr (GError) error = NULL;
  char *id = test_broker_submit (fixture->broker, path, NULL, &error);

  g_assert_no_error (error);

  return id;
}

/* Returns: the bytes of all uploads that the server has */
static gint64
get_stored_bytes (TestPeer *peer)
{
  g_autoptr (JsonNode) facts = test_peer_describe (peer);
  JsonArray *uploads = json_object_get_array_member (json_node_get_object (facts), "uploads");
  gint64 stored_bytes = 0;

  for (guint i = 0; i < json_array_get_length (uploads); i++)
    stored_bytes += json_object_get_int_member (json_array_get_object_element (uploads, i), "offset");

  return stored_bytes;
}

/* One upload is under way when the server begins to ask for a sign-in; two come after that. Returns: the bytes that the server has
 * of the first */
static gint64
meet_the_refusal (Fixture *fixture)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *first = NULL;

  test_peer_control (broker->peer, "{\"fault\":\"cut-after\",\"bytes\":200000,\"method\":\"PATCH\",\"count\":1}");
  test_peer_control (broker->peer, "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":503,\"count\":1}");
  first = submit (fixture, "0.jpg", 0);
  test_broker_wait_for_all (broker, "retrying", 30);
  test_peer_control (broker->peer, REQUIRE);
  for (guint i = 1; i < N_UPLOADS; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.jpg", i);
      g_autofree char *id = submit (fixture, name, i);
    }
  test_broker_retry (broker);
  test_broker_wait_for_all (broker, "paused", 30);

  return get_stored_bytes (broker->peer);
}

static void
assert_kept_for_me_alone (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->broker->folder, "data", "outbox", "secrets", "depot.secret", NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0600);
  g_assert_cmpint (stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 07777, ==, 0700);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  test_assert_has (text, TOKEN);
}

static void
test_one_sign_in_lets_all_go_on (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  gint64 offset_bytes, body_bytes;
  g_autofree char *later = NULL;
  g_autofree char *help = NULL;
  g_autofree char *said = NULL;
  g_autofree char *shown = NULL;

  offset_bytes = meet_the_refusal (fixture);
  g_assert_cmpint (offset_bytes, >, 0);
  body_bytes = test_peer_get_number (broker->peer, "body_bytes");
  help = test_command (broker, "status", 0);
  test_assert_has (help, "outbox destination sign-in depot");
  said = sign_in (fixture, "depot", TOKEN "\n", 0);
  test_assert_has (said, "Signed in");
  test_broker_wait_for_all (broker, "done", 30);
  g_assert_cmpuint (test_peer_count_uploads (broker->peer), ==, N_UPLOADS);
  g_assert_cmpint (test_peer_get_number (broker->peer, "body_bytes") - body_bytes, ==,
                   N_UPLOADS * SIZE_BYTES - offset_bytes);
  shown = test_command (broker, "destination show depot", 0);
  test_assert_has (shown, "bearer");
  assert_kept_for_me_alone (fixture);
  test_planted_assert_nowhere (fixture->planted, fixture->broker->folder, TOKEN);

  /* It outlives the daemon. */
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  later = submit (fixture, "again.jpg", 9);
  test_broker_wait_for_all (broker, "done", 30);
  test_planted_assert_nowhere (fixture->planted, fixture->broker->folder, TOKEN);
}

/* The command waits for its standard input, and what it is told of is not in its command line. */
static void
test_a_wrong_secret_is_not_repeated (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *options, *secret, *said;
    int exit_code;
  } rows[] = {
    { "nowhere", TOKEN, "no destination nowhere", 1 },
    { "depot", "two " TOKEN, "is no token", 1 },
    { "depot", "{\"kind\":\"" TOKEN "\"}", "kind: bearer", 1 },
    { "depot", "{\"" TOKEN, "no JSON object", 1 },
    { "depot", "", "is empty", 1 },
    { "--header X-Api-Key=1 depot", TOKEN, "--header NAME", 2 },
    { "--header Content-Length depot", TOKEN, "set by Outbox", 1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *said = sign_in (fixture, rows[i].options, rows[i].secret, rows[i].exit_code);

      test_assert_has (said, rows[i].said);
      g_assert_null (strstr (said, TOKEN));
    }
  test_planted_assert_nowhere (fixture->planted, fixture->broker->folder, TOKEN);
}

/* --- A certificate --- */

/* Its key is read at each attempt, and goes nowhere. */
static void
test_a_key_stays_in_its_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *certificate = g_build_filename (fixture->folder, "device.crt", NULL);
  g_autofree char *key = g_build_filename (fixture->folder, "device.key", NULL);
  g_autofree char *folder = g_build_filename (fixture->broker->folder, "outbox", NULL);
  g_autofree char *conf = g_build_filename (folder, "sign-in.conf", NULL);
  g_autofree char *text = g_strdup_printf ("[depot]\ncertificate=%s\nkey=%s\n", certificate, key);
  g_autofree char *said = NULL, *id = NULL, *report = NULL, *key_text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (test_certificate_make (certificate, key));
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (conf, text, -1, NULL) && g_file_get_contents (key, &key_text, NULL, NULL));
  lines = g_strsplit (key_text, "\n", 3);
  said = test_command (fixture->broker, "destination sign-in depot --certificate", 0);
  id = submit (fixture, "0.jpg", 0);
  test_broker_wait_for_all (fixture->broker, "done", 30);
  report = test_command (fixture->broker, "doctor --report -", 0);
  g_assert_null (strstr (report, lines[1]));
  test_broker_kill (fixture->broker);
  test_planted_assert_nowhere (fixture->planted, fixture->broker->folder, lines[1]);
}

/* --- What older versions kept among the settings --- */

#define OLD_TOKEN "pl4nted-old-tok3n"
#define OLD_KEY "pl4nted-old-k3y"
#define OLD_PASSWORD "pl4nted-old-passw0rd"
#define GONE_TOKEN "pl4nted-tok3n-of-one-that-is-gone"

static const char *const old_secrets[] = { OLD_TOKEN, OLD_KEY, OLD_PASSWORD, GONE_TOKEN };

static char *
dup_data_path (Fixture *fixture, const char *name)
{
  return g_build_filename (fixture->broker->folder, "data", "outbox", name, NULL);
}

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *handle = NULL;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  if (sqlite3_exec (handle, sql, NULL, NULL, NULL) != SQLITE_OK)
    g_error ("%s: %s", sql, sqlite3_errmsg (handle));
  g_assert_cmpint (sqlite3_close (handle), ==, SQLITE_OK);
}

/* As an older version left it: rows, a row that is gone, settings.json, and two databases that were set aside, of which SQLite can
 * read one. */
static void
plant_old_secrets (Fixture *fixture)
{
  g_autofree char *database = dup_data_path (fixture, "queue.db");
  g_autofree char *aside = dup_data_path (fixture, "queue.db.damaged-1700000000000");
  g_autofree char *ruin = dup_data_path (fixture, "queue.db.damaged-1700000000001");
  g_autofree char *settings = dup_data_path (fixture, "settings.json");
  const char *const copy[] = { "cp", database, aside, NULL };
  g_autofree char *host = g_strdup (strstr (test_peer_get_url (fixture->broker->peer), "://") + 3);
  g_autofree char *sql = g_strdup_printf (
      "UPDATE destinations SET headers = '{\"Authorization\":\"Bearer " OLD_TOKEN "\",\"X-Api-Key\":\"" OLD_KEY "\","
      "\"X-Site\":\"yard\"}' WHERE name = 'depot';"
      "INSERT INTO destinations (name, protocol, url) VALUES ('other', 'tus', 'http://me:" OLD_PASSWORD "@%s');"
      "INSERT INTO destinations (name, protocol, url, headers) VALUES ('gone', 'tus', 'http://a.test/',"
      "  '{\"Cookie\":\"" GONE_TOKEN "\"}');"
      "INSERT OR REPLACE INTO meta VALUES ('unscrubbed', 1);",
      host);
  g_autofree char *old_settings
      = g_strdup_printf ("{\"destinations\":[{\"headers\":{\"X-Api-Key\":\"%s\"}}]}", OLD_KEY);

  run_sql (database, sql);
  g_assert_true (g_spawn_sync (NULL, (char **) copy, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  run_sql (database, "DELETE FROM destinations WHERE name = 'gone';");
  g_assert_true (g_file_set_contents (ruin, "no database " OLD_TOKEN " at all " OLD_KEY, -1, NULL));
  g_assert_true (g_file_set_contents (settings, old_settings, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (old_secrets); i++)
    g_assert_cmpuint (test_planted_count_files (fixture->broker->folder, old_secrets[i], ".secret"), >, 0);
}

static gboolean
are_old_secrets_gone (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < G_N_ELEMENTS (old_secrets); i++)
    if (test_planted_count_files (fixture->broker->folder, old_secrets[i], ".secret") > 0)
      return FALSE;

  return TRUE;
}

static void
test_what_was_kept_moves_over (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *id = NULL;
  g_autofree char *depot = NULL;
  g_autofree char *other = NULL;

  test_broker_stop (broker);
  plant_old_secrets (fixture);
  test_broker_start (broker, NULL);
  test_wait_until (are_old_secrets_gone, fixture, 30);
  test_peer_control (broker->peer, "{\"fault\":\"require-header\",\"name\":\"X-Api-Key\",\"value\":\"" OLD_KEY "\"}");
  id = submit (fixture, "a.jpg", 1);
  test_broker_wait_for_all (broker, "done", 30);
  depot = test_command (broker, "destination show depot", 0);
  test_assert_has (depot, "header (Authorization, X-Api-Key)");
  test_assert_has (depot, "X-Site");
  other = test_command (broker, "destination show other", 0);
  test_assert_has (other, "basic");
  for (guint i = 0; i < G_N_ELEMENTS (old_secrets); i++)
    test_planted_assert_nowhere (fixture->planted, fixture->broker->folder, old_secrets[i]);
}

/* Who still gives them to Set gets a sign-in; at another server, it is dropped with the file that has it. */
static void
test_what_is_set_becomes_a_sign_in (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *set
      = test_command (broker, "destination set depot --header 'Authorization=Bearer " TOKEN "' -H X-Site=yard", 0);
  g_autofree char *shown = test_command (broker, "destination show depot", 0);
  g_autofree char *id = NULL;
  g_autofree char *moved = NULL;

  test_assert_has (shown, "header (Authorization)");
  test_assert_has (shown, "X-Site");
  test_peer_control (broker->peer, REQUIRE);
  id = submit (fixture, "a.jpg", 1);
  test_broker_wait_for_all (broker, "done", 30);
  g_assert_cmpuint (test_planted_count_files (broker->folder, TOKEN, "/secrets/depot.secret"), ==, 0);
  moved = test_command (broker, "destination set depot --url http://b.test/", 0);
  test_assert_has (moved, "are removed");
  g_assert_cmpuint (test_planted_count_files (broker->folder, TOKEN, "-"), ==, 0);
}

static void
test_signing_out_removes_the_secret (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *in = sign_in (fixture, "depot", TOKEN, 0);
  g_autofree char *out = test_command (broker, "destination sign-out depot", 0);
  g_autofree char *shown = test_command (broker, "destination show depot", 0);

  test_assert_has (in, "Signed in");
  g_assert_null (strstr (shown, "bearer"));
  g_assert_cmpuint (test_planted_count_files (broker->folder, TOKEN, "-"), ==, 0);
}

/* --- What all tests listen with --- */

static gboolean
came_by (gpointer planted)
{
  return test_planted_came_by (planted);
}

static void
emit (GDBusConnection *connection, const char *text)
{
  g_assert_true (g_dbus_connection_emit_signal (connection, NULL, "/", "org.example.Test", "Said",
                                                g_variant_new ("(s)", text), NULL));
}

static void
test_a_secret_on_the_bus_is_found (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-person-XXXXXX", NULL);
  const char *argv[] = { "rm", "-r", folder, NULL };
  TestPeer *bus = test_bus_start (folder);
  TestPlanted *planted = test_planted_watch (test_peer_get_url (bus));
  TestPlanted *after = NULL;
  g_autoptr (GDBusConnection) connection = test_bus_connect (bus);

  emit (connection, "nothing");
  test_planted_assert_none_came_by (planted);
  emit (connection, TOKEN);
  test_wait_until (came_by, planted, 10);
  /* One that comes later hears nothing of it. */
  after = test_planted_watch (test_peer_get_url (bus));
  test_planted_assert_none_came_by (after);
  test_planted_free (after);
  test_planted_free (planted);
  test_peer_free (bus);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

/* A thread: asks and asks, so that the bus is never quiet. */
static gpointer
ask_until_cancelled (gpointer cancellable)
{
  GDBusConnection *connection = g_object_get_data (cancellable, "connection");

  while (!g_cancellable_is_cancelled (cancellable))
    test_bus_come_and_go (connection);

  return NULL;
}

/* The bus closed one that came to it while others were calling, and it heard nothing then. */
static void
test_a_listener_answers_nobody (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-person-XXXXXX", NULL);
  const char *argv[] = { "rm", "-r", folder, NULL };
  TestPeer *bus = test_bus_start (folder);
  g_autoptr (GDBusConnection) connection = test_bus_connect (bus);
  g_autoptr (GCancellable) enough = g_cancellable_new ();
  GThread *others;

  g_object_set_data (G_OBJECT (enough), "connection", connection);
  others = g_thread_new ("others", ask_until_cancelled, enough);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (TestPlanted) planted = test_planted_watch (test_peer_get_url (bus));

      /* Comes after what it has answered. */
      emit (connection, TOKEN);
      test_wait_until (came_by, planted, 10);
    }
  g_cancellable_cancel (enough);
  g_thread_join (others);
  test_peer_free (bus);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secrets/a-secret-on-the-bus-is-found", test_a_secret_on_the_bus_is_found);
  g_test_add_func ("/secrets/a-listener-answers-nobody", test_a_listener_answers_nobody);
  g_test_add ("/secrets/one-sign-in-lets-all-go-on", Fixture, NULL, set_up, test_one_sign_in_lets_all_go_on, tear_down);
  g_test_add ("/secrets/a-wrong-secret-is-not-repeated", Fixture, NULL, set_up, test_a_wrong_secret_is_not_repeated,
              tear_down);

  g_test_add ("/secrets/a-key-stays-in-its-file", Fixture, NULL, set_up, test_a_key_stays_in_its_file, tear_down);
  g_test_add ("/secrets/what-was-kept-moves-over", Fixture, NULL, set_up, test_what_was_kept_moves_over, tear_down);
  g_test_add ("/secrets/what-is-set-becomes-a-sign-in", Fixture, NULL, set_up, test_what_is_set_becomes_a_sign_in,
              tear_down);
  g_test_add ("/secrets/signing-out-removes-the-secret", Fixture, NULL, set_up, test_signing_out_removes_the_secret,
              tear_down);

  return g_test_run ();
}
