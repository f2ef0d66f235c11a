/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Standard error into a file. Main thread.
 */
#include "support/said.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

void
test_said_begin (TestSaid *said)
{
  int file = g_file_open_tmp ("outbox-said-XXXXXX", &said->path, NULL);

  g_assert_cmpint (file, >=, 0);
  said->terminal = fcntl (STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  g_assert_cmpint (dup2 (file, STDERR_FILENO), ==, STDERR_FILENO);
  (void) close (file);
}

void
test_said_end (TestSaid *said)
{
  g_assert_cmpint (dup2 (said->terminal, STDERR_FILENO), ==, STDERR_FILENO);
  (void) close (said->terminal);
  said->terminal = -1;
}

char *
test_said_read (const TestSaid *said)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  (void) g_file_get_contents (said->path, &text, NULL, &error);
  g_assert_no_error (error);

  return text;
}

void
test_said_clear (TestSaid *said)
{
  if (said->terminal >= 0)
    test_said_end (said);
  g_assert_cmpint (g_unlink (said->path), ==, 0);
  g_clear_pointer (&said->path, g_free);
}
