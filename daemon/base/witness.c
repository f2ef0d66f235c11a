/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Both ends of the conversation with the witness. With a limit of time the kernel starts nothing again after a signal, such as one of a child's
 * end (signal(7)).
 */
#include "base/witness.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* Room for one descriptor. */
typedef union
{
  struct cmsghdr header; /* for its alignment */
  char bytes[CMSG_SPACE (sizeof (int))];
} Passed;

static struct sockaddr_un address = { .sun_family = AF_UNIX };
static gboolean is_there = FALSE;

void
ob_witness_set_socket (const char *path)
{
  is_there = path && *path != '\0';
  if (is_there && g_strlcpy (address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path)
    address.sun_path[0] = '\0';
}

gboolean
ob_witness_is_there (void)
{
  return is_there;
}

static void
limit (int connection)
{
  const struct timeval most = { .tv_sec = OB_WITNESS_MOST_S };

  (void) setsockopt (connection, SOL_SOCKET, SO_RCVTIMEO, &most, sizeof most);
  (void) setsockopt (connection, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
}

/* Whoever could listen there as somebody else would say who may do what, and nobody else's programs are told anything. */
static gboolean
is_own (int connection)
{
  struct ucred other = { .pid = 0 };
  socklen_t size = sizeof other;

  return getsockopt (connection, SOL_SOCKET, SO_PEERCRED, &other, &size) == 0 && other.uid == geteuid ();
}

/* Returns: errno */
static int
call (int connection)
{
  if (address.sun_path[0] == '\0')
    return ENAMETOOLONG;
  if (TEMP_FAILURE_RETRY (connect (connection, (const struct sockaddr *) &address, sizeof address)) != 0)
    return errno;

  return is_own (connection) ? 0 : EPERM;
}

/* Returns: errno */
static int
send_question (int connection, const ObWitnessQuestion *question, int fd)
{
  struct iovec part = { .iov_base = (gpointer) question, .iov_len = sizeof *question };
  Passed passed = { .header = { .cmsg_len = CMSG_LEN (sizeof fd), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
  struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

  if (fd >= 0)
    {
      memcpy (CMSG_DATA (&passed.header), &fd, sizeof fd);
      message.msg_control = &passed;
      message.msg_controllen = sizeof passed;
    }

  return TEMP_FAILURE_RETRY (sendmsg (connection, &message, MSG_NOSIGNAL)) == (gssize) sizeof *question ? 0 : errno;
}

int
ob_witness_ask (const ObWitnessQuestion *question, int fd, ObWitnessAnswer *answer)
{
  const int connection = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  gssize got;
  int failed;

  if (connection < 0)
    return errno;
  limit (connection);
  failed = call (connection);
  if (failed == 0)
    failed = send_question (connection, question, fd);
  if (failed == 0)
    {
      got = TEMP_FAILURE_RETRY (recv (connection, answer, sizeof *answer, 0));
      failed = got < 0 ? errno : got != (gssize) sizeof *answer ? ECONNRESET : 0;
    }
  (void) close (connection);
  if (failed == 0)
    answer->text[sizeof answer->text - 1] = '\0';

  return failed == EAGAIN ? ETIMEDOUT : failed;
}

gboolean
ob_witness_receive (int connection, ObWitnessQuestion *question, int *fd)
{
  struct iovec part = { .iov_base = question, .iov_len = sizeof *question };
  Passed passed;
  /* In the room that alignment leaves behind it there would be a second descriptor. */
  struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = CMSG_LEN (sizeof *fd) };
  const struct cmsghdr *header;
  gssize got;

  *fd = -1;
  if (!is_own (connection))
    return FALSE;
  limit (connection);
  got = TEMP_FAILURE_RETRY (recvmsg (connection, &message, MSG_CMSG_CLOEXEC));
  header = got >= 0 ? CMSG_FIRSTHDR (&message) : NULL;
  if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN (sizeof *fd))
    memcpy (fd, CMSG_DATA (header), sizeof *fd);

  return got == (gssize) sizeof *question && (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
}

void
ob_witness_reply (int connection, const ObWitnessAnswer *answer)
{
  (void) TEMP_FAILURE_RETRY (send (connection, answer, sizeof *answer, MSG_NOSIGNAL));
}
