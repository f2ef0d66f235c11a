/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ipc/app: whatever a process is called, and whatever its unit and its command line say, its app is a name as a caller may say
 * one, or none. The first line is the program, what follows is both a cgroup file and a command line.
 */
#include "fuzz.h"
#include "ipc/app.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  const char *end = memchr (data, '\n', size);
  gsize length = end ? (gsize) (end - (const char *) data) : size;
  g_autofree char *program = g_strndup ((const char *) data, length);
  g_autofree char *of_unit = ob_app_from_cgroup (text);
  g_autofree char *of_command
      = end ? ob_app_from_command (program, end + 1, size - length - 1) : ob_app_from_command (program, "", 0);
  g_autofree char *again = ob_app_dup_name (of_command);

  g_assert_true (!of_unit || ob_app_is_name (of_unit));
  g_assert_true (ob_app_is_name (of_command));
  g_assert_cmpstr (again, ==, of_command);

  return 0;
}
