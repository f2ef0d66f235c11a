/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Secrets in every place where one can be configured or be said by a server, and every place that shows anything, the log with all
 * that OUTBOX_DEBUG adds included: none of them shows one. What keeps them on the disk is for the person alone.
 */
#include "support/broker.h"
#include "support/command.h"
#include "support/said.h"

#include <string.h>
#include <sys/stat.h>

/* In the userinfo and the query of URLs, in a header, and in what a server calls an upload. */
#define SECRETS "hunter2", "tok-5ecret", "hdr-5ecret", "sig-5ecret", "cfm-5ecret", "also-5ecret"

static const char *const secrets[] = { SECRETS };

typedef struct
{
  const char *path;
  const char *fault; /* of the server; NULL: none */
  const char *state; /* in which the upload then is */
} Row;

#define LOCATION "\"Location\":\"/files/lost?sig=sig-5ecret\",\"Tus-Resumable\":\"1.0.0\""

static const Row rows[] = {
  { "/shown/when-it-arrives", NULL, "done" },
  { "/shown/when-it-is-refused", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"count\":-1}", "failed" },
  { "/shown/when-a-sign-in-is-wanted", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401,\"count\":-1}",
    "paused" },
  { "/shown/when-the-server-is-in-trouble", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":503,\"count\":-1}",
    "retrying" },
  { "/shown/when-the-location-has-a-secret",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":201,\"count\":-1,\"headers\":{" LOCATION "}}", "retrying" },
  { "/shown/when-the-server-repeats-it",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"count\":-1,"
    "\"body\":\"user hunter2 with Bearer hdr-5ecret may not POST /files/?token=tok-5ecret\"}",
    "failed" },
  { "/shown/when-the-location-is-elsewhere",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":201,\"count\":-1,\"headers\":{\"Tus-Resumable\":\"1.0.0\","
    "\"Location\":\"http://u:hunter2@elsewhere.invalid/x?sig=sig-5ecret\"}}",
    "paused" },
};

/* Fails the test where a secret is in @text. */
static void
assert_hides (const char *place, const char *text)
{
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++)
    if (strstr (text, secrets[i]))
      g_error ("%s shows %s: %s", place, secrets[i], text);
}

/* Whatever the command's exit code is. */
static void
assert_command_hides (TestBroker *broker, const char *words)
{
  g_auto (TestCommand) command = test_command_start (broker, words);
  char *line;

  while ((line = test_command_read_line (&command)))
    {
      assert_hides (words, line);
      g_free (line);
    }
}

static void
configure (TestBroker *broker)
{
  g_autofree char *words = NULL;
  g_autofree char *url = g_strdup_printf ("%s?token=tok-5ecret", test_peer_get_url (broker->peer));
  const char *host = strstr (url, "://") + 3;

  words = g_strdup_printf (
      "destination set depot --url 'http://user:hunter2@%s' --header 'X-Api-Key=hdr-5ecret'"
      " --header 'Authorization=Bearer hdr-5ecret' --also 'http://a:hunter2@node.invalid/?k=also-5ecret'",
      host);
  assert_command_hides (broker, words);
}

/* The folder's files and its database hold what is configured, and are nobody else's. */
static void
assert_private (TestBroker *broker, const char *name)
{
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", name, NULL);
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 077, ==, 0);
}

/* What a slip of the hand says is not repeated whole. */
static void
assert_errors_hide (TestBroker *broker)
{
  static const char *const words[] = {
    "destination set depot --header 'X-Api-Key: hdr-5ecret'",
    "destination set depot --header hdr-5ecret",
    "destination set depot --header 'X Api=hdr-5ecret'",
    "destination set depot --url 'ftp://user:hunter2@server.invalid/?token=tok-5ecret'",
    "destination set depot --url 'user:hunter2@server.invalid'",
    "destination set depot --confirm-url 'http//u:hunter2@server.invalid/{id}?k=cfm-5ecret'",
    "destination set depot --also 'http//u:hunter2@server.invalid/?k=also-5ecret'",
  };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    assert_command_hides (broker, words[i]);
}

static void
test_nothing_shows_a_secret (gconstpointer data)
{
  static const char *const commands[] = { "status",
                                          "status --json",
                                          "list",
                                          "list --json",
                                          "destination list",
                                          "destination list --json",
                                          "destination show depot",
                                          "destination show depot --json",
                                          "log",
                                          "log --json",
                                          "policy show",
                                          "doctor",
                                          "--help",
                                          "destination set --help" };
  const Row *row = data;
  g_auto (TestSaid) errors = { 0 };
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;
  g_autofree char *id = NULL;
  g_autofree char *show = NULL;
  g_autofree char *show_json = NULL;
  g_autofree char *log = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autofree char *text = NULL;
  g_autofree char *shown = NULL;
  g_autofree char *said = NULL;

  test_said_begin (&errors);
  broker = test_broker_new ();
  test_said_end (&errors);
  path = test_broker_make_file (broker, "photo.jpg", 5000, 1);
  assert_errors_hide (broker);
  configure (broker);
  shown = test_command (broker, "destination show depot", 0);
  test_assert_has (shown, "token=…");
  test_assert_has (shown, "node.invalid");
  if (row->fault)
    test_peer_control (broker->peer, row->fault);
  id = test_broker_submit (broker, path, NULL, NULL);
  test_broker_wait_for_all (broker, row->state, 20);
  show = g_strdup_printf ("show %s", id);
  show_json = g_strdup_printf ("show --json %s", id);
  log = g_strdup_printf ("log %s", id);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    assert_command_hides (broker, commands[i]);
  assert_command_hides (broker, show);
  assert_command_hides (broker, show_json);
  assert_command_hides (broker, log);
  document = test_broker_get (broker, id);
  text = g_variant_print (document, FALSE);
  assert_hides ("the document", text);
  assert_private (broker, "settings.json");
  assert_private (broker, "queue.db");
  test_broker_stop (broker);
  said = test_said_read (&errors);
  assert_hides ("the daemon's log", said);
  test_assert_has (said, "outbox-transfer-DEBUG");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  (void) g_setenv ("OUTBOX_DEBUG", "all", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add_data_func (rows[i].path, &rows[i], test_nothing_shows_a_secret);

  return g_test_run ();
}
