/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command says in a locale of the system.
 */
#include <gio/gio.h>

static char *
run_help (const char *locale, const char *locale_folder)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  g_subprocess_launcher_unsetenv (launcher, "LANGUAGE");
  g_subprocess_launcher_setenv (launcher, "LC_ALL", locale, TRUE);
  if (locale_folder)
    g_subprocess_launcher_setenv (launcher, "LOCPATH", locale_folder, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, g_getenv ("OUTBOX"), "--help", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);

  return output;
}

static void
test_command_follows_the_locale (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-locale-XXXXXX", NULL);
  g_autofree char *target = g_build_filename (folder, "de_DE.UTF-8", NULL);
  g_autofree char *plain = run_help ("C", NULL);
  g_autofree char *output = NULL;
  const char *sweep[] = { "rm", "-r", folder, NULL };
  const char *argv[] = { "localedef", "-i", "de_DE", "-f", "UTF-8", target, NULL };
  int status = 0;

  g_assert_true (g_str_has_prefix (plain, "Usage: outbox"));
  if (!g_spawn_sync (NULL, (char **) argv, NULL,
                     G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                     NULL, &status, NULL)
      || !g_file_test (target, G_FILE_TEST_IS_DIR))
    g_test_skip ("no localedef, or no sources of locales");
  else
    {
      output = run_help ("de_DE.UTF-8", folder);
      g_assert_true (g_str_has_prefix (output, "Aufruf: outbox"));
    }
  g_assert_true (g_spawn_sync (NULL, (char **) sweep, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/command-follows-the-locale", test_command_follows_the_locale);

  return g_test_run ();
}
