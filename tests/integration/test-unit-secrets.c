/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets that the unit of the service brings: systemd hands the daemon a folder, here the test does.
 */
#include "support/broker.h"
#include "support/command.h"
#include "support/planted.h"

#include <glib/gstdio.h>

#define TOKEN "pl4nted-unit-tok3n"
#define OWN_TOKEN "pl4nted-own-tok3n"

typedef struct
{
  char *folder; /* of the credentials */
  TestBroker *broker;
  TestPlanted *planted;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-credentials-XXXXXX", NULL);
  g_setenv ("CREDENTIALS_DIRECTORY", fixture->folder, TRUE);
  fixture->broker = test_broker_new ();
  fixture->planted = test_planted_listen (test_broker_get_bus_address (fixture->broker));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  g_unsetenv ("CREDENTIALS_DIRECTORY");
  test_planted_free (fixture->planted);
  test_broker_free (fixture->broker);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* @text: %s in it is the server's URL */
static void
bring (Fixture *fixture, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, "outbox.depot", NULL);
  g_auto (GStrv) parts = g_strsplit (text, "%s", 2);
  g_autofree char *filled = g_strjoinv (test_peer_get_url (fixture->broker->peer), parts);

  g_assert_true (g_file_set_contents (path, filled, -1, NULL));
}

static void
require (Fixture *fixture, const char *token)
{
  g_autofree char *fault
      = g_strdup_printf ("{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Bearer %s\"}", token);

  test_peer_control (fixture->broker->peer, fault);
}

static void
submit (Fixture *fixture, const char *name)
{
  g_autofree char *path = test_broker_make_file (fixture->broker, name, 100 * 1000, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = test_broker_submit (fixture->broker, path, NULL, &error);

  g_assert_no_error (error);
}

static void
test_it_signs_in (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_autofree char *shown = NULL;
  g_autofree char *out = NULL;

  require (fixture, TOKEN);
  bring (fixture, "{\"kind\":\"bearer\",\"token\":\"" TOKEN "\",\"origin\":\"%s\"}\n");
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "done", 20);
  shown = test_command (broker, "destination show depot", 0);
  test_assert_has (shown, "in the unit of the service");
  out = test_command (broker, "destination sign-out depot", 1);
  test_assert_has (out, "outbox.depot");
  g_assert_cmpuint (test_planted_count_files (broker->folder, TOKEN, "-"), ==, 0);
  test_planted_assert_nowhere (fixture->planted, broker->folder, TOKEN);
}

/* Each says what is wrong, and none sends anything of it. */
static void
test_what_is_no_use_says_so (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *text, *words;
  } rows[] = {
    { "{\"kind\":\"bearer\",\"token\":\"" TOKEN "\",\"origin\":\"https://b.example\"}", "another server" },
    { "{\"kind\":\"bearer\",\"token\":\"" TOKEN "\"}", "origin" },
    { TOKEN, "no JSON object with an origin" },
    { "", "no JSON object with an origin" },
    { "{\"kind\":\"command\",\"origin\":\"%s\"}", "bearer, basic or header" },
    { "{\"kind\":\"tls\",\"origin\":\"%s\"}", "without a certificate" },
    { "{\"kind\":\"oauth2\",\"client_secret\":\"" TOKEN "\",\"origin\":\"%s\"}", "bearer, basic or header" },
  };
  TestBroker *broker = fixture->broker;

  require (fixture, TOKEN);
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "paused", 20);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *report = NULL;

      bring (fixture, rows[i].text);
      report = test_command (broker, "destination test depot", 1);
      test_assert_has (report, rows[i].words);
      g_assert_null (strstr (report, TOKEN));
    }
}

/* As systemd gives another one with the next start of the service. */
static void
test_the_next_start_tries_the_new_one (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;

  require (fixture, TOKEN);
  bring (fixture, "{\"kind\":\"bearer\",\"token\":\"too-old\",\"origin\":\"%s\"}");
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "paused", 20);
  test_broker_stop (broker);
  bring (fixture, "{\"kind\":\"bearer\",\"token\":\"" TOKEN "\",\"origin\":\"%s\"}");
  test_broker_start (broker, NULL);
  test_broker_wait_for_all (broker, "done", 20);
}

static void
test_a_persons_own_sign_in_comes_first (Fixture *fixture, gconstpointer data)
{
  TestBroker *broker = fixture->broker;
  g_auto (TestCommand) command = { NULL };
  g_autofree char *said = NULL;
  g_autofree char *out = NULL;

  bring (fixture, "{\"kind\":\"bearer\",\"token\":\"" TOKEN "\",\"origin\":\"%s\"}");
  require (fixture, OWN_TOKEN);
  command
      = test_command_start_line (broker, "sh -c 'echo pl4nted-own-\"tok3n\" | \"$OUTBOX\" destination sign-in depot'");
  said = test_command_finish (&command, 0);
  submit (fixture, "a.jpg");
  test_broker_wait_for_all (broker, "done", 20);
  out = test_command (broker, "destination sign-out depot", 0);
  require (fixture, TOKEN);
  submit (fixture, "b.jpg");
  test_broker_wait_for_all (broker, "done", 20);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/unit-secrets/one-signs-in", Fixture, NULL, set_up, test_it_signs_in, tear_down);
  g_test_add ("/unit-secrets/what-is-no-use-says-so", Fixture, NULL, set_up, test_what_is_no_use_says_so, tear_down);
  g_test_add ("/unit-secrets/the-next-start-tries-the-new-one", Fixture, NULL, set_up,
              test_the_next_start_tries_the_new_one, tear_down);
  g_test_add ("/unit-secrets/a-persons-own-comes-first", Fixture, NULL, set_up, test_a_persons_own_sign_in_comes_first,
              tear_down);

  return g_test_run ();
}
