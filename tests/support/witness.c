/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A listening socket, and the program that is given it. Owns both. Main thread.
 */
#include "support/witness.h"

#include "support/child.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct _TestWitness
{
  char *path;
  int listener;
  GSubprocess *process; /* NULL: killed */
};

gboolean
test_witness_is_possible (void)
{
  const char *const probe[] = { "unshare", "--user", "--map-current-user", "true", NULL };
  int status = -1;

  return g_getenv ("WITNESS")
         && g_spawn_sync (NULL, (char **) probe, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL,
                          NULL, NULL, &status, NULL)
         && status == 0;
}

static int
listen_at (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  g_assert_cmpint (listener, >=, 0);
  g_assert_cmpuint (g_strlcpy (address.sun_path, path, sizeof address.sun_path), <, sizeof address.sun_path);
  g_assert_cmpint (bind (listener, (const struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (listener, 128), ==, 0);

  return listener;
}

void
test_witness_restart (TestWitness *witness)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;

  g_assert_null (witness->process);
  g_subprocess_launcher_set_child_setup (launcher, test_child_die_with_parent, NULL, NULL);
  g_subprocess_launcher_setenv (launcher, "LISTEN_FDS", "1", TRUE);
  g_subprocess_launcher_take_fd (launcher, dup (witness->listener), 3);
  witness->process = g_subprocess_launcher_spawn (launcher, &error, "sh", "-c", "LISTEN_PID=$$ exec \"$0\"",
                                                  g_getenv ("WITNESS"), NULL);
  g_assert_no_error (error);
}

TestWitness *
test_witness_start (const char *folder)
{
  TestWitness *witness = g_new0 (TestWitness, 1);

  witness->path = g_build_filename (folder, "witness", NULL);
  witness->listener = listen_at (witness->path);
  test_witness_restart (witness);

  return witness;
}

void
test_witness_kill (TestWitness *witness)
{
  g_subprocess_force_exit (witness->process);
  (void) g_subprocess_wait (witness->process, NULL, NULL);
  /* It must not have died before, such as of a sanitizer's report. */
  g_assert_true (g_subprocess_get_if_signaled (witness->process));
  g_assert_cmpint (g_subprocess_get_term_sig (witness->process), ==, SIGKILL);
  g_clear_object (&witness->process);
}

void
test_witness_free (TestWitness *witness)
{
  if (witness->process)
    test_witness_kill (witness);
  (void) close (witness->listener);
  (void) unlink (witness->path);
  g_free (witness->path);
  g_free (witness);
}

const char *
test_witness_get_path (TestWitness *witness)
{
  return witness->path;
}
