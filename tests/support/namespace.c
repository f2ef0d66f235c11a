/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unshare() and setns(). Main thread.
 */
#include "support/namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSIDE "OUTBOX_TEST_IN_NAMESPACE"

gboolean
test_namespace_enter (char **argv)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  g_autofree char *path = g_strconcat (g_getenv ("PATH"), ":/usr/sbin:/sbin", NULL);

  g_setenv ("PATH", path, TRUE);
  if (g_getenv (INSIDE))
    return TRUE;
  if (system ("unshare -Urnm true 2>/dev/null") != 0)
    return FALSE;
  g_setenv (INSIDE, "1", TRUE);
  g_ptr_array_add (words, (gpointer) "unshare");
  g_ptr_array_add (words, (gpointer) "-Urnm");
  g_ptr_array_add (words, (gpointer) "--");
  for (guint i = 0; argv[i]; i++)
    g_ptr_array_add (words, argv[i]);
  g_ptr_array_add (words, NULL);
  (void) execvp ("unshare", (char **) words->pdata);

  return FALSE;
}

static gboolean
write_proc (const char *path, const char *text)
{
  int fd = open (path, O_WRONLY | O_CLOEXEC);
  gboolean is_good = fd >= 0 && write (fd, text, strlen (text)) == (gssize) strlen (text);

  if (fd >= 0)
    (void) close (fd);

  return is_good;
}

gboolean
test_namespace_keep_ids (int flags)
{
  char uid_map[64], gid_map[64];

  (void) snprintf (uid_map, sizeof uid_map, "%u %u 1", geteuid (), geteuid ());
  (void) snprintf (gid_map, sizeof gid_map, "%u %u 1", getegid (), getegid ());

  return unshare (flags | CLONE_NEWUSER) == 0 && write_proc ("/proc/self/setgroups", "deny")
         && write_proc ("/proc/self/uid_map", uid_map) && write_proc ("/proc/self/gid_map", gid_map);
}

void
test_namespace_skip (void)
{
  g_test_skip ("no network namespace may be made here (unshare -Urnm)");
}

void
test_namespace_run (const char *format, ...)
{
  g_autofree char *command = NULL;
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;
  gint status;
  va_list arguments;

  va_start (arguments, format);
  command = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  {
    const char *argv[] = { "sh", "-ec", command, NULL };

    g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                 NULL, NULL, &words, &status, &error));
  }
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s %s", command, error->message, words);
}

static int
open_current (void)
{
  int fd = open ("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);

  return fd;
}

int
test_namespace_add (void)
{
  int home = open_current ();
  int added;

  g_assert_cmpint (unshare (CLONE_NEWNET), ==, 0);
  test_namespace_run ("ip link set lo up");
  added = open_current ();
  test_namespace_leave (home);

  return added;
}

int
test_namespace_visit (int namespace)
{
  int home = open_current ();

  g_assert_cmpint (setns (namespace, CLONE_NEWNET), ==, 0);

  return home;
}

void
test_namespace_leave (int home)
{
  g_assert_cmpint (setns (home, CLONE_NEWNET), ==, 0);
  (void) close (home);
}
