/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One question and one answer over netlink, which the kernel gives at once.
 */
#include "base/socket-owner.h"

#include "dbus/error.h"

#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  struct nlmsghdr header;
  struct inet_diag_req_v2 question;
} Question;

typedef struct
{
  struct nlmsghdr header;
  union
  {
    struct inet_diag_msg found;
    struct nlmsgerr error;
  };
} Answer;

static gboolean
fail (GError **error, const char *why)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "It cannot be told whose program connects: %s", why);

  return FALSE;
}

/* The peer's socket: what is our address is where it has connected to. */
static gboolean
read_id (int fd, struct inet_diag_sockid *id, GError **error)
{
  struct sockaddr_in ours = { .sin_family = AF_UNSPEC };
  struct sockaddr_in theirs = { .sin_family = AF_UNSPEC };
  socklen_t our_size = sizeof ours, their_size = sizeof theirs;

  if (getsockname (fd, (struct sockaddr *) &ours, &our_size) != 0
      || getpeername (fd, (struct sockaddr *) &theirs, &their_size) != 0)
    return fail (error, g_strerror (errno));
  if (ours.sin_family != AF_INET || theirs.sin_family != AF_INET)
    return fail (error, "it is no IPv4 connection");
  *id = (struct inet_diag_sockid){ .idiag_sport = theirs.sin_port,
                                   .idiag_dport = ours.sin_port,
                                   .idiag_src = { theirs.sin_addr.s_addr },
                                   .idiag_dst = { ours.sin_addr.s_addr },
                                   .idiag_cookie = { INET_DIAG_NOCOOKIE, INET_DIAG_NOCOOKIE } };

  return TRUE;
}

/* Returns: whether there is an answer */
static gboolean
ask (const Question *question, Answer *answer, GError **error)
{
  int netlink = socket (AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  ssize_t got = -1;

  if (netlink < 0)
    return fail (error, g_strerror (errno));
  if (send (netlink, question, sizeof *question, 0) == (ssize_t) sizeof *question)
    got = recv (netlink, answer, sizeof *answer, MSG_DONTWAIT);
  (void) close (netlink);

  return got >= (ssize_t) (sizeof answer->header + sizeof answer->error.error)
         || fail (error, "the kernel does not say");
}

static gboolean
is_of (const struct inet_diag_msg *found, const struct inet_diag_sockid *id)
{
  return found->idiag_family == AF_INET && found->id.idiag_sport == id->idiag_sport
         && found->id.idiag_dport == id->idiag_dport && found->id.idiag_src[0] == id->idiag_src[0]
         && found->id.idiag_dst[0] == id->idiag_dst[0];
}

gboolean
ob_socket_read_owner (int fd, guint32 *uid, GError **error)
{
  Question question
      = { .header = { .nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST },
          .question = { .sdiag_family = AF_INET, .sdiag_protocol = IPPROTO_TCP, .idiag_states = ~(guint32) 0 } };
  Answer answer = { .header = { .nlmsg_type = NLMSG_ERROR } };

  if (!read_id (fd, &question.question.id, error) || !ask (&question, &answer, error))
    return FALSE;
  if (answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.header.nlmsg_len < NLMSG_LENGTH (sizeof answer.found)
      || !is_of (&answer.found, &question.question.id))
    return fail (error, "there is no such connection");
  /* No program holds a socket without an inode; the kernel then says root's whoever's it was. */
  if (answer.found.idiag_state == TCP_LISTEN || answer.found.idiag_inode == 0)
    return fail (error, "nobody holds it any more");
  *uid = answer.found.idiag_uid;

  return TRUE;
}
