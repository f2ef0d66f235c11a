/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the kernel for routes. Any thread.
 */
#include "policy/way.h"

#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Addresses for documentation (RFC 5737, RFC 3849), for which nobody has a route of its own. Nothing is sent to them. */
#define ANYWHERE_4 "192.0.2.1"
#define ANYWHERE_6 "2001:db8::1"

typedef struct
{
  struct nlmsghdr header;
  struct rtmsg route;
  char attributes[RTA_SPACE (sizeof (struct in6_addr)) + RTA_SPACE (sizeof (guint32))];
} Question;

static void
append (Question *question, gushort type, gconstpointer data, gsize size)
{
  struct rtattr *attribute = (struct rtattr *) (void *) ((char *) question + NLMSG_ALIGN (question->header.nlmsg_len));

  attribute->rta_type = type;
  attribute->rta_len = (gushort) RTA_LENGTH (size);
  memcpy (RTA_DATA (attribute), data, size);
  question->header.nlmsg_len = (guint32) (NLMSG_ALIGN (question->header.nlmsg_len) + RTA_SPACE (size));
}

static void
make_question (Question *question, const struct sockaddr_storage *to)
{
  const struct sockaddr_in *four = (const struct sockaddr_in *) to;
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) to;
  gboolean is_six = to->ss_family == AF_INET6;

  *question = (Question){ .header = { .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST },
                          .route = { .rtm_family = (guchar) to->ss_family, .rtm_dst_len = is_six ? 128 : 32 } };
  question->header.nlmsg_len = NLMSG_LENGTH (sizeof question->route);
  if (is_six)
    append (question, RTA_DST, &six->sin6_addr, sizeof six->sin6_addr);
  else
    append (question, RTA_DST, &four->sin_addr, sizeof four->sin_addr);
  if (is_six && six->sin6_scope_id != 0)
    append (question, RTA_OIF, &six->sin6_scope_id, sizeof six->sin6_scope_id);
}

static void
read_route (const struct nlmsghdr *header, ObWay *way)
{
  const struct rtmsg *route = NLMSG_DATA (header);
  int left = (int) RTM_PAYLOAD (header);

  way->is_loopback = route->rtm_type == RTN_LOCAL;
  for (const struct rtattr *a = RTM_RTA (route); RTA_OK (a, left); a = RTA_NEXT (a, left))
    if (a->rta_type == RTA_OIF && RTA_PAYLOAD (a) >= sizeof (int))
      {
        int index;

        memcpy (&index, RTA_DATA (a), sizeof index);
        if (!if_indextoname ((guint) index, way->device))
          way->device[0] = '\0';
      }
}

/* The kernel answers within the call. */
static void
ask_routes (const struct sockaddr_storage *to, ObWay *way)
{
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
  union
  {
    struct nlmsghdr header;
    char bytes[4096];
  } answer;
  Question question;
  gssize size;

  if (fd < 0)
    return;
  make_question (&question, to);
  if (send (fd, &question, question.header.nlmsg_len, 0) > 0)
    {
      size = recv (fd, &answer, sizeof answer, 0);
      if (size > 0 && NLMSG_OK (&answer.header, (gsize) size) && answer.header.nlmsg_type == RTM_NEWROUTE)
        read_route (&answer.header, way);
    }
  (void) close (fd);
}

/* Returns: whether the device has a carrier. Without one, an unplugged cable or a Wi-Fi without a network keeps its
 * routes. */
static gboolean
has_carrier (const char *device)
{
  int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct ifreq request = { 0 };
  gboolean is_running = TRUE;

  (void) g_strlcpy (request.ifr_name, device, sizeof request.ifr_name);
  if (fd >= 0 && ioctl (fd, SIOCGIFFLAGS, &request) == 0)
    is_running = request.ifr_flags & IFF_RUNNING;
  if (fd >= 0)
    (void) close (fd);

  return is_running;
}

/* Returns: whether the error means that there is no way, and not some other trouble. */
static gboolean
is_no_way (int code)
{
  static const int codes[] = { ENETUNREACH, EHOSTUNREACH, ENETDOWN, ENODEV, EADDRNOTAVAIL, EAFNOSUPPORT, EINVAL };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (codes[i] == code)
      return TRUE;

  return FALSE;
}

static gboolean
can_connect (const struct sockaddr_storage *to, gsize size)
{
  int fd = socket (to->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  gboolean is_good;

  if (fd < 0)
    return !is_no_way (errno);
  is_good = connect (fd, (const struct sockaddr *) to, (socklen_t) size) == 0 || !is_no_way (errno);
  (void) close (fd);

  return is_good;
}

ObWay
ob_way_find (GSocketAddress *address)
{
  gssize size = g_socket_address_get_native_size (address);
  struct sockaddr_storage to = { 0 };
  ObWay way = { 0 };

  if (size <= 0 || size > (gssize) sizeof to || !g_socket_address_to_native (address, &to, sizeof to, NULL))
    return way;
  way.is_reachable = can_connect (&to, (gsize) size);
  if (way.is_reachable)
    ask_routes (&to, &way);
  if (*way.device)
    way.is_reachable = has_carrier (way.device);

  return way;
}

ObWay
ob_way_find_default (void)
{
  g_autoptr (GSocketAddress) four = g_inet_socket_address_new_from_string (ANYWHERE_4, 9);
  g_autoptr (GSocketAddress) six = g_inet_socket_address_new_from_string (ANYWHERE_6, 9);
  const ObWay way = ob_way_find (four);

  return way.is_reachable ? way : ob_way_find (six);
}

/* A link-local IPv6 address does not count: every device that is up gives itself one. */
static gboolean
is_of_network (const struct sockaddr *address)
{
  const struct sockaddr_in6 *six = (const struct sockaddr_in6 *) (const void *) address;

  if (!address)
    return FALSE;

  return address->sa_family == AF_INET || (address->sa_family == AF_INET6 && !IN6_IS_ADDR_LINKLOCAL (&six->sin6_addr));
}

gboolean
ob_way_is_any (void)
{
  const guint wanted = IFF_UP | IFF_RUNNING;
  struct ifaddrs *list = NULL;
  gboolean is_any = FALSE;

  if (getifaddrs (&list) != 0)
    return TRUE;
  for (const struct ifaddrs *entry = list; entry && !is_any; entry = entry->ifa_next)
    is_any = is_of_network (entry->ifa_addr) && (entry->ifa_flags & wanted) == wanted
             && !(entry->ifa_flags & IFF_LOOPBACK);
  freeifaddrs (list);

  return is_any;
}
