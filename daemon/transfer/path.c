/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The local addresses and devices of sockets. Any thread.
 */
#include "transfer/path.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Reads the local address without its port. Returns: FALSE if it is not of an IP network. */
static gboolean
get_own_address (int fd, struct sockaddr_storage *own)
{
  socklen_t size = sizeof *own;

  memset (own, 0, sizeof *own);
  if (getsockname (fd, (struct sockaddr *) own, &size) != 0)
    return FALSE;
  if (own->ss_family == AF_INET)
    ((struct sockaddr_in *) own)->sin_port = 0;
  else if (own->ss_family == AF_INET6)
    ((struct sockaddr_in6 *) own)->sin6_port = 0;

  return own->ss_family == AF_INET || own->ss_family == AF_INET6;
}

static gboolean
is_address (const struct sockaddr *a, const struct sockaddr *b)
{
  if (!a || a->sa_family != b->sa_family)
    return FALSE;
  if (a->sa_family == AF_INET)
    return ((const struct sockaddr_in *) a)->sin_addr.s_addr == ((const struct sockaddr_in *) b)->sin_addr.s_addr;

  return a->sa_family == AF_INET6
         && IN6_ARE_ADDR_EQUAL (&((const struct sockaddr_in6 *) a)->sin6_addr,
                                &((const struct sockaddr_in6 *) b)->sin6_addr);
}

/* Tries to bind a second socket to the address. On a system that allows binding to foreign addresses this never finds it
 * gone. */
gboolean
ob_path_is_gone (int fd)
{
  struct sockaddr_storage own;
  gboolean is_gone;
  int other;

  if (!get_own_address (fd, &own))
    return FALSE;
  other = socket (own.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  is_gone = other >= 0 && bind (other, (struct sockaddr *) &own, sizeof own) != 0 && errno == EADDRNOTAVAIL;
  if (other >= 0)
    (void) close (other);

  return is_gone;
}

static gboolean
is_held (int fd)
{
  char name[IFNAMSIZ];
  socklen_t size = sizeof name;

  return getsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, name, &size) == 0 && size > 0;
}

/* A connection from a loopback address may leave by any device. */
gboolean
ob_path_hold (int fd)
{
  struct ifaddrs *list = NULL;
  struct sockaddr_storage own;
  gboolean is_good = FALSE;

  if (is_held (fd) || !get_own_address (fd, &own) || getifaddrs (&list) != 0)
    return FALSE;
  for (const struct ifaddrs *entry = list; entry; entry = entry->ifa_next)
    if (is_address (entry->ifa_addr, (struct sockaddr *) &own) && !(entry->ifa_flags & IFF_LOOPBACK))
      {
        is_good
            = setsockopt (fd, SOL_SOCKET, SO_BINDTODEVICE, entry->ifa_name, (socklen_t) strlen (entry->ifa_name) + 1)
              == 0;
        break;
      }
  freeifaddrs (list);

  return is_good;
}
