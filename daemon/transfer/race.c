/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects several times side by side. The watch's thread.
 */
#include "transfer/race.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

void
ob_race_init (ObRace *race)
{
  race->next = 0;
  for (guint i = 0; i < OB_RACE_TRIES; i++)
    race->tries[i] = -1;
}

static void
give_up (int *try)
{
  const struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  if (*try < 0)
    return;
  (void) setsockopt (*try, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  (void) close (*try);
  *try = -1;
}

void
ob_race_clear (ObRace *race)
{
  for (guint i = 0; i < OB_RACE_TRIES; i++)
    give_up (&race->tries[i]);
}

/* Begins to connect to the peer of @fd. Returns: the socket, or -1. */
static int
begin_try (int fd)
{
  struct sockaddr_storage peer = { 0 };
  socklen_t size = sizeof peer;
  int try;

  if (getpeername (fd, (struct sockaddr *) &peer, &size) != 0)
    return -1;
  try = socket (peer.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (try >= 0 && connect (try, (struct sockaddr *) &peer, size) != 0 && errno != EINPROGRESS)
    give_up (&try);

  return try;
}

/* Closes the tries that failed. Returns: whether one has connected. */
static gboolean
look (ObRace *race, const GPollFD *polls)
{
  for (guint i = 0; i < OB_RACE_TRIES; i++)
    {
      int error = 0;
      socklen_t size = sizeof error;

      if (race->tries[i] < 0 || polls[i].revents == 0)
        continue;
      if (getsockopt (race->tries[i], SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
        return TRUE;
      give_up (&race->tries[i]);
    }

  return FALSE;
}

static gboolean
wait (ObRace *race, GPollFD *polls, guint n_polls)
{
  gint64 end_us = g_get_monotonic_time () + OB_RACE_TICK_MS * 1000;

  for (;;)
    {
      gint64 left_us = end_us - g_get_monotonic_time ();

      /* poll() ignores negative descriptors. */
      for (guint i = 0; i < OB_RACE_TRIES; i++)
        polls[i] = (GPollFD){ .fd = race->tries[i], .events = G_IO_OUT };
      if (left_us <= 0 || g_poll (polls, n_polls, (gint) (left_us / 1000) + 1) == 0)
        return FALSE;
      if (look (race, polls))
        return TRUE;
      if (n_polls > OB_RACE_TRIES && polls[OB_RACE_TRIES].revents)
        return FALSE;
    }
}

gboolean
ob_race_run (ObRace *race, int fd, GCancellable *closing)
{
  GPollFD polls[OB_RACE_TRIES + 1];
  int *try = &race->tries[race->next++ % OB_RACE_TRIES];
  gboolean is_won, has_closing;

  give_up (try);
  *try = begin_try (fd);
  has_closing = g_cancellable_make_pollfd (closing, &polls[OB_RACE_TRIES]);
  is_won = wait (race, polls, OB_RACE_TRIES + (has_closing ? 1 : 0));
  if (has_closing)
    g_cancellable_release_fd (closing);
  if (is_won)
    ob_race_clear (race);

  return is_won;
}
