/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * REST does what its OpenAPI file says, to a program at the Unix socket and to a page with its token at the port: schemathesis asks
 * every operation for what the file allows and for what it does not, and checks each answer by the file.
 */
#include "rest.h"

/* What it found is at its end. */
#define SHOWN_BYTES 8000

/* Runs it. @who: see rest-schema.py. Returns: (transfer full): what it says */
static char *
run (TestBroker *broker, const char *who, const char *python_path)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  const char *examples = g_getenv ("OUTBOX_EXAMPLES");
  /* Of the short runs, the one looks at every limit of the file, and the other at what is drawn from it. */
  const char *phases = examples                       ? "coverage,fuzzing,stateful"
                       : g_str_equal (who, "program") ? "coverage,stateful"
                                                      : "fuzzing,stateful";
  /* A short run is the same each time; long ones look further. */
  const char *seed = examples ? NULL : "--seed=1";
  g_autofree char *socket = rest_dup_socket (broker);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *words = NULL;

  g_subprocess_launcher_set_cwd (launcher, broker->folder);
  g_subprocess_launcher_setenv (launcher, "PYTHONPATH", python_path, TRUE);
  process = g_subprocess_launcher_spawn (launcher, &error, "python3", g_getenv ("REST_SCHEMA"), socket, who,
                                         g_getenv ("OPENAPI"), "--config-file", g_getenv ("REST_SCHEMA_SETTINGS"),
                                         "--no-color", "run", "--checks", "all", "--max-examples",
                                         examples ? examples : "5", "--phases", phases, seed, NULL);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error));
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("%s", words + MAX ((gssize) strlen (words) - SHOWN_BYTES, 0));

  return words;
}

static void
test_every_operation (gconstpointer who)
{
  g_autofree char *python_path = g_build_filename (g_getenv ("TOOLS"), "schemathesis", NULL);
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *words = NULL;
  g_auto (RestAnswer) health = { 0 };

  if (!g_file_test (python_path, G_FILE_TEST_IS_DIR))
    {
      g_test_skip ("schemathesis is not installed");
      return;
    }
  broker = rest_start ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  words = run (broker, who, python_path);
  g_test_message ("%s", words);
  /* It says so of every operation, and not of some that it could find. */
  g_assert_nonnull (strstr (words, "No issues found"));
  health = rest_ask (broker, "GET", "/v1/health");
  g_assert_cmpuint (health.status, ==, 200);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/rest-schema/program", "program", test_every_operation);
  g_test_add_data_func ("/rest-schema/page", "page", test_every_operation);

  return g_test_run ();
}
