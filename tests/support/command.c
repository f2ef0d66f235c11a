/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs the outbox command. Main thread.
 */
#include "support/command.h"

void
test_command_clear (TestCommand *command)
{
  g_clear_object (&command->process);
  g_clear_object (&command->lines);
}

TestCommand
test_command_start (TestBroker *broker, const char *words)
{
  g_autofree char *line = g_strdup_printf ("%s %s", g_getenv ("OUTBOX"), words);

  return test_command_start_line (broker, line);
}

TestCommand
test_command_start_line (TestBroker *broker, const char *line)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  TestCommand command;

  g_assert_true (g_shell_parse_argv (line, NULL, &argv, &error));
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (broker), TRUE);
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  command.process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  command.lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (command.process));

  return command;
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

char *
test_command_read_line (TestCommand *command)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_data_input_stream_read_line_async (command->lines, G_PRIORITY_DEFAULT, NULL, on_line, &result);
  while (!result)
    g_main_context_iteration (NULL, TRUE);

  return g_data_input_stream_read_line_finish (command->lines, result, NULL, NULL);
}

char *
test_command_finish (TestCommand *command, int exit_code)
{
  GString *output = g_string_new (NULL);
  char *line;

  while ((line = test_command_read_line (command)))
    {
      g_string_append_printf (output, "%s\n", line);
      g_free (line);
    }
  g_assert_true (g_subprocess_wait (command->process, NULL, NULL));
  g_assert_true (g_subprocess_get_if_exited (command->process));
  if (g_subprocess_get_exit_status (command->process) != exit_code)
    g_test_message ("%s", output->str);
  g_assert_cmpint (g_subprocess_get_exit_status (command->process), ==, exit_code);

  return g_string_free (output, FALSE);
}

char *
test_command (TestBroker *broker, const char *words, int exit_code)
{
  g_auto (TestCommand) command = test_command_start (broker, words);

  return test_command_finish (&command, exit_code);
}

void
test_assert_has (const char *text, const char *part)
{
  if (!strstr (text, part))
    g_error ("\"%s\" is not in: %s", part, text);
}

JsonNode *
test_command_json (TestBroker *broker, const char *words)
{
  g_autofree char *output = test_command (broker, words, 0);
  g_autoptr (GError) error = NULL;
  JsonNode *node = json_from_string (output, &error);

  g_assert_no_error (error);

  return node;
}
