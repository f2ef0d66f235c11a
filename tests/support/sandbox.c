/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A mount namespace with a root of its own.
 */
#include "support/sandbox.h"

#include <glib/gstdio.h>

/* A root of its own with everything of the real one bound into it, and the file that says which app it is. */
static const char enter[]
    = "set -e; root=$1; shift; mount -t tmpfs tmpfs \"$root\";"
      "for entry in /*; do"
      "  if [ -L \"$entry\" ]; then cp -P \"$entry\" \"$root/\";"
      "  elif [ -d \"$entry\" ]; then mkdir \"$root$entry\"; mount --rbind \"$entry\" \"$root$entry\"; fi;"
      "done;"
      "printf '%b' \"$INFO\" > \"$root/.flatpak-info\";"
      "exec chroot \"$root\" \"$@\"";

gboolean
test_sandbox_is_possible (void)
{
  const char *const probe[] = { "unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/tmp", NULL };
  int status = -1;

  return g_spawn_sync (NULL, (char **) probe, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                       NULL, &status, NULL)
         && status == 0;
}

void
test_sandbox_enter (TestBroker *broker, const char *info, GSubprocessLauncher *launcher, GPtrArray *argv)
{
  g_autofree char *root = g_build_filename (broker->folder, "root", NULL);
  const char *const prefix[] = { "unshare", "-Urm", "sh", "-c", enter, "sh" };

  (void) g_mkdir (root, 0700);
  for (guint i = 0; i < G_N_ELEMENTS (prefix); i++)
    g_ptr_array_add (argv, (gpointer) prefix[i]);
  g_ptr_array_add (argv, (gpointer) g_intern_string (root));
  g_subprocess_launcher_setenv (launcher, "INFO", info, TRUE);
}
