/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command says in a locale of the system, and what the service writes down and says in its person's.
 */
#include "base/language.h"
#include "dbus/messages.h"

#include <errno.h>
#include <gio/gio.h>
#include <string.h>

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

static gpointer
read_both (gpointer data)
{
  return g_strdup_printf ("%s, %s", outbox_message_get ("There is no network"), strerror (EACCES));
}

/* As outboxd begins: LC_CTYPE alone is the environment's. Whether the system's words are translated depends on what is installed. */
static void
test_service_speaks_to_the_person_alone (void)
{
  g_autofree char *written = NULL;
  g_autofree char *said = NULL;
  g_autofree char *elsewhere = NULL;
  g_autofree char *after = NULL;

  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_setenv ("LANGUAGE", "de", TRUE);
  g_assert_nonnull (setlocale (LC_CTYPE, ""));
  written = read_both (NULL);
  {
    g_auto (ObLanguage) language = ob_language_speak ();

    said = read_both (NULL);
    elsewhere = g_thread_join (g_thread_new ("worker", read_both, NULL));
  }
  after = read_both (NULL);
  g_assert_cmpstr (written, ==, "There is no network, Permission denied");
  g_assert_true (g_str_has_prefix (said, "Es gibt kein Netzwerk, "));
  g_assert_cmpstr (elsewhere, ==, written);
  g_assert_cmpstr (after, ==, written);
}

/* The session may name a language that nobody has generated on this device. */
static void
test_a_language_that_is_not_there_is_none (void)
{
  g_autofree char *said = NULL;
  g_auto (ObLanguage) language = { 0 };

  g_setenv ("LC_ALL", "xx_XX.UTF-8", TRUE);
  language = ob_language_speak ();
  said = read_both (NULL);
  g_assert_cmpstr (said, ==, "There is no network, Permission denied");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/labels/command-follows-the-locale", test_command_follows_the_locale);
  g_test_add_func ("/labels/service-speaks-to-the-person-alone", test_service_speaks_to_the_person_alone);
  g_test_add_func ("/labels/a-language-that-is-not-there-is-none", test_a_language_that_is_not_there_is_none);

  return g_test_run ();
}
