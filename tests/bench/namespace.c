/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * unshare(), and the maps of ids that a new user namespace needs. Owns nothing.
 */
#include "namespace.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
bench_unshare (int flags)
{
  char uid_map[64], gid_map[64];

  if (unshare (flags) == 0)
    return TRUE;
  (void) snprintf (uid_map, sizeof uid_map, "%u %u 1", geteuid (), geteuid ());
  (void) snprintf (gid_map, sizeof gid_map, "%u %u 1", getegid (), getegid ());

  return unshare (flags | CLONE_NEWUSER) == 0 && write_proc ("/proc/self/setgroups", "deny")
         && write_proc ("/proc/self/uid_map", uid_map) && write_proc ("/proc/self/gid_map", gid_map);
}
