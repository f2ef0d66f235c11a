/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Crash points. Any thread.
 */
#include "base/crash.h"

#if OB_CRASH_POINTS
#include <signal.h>
#include <unistd.h>

/* As a call into a library, or to a disk, that never returns. */
static void
hang (void)
{
  for (;;)
    (void) pause ();
}

void
ob_crash_point (const char *name)
{
  static gint passings;
  const char *wanted = g_getenv ("OUTBOX_CRASH_AT");
  g_autofree char *text = NULL;
  gsize length = strlen (name);
  gint64 nth;

  if (g_strcmp0 (g_getenv ("OUTBOX_HANG_AT"), name) == 0)
    hang ();
  /* A test may write that file later. */
  if (wanted && *wanted == '@')
    wanted = g_file_get_contents (wanted + 1, &text, NULL, NULL) ? text : NULL;
  if (!wanted || !g_str_has_prefix (wanted, name) || (wanted[length] != '\0' && wanted[length] != ':'))
    return;
  nth = wanted[length] == ':' ? g_ascii_strtoll (wanted + length + 1, NULL, 10) : 1;
  if (g_atomic_int_add (&passings, 1) + 1 == nth)
    (void) raise (SIGKILL);
}
#endif
