/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is written for app developers: each example of client/examples hands a file over that arrives, as it stands and as a page shows
 * it; the command lines of docs/dbus.md are run as they stand; and the introspection data is whole.
 */
#include "support/command.h"

#include <string.h>

static char *
read_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *text;

  (void) g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

/* @uses_library: from where it was built */
static GSubprocessLauncher *
make_launcher (TestBroker *broker, gboolean uses_library)
{
  GSubprocessLauncher *launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *programs = g_path_get_dirname (g_getenv ("OUTBOX"));
  g_autofree char *path = g_strconcat (programs, ":", g_getenv ("PATH"), NULL);

  if (broker)
    {
      g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
      g_subprocess_launcher_set_cwd (launcher, broker->folder);
    }
  else
    g_subprocess_launcher_unsetenv (launcher, "DBUS_SESSION_BUS_ADDRESS");
  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG");
  g_subprocess_launcher_setenv (launcher, "PATH", path, TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  if (!uses_library)
    return launcher;
  g_subprocess_launcher_setenv (launcher, "GI_TYPELIB_PATH", g_getenv ("TYPELIB_FOLDER"), TRUE);
  g_subprocess_launcher_setenv (launcher, "LD_LIBRARY_PATH", g_getenv ("TYPELIB_FOLDER"), TRUE);
  if (*g_getenv ("PRELOAD"))
    {
      g_subprocess_launcher_setenv (launcher, "LD_PRELOAD", g_getenv ("PRELOAD"), TRUE);
      /* An interpreter frees little at its end. */
      g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", "detect_leaks=0", TRUE);
    }

  return launcher;
}

/* Returns: (transfer full): what it prints, while the main loop goes on. It must end with 0. */
static char *
run (GSubprocessLauncher *launcher, const char *const *argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_autoptr (GAsyncResult) ended = NULL;
  char *output = NULL;

  g_assert_no_error (error);
  g_subprocess_communicate_utf8_async (process, NULL, NULL, test_wait_on_result, &ended);
  test_wait_for_result (&ended, 60);
  g_assert_true (g_subprocess_communicate_utf8_finish (process, ended, &output, NULL, &error));
  g_assert_no_error (error);
  g_test_message ("%s", output);
  g_assert_true (g_subprocess_get_successful (process));

  return output;
}

/* As the page has it: each line, in a block of code. */
static void
assert_shown (const char *page, const char *example)
{
  g_auto (GStrv) lines = g_strsplit (example, "\n", -1);
  g_autoptr (GString) block = g_string_new ("\n\n");

  g_assert_cmpuint (g_strv_length (lines), <=, 40);
  for (guint i = 0; lines[i]; i++)
    g_string_append_printf (block, "%s%s\n", *lines[i] ? "    " : "", lines[i]);
  g_strchomp (block->str);
  test_assert_has (page, block->str);
}

static void
test_each_example_delivers (void)
{
  const struct
  {
    const char *source;
    const char *program; /* a variable of the environment; what the source is given to, where it begins with a slash */
    const char *argument;
    gboolean uses_library;
  } rows[] = {
    { "hand-over.c", "EXAMPLE_C", NULL, FALSE },        { "hand-over.vala", "EXAMPLE_VALA", NULL, FALSE },
    { "hand-over.py", "/usr/bin/python3", NULL, TRUE }, { "hand-over.js", "/usr/bin/gjs", "-m", TRUE },
    { "hand-over.sh", "/bin/sh", NULL, FALSE },
    { "hand-over.html", "A browser", NULL, FALSE }, /* tests/browser/short-page.mjs */
  };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *page = read_file (g_getenv ("DOCS"), "library.md");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      gboolean is_interpreted = rows[i].program[0] == '/';
      const char *program = is_interpreted ? rows[i].program : g_getenv (rows[i].program);
      g_autofree char *name = g_strconcat (rows[i].source, ".jpg", NULL);
      g_autofree char *path = test_broker_make_file (broker, name, 2000 + i, i + 1);
      g_autofree char *source = g_build_filename (g_getenv ("EXAMPLES"), rows[i].source, NULL);
      g_autofree char *text = read_file (g_getenv ("EXAMPLES"), rows[i].source);
      g_autoptr (GSubprocessLauncher) launcher = make_launcher (broker, rows[i].uses_library);
      g_autoptr (GPtrArray) argv = g_ptr_array_new ();
      g_autofree char *output = NULL;

      assert_shown (page, text);
      if (!program || !*program || !g_file_test (program, G_FILE_TEST_IS_EXECUTABLE)
          || (rows[i].uses_library && (!*g_getenv ("TYPELIB_FOLDER") || (*g_getenv ("PRELOAD") && rows[i].argument))))
        {
          /* The engine of gjs does not start with the sanitizers before it. */
          g_test_message ("%s is not run here", rows[i].source);
          continue;
        }
      g_ptr_array_add (argv, (char *) program);
      if (rows[i].argument)
        g_ptr_array_add (argv, (char *) rows[i].argument);
      if (is_interpreted)
        g_ptr_array_add (argv, source);
      g_ptr_array_add (argv, path);
      g_ptr_array_add (argv, NULL);
      output = run (launcher, (const char *const *) argv->pdata);
      test_broker_wait_for_all (broker, "done", 20);
      g_assert_cmpuint (test_broker_count (broker, "done"), >, 0);
    }
}

/* One after the other in one shell, as a reader would; each ends well. */
static void
test_lines_of_the_page_about_the_bus (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *page = read_file (g_getenv ("DOCS"), "dbus.md");
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 2000, 1);
  g_autoptr (GSubprocessLauncher) launcher = make_launcher (broker, FALSE);
  g_auto (GStrv) lines = g_strsplit (page, "\n", -1);
  g_autoptr (GString) script = g_string_new ("set -eu\n");
  g_autofree char *output = NULL;
  guint n_calls = 0;

  for (guint i = 0; lines[i]; i++)
    if (g_str_has_prefix (lines[i], "    "))
      {
        g_string_append_printf (script, "%s\n", lines[i] + 4);
        n_calls += g_str_has_prefix (lines[i] + 4, "gdbus ") || strstr (lines[i], "$(gdbus ") != NULL;
      }
  g_assert_cmpuint (n_calls, >=, 8);
  output = run (launcher, (const char *const[]){ "/bin/sh", "-c", script->str, NULL });
  test_assert_has (output, "'state': <'");
  test_assert_has (output, "org.outbox.Outbox1.Uploads");
}

/* @script: of this folder. @argument: (nullable) */
static char *
run_python (const char *script, const char *argument)
{
  g_autoptr (GSubprocessLauncher) launcher = make_launcher (NULL, TRUE);
  g_autofree char *path = g_build_filename (g_getenv ("SCRIPTS"), script, NULL);

  return run (launcher, (const char *const[]){ "/usr/bin/python3", path, argument, NULL });
}

static void
test_no_object_made_by_hand_crashes (void)
{
  g_autofree char *output = NULL;

  if (!*g_getenv ("TYPELIB_FOLDER"))
    {
      g_test_skip ("built without introspection");
      return;
    }
  output = run_python ("by-hand.py", NULL);
  g_assert_true (g_str_has_prefix (output, "4 types, "));
  g_assert_true (g_str_has_suffix (output, " methods\nall answered\n"));
}

static void
test_each_public_symbol_is_documented (void)
{
  g_autofree char *data = g_build_filename (g_getenv ("TYPELIB_FOLDER"), "Outbox-0.gir", NULL);
  g_autofree char *output = NULL;

  if (!*g_getenv ("TYPELIB_FOLDER"))
    {
      g_test_skip ("built without introspection");
      return;
    }
  output = run_python ("documented.py", data);
  g_assert_cmpstr (output, ==, "True\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/examples/each-example-delivers", test_each_example_delivers);
  g_test_add_func ("/examples/lines-of-the-page-about-the-bus", test_lines_of_the_page_about_the_bus);
  g_test_add_func ("/examples/no-object-made-by-hand-crashes", test_no_object_made_by_hand_crashes);
  g_test_add_func ("/examples/each-public-symbol-is-documented", test_each_public_symbol_is_documented);

  return g_test_run ();
}
