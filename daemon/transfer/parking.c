/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Duplicated descriptors under a lock, the oldest first. Any thread.
 */
#include "transfer/parking.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* Linux 6.15; not in the headers of Debian 12 */
#endif

/* The kernel must not end it by itself before a tunnel on the way does. */
#define USER_TIMEOUT_MS (60 * 60 * 1000)
#define RTO_MAX_MS 120000

struct _ObParking
{
  gint refs;

  GMutex lock;    /* guards the next */
  GArray *parked; /* of int: descriptors, owned */
};

void
ob_parking_reset (int fd)
{
  const struct linger linger = { .l_onoff = 1, .l_linger = 0 };
  const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

  (void) setsockopt (fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  /* Connecting to no address resets a TCP connection while its descriptor stays open: libsoup still polls it. */
  if (connect (fd, &nobody, sizeof nobody) != 0)
    (void) shutdown (fd, SHUT_RDWR);
}

static void
clear_fd (gpointer data)
{
  ob_parking_reset (*(int *) data);
  (void) close (*(int *) data);
}

ObParking *
ob_parking_new (void)
{
  ObParking *parking = g_new0 (ObParking, 1);

  parking->refs = 1;
  g_mutex_init (&parking->lock);
  parking->parked = g_array_new (FALSE, FALSE, sizeof (int));
  g_array_set_clear_func (parking->parked, clear_fd);

  return parking;
}

ObParking *
ob_parking_ref (ObParking *parking)
{
  g_atomic_int_inc (&parking->refs);

  return parking;
}

void
ob_parking_unref (ObParking *parking)
{
  if (!g_atomic_int_dec_and_test (&parking->refs))
    return;
  g_array_unref (parking->parked);
  g_mutex_clear (&parking->lock);
  g_free (parking);
}

/* Keep the kernel from sending what is queued when the network is back, since that may be another network. A tiny pacing
 * rate holds data back even if the device's queue knows no pacing; a RST is not paced. */
static void
silence (int fd)
{
  const guint rate_bytes_per_s = 1;
  const guint user_timeout_ms = USER_TIMEOUT_MS;
  const int rto_max_ms = RTO_MAX_MS;

  (void) setsockopt (fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate_bytes_per_s, sizeof rate_bytes_per_s);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
  (void) setsockopt (fd, IPPROTO_TCP, TCP_RTO_MAX_MS, &rto_max_ms, sizeof rto_max_ms);
}

void
ob_parking_park (ObParking *parking, int fd)
{
  int kept = fcntl (fd, F_DUPFD_CLOEXEC, 0);

  if (kept < 0)
    {
      ob_parking_reset (fd);
      return;
    }
  silence (kept);
  g_mutex_lock (&parking->lock);
  if (parking->parked->len >= OB_PARKING_MAX)
    g_array_remove_index (parking->parked, 0);
  g_array_append_val (parking->parked, kept);
  g_mutex_unlock (&parking->lock);
}

/* Returns: FALSE if it is not connected. */
static gboolean
get_peer (int fd, struct sockaddr_storage *peer)
{
  socklen_t size = sizeof *peer;

  memset (peer, 0, sizeof *peer);

  return getpeername (fd, (struct sockaddr *) peer, &size) == 0;
}

static gboolean
is_same_peer (const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
  const struct sockaddr_in *a4 = (const struct sockaddr_in *) a, *b4 = (const struct sockaddr_in *) b;
  const struct sockaddr_in6 *a6 = (const struct sockaddr_in6 *) a, *b6 = (const struct sockaddr_in6 *) b;

  if (a->ss_family != b->ss_family)
    return FALSE;
  if (a->ss_family == AF_INET)
    return a4->sin_addr.s_addr == b4->sin_addr.s_addr && a4->sin_port == b4->sin_port;

  return a->ss_family == AF_INET6 && IN6_ARE_ADDR_EQUAL (&a6->sin6_addr, &b6->sin6_addr)
         && a6->sin6_port == b6->sin6_port;
}

/* Also drops the ones that the kernel has ended meanwhile. */
void
ob_parking_release (ObParking *parking, int fd)
{
  struct sockaddr_storage peer, other;

  if (!get_peer (fd, &peer))
    return;
  g_mutex_lock (&parking->lock);
  for (guint i = parking->parked->len; i-- > 0;)
    if (!get_peer (g_array_index (parking->parked, int, i), &other) || is_same_peer (&peer, &other))
      g_array_remove_index (parking->parked, i);
  g_mutex_unlock (&parking->lock);
}

void
ob_parking_drop (ObParking *parking)
{
  g_mutex_lock (&parking->lock);
  g_array_set_size (parking->parked, 0);
  g_mutex_unlock (&parking->lock);
}

guint
ob_parking_count (ObParking *parking)
{
  guint count;

  g_mutex_lock (&parking->lock);
  count = parking->parked->len;
  g_mutex_unlock (&parking->lock);

  return count;
}
