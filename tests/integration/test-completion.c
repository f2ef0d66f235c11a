/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Completion: what the command says could come next, and what bash, zsh and fish make of it when somebody types a tab. bash and zsh run
 * at a terminal of their own; fish is asked as its own completion asks.
 */
#include "support/command.h"

#include <glib/gstdio.h>

/* What is typed, and what stands there after the tab. In all shells alike, since there is one candidate. */
static const struct
{
  const char *typed;
  const char *becomes;
  const char *candidate; /* as fish shows it, without what it is */
} lines[] = {
  { "outbox stat", "outbox status", "status" },
  { "outbox list --uni", NULL, NULL },
  { "outbox list --unf", "outbox list --unfinished", "--unfinished" },
  { "outbox list --state pa", "outbox list --state paused", "paused" },
  { "outbox list -s conf", "outbox list -s confirming", "confirming" },
  { "outbox list --state=fa", "outbox list --state=failed", "--state=failed" },
  { "outbox list --group case", "outbox list --group case 417", "case 417" },
  { "outbox destination sign-o", "outbox destination sign-out", "sign-out" },
  { "outbox destination pause ya", "outbox destination pause yard", "yard" },
  { "outbox add --destination ya", "outbox add --destination yard", "yard" },
  { "outbox add phot", "outbox add photo.jpg", "photo.jpg" },
  { "outbox metrics --output phot", "outbox metrics --output photo.jpg", "photo.jpg" },
};

/* Makes a folder with the completions as they are installed. */
static char *
make_completions (TestBroker *broker)
{
  static const char *const names[][2]
      = { { "outbox.bash", "outbox" }, { "outbox.zsh", "_outbox" }, { "outbox.fish", "outbox.fish" } };
  char *folder = g_build_filename (broker->folder, "completions", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *from = g_build_filename (g_getenv ("COMPLETIONS"), names[i][0], NULL);
      g_autofree char *to = g_build_filename (folder, names[i][1], NULL);

      g_assert_cmpint (symlink (from, to), ==, 0);
    }

  return folder;
}

/* A broker with something to name, and a PATH with the command. */
static TestBroker *
make_broker (void)
{
  TestBroker *broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *bin = g_path_get_dirname (g_getenv ("OUTBOX"));
  g_autofree char *search = g_strconcat (bin, ":", g_getenv ("PATH"), NULL);

  (void) g_setenv ("PATH", search, TRUE);
  g_free (test_command (broker, "destination set yard --url http://127.0.0.1:9/", 0));
  g_free (test_command (broker, "destination pause yard", 0));
  g_free (test_command (broker, "add --destination yard --group 'case 417' photo.jpg", 0));

  return broker;
}

static void
test_a_terminal (gconstpointer shell)
{
  g_autoptr (TestBroker) broker = make_broker ();
  g_autofree char *folder = make_completions (broker);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *said = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);
  TestCommand command;

  g_string_append_printf (line, "zsh -f '%s' %s '%s'", g_getenv ("TYPE_TABS"), (const char *) shell, folder);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_string_append_printf (line, " '%s'", lines[i].typed);
      g_string_append_printf (expected, "%s\n", lines[i].becomes ? lines[i].becomes : lines[i].typed);
    }
  command = test_command_start_line (broker, line->str);
  said = test_command_finish (&command, 0);
  g_assert_cmpstr (said, ==, expected->str);
  test_command_clear (&command);
}

static void
test_fish (void)
{
  g_autoptr (TestBroker) broker = make_broker ();
  g_autofree char *folder = make_completions (broker);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *said = NULL;
  g_autoptr (GString) expected = g_string_new (NULL);
  TestCommand command;

  g_string_append_printf (line, "env HOME='%s' fish --no-config -c 'source \"%s/outbox.fish\"", broker->folder, folder);
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_string_append_printf (line, "; complete -C \"%s\" | cut -f 1; echo .", lines[i].typed);
      g_string_append_printf (expected, "%s%s.\n", lines[i].candidate ? lines[i].candidate : "",
                              lines[i].candidate ? "\n" : "");
    }
  g_string_append (line, "'");
  command = test_command_start_line (broker, line->str);
  said = test_command_finish (&command, 0);
  g_assert_cmpstr (said, ==, expected->str);
  test_command_clear (&command);
}

/* Whatever stands in the line it ends well, and says nothing to a terminal. Without a broker the words of the command are there. */
static void
test_the_command_says_what_could_come (void)
{
  static const char *const quiet[] = { "--complete nothing x",
                                       "--complete list -- x",
                                       "--complete show --json --json ''",
                                       "--complete list --state=nowhere",
                                       "--complete add -",
                                       "--complete ''" };
  g_autoptr (TestBroker) broker = make_broker ();
  g_autofree char *ids = test_command (broker, "--complete pause ''", 0);
  g_autofree char *states = NULL;
  g_autofree char *none = NULL;
  g_autofree char *verbs = NULL;

  g_assert_true (g_str_has_suffix (ids, "\tphoto.jpg\n"));
  for (guint i = 0; i < G_N_ELEMENTS (quiet); i++)
    g_free (test_command (broker, quiet[i], 0));
  test_broker_kill (broker);
  none = test_command (broker, "--complete pause ''", 0);
  g_assert_cmpstr (none, ==, "");
  states = test_command (broker, "--complete list --state s", 0);
  g_assert_cmpstr (states, ==, "saving\t\n");
  verbs = test_command (broker, "--complete metr", 0);
  test_assert_has (verbs, "metrics\tPrints the queue");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/completion/the-command-says-what-could-come", test_the_command_says_what_could_come);
  g_test_add_data_func ("/completion/bash", "bash", test_a_terminal);
  g_test_add_data_func ("/completion/zsh", "zsh", test_a_terminal);
  g_test_add_func ("/completion/fish", test_fish);

  return g_test_run ();
}
