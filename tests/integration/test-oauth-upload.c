/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uploads to a server that takes the tokens of a real sign-in server alone, which live for seconds and whose refresh tokens are good
 * once: by a code that a person types on another device.
 */
#include "support/command.h"
#include "support/document.h"
#include "support/keyring.h"
#include "support/oauth-server.h"
#include "support/planted.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <string.h>

#define REFRESH "refresh_token"
#define ROBOTS_SECRET "pl4nted-robots-secret"
#define SLOW "[Rule slow]\nrate=200K\n"

/* One for all cases, which come one after the other. */
typedef struct
{
  TestBroker *broker;
  TestPlanted *planted;
  TestPeer *server; /* NULL: it is not installed */
  guint n_files;
  gint64 size_bytes; /* of all files so far */
  gint64 n_cut;      /* creations that were made again, since the broker died before their answer */
  gint64 cut_bytes;  /* the same of bytes */
} Scene;

static Scene scene;

static void
edit_rules (void)
{
  g_autofree char *rules = g_build_filename (scene.broker->folder, "rules", NULL);
  g_autofree char *line = g_strdup_printf ("sh -c 'EDITOR=\"cp %s\" exec \"$OUTBOX\" policy edit'", rules);
  g_auto (TestCommand) command = { NULL };
  g_autofree char *said = NULL;

  g_assert_true (g_file_set_contents (rules, SLOW, -1, NULL));
  command = test_command_start_line (scene.broker, line);
  said = test_command_finish (&command, 0);
}

static void
set_up (void)
{
  g_autofree char *folder = NULL, *issuer = NULL, *words = NULL, *said = NULL;

  scene.broker = test_broker_new_alone ();
  scene.planted = test_planted_listen (test_broker_get_bus_address (scene.broker));
  folder = g_build_filename (scene.broker->folder, "at-server", NULL);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  scene.server = test_oauth_server_start (folder);
  if (!scene.server)
    return;
  issuer = test_oauth_server_dup_issuer (scene.server);
  words = g_strdup_printf ("destination set depot --url %s --default --oauth issuer=%s --oauth client-id=kiosk "
                           "--oauth 'scope=openid offline_access upload'",
                           test_peer_get_url (scene.server), issuer);
  said = test_command (scene.broker, words, 0);
  edit_rules ();
}

static gboolean
is_skipped (void)
{
  if (!scene.server)
    g_test_skip ("oidc-provider is not installed; tests/setup/install.sh test brings it");

  return !scene.server;
}

/* --- A person --- */

/* Types the code that the command shows, as on another device. */
static void
sign_in (void)
{
  g_auto (TestCommand) command = test_command_start (scene.broker, "destination sign-in depot");
  g_autofree char *code = NULL, *rest = NULL;
  guint n_indented = 0;

  while (n_indented < 2)
    {
      g_free (code);
      code = test_command_read_line (&command);
      g_assert_nonnull (code);
      n_indented += g_str_has_prefix (code, "    ");
    }
  g_strstrip (code);
  {
    g_auto (GStrv) letters = g_strsplit (code, " ", -1);
    g_autofree char *joined = g_strjoinv ("", letters);

    test_oauth_server_decide (scene.server, joined, TRUE);
  }
  rest = test_command_finish (&command, 0);
  test_assert_has (rest, "Signed in");
}

static void
submit (guint n_files, gsize size_bytes)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.jpg", scene.n_files);
      g_autofree char *path = test_broker_make_file (scene.broker, name, size_bytes, scene.n_files);
      g_autoptr (GError) error = NULL;
      g_autofree char *id = test_broker_submit (scene.broker, path, NULL, &error);

      g_assert_no_error (error);
      scene.n_files++;
      scene.size_bytes += (gint64) size_bytes;
    }
}

static void
assert_once (void)
{
  g_assert_cmpint (test_peer_count_requests (scene.server, "POST"), ==, scene.n_files + scene.n_cut);
  g_assert_cmpint (test_peer_get_number (scene.server, "patched_bytes"), ==, scene.size_bytes + scene.cut_bytes);
}

/* A death that is not tied to a request may cut one, which then comes again. The server counts a request when its headers have come:
 * a creation whose answer nobody heard leaves an upload without bytes, and of a chunk it may have no byte yet. */
static void
assert_once_but_for_a_death (gsize file_bytes)
{
  scene.n_cut = test_peer_count_requests (scene.server, "POST") - scene.n_files;
  scene.cut_bytes = test_peer_get_number (scene.server, "patched_bytes") - scene.size_bytes;
  g_assert_cmpint (scene.n_cut, >=, 0);
  g_assert_cmpint (scene.n_cut, <=, 1);
  g_assert_cmpint (scene.cut_bytes, >=, 0);
  g_assert_cmpint (scene.cut_bytes, <=, file_bytes);
}

/* Returns: the number of holds by that reason */
static guint
count_holds (const char *reason)
{
  g_autoptr (JsonNode) destinations = test_command_json (scene.broker, "destination list --json");
  JsonObject *destination = json_array_get_object_element (json_node_get_array (destinations), 0);
  JsonArray *reasons = json_object_get_array_member (destination, "reasons");
  guint n_holds = 0;

  for (guint i = 0; i < json_array_get_length (reasons); i++)
    n_holds += g_str_equal (json_array_get_string_element (reasons, i), reason);

  return n_holds;
}

/* No token is in any file of the broker but the one of secrets, which has no access token either. */
static void
assert_tokens_are_nowhere (void)
{
  g_autoptr (JsonNode) facts = test_peer_describe (scene.server);
  JsonArray *tokens = json_object_get_array_member (json_node_get_object (facts), "tokens");
  g_autofree char *data = g_build_filename (scene.broker->folder, "data", NULL);

  g_assert_cmpuint (json_array_get_length (tokens), >, 0);
  for (guint i = 0; i < json_array_get_length (tokens); i++)
    {
      const char *token = json_array_get_string_element (tokens, i);
      g_autofree char *line = g_strdup_printf ("sh -c '! grep -rqF --exclude-dir=secrets -e %s %s'", token, data);
      g_auto (TestCommand) command = test_command_start_line (scene.broker, line);
      g_autofree char *said = test_command_finish (&command, 0);
    }
}

static gboolean
is_retrying (gpointer user_data)
{
  return test_broker_count (scene.broker, "retrying") == 2;
}

static gboolean
are_three_paused (gpointer user_data)
{
  return test_broker_count (scene.broker, "paused") == 3;
}

/* Returns: for how long the destination waits */
static gint64
get_wait_s (void)
{
  g_autoptr (JsonNode) destination = test_command_json (scene.broker, "destination show depot --json");
  gint64 until_ms = json_object_get_int_member_with_default (json_node_get_object (destination), "until", 0);

  return until_ms / 1000 - g_get_real_time () / G_USEC_PER_SEC;
}

/* --- Cases --- */

/* @seconds: the life of a token, of which each upload needs several */
static void
upload_by_short_tokens (guint seconds, guint n_files, gsize size_bytes, guint least_refreshes, guint most_s)
{
  g_autofree char *life = g_strdup_printf ("{\"seconds\":%u}", seconds);

  if (is_skipped ())
    return;
  test_peer_control (scene.server, life);
  submit (n_files, size_bytes);
  test_broker_wait_for_all (scene.broker, "paused", 30);
  sign_in ();
  test_broker_wait_for_all (scene.broker, "done", most_s);
  assert_once ();
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, REFRESH), >=, least_refreshes);
  /* It was replaced before its end each time: what was made without a sign-in is the first look alone. */
  g_assert_cmpint (test_peer_get_number (scene.server, "unsigned"), ==, 0);
  assert_tokens_are_nowhere ();
}

static void
test_tokens_of_a_second (void)
{
  upload_by_short_tokens (1, 5, 100 * 1000, 2, 60);
}

/* Ten minutes at 200 kB/s by tokens of 20 seconds. */
static void
test_ten_minutes_of_tokens (void)
{
  upload_by_short_tokens (20, 2, 60 * 1000 * 1000, 25, 900);
}

static void
test_one_refresh_for_all_refusals (void)
{
  gint64 n_refreshes, n_refused;

  if (is_skipped ())
    return;
  test_peer_control (scene.server, "{\"seconds\":600}");
  submit (1, 1000);
  test_broker_wait_for_all (scene.broker, "done", 30);
  /* The next token lives long, so that none is replaced for another reason. */
  test_peer_control (scene.server, "{\"spoil\":true}");
  submit (1, 1000);
  test_broker_wait_for_all (scene.broker, "done", 30);
  n_refreshes = test_oauth_server_count_grants (scene.server, REFRESH);
  n_refused = test_peer_get_number (scene.server, "unsigned");
  /* Two run at a time at one destination; two that only wait for their answer leave their places to two more. */
  test_peer_control (scene.server, "{\"together\":4}");
  submit (4, 1000);
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_peer_get_number (scene.server, "unsigned"), ==, n_refused + 4);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, REFRESH), ==, n_refreshes + 1);
  assert_once ();
}

/* A sign-in server that is down is no reason to ask a person. */
static void
test_a_dark_sign_in_server (void)
{
  if (is_skipped ())
    return;
  test_peer_control (scene.server, "{\"dark\":true,\"retry_after\":600,\"spoil\":true}");
  submit (2, 1000);
  test_wait_until (is_retrying, NULL, 30);
  g_assert_cmpint (get_wait_s (), >, 500);
  g_assert_cmpuint (count_holds ("sign-in"), ==, 0);
  test_peer_control (scene.server, "{\"dark\":false}");
  (void) test_broker_deliver (scene.broker, 5, 30);
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once ();
}

static void
test_one_hold_and_one_sign_in (void)
{
  if (is_skipped ())
    return;
  test_peer_control (scene.server, "{\"revoke\":true,\"spoil\":true}");
  submit (3, 1000);
  test_wait_until (are_three_paused, NULL, 30);
  g_assert_cmpuint (count_holds ("sign-in"), ==, 1);
  sign_in ();
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once ();
}

static void
test_killed_between_rotation_and_use (void)
{
  gint64 n_refreshes;

  if (is_skipped ())
    return;
  n_refreshes = test_oauth_server_count_grants (scene.server, REFRESH);
  test_broker_stop (scene.broker);
  test_broker_start (scene.broker, "token-stored");
  submit (1, 1000);
  test_broker_wait_for_death (scene.broker, 30);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, REFRESH), ==, n_refreshes + 1);
  test_broker_start (scene.broker, NULL);
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, REFRESH), ==, n_refreshes + 2);
  assert_once ();
}

static gboolean
is_asked (gpointer n_asked)
{
  return test_peer_get_number (scene.server, "asked") > *(gint64 *) n_asked;
}

/* The answer that is on its way has the only refresh token that is still good. */
static void
test_ended_while_the_server_answers (void)
{
  gint64 n_asked;

  if (is_skipped ())
    return;
  n_asked = test_peer_get_number (scene.server, "asked");
  test_peer_control (scene.server, "{\"delay_ms\":500,\"spoil\":true}");
  submit (1, 1000);
  test_wait_until (is_asked, &n_asked, 30);
  test_broker_stop (scene.broker);
  test_peer_control (scene.server, "{\"delay_ms\":0}");
  test_broker_start (scene.broker, NULL);
  test_broker_wait_for_all (scene.broker, "done", 30);
  assert_once ();
}

static gboolean
is_in_keyring (gpointer keyring)
{
  g_autoptr (JsonNode) destinations = test_command_json (scene.broker, "destination list --json");
  JsonObject *destination = json_array_get_object_element (json_node_get_array (destinations), 0);

  return g_str_equal (json_object_get_string_member (destination, "secret_place"), "keyring")
         && test_keyring_count (keyring) == 1;
}

/* Each new refresh token is on the disk before its access token is used, and moves into the keyring after that; also through a death
 * in the middle of a move. */
static void
test_with_a_keyring (void)
{
  g_autoptr (TestKeyring) keyring = NULL;
  gint64 n_refreshes;

  if (is_skipped ())
    return;
  keyring
      = test_keyring_start (scene.broker->connection, test_broker_get_bus_address (scene.broker), scene.broker->folder);
  test_wait_until (is_in_keyring, keyring, 20);
  n_refreshes = test_oauth_server_count_grants (scene.server, REFRESH);
  test_peer_control (scene.server, "{\"seconds\":1,\"spoil\":true}");
  submit (4, 120 * 1000);
  test_broker_wait_for_all (scene.broker, "done", 60);
  assert_once ();
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, REFRESH), >=, n_refreshes + 2);
  test_wait_until (is_in_keyring, keyring, 20);

  test_broker_stop (scene.broker);
  test_broker_start (scene.broker, "secret-moved");
  submit (1, 1000);
  test_broker_wait_for_death (scene.broker, 30);
  test_broker_start (scene.broker, NULL);
  test_broker_wait_for_all (scene.broker, "done", 30);
  test_wait_until (is_in_keyring, keyring, 20);
  assert_once_but_for_a_death (1000);
}

/* --- Other flows --- */

/* Sets the destination anew, which ends the sign-in. @options: shell words */
static void
set_flow (const char *options)
{
  g_autofree char *issuer = test_oauth_server_dup_issuer (scene.server);
  g_autofree char *words = g_strdup_printf ("destination set depot --oauth issuer=%s %s", issuer, options);
  g_autofree char *said = test_command (scene.broker, words, 0);
}

/* Follows the page's redirects as a browser does, back to the port that Outbox has open. */
static void
browse (const char *url)
{
  const char *argv[] = { "curl", "-sSL", "-b", "", "--max-time", "20", url, NULL };
  g_autoptr (GSubprocess) curl = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (curl);
  (void) g_subprocess_wait_check (curl, NULL, &error);
  g_assert_no_error (error);
}

static void
test_a_browser_of_this_device (void)
{
  g_auto (TestCommand) command = { NULL };
  g_autofree char *url = NULL, *rest = NULL;
  gint64 n_codes;

  if (is_skipped ())
    return;
  n_codes = test_oauth_server_count_grants (scene.server, "authorization_code");
  set_flow ("--oauth client-id=kiosk --oauth flow=code --oauth 'scope=openid offline_access upload'");
  submit (1, 1000);
  command = test_command_start (scene.broker, "destination sign-in depot");
  do
    {
      g_free (url);
      url = test_command_read_line (&command);
      g_assert_nonnull (url);
    }
  while (!g_str_has_prefix (url, "    "));
  browse (g_strstrip (url));
  rest = test_command_finish (&command, 0);
  test_assert_has (rest, "Signed in");
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, "authorization_code"), ==, n_codes + 1);
  assert_once ();
}

/* Returns: (transfer full): a file that has the text, beside what belongs to Outbox: where a person has secrets */
static char *
make_own_file (const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("outbox-person-XXXXXX", &path, &error);

  g_assert_no_error (error);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));

  return path;
}

static void
test_a_client_that_signs_in_itself (void)
{
  g_autofree char *secret = NULL, *line = NULL, *said = NULL;
  g_auto (TestCommand) command = { NULL };

  if (is_skipped ())
    return;
  secret = make_own_file (ROBOTS_SECRET "\n");
  line = g_strdup_printf ("sh -c '\"$OUTBOX\" destination sign-in depot < %s'", secret);
  set_flow ("--oauth client-id=robot --oauth flow=client-credentials --oauth scope=upload");
  command = test_command_start_line (scene.broker, line);
  said = test_command_finish (&command, 0);
  submit (2, 1000);
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, "client_credentials"), ==, 1);
  assert_once ();
  g_assert_cmpint (g_unlink (secret), ==, 0);
}

/* A program gets its tokens from the same server. */
static void
test_a_token_command (void)
{
  g_autofree char *folder = g_build_filename (scene.broker->folder, "outbox", NULL);
  g_autofree char *path = g_build_filename (folder, "sign-in.conf", NULL);
  g_autofree char *issuer = NULL, *settings = NULL, *own = NULL, *conf = NULL, *said = NULL;

  if (is_skipped ())
    return;
  issuer = test_oauth_server_dup_issuer (scene.server);
  settings = g_strdup_printf ("silent\nuser=robot:" ROBOTS_SECRET "\ndata=grant_type=client_credentials&scope=upload\n"
                              "url=%s/token\n",
                              issuer);
  own = make_own_file (settings);
  conf = g_strdup_printf ("[depot]\ntoken-command=/usr/bin/curl;-K;%s\n", own);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, conf, -1, NULL));
  said = test_command (scene.broker, "destination sign-in depot --command", 0);
  submit (2, 1000);
  test_broker_wait_for_all (scene.broker, "done", 30);
  g_assert_cmpint (test_oauth_server_count_grants (scene.server, "client_credentials"), ==, 2);
  assert_once ();
  g_assert_cmpint (g_unlink (own), ==, 0);
}

int
main (int argc, char *argv[])
{
  int failures;

  g_test_init (&argc, &argv, NULL);
  set_up ();
  if (g_test_slow ())
    g_test_add_func ("/oauth-upload/ten-minutes-of-tokens", test_ten_minutes_of_tokens);
  else
    g_test_add_func ("/oauth-upload/tokens-of-a-second", test_tokens_of_a_second);
  g_test_add_func ("/oauth-upload/one-refresh-for-all-refusals", test_one_refresh_for_all_refusals);
  g_test_add_func ("/oauth-upload/a-dark-sign-in-server", test_a_dark_sign_in_server);
  g_test_add_func ("/oauth-upload/one-hold-and-one-sign-in", test_one_hold_and_one_sign_in);
  g_test_add_func ("/oauth-upload/killed-between-rotation-and-use", test_killed_between_rotation_and_use);
  g_test_add_func ("/oauth-upload/ended-while-the-server-answers", test_ended_while_the_server_answers);
  g_test_add_func ("/oauth-upload/with-a-keyring", test_with_a_keyring);
  g_test_add_func ("/oauth-upload/a-browser-of-this-device", test_a_browser_of_this_device);
  g_test_add_func ("/oauth-upload/a-client-that-signs-in-itself", test_a_client_that_signs_in_itself);
  g_test_add_func ("/oauth-upload/a-token-command", test_a_token_command);
  failures = g_test_run ();
  test_planted_assert_not_heard (scene.planted, TEST_PLANTED_MARK);
  g_clear_pointer (&scene.planted, test_planted_free);
  g_clear_pointer (&scene.broker, test_broker_free);
  g_clear_pointer (&scene.server, test_peer_free);

  return failures;
}
