/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who may see and do what: a caller of the host, and one in a sandbox, whose root is made as Flatpak makes it.
 */
#include "support/sandbox.h"

#define APP "org.example.Camera"

typedef struct
{
  TestBroker *broker;
  const char *info; /* NULL: no sandbox */
} Caller;

/* Runs the command-line client as that caller. Returns: (transfer full): what it prints, on both channels. */
static char *
run (const Caller *caller, int *exit_code, ...)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  char *words = NULL;
  const char *word;
  va_list list;

  if (caller->info)
    test_sandbox_enter (caller->broker, caller->info, launcher, argv);
  g_ptr_array_add (argv, (gpointer) g_getenv ("OUTBOX"));
  va_start (list, exit_code);
  while ((word = va_arg (list, const char *)))
    g_ptr_array_add (argv, (gpointer) word);
  va_end (list);
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", test_broker_get_bus_address (caller->broker),
                                TRUE);
  process = g_subprocess_launcher_spawnv (launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &words, NULL, &error));
  g_assert_no_error (error);
  *exit_code = g_subprocess_get_exit_status (process);

  return words;
}

/* Hands a file over. Returns: (transfer full): its id. */
static char *
add (const Caller *caller, const char *name)
{
  g_autofree char *path = test_broker_make_file (caller->broker, name, 1000, 1);
  int exit_code;
  char *words = run (caller, &exit_code, "add", path, NULL);

  g_test_message ("%s", words);
  g_assert_cmpint (exit_code, ==, 0);

  return g_strstrip (words);
}

#define assert_run(caller, code, expected, ...)                             \
  G_STMT_START                                                              \
  {                                                                         \
    int exit_code_;                                                         \
    g_autofree char *words_ = run (caller, &exit_code_, __VA_ARGS__, NULL); \
    g_test_message ("%s", words_);                                          \
    g_assert_cmpint (exit_code_, ==, code);                                 \
    g_assert_nonnull (strstr (words_, expected));                           \
  }                                                                         \
  G_STMT_END

static void
test_a_sandboxed_app_has_its_own_alone (void)
{
  g_autoptr (TestBroker) broker = NULL;
  Caller host, camera, other;
  g_autofree char *of_host = NULL;
  g_autofree char *of_camera = NULL;
  g_autofree char *grouped = NULL;
  g_autofree char *list = NULL;
  int exit_code;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = test_broker_new ();
  host = (Caller){ broker, NULL };
  camera = (Caller){ broker, "[Application]\\nname=" APP "\\n" };
  other = (Caller){ broker, "[Application]\\nname=org.example.Other\\n" };
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  of_host = add (&host, "report.pdf");
  of_camera = add (&camera, "photo.jpg");

  list = run (&camera, &exit_code, "list", "--json", NULL);
  g_assert_nonnull (strstr (list, of_camera));
  g_assert_nonnull (strstr (list, APP));
  g_assert_null (strstr (list, of_host));
  assert_run (&camera, 0, "photo.jpg", "show", of_camera);
  assert_run (&camera, 0, "", "pause", of_camera);
  assert_run (&camera, 1, "", "show", of_host);
  assert_run (&camera, 1, "", "pause", of_host);
  assert_run (&camera, 1, "", "remove", of_host);
  assert_run (&camera, 1, "", "log", of_host);
  assert_run (&camera, 1, "may not", "log");
  assert_run (&camera, 1, "may not", "destination", "list");
  assert_run (&camera, 1, "may not", "destination", "set", "mine", "--url", "http://example.org/");
  assert_run (&camera, 1, "may not", "app", "list");
  assert_run (&camera, 1, "may not", "app", "approve", "BCDF-GHJK");
  assert_run (&camera, 1, "may not", "app", "deny", "BCDF-GHJK");
  assert_run (&camera, 1, "may not", "app", "revoke", "https://capture.example");
  assert_run (&camera, 1, "may not", "policy", "show");
  assert_run (&camera, 1, "may not", "policy", "check", "/dev/null");
  assert_run (&other, 1, "", "show", of_camera);
  /* Its group is nobody else's, and the host names it by its app. */
  grouped = test_broker_make_file (broker, "grouped.jpg", 1000, 2);
  assert_run (&camera, 0, "", "add", "--group", "4711", grouped);
  assert_run (&camera, 0, "4711", "group", "show", "4711");
  assert_run (&other, 1, "There is no group", "group", "pause", "4711");
  assert_run (&other, 1, "There is no group", "group", "pause", APP "/4711");
  assert_run (&host, 0, APP "/4711", "group");
  assert_run (&host, 0, "grouped.jpg", "group", "show", APP "/4711");
  assert_run (&host, 0, "", "group", "pause", APP "/4711");
  assert_run (&camera, 0, "", "group", "resume", "4711");
  /* The host sees all of it. */
  assert_run (&host, 0, "report.pdf", "show", of_host);
  assert_run (&host, 0, "photo.jpg", "show", of_camera);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  assert_run (&host, 0, "", "resume", of_camera);
  test_broker_wait_for_all (broker, "done", 20);
}

/* What cannot be told is refused. */
static void
test_a_sandbox_that_does_not_say_which (void)
{
  const char *const infos[] = { "", "[Application]\\n", "[Application]\\nname=\\n", "garbage" };
  g_autoptr (TestBroker) broker = NULL;

  if (!test_sandbox_is_possible ())
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  broker = test_broker_new ();
  for (guint i = 0; i < G_N_ELEMENTS (infos); i++)
    {
      const Caller caller = { broker, infos[i] };

      assert_run (&caller, 1, "cannot be told", "list");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/access/a-sandboxed-app-has-its-own-alone", test_a_sandboxed_app_has_its_own_alone);
  g_test_add_func ("/access/a-sandbox-that-does-not-say-which", test_a_sandbox_that_does_not_say_which);

  return g_test_run ();
}
