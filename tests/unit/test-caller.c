/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who a process is, when it can be told and when not; and the table of access, whole.
 */
#include "dbus/error.h"
#include "ipc/access.h"
#include "ipc/process.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int
open_pidfd (pid_t pid)
{
  return (int) syscall (SYS_pidfd_open, pid, 0);
}

static void
test_a_program_of_the_host (void)
{
  int pidfd = open_pidfd (getpid ());
  g_autoptr (GError) error = NULL;
  g_autoptr (ObCaller) caller = ob_process_identify ((guint32) getpid (), pidfd, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (caller->app, ==, "test-caller");
  g_assert_cmpint (caller->kind, ==, OB_CALLER_HOST);
  (void) close (pidfd);
}

/* The number is another's by now: the handle from the bus tells that its process has ended. */
static void
test_a_number_that_is_used_again (void)
{
  pid_t child = fork ();
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (ObCaller) gone = NULL;
  g_autoptr (GError) error = NULL;
  int pidfd;

  if (child == 0)
    {
      (void) pause ();
      _exit (0);
    }
  pidfd = open_pidfd (child);
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  caller = ob_process_identify ((guint32) getpid (), pidfd, 0, &error);
  g_assert_null (caller);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_clear_error (&error);
  gone = ob_process_identify ((guint32) child, -1, 0, &error);
  g_assert_null (gone);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  (void) close (pidfd);
}

/* Two scripts of one interpreter are two apps. */
static void
test_a_script (void)
{
  g_autofree char *folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *script = g_build_filename (folder, "measure.sh", NULL);
  const char *argv[] = { "sh", "-e", script, "now", NULL };
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (GError) error = NULL;
  int input, status;
  GPid pid;

  g_assert_true (g_file_set_contents (script, "read line", -1, NULL));
  g_assert_true (g_spawn_async_with_pipes (NULL, (char **) argv, NULL,
                                           G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &input,
                                           NULL, NULL, &error));
  g_assert_no_error (error);
  caller = ob_process_identify ((guint32) pid, -1, ob_process_get_now_us (), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (caller->app, ==, "measure.sh");
  g_assert_cmpint (caller->kind, ==, OB_CALLER_HOST);
  (void) close (input);
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (g_unlink (script), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* Without a handle from the bus: who has started after the connection was there did not make it. */
static void
test_a_process_younger_than_its_connection (void)
{
  const gint64 connected_us = ob_process_get_now_us () - G_USEC_PER_SEC;
  pid_t child = fork ();
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (GError) error = NULL;

  if (child == 0)
    {
      (void) pause ();
      _exit (0);
    }
  caller = ob_process_identify ((guint32) child, -1, connected_us, &error);
  g_assert_null (caller);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  caller = ob_process_identify ((guint32) child, -1, ob_process_get_now_us (), NULL);
  g_assert_nonnull (caller);
  g_assert_cmpint (kill (child, SIGKILL), ==, 0);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
}

/* A process that cannot be looked into: it wants no dumps, as one with capabilities. Not returning. */
static void
be_closed (gboolean has_flag, int ready)
{
  if (has_flag)
    (void) prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  (void) prctl (PR_SET_DUMPABLE, 0, 0, 0, 0);
  (void) write (ready, "x", 1);
  (void) pause ();
  _exit (0);
}

/* Looks at such a process as a user who may not look into it. Not returning. */
static void
look_at_closed (gboolean has_flag)
{
  g_autoptr (ObCaller) caller = NULL;
  int ready[2];
  pid_t child;
  char byte;

  if (geteuid () == 0 && (setgid (65534) != 0 || setuid (65534) != 0))
    _exit (3);
  if (pipe (ready) != 0 || (child = fork ()) < 0)
    _exit (3);
  if (child == 0)
    be_closed (has_flag, ready[1]);
  if (read (ready[0], &byte, 1) != 1)
    _exit (3);
  caller = ob_process_identify ((guint32) child, -1, 0, NULL);
  (void) kill (child, SIGKILL);
  (void) waitpid (child, NULL, 0);
  _exit (!caller ? 1 : caller->kind != OB_CALLER_HOST || !g_str_has_prefix (caller->app, "test-caller") ? 2 : 0);
}

static void
assert_closed (gboolean has_flag, int expected)
{
  pid_t looker = fork ();
  int status;

  if (looker == 0)
    look_at_closed (has_flag);
  g_assert_cmpint (waitpid (looker, &status, 0), ==, looker);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, expected);
}

/* It is of the host, unless it has the flag that every sandbox sets. */
static void
test_a_process_that_cannot_be_looked_into (void)
{
  if (prctl (PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 0)
    {
      g_test_skip ("this process has the flag itself");
      return;
    }
  assert_closed (FALSE, 0);
  assert_closed (TRUE, 1);
}

static void
test_the_table (void)
{
  const ObAccess sandboxed[OB_N_OPERATIONS] = {
    [OB_OPERATION_SUBMIT] = OB_ACCESS_OWN,
    [OB_OPERATION_LOOK] = OB_ACCESS_OWN,
    [OB_OPERATION_COUNT] = OB_ACCESS_ALL,
    [OB_OPERATION_COMMAND] = OB_ACCESS_OWN,
    [OB_OPERATION_ADDRESS] = OB_ACCESS_ALL,
  };
  const ObCaller host = { (char *) "program", OB_CALLER_HOST };
  const ObCaller app = { (char *) "org.example.Camera", OB_CALLER_SANDBOXED };

  for (guint i = 0; i < OB_N_OPERATIONS; i++)
    {
      g_assert_cmpuint (ob_access_get (&host, i), ==, OB_ACCESS_ALL);
      g_assert_cmpuint (ob_access_get (&app, i), ==, sandboxed[i]);
    }
  g_assert_cmpuint (ob_access_get (&host, OB_N_OPERATIONS), ==, OB_ACCESS_NONE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/caller/a-program-of-the-host", test_a_program_of_the_host);
  g_test_add_func ("/caller/a-number-that-is-used-again", test_a_number_that_is_used_again);
  g_test_add_func ("/caller/a-script", test_a_script);
  g_test_add_func ("/caller/a-process-younger-than-its-connection", test_a_process_younger_than_its_connection);
  g_test_add_func ("/caller/a-process-that-cannot-be-looked-into", test_a_process_that_cannot_be_looked_into);
  g_test_add_func ("/access/the-table", test_the_table);

  return g_test_run ();
}
