/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a token command may do, and what becomes of it: base/program runs real ones, transfer/token-command reads their end.
 */
#include "support/wait.h"
#include "transfer/token-command.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG_MS 20000

/* --- Running --- */

typedef struct
{
  ObProgram *program;
  char *meaning;
  char *words;
} Run;

static void
on_done (const ObProgramEnd *end, gpointer user_data)
{
  static const char *const verdicts[] = { "granted", "pending", "slow-down", "ended", "misconfigured", "away" };
  g_autoptr (ObOauthAnswer) answer = ob_token_command_read (end);
  Run *run = user_data;

  g_assert_null (run->meaning);
  run->words = g_strdup (end ? end->words : "");
  run->meaning = answer->access_token
                     ? g_strdup_printf ("granted %s %" G_GINT64_FORMAT, answer->access_token, answer->lifetime_ms)
                     : g_strdup_printf ("%s: %s", verdicts[answer->verdict], answer->words);
}

static void
run_clear (Run *run)
{
  g_clear_pointer (&run->program, ob_program_free);
  g_free (run->meaning);
  g_free (run->words);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Run, run_clear)

/* @run: zeroed */
static void
run_words (Run *run, const char *const *argv, gint64 most_ms)
{
  run->program = ob_program_start (argv, most_ms, on_done, run);
  while (!run->meaning)
    (void) g_main_context_iteration (NULL, TRUE);
}

static void
run_shell (Run *run, const char *script, gint64 most_ms)
{
  const char *argv[] = { "/bin/sh", "-c", script, NULL };

  run_words (run, argv, most_ms);
}

static void
test_how_it_ends (void)
{
  static const struct
  {
    const char *script;
    const char *meaning;
  } rows[] = {
    { "echo planted-token", "granted planted-token 60000" },
    { "printf planted-token", "granted planted-token 60000" },
    { "printf ' planted-token\\r\\n\\n'", "granted planted-token 60000" },
    { "echo '{\"access_token\":\"planted-token\",\"expires_in\":20}'", "granted planted-token 20000" },
    { "echo '{\"access_token\":\"planted-token\"}'", "granted planted-token 60000" },
    { "echo planted-token; echo planted-token >&2; exit 0", "granted planted-token 60000" },
    /* It leaves something behind that holds the pipe open. */
    { "echo planted-token; sleep 1000 &", "granted planted-token 60000" },
    { "true", "misconfigured: The token command has written no token" },
    { "echo two words", "misconfigured: The token command has written no token" },
    { "printf 'planted\\ntoken'", "misconfigured: The token command has written no token" },
    { "printf 'planted\\000token'", "misconfigured: The token command has written no token" },
    { "printf 'planted\\033[2Jtoken'", "misconfigured: The token command has written no token" },
    { "echo '{\"access_token\":7}'", "misconfigured: The token command has written no token" },
    { "echo '{\"error\":\"invalid_grant\",\"error_description\":\"sign in again\"}'", "ended: sign in again" },
    { "head -c 65536 /dev/zero | tr '\\0' a", "misconfigured: The token command has written no token" },
    { "head -c 65537 /dev/zero | tr '\\0' a; sleep 1000",
      "misconfigured: The token command has written more than a token" },
    { "yes", "misconfigured: The token command has written more than a token" },
    { "yes >&2 & echo planted-token", "granted planted-token 60000" },
    { "echo planted-token; exit 1", "away: The token command ended with exit code 1" },
    { "exit 75", "away: The token command ended with exit code 75" },
    { "exit 255", "away: The token command ended with exit code 255" },
    { "exit 77", "ended: The token command wants its person to sign in" },
    { "no-such-program", "misconfigured: The token command ended with exit code 127: a program is missing" },
    { "exit 126", "misconfigured: The token command ended with exit code 126: a program is missing" },
    { "kill -9 $$", "away: The token command was ended by signal 9" },
    { "kill -TERM $$", "away: The token command was ended by signal 15" },
    { "cat; pwd | grep -qx / && echo planted-token", "granted planted-token 60000" },
    { "test $(ls /proc/self/fd | wc -l) -le 4 && echo planted-token", "granted planted-token 60000" },
    { "test \"$PLANTED\" = '' && test \"$LANG\" = C.UTF-8 && test \"$HOME\" != '' && echo planted-token",
      "granted planted-token 60000" },
  };

  g_assert_true (g_setenv ("PLANTED", "environment", TRUE));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Run) run = { 0 };

      g_test_message ("%s", rows[i].script);
      run_shell (&run, rows[i].script, LONG_MS);
      g_assert_cmpstr (run.meaning, ==, rows[i].meaning);
      g_assert_null (strstr (run.words, "planted-token"));
    }
}

/* The words reach the program as they are: there is no shell. */
static void
test_no_shell (void)
{
  const char *argv[] = { "/usr/bin/printf", "%s", "$(id);*`id`|x", NULL };
  const char *missing[] = { "/nowhere/token", "x", NULL };
  const char *folder[] = { "/tmp", NULL };
  const char *not_found_by_path[] = { "printf", "token", NULL };
  static const struct
  {
    guint i;
    const char *meaning;
  } rows[] = { { 0, "granted $(id);*`id`|x 60000" },
               { 1, "misconfigured: The token command cannot be started: No such file or directory" },
               { 2, "misconfigured: The token command cannot be started: Permission denied" },
               { 3, "misconfigured: The token command cannot be started: No such file or directory" } };
  const char *const *const words[] = { argv, missing, folder, not_found_by_path };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_auto (Run) run = { 0 };

      run_words (&run, words[rows[i].i], LONG_MS);
      g_assert_cmpstr (run.meaning, ==, rows[i].meaning);
    }
}

/* --- Its group --- */

static gboolean
is_gone (gpointer pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%s/stat", (const char *) pid);
  g_autofree char *text = NULL;

  /* One that was killed and that nobody waits for yet is gone as well. */
  return !g_file_get_contents (path, &text, NULL, NULL) || strstr (text, ") Z ");
}

static gboolean
is_there (gpointer path)
{
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* @script: starts something that would go on, writes its process id to $FILE */
static void
assert_all_die (const char *script, gint64 most_ms, const char *meaning)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "pid", NULL);
  g_autofree char *line = g_strdup_printf ("FILE='%s'; %s", file, script);
  const char *argv[] = { "/bin/sh", "-c", line, NULL };
  g_autofree char *pid = NULL;
  g_auto (Run) run = { 0 };

  run.program = ob_program_start (argv, most_ms, on_done, &run);
  while (meaning && !run.meaning)
    (void) g_main_context_iteration (NULL, TRUE);
  test_wait_until (is_there, file, 20);
  if (meaning)
    g_assert_cmpstr (run.meaning, ==, meaning);
  else
    g_clear_pointer (&run.program, ob_program_free);
  g_assert_true (g_file_get_contents (file, &pid, NULL, NULL));
  g_strstrip (pid);
  test_wait_until (is_gone, pid, 20);
  (void) unlink (file);
  (void) rmdir (folder);
}

#define LEAVES_ONE "sleep 1000 & echo $! >$FILE.new; mv $FILE.new $FILE; "

static void
test_its_children_die_with_it (void)
{
  assert_all_die (LEAVES_ONE "echo planted-token", LONG_MS, "granted planted-token 60000");
  assert_all_die ("trap '' TERM INT HUP; " LEAVES_ONE "wait", 1500, "away: The token command was not done in its time");
  assert_all_die (LEAVES_ONE "yes", LONG_MS, "misconfigured: The token command has written more than a token");
  assert_all_die (LEAVES_ONE "wait", LONG_MS, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/token-command/how-it-ends", test_how_it_ends);
  g_test_add_func ("/token-command/no-shell", test_no_shell);
  g_test_add_func ("/token-command/its-children-die-with-it", test_its_children_die_with_it);

  return g_test_run ();
}
