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

/* Runs an example in the broker's folder. */
static void
run_example (TestBroker *broker, const char *example)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  const char *end = strstr (example, "/v1/events") ? "event: ready" : NULL;
  /* What is to be ended is the command itself. */
  g_autofree char *script = g_strconcat (end ? "exec " : "set -e\n", example, NULL);
  g_autofree char *socket = rest_dup_socket (broker);
  g_autofree char *folder = g_path_get_dirname (socket);
  g_autofree char *runtime = g_path_get_dirname (folder);
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  g_subprocess_launcher_setenv (launcher, "XDG_RUNTIME_DIR", runtime, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", script, NULL);
  g_assert_no_error (error);
  words = read_words (process, end);
  g_test_message ("%s\n%s", example, words);
  if (end)
    g_assert_nonnull (strstr (words, end));
  else
    g_assert_true (g_subprocess_get_successful (process));
}

static guint
count_commands (const char *text)
{
  guint n_commands = 0;

  while ((text = strstr (text, "curl --")))
    {
      text++;
      n_commands++;
    }

  return n_commands;
}

/* Returns: (transfer full): the lines of code from there on, without what they are set in by. @i: (inout): then the line behind */
static char *
take_code (char **lines, guint *i)
{
  g_autoptr (GString) code = g_string_new (NULL);

  for (; lines[*i] && g_str_has_prefix (lines[*i], "    "); ++*i)
    g_string_append_printf (code, "%s\n", lines[*i] + strlen ("    "));

  return g_string_free (g_steal_pointer (&code), FALSE);
}

/* Without --fail an example that is refused would look as if it had worked. */
static guint
run_all (TestBroker *broker, const char *page)
{
  g_auto (GStrv) lines = g_strsplit (page, "\n", -1);
  guint n_commands = 0, i = 0;

  while (lines[i])
    {
      g_autofree char *code = take_code (lines, &i);

      if (count_commands (code) > 0)
        {
          g_assert_nonnull (strstr (code, "--fail"));
          run_example (broker, code);
          n_commands += count_commands (code);
        }
      if (*code == '\0')
        i++;
    }

  return n_commands;
}

static void
test_every_command_of_the_page (void)
{
  g_autoptr (TestBroker) broker = rest_start ();
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *film = test_broker_make_file (broker, "film.mp4", 3000 * 1000, 2);
  g_autofree char *page = NULL;
  g_auto (RestAnswer) yard = { 0 };

  g_assert_true (g_file_get_contents (g_getenv ("REST_PAGE"), &page, NULL, NULL));
  g_assert_cmpuint (run_all (broker, page), ==, count_commands (page));
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 2);
  yard = rest_ask (broker, "GET", "/v1/destinations/yard");
  g_assert_cmpuint (yard.status, ==, 200);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-examples/every-command-of-the-page", test_every_command_of_the_page);

  return g_test_run ();
}
