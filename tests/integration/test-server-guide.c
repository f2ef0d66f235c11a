/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The servers of docs/server.md do what it says: each is started by the commands that stand there, confirms what it was sent, and takes
 * what is changed of it. Then it loses its records, and is asked again.
 */
#include "support/command.h"
#include "support/document.h"
#include "support/files.h"
#include "support/nginx.h"
#include "support/node.h"

#include <glib/gstdio.h>

/* The ports of the page, for which each run has its own. */
#define UPLOADS_PORT "1080"
#define RECORDS_PORT "8090"
#define FAR_ORIGIN "https://depot.example"
#define N_FILES 3

typedef struct
{
  const char *heading;
  const char *records; /* of its folder, that it loses, for a shell; NULL: they are all that it has */
} Kind;

static const Kind kinds[] = {
  { "tusd", "records.db" },
  { "@tus/server", "records/*" },
  { "Django", NULL },
  { "nginx in front", "records.db" },
};

typedef struct
{
  TestBroker *broker;
  TestPeer *uploads, *records; /* at these ports; @records may be NULL */
  TestNginx *nginx;            /* NULL: there is none in front */
  GPtrArray *files;            /* of TestFile */
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->nginx, test_nginx_free);
  g_clear_pointer (&scene->uploads, test_peer_free);
  g_clear_pointer (&scene->records, test_peer_free);
  g_clear_pointer (&scene->files, g_ptr_array_unref);
  g_clear_pointer (&scene->broker, test_broker_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

static char *
read_text (const char *path)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  (void) g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* Returns: (transfer full): the commands below that heading of the page */
static char **
dup_commands (const char *heading)
{
  g_autofree char *page = read_text (g_getenv ("SERVER_PAGE"));
  g_autofree char *mark = g_strdup_printf ("\n## %s\n", heading);
  const char *begin = strstr (page, mark);
  g_auto (GStrv) lines = NULL;
  GPtrArray *commands = g_ptr_array_new ();

  g_assert_nonnull (begin);
  lines = g_strsplit (begin + strlen (mark), "\n", -1);
  for (guint i = 0; lines[i] && !g_str_has_prefix (lines[i], "## "); i++)
    if (g_str_has_prefix (lines[i], "    "))
      g_ptr_array_add (commands, g_strdup (lines[i] + strlen ("    ")));
  g_ptr_array_add (commands, NULL);

  return (char **) g_ptr_array_free (commands, FALSE);
}

static void
replace (char **text, const char *old, const char *new)
{
  g_autoptr (GString) string = g_string_new (*text);

  (void) g_string_replace (string, old, new, 0);
  g_free (*text);
  *text = g_strdup (string->str);
}

/* --- What the commands find where they are run --- */

static void
copy_into (TestBroker *broker, const char *name)
{
  g_autofree char *from = g_build_filename (g_getenv ("SERVER_FILES"), name, NULL);
  g_autofree char *to = g_build_filename (broker->folder, name, NULL);
  g_autofree char *text = read_text (from);

  g_assert_true (g_file_set_contents (to, text, -1, NULL));
}

/* FALSE: something of it is not installed. */
static gboolean
scene_set_up (Scene *scene)
{
  g_autofree char *tusd = test_node_find_tool ("bin/tusd"), *node = test_node_find ();
  g_autofree char *packages = test_node_find_tool ("servers/node_modules"),
                  *version_path = test_node_find_tool ("bin/tusd.version");
  g_autofree char *folder = g_path_get_dirname (tusd), *version = NULL, *link = NULL;

  if (!node || !g_file_get_contents (version_path, &version, NULL, NULL) || !strstr (version, "tusd/v2/")
      || !g_file_test ("/usr/lib/python3/dist-packages/django", G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("tusd 2, Node or Django is not installed; tests/setup/install.sh test brings them");
      return FALSE;
    }
  g_unsetenv ("PYTHONPATH");
  if (!strstr (g_getenv ("PATH"), folder))
    {
      g_autofree char *path = g_strdup_printf ("%s:/usr/bin:%s", folder, g_getenv ("PATH"));

      g_setenv ("PATH", path, TRUE);
    }
  scene->broker = test_broker_new_alone ();
  scene->files = g_ptr_array_new_with_free_func ((GDestroyNotify) test_file_free);
  link = g_build_filename (scene->broker->folder, "node_modules", NULL);
  g_assert_cmpint (symlink (packages, link), ==, 0);
  copy_into (scene->broker, "tusd-records.py");
  copy_into (scene->broker, "tus-server.mjs");
  copy_into (scene->broker, "django-uploads.py");

  return TRUE;
}

/* --- The commands --- */

static guint
find_port (TestPeer *peer)
{
  g_autoptr (GUri) uri = g_uri_parse (test_peer_get_url (peer), G_URI_FLAGS_NONE, NULL);

  return (guint) g_uri_get_port (uri);
}

/* A server in the broker's folder, at a port of its own instead of @port. */
static TestPeer *
start_server (Scene *scene, const char *command, const char *port)
{
  g_autofree char *line = g_strdup (command);
  g_autofree char *script = NULL;
  const char *argv[] = { "bash", "-c", NULL, "--port", "0", NULL };

  replace (&line, port, "$1");
  if (scene->records)
    {
      g_autofree char *there = g_strdup_printf ("%u", find_port (scene->records));

      replace (&line, RECORDS_PORT, there);
    }
  script = g_strdup_printf ("cd '%s' && exec %s 2>&1", scene->broker->folder, line);
  argv[2] = script;

  return test_peer_start_saying (argv, g_str_has_prefix (command, "tusd ") ? "You can now upload files to: "
                                                                           : "listening on ");
}

static void
start_nginx (Scene *scene)
{
  g_autofree char *path = g_build_filename (g_getenv ("SERVER_FILES"), "nginx.conf", NULL);
  g_autofree char *directives = read_text (path);
  g_autofree char *uploads = g_strdup_printf ("%u", find_port (scene->uploads));
  g_autofree char *records = g_strdup_printf ("%u", find_port (scene->records));

  replace (&directives, UPLOADS_PORT, uploads);
  replace (&directives, RECORDS_PORT, records);
  scene->nginx = test_nginx_start (scene->broker->folder, directives);
  g_assert_nonnull (scene->nginx);
}

/* A command of outbox, with the addresses of this run. */
static void
run_outbox (Scene *scene, const char *command)
{
  g_autofree char *line = g_strdup (command + strlen ("outbox "));
  g_autofree char *uploads = g_strdup_printf ("%u", find_port (scene->uploads));
  g_autofree char *output = NULL;

  replace (&line, UPLOADS_PORT, uploads);
  if (scene->records)
    {
      g_autofree char *records = g_strdup_printf ("%u", find_port (scene->records));

      replace (&line, RECORDS_PORT, records);
    }
  if (strstr (line, FAR_ORIGIN))
    {
      g_autoptr (GUri) uri = NULL;
      g_autofree char *origin = NULL;

      start_nginx (scene);
      uri = g_uri_parse (test_nginx_get_url (scene->nginx), G_URI_FLAGS_NONE, NULL);
      origin = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uri));
      replace (&line, FAR_ORIGIN, origin);
    }
  output = test_command (scene->broker, line, 0);
}

static void
run_commands (Scene *scene, char **commands)
{
  for (guint i = 0; commands[i]; i++)
    {
      g_test_message ("%s", commands[i]);
      if (g_str_has_prefix (commands[i], "outbox "))
        run_outbox (scene, commands[i]);
      else if (strstr (commands[i], "--port " RECORDS_PORT))
        scene->records = start_server (scene, commands[i], RECORDS_PORT);
      else if (strstr (commands[i], "port " UPLOADS_PORT))
        scene->uploads = start_server (scene, commands[i], UPLOADS_PORT);
      else
        {
          TestCommand command = test_command_start_line (scene->broker, commands[i]);

          g_free (test_command_finish (&command, 0));
          test_command_clear (&command);
        }
    }
}

/* --- What has become of the files --- */

static void
assert_attached (Scene *scene)
{
  g_autoptr (GHashTable) records = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < scene->files->len; i++)
    {
      const TestFile *file = scene->files->pdata[i];
      g_autoptr (GVariant) document = test_broker_get (scene->broker, file->id);
      g_autoptr (GVariant) receipt = g_variant_lookup_value (document, "receipt", G_VARIANT_TYPE_VARDICT);

      g_assert_cmpstr (test_document_get_text (document, "state"), ==, "done");
      g_assert_nonnull (receipt);
      g_assert_cmpstr (test_document_get_text (receipt, "rung"), ==, "attached");
      g_assert_true (g_hash_table_add (records, g_strdup (test_document_get_text (receipt, "record"))));
    }
}

typedef struct
{
  TestBroker *broker;
  const char *id;
  guint version;
} Change;

static gboolean
is_taken (gpointer data)
{
  const Change *change = data;
  g_autoptr (GVariant) document = test_broker_get (change->broker, change->id);
  g_autoptr (GVariant) amendment = g_variant_lookup_value (document, "amendment", G_VARIANT_TYPE_VARDICT);
  guint version = 0;

  return amendment && g_str_equal (test_document_get_text (amendment, "result"), "taken")
         && g_variant_lookup (amendment, "version", "u", &version) && version == change->version;
}

/* What is said of a file changes twice after it has arrived, and its server has the newer of the two. */
static void
assert_takes_changes (Scene *scene)
{
  const TestFile *file = scene->files->pdata[0];
  Change change = { scene->broker, file->id, 0 };
  g_autofree char *tried = test_command (scene->broker, "destination test depot", 0);

  test_assert_has (tried, "amend URL     answers as expected");
  for (change.version = 1; change.version <= 2; change.version++)
    {
      g_autofree char *words = g_strdup_printf ("amend %s --note 'door %u'", file->id, change.version);

      g_free (test_command (scene->broker, words, 0));
      test_wait_until (is_taken, &change, 20);
    }
}

/* The server comes back without its records: it makes them anew of what it has when it is asked. */
static void
lose_records (Scene *scene, const char *names)
{
  TestPeer *peer = scene->records ? scene->records : scene->uploads;
  g_autofree char *line = g_strdup_printf ("sh -c 'rm uploads/%s'", names);
  TestCommand command;

  test_peer_kill (peer);
  command = test_command_start_line (scene->broker, line);
  g_free (test_command_finish (&command, 0));
  test_command_clear (&command);
  test_peer_restart (peer);
  g_free (test_command (scene->broker, "verify --all", 0));
}

/* How many files of that size the server has, however it names them. */
static guint
count_whole (Scene *scene, guint64 size_bytes)
{
  g_autofree char *path = g_build_filename (scene->broker->folder, "uploads", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_whole = 0;

  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *child = g_build_filename (path, name, NULL);
      GStatBuf st;

      n_whole += g_stat (child, &st) == 0 && S_ISREG (st.st_mode) && (guint64) st.st_size == size_bytes;
    }

  return n_whole;
}

static void
test_as_the_page_says (gconstpointer data)
{
  const Kind *kind = data;
  g_auto (GStrv) commands = dup_commands (kind->heading);
  g_auto (Scene) scene = { 0 };

  if (!scene_set_up (&scene))
    return;
  run_commands (&scene, commands);
  for (guint i = 0; i < N_FILES; i++)
    {
      g_autofree char *name = g_strdup_printf ("写真 %u.jpg", i);
      TestFile *file = test_file_make (scene.broker, name, 300000 + i, i + 1);

      g_ptr_array_add (scene.files, file);
      test_file_submit (file, scene.broker);
    }
  (void) test_broker_deliver (scene.broker, 0, 30);
  assert_attached (&scene);
  assert_takes_changes (&scene);
  if (kind->records)
    lose_records (&scene, kind->records);
  assert_attached (&scene);
  for (guint i = 0; i < N_FILES; i++)
    g_assert_cmpuint (count_whole (&scene, 300000 + i), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autofree char *path = g_strdup_printf ("/server-guide/%s", kinds[i].heading);

      replace (&path, "@tus/server", "tus-server");
      replace (&path, " ", "-");
      g_test_add_data_func (path, &kinds[i], test_as_the_page_says);
    }

  return g_test_run ();
}
