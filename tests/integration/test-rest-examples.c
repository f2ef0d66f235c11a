/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The commands of docs/rest.md do what it says: each is run as it stands there.
 */
#include "rest.h"

/* Reads what a command prints, up to @end, and ends it then: a stream does not end by itself. @end: NULL: up to its end */
static char *
read_words (GSubprocess *process, const char *end)
{
  GInputStream *output = g_subprocess_get_stdout_pipe (process);
  g_autoptr (GString) words = g_string_new (NULL);
  char buffer[1024];
  gssize got;

  while ((!end || !strstr (words->str, end))
         && (got = g_input_stream_read (output, buffer, sizeof buffer, NULL, NULL)) > 0)
    g_string_append_len (words, buffer, got);
  if (end)
    g_subprocess_force_exit (process);
  g_assert_true (g_subprocess_wait (process, NULL, NULL));

  return g_string_free (g_steal_pointer (&words), FALSE);
}

/* Runs a command in the broker's folder. */
static void
run_example (TestBroker *broker, const char *command)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_autofree char *alone = g_strconcat ("exec ", command, NULL);
  g_autofree char *socket = rest_dup_socket (broker);
  g_autofree char *folder = g_path_get_dirname (socket);
  g_autofree char *runtime = g_path_get_dirname (folder);
  const char *end = strstr (command, "/v1/events") ? "event: ready" : NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  g_test_message ("%s", command);
  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", runtime, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", alone, NULL);
  g_assert_no_error (error);
  words = read_words (process, end);
  g_assert_nonnull (strstr (words, end ? end : "{"));
  if (!end)
    g_assert_true (g_subprocess_get_successful (process));
}

static void
test_examples_of_the_page (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *page = NULL;
  g_auto (GStrv) lines = NULL;
  guint n_examples = 0;

  g_assert_true (g_file_get_contents (g_getenv ("REST_PAGE"), &page, NULL, NULL));
  lines = g_strsplit (page, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (g_str_has_prefix (lines[i], "    curl "))
      {
        g_autoptr (GString) command = g_string_new (g_strchug (lines[i]));

        while (g_str_has_suffix (lines[i], "\\"))
          g_string_append_printf (command, "\n%s", lines[++i]);
        run_example (broker, command->str);
        n_examples++;
      }
  g_assert_cmpuint (n_examples, ==, 3);
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-examples/examples-of-the-page", test_examples_of_the_page);

  return g_test_run ();
}
