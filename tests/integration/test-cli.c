/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The outbox command as people and scripts use it, against the daemon: what it prints, what it does, how it ends.
 */
#include "support/command.h"

#include "config.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files of the test, made in the folder in which the command runs. */
static void
make_files (TestBroker *broker, guint n_files, gsize size_bytes)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *name = g_strdup_printf ("photo %u.jpg", i);
      g_autofree char *path = test_broker_make_file (broker, name, size_bytes, i + 1);
    }
}

static void
test_added_files_arrive (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *output = NULL;

  make_files (broker, 3, 50000);
  output
      = test_command (broker,
                      "add --wait 'photo 0.jpg' 'photo 1.jpg' 'photo 2.jpg' --group case --title 'A bridge' -m job=17",
                      0);
  test_assert_has (output, "photo 2.jpg: Uploaded · attached to its record\n");
  {
    g_autoptr (JsonNode) node = test_command_json (broker, "list --json --group case");
    JsonArray *uploads = json_node_get_array (node);

    g_assert_cmpuint (json_array_get_length (uploads), ==, 3);
    for (guint i = 0; i < 3; i++)
      {
        JsonObject *upload = json_array_get_object_element (uploads, i);
        g_autofree char *name = g_strdup_printf ("photo %u.jpg", i);

        g_assert_cmpstr (json_object_get_string_member (upload, "name"), ==, name);
        g_assert_cmpstr (json_object_get_string_member (upload, "state"), ==, "done");
        g_assert_cmpstr (json_object_get_string_member (upload, "group_title"), ==, "A bridge");
        g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (upload, "metadata"), "job"), ==,
                         "17");
      }
  }
}

/* The server is told what is said last; once it has been told, nobody says otherwise. */
static void
test_amend_until_it_is_sent (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *paused = NULL, *added = NULL, *amended = NULL, *shown = NULL, *resumed = NULL, *refused = NULL;
  g_autoptr (JsonNode) state = NULL;
  g_autofree char *told = NULL;

  make_files (broker, 1, 50000);
  paused = test_command (broker, "pause", 0);
  added = test_command (broker, "add 'photo 0.jpg' -m note=here -m job=17", 0);
  amended = test_command (broker, "amend 'photo 0.jpg' --note there --name bridge.jpg -m job= -p 3", 0);
  shown = test_command (broker, "show bridge.jpg", 0);
  test_assert_has (shown, "there");
  resumed = test_command (broker, "resume", 0);
  test_broker_wait_for_all (broker, "done", 60);
  state = test_peer_describe (broker->peer);
  told = json_to_string (state, FALSE);
  test_assert_has (told, "\"there\"");
  test_assert_has (told, "\"bridge.jpg\"");
  g_assert_null (strstr (told, "\"here\""));
  g_assert_null (strstr (told, "\"17\""));
  refused = test_command (broker, "amend bridge.jpg --note elsewhere", 1);
  test_assert_has (refused, "has been told already");
}

static void
test_ids_are_printed_in_order (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *output = NULL;
  g_auto (GStrv) ids = NULL;

  make_files (broker, 20, 1000);
  output = test_command (
      broker,
      "add 'photo 0.jpg' 'photo 1.jpg' 'photo 2.jpg' 'photo 3.jpg' 'photo 4.jpg' 'photo 5.jpg' 'photo 6.jpg'"
      " 'photo 7.jpg' 'photo 8.jpg' 'photo 9.jpg' 'photo 10.jpg' 'photo 11.jpg' 'photo 12.jpg' 'photo 13.jpg'"
      " 'photo 14.jpg' 'photo 15.jpg' 'photo 16.jpg' 'photo 17.jpg' 'photo 18.jpg' 'photo 19.jpg'",
      0);
  ids = g_strsplit (g_strchomp (output), "\n", -1);
  g_assert_cmpuint (g_strv_length (ids), ==, 20);
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *command = g_strdup_printf ("show --json %s", ids[i]);
      g_autofree char *name = g_strdup_printf ("photo %u.jpg", i);
      g_autoptr (JsonNode) node = test_command_json (broker, command);

      g_assert_cmpstr (json_object_get_string_member (json_node_get_object (node), "name"), ==, name);
    }
}

/* A refused file stays where it is, and the others are handed over all the same. */
static void
test_a_bad_file_is_told_and_the_others_go (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "good.jpg", 1000, 1);
  g_autofree char *output = test_command (broker, "add --move missing.jpg /proc good.jpg store", 1);
  g_autoptr (JsonNode) node = test_command_json (broker, "list --json");

  test_assert_has (output, "missing.jpg: No such file or directory");
  test_assert_has (output, "/proc: this is a folder: --recursive adds what is in it");
  test_assert_has (output, "store: this is a folder: --recursive");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (node)), ==, 1);
}

/* Each is told by its path, in plain words, and none is opened: what is handed over beside it goes. */
static void
test_what_is_no_file_is_told (void)
{
  static const char *const words[]
      = { "/dev/zero: this is a device", "pipe: this is a pipe", "socket: this is a socket", "link: this is a device" };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "good.jpg", 1000, 1);
  g_autofree char *pipe = g_build_filename (broker->folder, "pipe", NULL);
  g_autofree char *socket = g_build_filename (broker->folder, "socket", NULL);
  g_autofree char *link = g_build_filename (broker->folder, "link", NULL);
  g_autofree char *output = NULL;
  g_autoptr (JsonNode) node = NULL;

  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  g_assert_cmpint (mknod (socket, S_IFSOCK | 0600, 0), ==, 0);
  g_assert_cmpint (symlink ("/dev/zero", link), ==, 0);
  output = test_command (broker, "add /dev/zero pipe socket link good.jpg", 1);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    test_assert_has (output, words[i]);
  g_assert_null (strstr (output, "descriptor"));
  node = test_command_json (broker, "list --json");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (node)), ==, 1);
}

/* Of a copy that somebody has removed or changed nothing is called safe, whatever else waits. */
static void
test_what_is_lost_is_not_called_safe (void)
{
  static const struct
  {
    gboolean is_gone;
    guint n_lost;
    const char *says;
  } rows[] = { { TRUE, 1, "The saved copy of 1 upload is missing or damaged" },
               { FALSE, 2, "The saved copies of 2 uploads are missing or damaged" } };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *whole = test_command (broker, "add photo.jpg", 0);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = g_strchomp (test_command (broker, "add photo.jpg", 0));
      g_autofree char *copy = g_build_filename (broker->folder, "data", "outbox", "spool", id, NULL);
      g_autofree char *status = NULL;

      test_broker_stop (broker);
      g_assert_cmpint (rows[i].is_gone ? g_unlink (copy) : truncate (copy, 999), ==, 0);
      test_broker_start (broker, NULL);
      while (test_broker_count (broker, "failed") < rows[i].n_lost)
        g_main_context_iteration (NULL, TRUE);
      status = test_command (broker, "status", 0);
      test_assert_has (status, rows[i].says);
      g_assert_null (strstr (status, "All of it is safe"));
    }
}

static void
test_a_pause_and_a_resume (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *id = g_strchomp (test_command (broker, "add photo.jpg", 0));
  g_autofree char *listed = test_command (broker, "list", 0);
  g_autofree char *status = test_command (broker, "status", 0);
  g_autofree char *watch = g_strdup_printf ("watch %s", id);
  g_autofree char *output = NULL;

  test_assert_has (listed, "Paused · the whole queue is paused");
  test_assert_has (status, "1 upload has not arrived yet");
  test_assert_has (status, "Everything is safe on this device.");
  test_assert_has (status, "Resume the queue.");
  {
    g_auto (TestCommand) run = test_command_start (broker, watch);
    g_autofree char *first = test_command_read_line (&run);
    g_autofree char *resumed = NULL;

    test_assert_has (first, "Paused");
    resumed = test_command (broker, "resume", 0);
    output = test_command_finish (&run, 0);
  }
  test_assert_has (output, "photo.jpg: Uploaded · attached to its record\n");
}

/* Returns: when it goes on, as the command tells; Unix milliseconds. */
static gint64
add_for_later (TestBroker *broker, const char *time)
{
  g_autofree char *command = g_strdup_printf ("add --json --not-before %s photo.jpg", time);
  g_autofree char *output = test_command (broker, command, 0);
  g_autoptr (JsonNode) node = json_from_string (output, NULL);
  JsonObject *upload = json_array_get_object_element (json_node_get_array (node), 0);

  g_assert_cmpstr (json_object_get_string_member (upload, "state"), ==, "paused");
  g_assert_cmpstr (json_array_get_string_element (json_object_get_array_member (upload, "reasons"), 0), ==,
                   "not-before");

  return json_object_get_int_member (upload, "until");
}

static void
test_a_file_for_later_waits (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  /* To the minute, and an hour ago: that is tomorrow. */
  g_autoptr (GDateTime) before = g_date_time_add_hours (now, -1);
  g_autofree char *time = g_date_time_format (before, "%H:%M");
  gint64 until_ms;

  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  g_assert_cmpint (add_for_later (broker, "2100-01-31T22:00:00Z"), ==, G_GINT64_CONSTANT (4105116000000));
  until_ms = add_for_later (broker, time);
  g_assert_cmpint (until_ms, >, (g_date_time_to_unix (now) + 22 * 3600) * 1000);
  g_assert_cmpint (until_ms, <=, (g_date_time_to_unix (now) + 24 * 3600) * 1000);
}

static void
test_unfinished_work_is_not_removed_by_accident (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *id = g_strchomp (test_command (broker, "add photo.jpg", 0));
  /* The end of an id is enough. */
  g_autofree char *command = g_strdup_printf ("remove %s", id + strlen (id) - 8);
  g_autofree char *force = g_strdup_printf ("remove --force %s", id);
  g_autofree char *refused = test_command (broker, command, 1);
  g_autofree char *removed = NULL;
  g_autofree char *listed = NULL;

  test_assert_has (refused, "photo.jpg has not arrived yet");
  removed = test_command (broker, force, 0);
  listed = test_command (broker, "list", 0);
  g_assert_cmpstr (listed, ==, "No uploads.\n");
}

static void
test_what_has_arrived_is_cleared (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *added = test_command (broker, "add --wait photo.jpg", 0);
  g_autofree char *removed = test_command (broker, "remove --done", 0);
  g_autofree char *status = test_command (broker, "status", 0);

  test_assert_has (status, "Nothing to upload.");
}

static void
test_a_failure_is_told_and_retried (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *output = NULL;
  g_autofree char *status = NULL;
  g_autofree char *retried = NULL;
  g_autofree char *watched = NULL;

  test_peer_control (broker->peer,
                     "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"body\":\"no \\u001b[31mtea\"}");
  output = test_command (broker, "add --wait photo.jpg", 1);
  test_assert_has (output, "Failed · the server refused it");
  status = test_command (broker, "status", 0);
  test_assert_has (status, "tea (HTTP 418)");
  /* A server's words never reach the terminal raw. */
  g_assert_null (strchr (status, '\033'));
  retried = test_command (broker, "retry --all", 0);
  watched = test_command (broker, "watch --until-done", 0);
}

static gboolean
is_retrying (gpointer data)
{
  return test_broker_count (data, "retrying") == 1;
}

static void
test_the_status_tells_why_all_of_it_waits (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *added = NULL;
  g_autofree char *status = NULL;
  g_autofree char *shown = NULL;

  test_peer_kill (broker->peer);
  added = test_command (broker, "add photo.jpg", 0);
  test_wait_until (is_retrying, broker, 20);
  status = test_command (broker, "status", 0);
  test_assert_has (status, "depot: Retrying in ");
  test_assert_has (status, "Connection refused");
  shown = test_command (broker, "destination show depot", 0);
  test_assert_has (shown, "Connection refused");
}

/* Starts the daemon again where the device's data is in that folder. Returns: (transfer full): the status */
static char *
ask_status_with_data (TestBroker *broker, const char *folder)
{
  g_autofree char *old = g_strdup (g_getenv ("XDG_DATA_DIRS"));

  test_broker_stop (broker);
  g_setenv ("XDG_DATA_DIRS", folder, TRUE);
  test_broker_start (broker, NULL);
  if (old)
    g_setenv ("XDG_DATA_DIRS", old, TRUE);
  else
    g_unsetenv ("XDG_DATA_DIRS");

  return test_command (broker, "status", 0);
}

/* Where media types cannot be told, the rules may choose wrongly: a person hears of it, and of what to install. */
static void
test_the_status_tells_that_media_types_are_missing (void)
{
  static const struct
  {
    const char *name; /* of a file in the device's database; NULL: there is no such folder */
    gboolean is_warned;
  } rows[] = { { NULL, TRUE }, { "packages", TRUE }, { "globs", FALSE }, { "globs2", FALSE }, { "mime.cache", FALSE } };
  g_autoptr (TestBroker) broker = test_broker_new_alone ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *name = g_strdup_printf ("share-%u", i);
      g_autofree char *folder = g_build_filename (broker->folder, name, NULL);
      g_autofree char *database = g_build_filename (folder, "mime", NULL);
      g_autofree char *file = rows[i].name ? g_build_filename (database, rows[i].name, NULL) : NULL;
      g_autofree char *status = NULL;

      g_assert_cmpint (g_mkdir_with_parents (file ? database : folder, 0700), ==, 0);
      g_assert_true (!file || g_file_set_contents (file, "", 0, NULL));
      status = ask_status_with_data (broker, folder);
      g_test_message ("%s: %s", rows[i].name ? rows[i].name : "nothing", status);
      g_assert_cmpint (strstr (status, "install shared-mime-info") != NULL, ==, rows[i].is_warned);
    }
}

/* The broker dies under a command that watches: the command goes on when it is back. */
static void
test_watch_outlives_the_broker (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_auto (TestCommand) run = test_command_start (broker, "add --wait photo.jpg");
  g_autofree char *first = test_command_read_line (&run);
  g_autofree char *lost = NULL;
  g_autofree char *resumed = NULL;
  g_autofree char *rest = NULL;

  test_assert_has (first, "Paused");
  test_broker_kill (broker);
  lost = test_command_read_line (&run);
  test_assert_has (lost, "The service is not there");
  test_broker_start (broker, NULL);
  resumed = test_command (broker, "resume", 0);
  rest = test_command_finish (&run, 0);
  test_assert_has (rest, "The service is back.");
  test_assert_has (rest, "photo.jpg: Uploaded · attached to its record\n");
}

/* It died after the file was safe and before it could say so: asked again with the same key, it answers with the same
 * upload. */
static void
test_add_outlives_the_broker (void)
{
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *path = NULL;
  g_autofree char *output = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!OB_CRASH_POINTS)
    {
      g_test_skip ("built without crash points");
      return;
    }
  broker = test_broker_new ();
  path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  test_broker_stop (broker);
  test_broker_start (broker, "before-reply");
  {
    g_auto (TestCommand) run = test_command_start (broker, "add photo.jpg");

    test_broker_wait_for_death (broker, 20);
    test_broker_start (broker, NULL);
    output = g_strchomp (test_command_finish (&run, 0));
  }
  node = test_command_json (broker, "list --json");
  g_assert_cmpuint (json_array_get_length (json_node_get_array (node)), ==, 1);
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (json_node_get_array (node), 0), "id"),
                   ==, output);
}

static void
test_names_do_no_harm_to_a_terminal (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "evil\033[2J\nname.jpg", 1000, 1);
  g_autofree char *added = test_command (broker, "add --wait \"evil\033[2J\nname.jpg\"", 0);
  g_autofree char *listed = test_command (broker, "list", 0);

  g_assert_null (strchr (added, '\033'));
  g_assert_null (strchr (listed, '\033'));
  test_assert_has (listed, "name.jpg");
}

static void
test_destinations (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *set
      = test_command (broker, "destination set other --url https://example.org/files/ -H Authorization=secret", 0);
  g_autofree char *bad = test_command (broker, "destination set other --url ftp://example.org/", 1);
  g_autofree char *listed = test_command (broker, "destination list", 0);
  g_autofree char *shown = test_command (broker, "destination show other", 0);
  g_autofree char *paused = test_command (broker, "destination pause other", 0);
  g_autofree char *after = test_command (broker, "destination list", 0);
  g_autofree char *removed = test_command (broker, "destination remove other", 0);
  g_autofree char *missing = test_command (broker, "destination show other", 1);

  test_assert_has (bad, "http or https");
  test_assert_has (listed, "other");
  test_assert_has (listed, "Ready");
  test_assert_has (shown, "Authorization");
  g_assert_null (strstr (shown, "secret"));
  test_assert_has (after, "Paused · by you");
  test_assert_has (missing, "There is no destination other");
}

/* A secret of one server is not told to the next one. */
static void
test_headers_stay_with_their_server (void)
{
  static const struct
  {
    const char *settings;
    const char *header; /* that the destination has then; NULL: none */
    gboolean is_told;
  } rows[] = {
    { "--url https://a.test/files/", "Authorization", FALSE },
    { "--url https://a.test/other/", "Authorization", FALSE },
    { "--url https://A.TEST:443/files/", "Authorization", FALSE },
    { "--default", "Authorization", FALSE },
    { "--url https://b.test/files/ -H X-Key=new", "X-Key", FALSE },
    { "--url https://b.test/files/", NULL, TRUE },
    { "--url https://sub.a.test/files/", NULL, TRUE },
    { "--url https://a.test:8443/files/", NULL, TRUE },
    { "--url http://a.test/files/", NULL, TRUE },
    { "--url http://a.test:443/files/", NULL, TRUE },
    { "--url https://a.test@b.test/files/", NULL, TRUE },
    { "--url https://b.test/{id} --protocol http", NULL, TRUE },
  };
  g_autoptr (TestBroker) broker = test_broker_new ();

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *command = g_strconcat ("destination set other ", rows[i].settings, NULL);
      g_autofree char *first
          = test_command (broker,
                          "destination set other --protocol tus --url https://a.test/files/ -H Authorization=secret",
                          0);
      g_autofree char *set = test_command (broker, command, 0);
      g_autofree char *shown = test_command (broker, "destination show other", 0);

      g_test_message ("%s: %s%s", rows[i].settings, set, shown);
      g_assert_cmpint (strstr (set, "are removed") != NULL, ==, rows[i].is_told);
      g_assert_cmpint (strstr (shown, "Authorization") != NULL, ==, g_strcmp0 (rows[i].header, "Authorization") == 0);
      g_assert_cmpint (strstr (shown, "X-Key") != NULL, ==, g_strcmp0 (rows[i].header, "X-Key") == 0);
    }
  /* Nor is it when the daemon starts again; and the log tells why. */
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  {
    g_autofree char *shown = test_command (broker, "destination show other", 0);
    g_autofree char *log = test_command (broker, "log", 0);

    g_assert_null (strstr (shown, "Authorization"));
    test_assert_has (log, "the headers and the sign-in of the old one were dropped");
  }
}

static void
test_wrong_arguments_exit_with_2 (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  const char *const commands[] = { "",
                                   "bogus",
                                   "add",
                                   "add --bogus file",
                                   "add --metadata nothing file",
                                   "add --key k a b",
                                   "add --not-before 25:00 file",
                                   "add --not-before tomorrow file",
                                   "list extra",
                                   "list --limit=-1",
                                   "show",
                                   "show a b",
                                   "retry",
                                   "retry --all abcd",
                                   "remove",
                                   "remove --done abcd",
                                   "destination",
                                   "destination bogus name",
                                   "destination set",
                                   "destination list name",
                                   "destination set name -H nothing --url http://localhost/" };

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *output = test_command (broker, commands[i], 2);

      g_assert_cmpstr (output, !=, "");
    }
}

static void
test_without_a_broker_it_exits_with_3 (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  const char *const commands[] = { "list", "status", "show 01234567-89ab-7000-8000-000000000000", "pause", "watch" };

  test_broker_kill (broker);
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *output = test_command (broker, commands[i], 3);

      test_assert_has (output, "The service is not there");
    }
}

/* Page after page it is what the newest 200 are, while there are no more. */
static void
test_the_whole_log (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *cursor = g_strdup ("");
  g_autofree char *newest = NULL;
  g_autofree char *all = NULL;
  g_autofree char *later = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_entries = 0;

  for (guint i = 0; i < 3; i++)
    g_free (test_command (broker, "add photo.jpg", 0));
  test_broker_wait_for_all (broker, "done", 20);
  newest = test_command (broker, "log --json", 0);
  all = test_command (broker, "log --json --all", 0);
  g_assert_cmpstr (all, ==, newest);
  later = test_command (broker, "log --json --since 2200-01-01T00:00", 0);
  g_assert_cmpstr (later, ==, "");
  g_free (test_command (broker, "log --all --against -", 2));
  do
    {
      g_autoptr (GVariant) results
          = g_dbus_connection_call_sync (broker->connection, "org.outbox.Outbox1", "/org/outbox/Outbox1",
                                         "org.outbox.Outbox1.Uploads", "Log",
                                         g_variant_new_parsed ("({'limit': <uint32 2>, 'cursor': <%s>},)", cursor),
                                         G_VARIANT_TYPE ("(aa{sv}s)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
      g_autoptr (GVariant) page = g_variant_get_child_value (results, 0);

      g_assert_cmpuint (g_variant_n_children (page), <=, 2);
      n_entries += g_variant_n_children (page);
      g_free (cursor);
      g_variant_get_child (results, 1, "s", &cursor);
    }
  while (*cursor);
  lines = g_strsplit (g_strchomp (all), "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, n_entries);
}

/* Every command has its --help, and stands in the manual and in what completes it. */
static void
test_every_command_is_documented (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *help = test_command (broker, "--help", 0);
  g_auto (GStrv) lines = g_strsplit (strstr (help, "Commands:\n") + strlen ("Commands:\n"), "\n", -1);
  g_autofree char *manual = NULL;
  g_autofree char *completion = NULL;

  g_assert_true (g_file_get_contents (g_getenv ("OUTBOX_MANUAL"), &manual, NULL, NULL));
  completion = test_command (broker, "--complete ''", 0);
  for (guint i = 0; *lines[i]; i++)
    {
      g_auto (GStrv) words = g_strsplit (g_strchug (lines[i]), " ", 2);
      g_autofree char *command = g_strdup_printf ("%s --help", words[0]);
      g_autofree char *section = g_strdup_printf (".SS %s\n", words[0]);
      g_autofree char *word = g_strdup_printf ("%s\t", words[0]);
      g_autofree char *text = test_command (broker, command, 0);

      test_assert_has (text, "Usage:");
      test_assert_has (manual, section);
      test_assert_has (completion, word);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cli/added-files-arrive", test_added_files_arrive);
  g_test_add_func ("/cli/amend-until-it-is-sent", test_amend_until_it_is_sent);
  g_test_add_func ("/cli/ids-are-printed-in-order", test_ids_are_printed_in_order);
  g_test_add_func ("/cli/what-is-lost-is-not-called-safe", test_what_is_lost_is_not_called_safe);
  g_test_add_func ("/cli/a-bad-file-is-told-and-the-others-go", test_a_bad_file_is_told_and_the_others_go);
  g_test_add_func ("/cli/what-is-no-file-is-told", test_what_is_no_file_is_told);
  g_test_add_func ("/cli/a-pause-and-a-resume", test_a_pause_and_a_resume);
  g_test_add_func ("/cli/a-file-for-later-waits", test_a_file_for_later_waits);
  g_test_add_func ("/cli/unfinished-work-is-not-removed-by-accident", test_unfinished_work_is_not_removed_by_accident);
  g_test_add_func ("/cli/what-has-arrived-is-cleared", test_what_has_arrived_is_cleared);
  g_test_add_func ("/cli/a-failure-is-told-and-retried", test_a_failure_is_told_and_retried);
  g_test_add_func ("/cli/the-status-tells-why-all-of-it-waits", test_the_status_tells_why_all_of_it_waits);
  g_test_add_func ("/cli/the-status-tells-that-media-types-are-missing",
                   test_the_status_tells_that_media_types_are_missing);
  g_test_add_func ("/cli/watch-outlives-the-broker", test_watch_outlives_the_broker);
  g_test_add_func ("/cli/the-whole-log", test_the_whole_log);
  g_test_add_func ("/cli/add-outlives-the-broker", test_add_outlives_the_broker);
  g_test_add_func ("/cli/names-do-no-harm-to-a-terminal", test_names_do_no_harm_to_a_terminal);
  g_test_add_func ("/cli/destinations", test_destinations);
  g_test_add_func ("/cli/headers-stay-with-their-server", test_headers_stay_with_their_server);
  g_test_add_func ("/cli/wrong-arguments-exit-with-2", test_wrong_arguments_exit_with_2);
  g_test_add_func ("/cli/without-a-broker-it-exits-with-3", test_without_a_broker_it_exits_with_3);
  g_test_add_func ("/cli/every-command-is-documented", test_every_command_is_documented);

  return g_test_run ();
}
