/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who a process is, when it can be told and when not; and the table of access, whole.
 */
#include "dbus/error.h"
#include "ipc/access.h"

#include <signal.h>
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
  g_autoptr (ObCaller) caller = ob_caller_read ((guint32) getpid (), pidfd, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (caller->app, ==, "test-caller");
  g_assert_false (caller->is_sandboxed);
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
  caller = ob_caller_read ((guint32) getpid (), pidfd, &error);
  g_assert_null (caller);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_clear_error (&error);
  gone = ob_caller_read ((guint32) child, -1, &error);
  g_assert_null (gone);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  (void) close (pidfd);
}

static void
test_the_table (void)
{
  const ObAccess sandboxed[OB_N_OPERATIONS] = {
    [OB_OPERATION_SUBMIT] = OB_ACCESS_OWN,
    [OB_OPERATION_LOOK] = OB_ACCESS_OWN,
    [OB_OPERATION_COUNT] = OB_ACCESS_ALL,
    [OB_OPERATION_COMMAND] = OB_ACCESS_OWN,
  };
  const ObCaller host = { (char *) "program", FALSE };
  const ObCaller app = { (char *) "org.example.Camera", TRUE };

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
  g_test_add_func ("/access/the-table", test_the_table);

  return g_test_run ();
}
