/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The history as evidence: the lines of "outbox log --json" are what docs/history.md says, and "outbox log --against" lays them beside
 * the receiver's ledger and tusd's log, each turned into lines by the command that stands on that page.
 */
#include "support/command.h"
#include "support/files.h"
#include "support/node.h"

#define SIZE_BYTES (300 * 1000)

static char *
dup_page (void)
{
  g_autoptr (GError) error = NULL;
  char *page = NULL;

  g_file_get_contents (g_getenv ("HISTORY_PAGE"), &page, NULL, &error);
  g_assert_no_error (error);

  return page;
}

/* --- The receiver's side --- */

typedef struct
{
  TestBroker *broker;
  TestPeer *receiver;
  GPtrArray *files; /* of TestFile */
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->files, g_ptr_array_unref);
  g_clear_pointer (&scene->receiver, test_peer_free);
  g_clear_pointer (&scene->broker, test_broker_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static TestFile *
hand_over (Scene *scene, const char *name)
{
  TestFile *file = test_file_make (scene->broker, name, SIZE_BYTES, scene->files->len + 1);

  g_ptr_array_add (scene->files, file);
  test_file_submit (file, scene->broker);

  return file;
}

static void
set_up (Scene *scene)
{
  g_autofree char *store = NULL, *ledger = NULL;

  scene->broker = test_broker_new_alone ();
  scene->files = g_ptr_array_new_with_free_func ((GDestroyNotify) test_file_free);
  store = g_build_filename (scene->broker->folder, "store-of-server", NULL);
  ledger = g_build_filename (scene->broker->folder, "ledger.jsonl", NULL);
  scene->receiver = test_peer_start_receiver ("--folder", store, "--ledger", ledger, NULL);
  test_broker_set_destination (scene->broker, test_peer_get_url (scene->receiver), NULL);
}

/* The first waits for the queue, meets a server in trouble, and is tried again; the second just goes. */
static void
deliver_two (Scene *scene)
{
  g_free (test_command (scene->broker, "pause", 0));
  (void) hand_over (scene, "IMG_0001.jpg");
  test_peer_control (scene->receiver, "{\"fault\":\"status\",\"status\":503,\"method\":\"PATCH\",\"count\":1}");
  g_free (test_command (scene->broker, "resume", 0));
  (void) test_broker_deliver (scene->broker, 2, 30);
  (void) hand_over (scene, "IMG_0002.jpg");
  (void) test_broker_deliver (scene->broker, 1, 30);
}

/* --- The lines --- */

/* Returns: (transfer full): member → type, of the page's first table */
static GHashTable *
read_members (const char *page)
{
  GHashTable *members = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_auto (GStrv) lines = g_strsplit (strstr (page, "## An entry"), "\n", -1);

  for (guint i = 0; lines[i] && !g_str_has_prefix (lines[i], "`sequence`"); i++)
    {
      g_auto (GStrv) cells = g_strsplit (lines[i], " | ", 3);

      if (g_str_has_prefix (lines[i], "| `"))
        g_hash_table_insert (members, g_strndup (cells[0] + 3, strlen (cells[0]) - 4), g_strdup (cells[1]));
    }
  g_assert_cmpuint (g_hash_table_size (members), ==, 15);

  return members;
}

static const char *
get_type (JsonNode *node)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    return "array";
  if (json_node_get_value_type (node) == G_TYPE_STRING)
    return "string";

  return json_node_get_value_type (node) == G_TYPE_BOOLEAN ? "boolean" : "integer";
}

/* @seen: names of members get into it */
static void
assert_is_entry (JsonObject *entry, GHashTable *members, GHashTable *seen)
{
  const char *const always[] = { "sequence", "at", "event", "count" };
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  for (guint i = 0; i < G_N_ELEMENTS (always); i++)
    g_assert_true (json_object_has_member (entry, always[i]));
  json_object_iter_init (&iter, entry);
  while (json_object_iter_next (&iter, &name, &value))
    {
      g_assert_cmpstr (g_hash_table_lookup (members, name), ==, get_type (value));
      g_hash_table_add (seen, g_strdup (name));
    }
}

static void
test_the_lines_are_as_documented (Scene *scene)
{
  g_autofree char *page = dup_page ();
  g_autoptr (GHashTable) members = read_members (page);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  const TestFile *first = scene->files->pdata[0];
  g_autofree char *command = g_strconcat ("log --json ", first->id, NULL);
  g_autofree char *log = test_command (scene->broker, command, 0);
  g_auto (GStrv) lines = g_strsplit (log, "\n", -1);

  g_test_message ("%s", log);
  for (guint i = 0; *lines[i]; i++)
    {
      g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);

      g_assert_true (node && JSON_NODE_HOLDS_OBJECT (node));
      assert_is_entry (json_node_get_object (node), members, seen);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, g_hash_table_size (members));
}

/* --- Against the server's --- */

/* Runs the command of the page that reads that file. */
static void
make_lines (TestBroker *broker, const char *name)
{
  g_autofree char *page = dup_page ();
  g_autofree char *end = g_strconcat (" ", name, " > server.jsonl", NULL);
  const char *mark = strstr (page, end);
  g_autofree char *before = NULL, *command = NULL, *quoted = NULL, *line = NULL;
  TestCommand run;

  g_assert_nonnull (mark);
  before = g_strndup (page, (gsize) (mark - page) + strlen (end));
  command = g_strdup (g_strrstr (before, "\n    jq "));
  quoted = g_shell_quote (command);
  line = g_strconcat ("sh -c ", quoted, NULL);
  run = test_command_start_line (broker, line);
  g_free (test_command_finish (&run, 0));
}

static void
test_the_ledger_agrees (Scene *scene)
{
  g_autofree char *words = NULL;

  make_lines (scene->broker, "ledger.jsonl");
  words = test_command (scene->broker, "log --against server.jsonl", 0);
  g_assert_cmpstr (words, ==, "No difference: 2 uploads compared.\n");
}

/* Each request of the server's log names its upload, and the attempt by which it came. */
static void
test_the_server_hears_the_ids (Scene *scene)
{
  g_autofree char *path = g_build_filename (scene->broker->folder, "ledger.jsonl", NULL);
  const TestFile *first = scene->files->pdata[0];
  g_autofree char *id = g_strdup_printf ("\"X-Request-ID\":\"%s\"", first->id);
  g_autofree char *ledger = NULL;

  g_assert_true (g_file_get_contents (path, &ledger, NULL, NULL));
  test_assert_has (ledger, id);
  test_assert_has (ledger, "\"Outbox-Attempt\":\"1\"");
}

/* What was done to the server's log behind its back is found, and told for people and for programs. */
static void
test_what_differs_is_told (Scene *scene)
{
  const TestFile *first = scene->files->pdata[0], *second = scene->files->pdata[1];
  g_autofree char *server = g_build_filename (scene->broker->folder, "server.jsonl", NULL);
  g_autofree char *lines
      = g_strdup_printf ("{\"id\":\"%s\",\"event\":\"finished\",\"size\":%u,\"sha256\":\"00\"}\n"
                         "{\"id\":\"%s\",\"event\":\"created\",\"attempt\":9}\n"
                         "{\"id\":\"0190aaaa-0000-7000-8000-000000000001\",\"event\":\"finished\"}\n",
                         first->id, SIZE_BYTES, second->id);
  g_autofree char *one = g_strdup_printf ("log --against server.jsonl --json %s", first->id);
  g_autofree char *words = NULL, *json = NULL, *expected = NULL;

  g_assert_true (g_file_set_contents (server, lines, -1, NULL));
  words = test_command (scene->broker, "log --against server.jsonl", 1);
  test_assert_has (words, "other bytes");
  test_assert_has (words, "not finished on the server");
  test_assert_has (words, "an attempt that is unknown here");
  test_assert_has (words, "unknown here");
  json = test_command (scene->broker, one, 1);
  expected = g_strdup_printf ("{\"id\":\"%s\",\"difference\":\"digest\",\"here\":\"%s\",\"there\":\"00\"}\n", first->id,
                              first->sha256);
  g_assert_cmpstr (json, ==, expected);
}

/* What was removed here is compared by what the log still knows; half a log is an error, with its line. */
static void
test_removed_and_unreadable (Scene *scene)
{
  const TestFile *first = scene->files->pdata[0];
  g_autofree char *remove = g_strconcat ("remove ", first->id, NULL);
  g_autofree char *server = g_build_filename (scene->broker->folder, "server.jsonl", NULL);
  g_autofree char *words = NULL, *error = NULL;

  make_lines (scene->broker, "ledger.jsonl");
  g_free (test_command (scene->broker, remove, 0));
  words = test_command (scene->broker, "log --against server.jsonl", 0);
  g_assert_cmpstr (words, ==, "No difference: 2 uploads compared.\n");
  g_assert_true (g_file_set_contents (server, "{}\n{\"id\":\"a\",\"ev", -1, NULL));
  error = test_command (scene->broker, "log --against server.jsonl", 1);
  test_assert_has (error, "server.jsonl, line 2: this is not a JSON object");
}

static void
test_with_the_receiver (void)
{
  g_auto (Scene) scene = { 0 };

  set_up (&scene);
  deliver_two (&scene);
  test_the_lines_are_as_documented (&scene);
  test_the_server_hears_the_ids (&scene);
  test_the_ledger_agrees (&scene);
  test_what_differs_is_told (&scene);
  test_removed_and_unreadable (&scene);
}

/* --- tusd --- */

/* With a log, which goes through a pipe so that its first lines can be waited for. */
static TestPeer *
start_tusd (TestBroker *broker)
{
  g_autofree char *program = test_node_find_tool ("bin/tusd");
  g_autofree char *folder = g_build_filename (broker->folder, "tusd", NULL);
  g_autofree char *log = g_build_filename (broker->folder, "tusd.log", NULL);
  g_autofree char *script = g_strdup_printf ("exec \"$0\" \"$@\" > >(tee '%s') 2>&1", log);
  const char *argv[] = { "bash",        "-c",   script,       program,   "--port",        "0", "-host", "127.0.0.1",
                         "-upload-dir", folder, "-base-path", "/files/", "-behind-proxy", NULL };

  return g_file_test (program, G_FILE_TEST_IS_EXECUTABLE)
             ? test_peer_start_saying (argv, "You can now upload files to: ")
             : NULL;
}

static gboolean
is_finished_in_log (gpointer data)
{
  TestBroker *broker = data;
  g_autofree char *path = g_build_filename (broker->folder, "tusd.log", NULL);
  g_autofree char *log = NULL;

  return g_file_get_contents (path, &log, NULL, NULL) && strstr (log, "event=UploadFinished")
         && g_str_has_suffix (log, "\n");
}

static void
test_with_tusd (void)
{
  g_autoptr (TestBroker) broker = test_broker_new_alone ();
  g_autoptr (TestPeer) tusd = start_tusd (broker);
  g_autoptr (TestFile) file = NULL;
  g_autofree char *version_path = test_node_find_tool ("bin/tusd.version");
  g_autofree char *version = NULL, *words = NULL, *server = NULL, *lines = NULL, *id = NULL;

  /* Version 1 writes another log. */
  if (!tusd || !g_file_get_contents (version_path, &version, NULL, NULL) || !strstr (version, "tusd/v2/"))
    {
      g_test_skip ("tusd 2 is not installed; tests/setup/install.sh test brings it");
      return;
    }
  test_broker_set_destination (broker, test_peer_get_url (tusd), NULL);
  file = test_file_make (broker, "IMG_0001.jpg", SIZE_BYTES, 1);
  test_file_submit (file, broker);
  (void) test_broker_deliver (broker, 1, 30);
  test_wait_until (is_finished_in_log, broker, 10);
  make_lines (broker, "tusd.log");
  words = test_command (broker, "log --against server.jsonl", 0);
  g_assert_cmpstr (words, ==, "No difference: 1 upload compared.\n");
  server = g_build_filename (broker->folder, "server.jsonl", NULL);
  g_assert_true (g_file_get_contents (server, &lines, NULL, NULL));
  id = g_strdup_printf ("\"id\":\"%s\"", file->id);
  test_assert_has (lines, id);
  test_assert_has (lines, "\"event\":\"finished\"");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evidence/with-the-receiver", test_with_the_receiver);
  g_test_add_func ("/evidence/with-tusd", test_with_tusd);

  return g_test_run ();
}
