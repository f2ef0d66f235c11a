/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The pauses that a person can order by the command: of an upload, a group, a destination, the queue. Each is told at once, is in the log and
 * survives a restart, as does the time before which an upload is not sent.
 */
#include "support/broker.h"
#include "support/command.h"

/* Orders, says what the upload waits for, restarts, and takes it back. %s: the upload's id. */
typedef struct
{
  const char *name;
  const char *pause;
  const char *resume;
  const char *label;
  const char *log; /* in the log of everything */
} Pause;

static const Pause pauses[] = {
  { "/pauses/of-an-upload", "pause %s", "resume %s", "Paused · by you", "Paused by you" },
  { "/pauses/of-a-group", "group pause case-7", "group resume case-7", "Paused · by you", "case-7" },
  { "/pauses/of-a-destination", "destination pause depot", "destination resume depot", "Paused · by you", "depot" },
  { "/pauses/of-the-queue", "pause", "resume", "Paused · the whole queue is paused", "queue" },
};

static char *
run (TestBroker *broker, const char *format, const char *id)
{
  const char *place = strstr (format, "%s");
  g_autofree char *command = place ? g_strdup_printf ("%.*s%s", (int) (place - format), format, id) : g_strdup (format);

  return test_command (broker, command, 0);
}

static void
test_a_pause (gconstpointer data)
{
  const Pause *pause = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 3000000, 1);
  g_autofree char *id = NULL, *paused = NULL, *listed = NULL, *again = NULL, *log = NULL, *resumed = NULL;

  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":20000}");
  id = g_strchomp (test_command (broker, "add photo.jpg --group case-7 --title Bridge", 0));
  test_broker_wait_for_all (broker, "uploading", 10);
  paused = run (broker, pause->pause, id);
  /* At once, though the chunk under way still has a moment. */
  g_assert_cmpuint (test_broker_count (broker, "paused"), ==, 1);
  listed = test_command (broker, "list --group case-7", 0);
  test_assert_has (listed, pause->label);
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  test_broker_wait_for_all (broker, "paused", 10);
  again = test_command (broker, "list", 0);
  test_assert_has (again, pause->label);
  log = test_command (broker, "log", 0);
  test_assert_has (log, pause->log);
  test_peer_control (broker->peer, "{\"fault\":\"rate\",\"bytes\":0}");
  resumed = run (broker, pause->resume, id);
  test_broker_wait_for_all (broker, "done", 20);
}

static void
test_a_time_before_which_nothing_is_sent (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL, *listed = NULL, *sent = NULL;

  id = test_broker_submit (broker, path, g_variant_new_parsed ("{'not_before': <int64 3000000000000>}"), &error);
  g_assert_no_error (error);
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  test_broker_wait_for_all (broker, "paused", 10);
  listed = test_command (broker, "list", 0);
  test_assert_has (listed, "Paused");
  sent = run (broker, "send-now %s", id);
  test_broker_wait_for_all (broker, "done", 20);
}

/* A line each; with a form, what it came to; and what cannot be asked. */
static void
test_groups_are_told_in_a_line (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *form = test_broker_make_file (broker, "form.json", 500, 2);
  g_autofree char *none = test_command (broker, "group", 0);
  g_autofree char *added = NULL, *added_form = NULL, *listed = NULL, *shown = NULL, *json = NULL, *unknown = NULL;
  g_autofree char *few = NULL, *strange = NULL;
  g_autoptr (JsonNode) documents = NULL;

  test_assert_has (none, "No groups.");
  added = test_command (broker, "add --wait photo.jpg --group case-7 --title Bridge", 0);
  added_form = test_command (broker, "add --wait form.json --form --group case-7", 0);
  listed = test_command (broker, "group list", 0);
  test_assert_has (listed, "case-7");
  test_assert_has (listed, "Bridge");
  test_assert_has (listed, "2 of 2");
  shown = test_command (broker, "group show case-7", 0);
  test_assert_has (shown, "Bridge\n");
  test_assert_has (shown, "form.json");
  json = test_command (broker, "group --json", 0);
  documents = json_from_string (json, NULL);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (documents)), ==, 1);
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (json_node_get_array (documents), 0),
                                               "done"),
                   ==, 2);
  unknown = test_command (broker, "group pause case-8", 1);
  test_assert_has (unknown, "There is no group case-8");
  few = test_command (broker, "group show", 2);
  test_assert_has (few, "too few arguments");
  strange = test_command (broker, "group frobnicate", 2);
  test_assert_has (strange, "there is no action frobnicate");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (pauses); i++)
    g_test_add_data_func (pauses[i].name, &pauses[i], test_a_pause);
  g_test_add_func ("/pauses/a-time-before-which-nothing-is-sent", test_a_time_before_which_nothing_is_sent);
  g_test_add_func ("/pauses/groups-are-told-in-a-line", test_groups_are_told_in_a_line);

  return g_test_run ();
}
