/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What REST does for a sandboxed app. The program starts itself again as the app.
 */
#include "rest.h"

#include "support/sandbox.h"

#include <unistd.h>

#define APP "org.example.Camera"

/* As the app: prints a line for each request. */
static int
be_the_app (const char *socket, const char *others)
{
  const char *const targets[][2] = {
    { "GET", "/v1/uploads" },           { "GET", "/v1/uploads/ID" },   { "DELETE", "/v1/uploads/ID" },
    { "POST", "/v1/uploads/ID/pause" }, { "POST", "/v1/queue/pause" }, { "GET", "/v1/conditions" },
    { "GET", "/v1/destinations" },      { "GET", "/v1/policy" },       { "GET", "/v1/history" },
    { "GET", "/v1/summary" },           { "GET", "/v1/health" },
  };
  TestBroker broker = { .folder = (char *) socket };
  g_auto (RestAnswer) own = rest_submit (&broker, "/v1/uploads?name=own", "", "bytes", 5);
  g_auto (RestAnswer) named = rest_submit (&broker, "/v1/uploads?app=other", "", "bytes", 5);

  g_print ("%u %u", own.status, named.status);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autoptr (GString) target = g_string_new (targets[i][1]);
      g_auto (RestAnswer) answer = { 0 };

      (void) g_string_replace (target, "ID", others, 0);
      answer = rest_ask (&broker, targets[i][0], target->str);
      g_print (" %u", answer.status);
      if (i == 0)
        g_print (" %s", strstr (answer.body, others) ? "all" : strstr (answer.body, APP) ? "own" : "none");
    }

  return 0;
}

static void
test_a_sandboxed_app (void)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (TestBroker) broker = NULL;
  g_autofree char *id = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = rest_start ();
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  id = rest_submit_small (broker, "/v1/uploads?name=of-host");
  test_sandbox_enter (broker, "[Application]\\nname=" APP "\\n", launcher, argv);
  for (const char *const *word = (const char *const[]){ self, "--app", broker->folder, id, NULL }; *word; word++)
    g_ptr_array_add (argv, (gpointer) *word);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error));
  g_assert_cmpstr (words, ==, "201 403 200 own 404 404 404 403 403 403 403 403 200 200");
}

int
main (int argc, char *argv[])
{
  if (argc == 4 && g_str_equal (argv[1], "--app"))
    return be_the_app (argv[2], argv[3]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-app/a-sandboxed-app", test_a_sandboxed_app);

  return g_test_run ();
}
