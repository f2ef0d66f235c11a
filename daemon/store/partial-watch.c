/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uses inotify(7) directly, since GFileMonitor would wake for every write. Owns the descriptor. Main thread.
 */
#include "store/partial-watch.h"

#include "base/identity.h"

#include <glib-unix.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EVENTS_BYTES 4096

struct _ObPartialWatch
{
  int fd;
  guint source;
  void (*on_closed) (const char *id, gpointer user_data);
  gpointer user_data;
};

static gboolean
on_events (int fd, GIOCondition condition, gpointer data)
{
  ObPartialWatch *watch = data;
  char events[EVENTS_BYTES] __attribute__ ((aligned (__alignof__(struct inotify_event))));
  gssize size_bytes = read (fd, events, sizeof events);

  for (gssize at = 0; at < size_bytes;)
    {
      const struct inotify_event *event = (const struct inotify_event *) (const void *) (events + at);

      if (event->len > 0 && ob_id_is_valid (event->name))
        watch->on_closed (event->name, watch->user_data);
      at += (gssize) (sizeof *event + event->len);
    }

  return G_SOURCE_CONTINUE;
}

ObPartialWatch *
ob_partial_watch_new (ObSpool *spool, void (*on_closed) (const char *id, gpointer user_data), gpointer user_data)
{
  g_autofree char *folder = ob_partial_dup_path (spool, "");
  int fd = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  ObPartialWatch *watch;

  if (fd < 0 || inotify_add_watch (fd, folder, IN_CLOSE_WRITE | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR) < 0)
    {
      if (fd >= 0)
        (void) close (fd);
      return NULL;
    }
  watch = g_new0 (ObPartialWatch, 1);
  watch->fd = fd;
  watch->on_closed = on_closed;
  watch->user_data = user_data;
  watch->source = g_unix_fd_add (fd, G_IO_IN, on_events, watch);

  return watch;
}

void
ob_partial_watch_free (ObPartialWatch *watch)
{
  g_clear_handle_id (&watch->source, g_source_remove);
  (void) close (watch->fd);
  g_free (watch);
}
