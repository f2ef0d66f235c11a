/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A flood from an app, and what another app's Submit takes meanwhile. Main thread.
 */
#include "flood.h"

#include "parts.h"
#include "report.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct
{
  guint n_answers;
  guint n_failures;
} Flood;

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flood *flood = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  flood->n_answers++;
  if (outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &id, NULL, result, &error))
    return;
  if (flood->n_failures++ == 0)
    bench_note ("a pipelined Submit failed: %s", error->message);
}

/* Each call that waits to be written holds a descriptor of this process. */
static void
allow_descriptors (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
}

static void
submit_one (Rig *rig, const char *path, const char *app, Flood *flood)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

  outbox_dbus_uploads_call_submit (rig->uploads, g_variant_new_handle (0), g_variant_new_parsed ("{'app': <%s>}", app),
                                   fds, NULL, on_submitted, flood);
}

guint
bench_flood (Rig *rig, const char *path, guint n_files)
{
  Flood flood = { 0 };

  allow_descriptors ();
  for (guint i = 0; i < n_files; i++)
    submit_one (rig, path, "bench-flood", &flood);
  while (flood.n_answers < n_files)
    g_main_context_iteration (NULL, TRUE);

  return flood.n_failures;
}
