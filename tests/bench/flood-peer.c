/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-flood-peer ADDRESS FILE N: an app that always has N Submits under way, until its standard input ends. It prints a line
 * when N have been answered. Main thread.
 */
#include "dbus/names.h"
#include "dbus/outbox-dbus.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

typedef struct
{
  OutboxDBusUploads *uploads;
  const char *path;
  guint n_wanted;
  guint n_answers;
} Flood;

static void submit_one (Flood *flood);

/* One that was refused is handed over again, as by an app that is as impatient as can be. */
static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Flood *flood = user_data;
  g_autofree char *id = NULL;

  (void) outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &id, NULL, result, NULL);
  if (++flood->n_answers == flood->n_wanted)
    {
      (void) printf ("flooding\n");
      (void) fflush (stdout);
    }
  submit_one (flood);
}

static void
submit_one (Flood *flood)
{
  int fd = open (flood->path, O_RDONLY | O_CLOEXEC);
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

  outbox_dbus_uploads_call_submit (flood->uploads, g_variant_new_handle (0),
                                   g_variant_new_parsed ("{'app': <'bench-flood'>}"), fds, NULL, on_submitted, flood);
}

static gboolean
on_end (GIOChannel *input, GIOCondition condition, gpointer loop)
{
  g_main_loop_quit (loop);

  return G_SOURCE_REMOVE;
}

/* Each call that waits to be written holds a descriptor of this process. */
static void
allow_descriptors (void)
{
  struct rlimit limit;

  (void) getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  (void) setrlimit (RLIMIT_NOFILE, &limit);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GIOChannel) input = g_io_channel_unix_new (STDIN_FILENO);
  g_autoptr (GDBusConnection) connection = NULL;
  g_autoptr (GError) error = NULL;
  Flood flood = { .path = argv[2] };

  if (argc != 4)
    return 2;
  flood.n_wanted = (guint) g_ascii_strtoull (argv[3], NULL, 10);
  connection = g_dbus_connection_new_for_address_sync (argv[1],
                                                       G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
                                                           | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
                                                       NULL, NULL, &error);
  if (connection)
    flood.uploads = outbox_dbus_uploads_proxy_new_sync (connection,
                                                        G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES
                                                            | G_DBUS_PROXY_FLAGS_DO_NOT_CONNECT_SIGNALS,
                                                        OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);
  if (!flood.uploads)
    {
      g_printerr ("bench-flood-peer: %s\n", error->message);
      return 1;
    }
  g_dbus_proxy_set_default_timeout (G_DBUS_PROXY (flood.uploads), G_MAXINT);
  allow_descriptors ();
  (void) g_io_add_watch (input, G_IO_IN | G_IO_HUP, on_end, loop);
  for (guint i = 0; i < flood.n_wanted; i++)
    submit_one (&flood);
  g_main_loop_run (loop);

  return 0;
}
