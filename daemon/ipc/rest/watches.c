/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A descriptor is armed for one event at a time, so that one that nobody waits for wakes nobody, not even when its peer has gone.
 * Main thread.
 */
#include "ipc/rest/watches.h"

#include "dbus/error.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/epoll.h>
#include <unistd.h>

/* Of one turn of the main loop. */
#define EVENTS_MOST 64

#define NEVER_US G_MAXINT64

typedef struct
{
  ObWatchReady ready; /* NULL: nobody waits */
  gpointer user_data;
  gint64 until_us;
} Wait;

struct _ObWatch
{
  ObWatches *set;
  int fd;
  gboolean is_known; /* by the epoll set */
  Wait waits[2];     /* by direction */
};

struct _ObWatches
{
  int epoll;
  GSource *source;
  GHashTable *by_fd; /* fd → ObWatch, whose owner frees it */
  guint n_waits;
  gint64 next_us; /* no wait is over before */
};

static void
set_next (ObWatches *set, gint64 next_us)
{
  set->next_us = next_us;
  g_source_set_ready_time (set->source, next_us == NEVER_US ? -1 : next_us);
}

/* --- One descriptor --- */

static gboolean
is_waited_for (const ObWatch *watch, ObWatchDirection direction)
{
  return watch->waits[direction].ready != NULL;
}

static gboolean
arm (ObWatch *watch)
{
  struct epoll_event event = { .events = EPOLLONESHOT, .data.fd = watch->fd };

  if (is_waited_for (watch, OB_WATCH_IN))
    event.events |= EPOLLIN | EPOLLRDHUP;
  if (is_waited_for (watch, OB_WATCH_OUT))
    event.events |= EPOLLOUT;
  if (epoll_ctl (watch->set->epoll, watch->is_known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd, &event) < 0)
    return FALSE;
  watch->is_known = TRUE;

  return TRUE;
}

void
ob_watch_stop (ObWatch *watch, ObWatchDirection direction)
{
  ObWatches *set = watch->set;

  if (!is_waited_for (watch, direction))
    return;
  watch->waits[direction].ready = NULL;
  if (--set->n_waits == 0)
    set_next (set, NEVER_US);
}

void
ob_watch_wait (ObWatch *watch, ObWatchDirection direction, gint64 until_us, ObWatchReady ready, gpointer user_data)
{
  ObWatches *set = watch->set;

  ob_watch_stop (watch, direction);
  watch->waits[direction] = (Wait){ ready, user_data, until_us };
  set->n_waits++;
  /* Where the system has no room for it, its time is over. */
  if (!arm (watch))
    watch->waits[direction].until_us = until_us = 0;
  if (until_us < set->next_us)
    set_next (set, until_us);
}

ObWatch *
ob_watch_new (ObWatches *watches, int fd)
{
  ObWatch *watch = g_new0 (ObWatch, 1);

  watch->set = watches;
  watch->fd = fd;
  g_hash_table_insert (watches->by_fd, GINT_TO_POINTER (fd), watch);

  return watch;
}

void
ob_watch_free (ObWatch *watch)
{
  ob_watch_stop (watch, OB_WATCH_IN);
  ob_watch_stop (watch, OB_WATCH_OUT);
  if (watch->is_known)
    (void) epoll_ctl (watch->set->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
  (void) g_hash_table_remove (watch->set->by_fd, GINT_TO_POINTER (watch->fd));
  g_free (watch);
}

/* --- All of them --- */

static void
tell (ObWatches *set, int fd, ObWatchDirection direction, gboolean is_in_time)
{
  ObWatch *watch = g_hash_table_lookup (set->by_fd, GINT_TO_POINTER (fd));
  Wait wait;

  if (!watch || !is_waited_for (watch, direction))
    return;
  wait = watch->waits[direction];
  ob_watch_stop (watch, direction);
  wait.ready (is_in_time, wait.user_data);
}

/* Another direction that still waits has to be armed again. One that was told may have freed the watch, or wait again. */
static void
tell_event (ObWatches *set, const struct epoll_event *event)
{
  ObWatch *watch;

  if (event->events & ~(guint32) EPOLLOUT)
    tell (set, event->data.fd, OB_WATCH_IN, TRUE);
  if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
    tell (set, event->data.fd, OB_WATCH_OUT, TRUE);
  watch = g_hash_table_lookup (set->by_fd, GINT_TO_POINTER (event->data.fd));
  if (watch && (is_waited_for (watch, OB_WATCH_IN) || is_waited_for (watch, OB_WATCH_OUT)))
    (void) arm (watch);
}

static void
end_those_in_vain (ObWatches *set)
{
  gint64 now_us = g_get_monotonic_time (), next_us = NEVER_US;
  g_autoptr (GArray) over = g_array_new (FALSE, FALSE, sizeof (int));
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, set->by_fd);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObWatch *watch = value;

      for (guint i = 0; i < G_N_ELEMENTS (watch->waits); i++)
        if (watch->waits[i].ready && watch->waits[i].until_us <= now_us)
          g_array_append_val (over, watch->fd);
        else if (watch->waits[i].ready)
          next_us = MIN (next_us, watch->waits[i].until_us);
    }
  set_next (set, next_us);
  for (guint i = 0; i < over->len; i++)
    {
      int fd = g_array_index (over, int, i);

      for (guint j = 0; j < 2; j++)
        {
          const ObWatch *watch = g_hash_table_lookup (set->by_fd, GINT_TO_POINTER (fd));

          if (watch && watch->waits[j].until_us <= now_us)
            tell (set, fd, j, FALSE);
        }
    }
}

static gboolean
on_events (int fd, GIOCondition condition, gpointer user_data)
{
  ObWatches *set = user_data;
  struct epoll_event events[EVENTS_MOST];
  int n_events = epoll_wait (fd, events, EVENTS_MOST, 0);

  for (int i = 0; i < n_events; i++)
    tell_event (set, &events[i]);
  if (set->next_us <= g_get_monotonic_time ())
    end_those_in_vain (set);

  return G_SOURCE_CONTINUE;
}

ObWatches *
ob_watches_new (GError **error)
{
  int epoll = epoll_create1 (EPOLL_CLOEXEC);
  ObWatches *set;

  if (epoll < 0)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "No connection can be waited for: %s", g_strerror (errno));
      return NULL;
    }
  set = g_new0 (ObWatches, 1);
  set->epoll = epoll;
  set->by_fd = g_hash_table_new (NULL, NULL);
  set->source = g_unix_fd_source_new (epoll, G_IO_IN);
  set_next (set, NEVER_US);
  g_source_set_callback (set->source, G_SOURCE_FUNC (on_events), set, NULL);
  (void) g_source_attach (set->source, NULL);

  return set;
}

void
ob_watches_free (ObWatches *set)
{
  g_warn_if_fail (g_hash_table_size (set->by_fd) == 0);
  g_source_destroy (set->source);
  g_source_unref (set->source);
  g_hash_table_unref (set->by_fd);
  (void) close (set->epoll);
  g_free (set);
}
