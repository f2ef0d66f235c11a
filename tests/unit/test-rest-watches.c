/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors that are waited for by the hundred: each wait is answered once, in time or not, whoever is freed meanwhile.
 */
#include "ipc/rest/watches.h"

#include <sys/socket.h>
#include <unistd.h>

#define SOON_US (20 * G_TIME_SPAN_MILLISECOND)
#define LATE_US (60 * G_TIME_SPAN_SECOND)

typedef struct
{
  int fds[2];
  ObWatch *watch;
  guint n_in_time, n_in_vain;
  ObWatch **frees; /* (nullable): whom it frees when it is told */
} Peer;

static void
open_peer (Peer *peer, ObWatches *watches)
{
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, peer->fds), ==, 0);
  peer->watch = ob_watch_new (watches, peer->fds[0]);
}

static void
close_peer (Peer *peer)
{
  g_clear_pointer (&peer->watch, ob_watch_free);
  (void) close (peer->fds[0]);
  if (peer->fds[1] >= 0)
    (void) close (peer->fds[1]);
}

static void
on_ready (gboolean is_in_time, gpointer user_data)
{
  Peer *peer = user_data;

  if (is_in_time)
    peer->n_in_time++;
  else
    peer->n_in_vain++;
  if (peer->frees)
    g_clear_pointer (peer->frees, ob_watch_free);
}

static void
wait_for (Peer *peer, ObWatchDirection direction, gint64 us)
{
  ob_watch_wait (peer->watch, direction, g_get_monotonic_time () + us, on_ready, peer);
}

static void
turn_until (const guint *count, guint wanted)
{
  while (*count < wanted)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (*count, ==, wanted);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
}

/* Bytes that nobody waits for wake nobody, and are told of as soon as somebody does. */
static void
test_once (void)
{
  g_autoptr (ObWatches) watches = ob_watches_new (NULL);
  Peer peer = { 0 };

  open_peer (&peer, watches);
  g_assert_cmpint (write (peer.fds[1], "a", 1), ==, 1);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  wait_for (&peer, OB_WATCH_IN, LATE_US);
  turn_until (&peer.n_in_time, 1);
  wait_for (&peer, OB_WATCH_IN, LATE_US);
  turn_until (&peer.n_in_time, 2);
  (void) close (peer.fds[1]);
  peer.fds[1] = -1;
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  wait_for (&peer, OB_WATCH_OUT, LATE_US);
  turn_until (&peer.n_in_time, 3);
  g_assert_cmpuint (peer.n_in_vain, ==, 0);
  close_peer (&peer);
}

static void
test_both_directions (void)
{
  g_autoptr (ObWatches) watches = ob_watches_new (NULL);
  Peer in = { 0 }, out = { 0 };

  open_peer (&in, watches);
  out.watch = in.watch;
  wait_for (&in, OB_WATCH_IN, LATE_US);
  wait_for (&out, OB_WATCH_OUT, LATE_US);
  turn_until (&out.n_in_time, 1);
  g_assert_cmpuint (in.n_in_time, ==, 0);
  g_assert_cmpint (write (in.fds[1], "a", 1), ==, 1);
  turn_until (&in.n_in_time, 1);
  wait_for (&in, OB_WATCH_IN, LATE_US);
  ob_watch_stop (in.watch, OB_WATCH_IN);
  g_assert_cmpint (write (in.fds[1], "a", 1), ==, 1);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (in.n_in_time, ==, 1);
  close_peer (&in);
}

static void
test_in_vain (void)
{
  g_autoptr (ObWatches) watches = ob_watches_new (NULL);
  Peer late = { 0 }, soon = { 0 };

  open_peer (&late, watches);
  open_peer (&soon, watches);
  wait_for (&late, OB_WATCH_IN, LATE_US);
  wait_for (&soon, OB_WATCH_IN, SOON_US);
  turn_until (&soon.n_in_vain, 1);
  g_assert_cmpuint (soon.n_in_time + late.n_in_time + late.n_in_vain, ==, 0);
  /* A wait in the place of another has its own time. */
  wait_for (&soon, OB_WATCH_IN, LATE_US);
  wait_for (&soon, OB_WATCH_IN, 0);
  turn_until (&soon.n_in_vain, 2);
  g_assert_cmpint (write (late.fds[1], "a", 1), ==, 1);
  turn_until (&late.n_in_time, 1);
  close_peer (&late);
  close_peer (&soon);
}

/* Of two that are ready together, or whose time is over together, the first frees the other, which is not told any more. */
static void
test_freed_meanwhile (gconstpointer data)
{
  gboolean is_in_time = GPOINTER_TO_INT (data);
  g_autoptr (ObWatches) watches = ob_watches_new (NULL);
  Peer peers[2] = { 0 };

  for (guint i = 0; i < 2; i++)
    {
      open_peer (&peers[i], watches);
      peers[i].frees = &peers[1 - i].watch;
      if (is_in_time)
        g_assert_cmpint (write (peers[i].fds[1], "a", 1), ==, 1);
    }
  for (guint i = 0; i < 2; i++)
    wait_for (&peers[i], OB_WATCH_IN, is_in_time ? LATE_US : 0);
  while (peers[0].watch && peers[1].watch)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_false (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (peers[0].n_in_time + peers[1].n_in_time, ==, is_in_time ? 1 : 0);
  g_assert_cmpuint (peers[0].n_in_vain + peers[1].n_in_vain, ==, is_in_time ? 0 : 1);
  for (guint i = 0; i < 2; i++)
    close_peer (&peers[i]);
}

/* What cannot be polled is not waited for until the end of time. */
static void
test_no_socket (void)
{
  g_autoptr (ObWatches) watches = ob_watches_new (NULL);
  g_autofree char *path = NULL;
  Peer peer = { .fds = { -1, -1 } };

  peer.fds[0] = g_file_open_tmp (NULL, &path, NULL);
  g_assert_cmpint (peer.fds[0], >=, 0);
  (void) unlink (path);
  peer.watch = ob_watch_new (watches, peer.fds[0]);
  wait_for (&peer, OB_WATCH_IN, LATE_US);
  turn_until (&peer.n_in_vain, 1);
  close_peer (&peer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rest-watches/once", test_once);
  g_test_add_func ("/rest-watches/both-directions", test_both_directions);
  g_test_add_func ("/rest-watches/in-vain", test_in_vain);
  g_test_add_data_func ("/rest-watches/freed-meanwhile/ready", GINT_TO_POINTER (TRUE), test_freed_meanwhile);
  g_test_add_data_func ("/rest-watches/freed-meanwhile/over", GINT_TO_POINTER (FALSE), test_freed_meanwhile);
  g_test_add_func ("/rest-watches/no-socket", test_no_socket);

  return g_test_run ();
}
