/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the kernel who is at the other end (unix(7), sock_diag(7)). Any thread.
 */
#include "ipc/rest/peer.h"

#include "base/socket-owner.h"
#include "dbus/error.h"

#include <sys/socket.h>
#include <unistd.h>

/* Newer than the headers of Debian 12. */
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

gboolean
ob_peer_read (GSocket *socket, ObPeer *peer, GError **error)
{
  const int fd = g_socket_get_fd (socket);
  struct ucred credentials = { .pid = 0 };
  socklen_t size = sizeof credentials;

  /* The number 0 is a process of a namespace that we do not see. */
  if (getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0 || credentials.pid <= 0
      || credentials.uid != geteuid ())
    {
      g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                           "This socket is for programs of the user whose queue it is");
      return FALSE;
    }
  peer->pid = (guint32) credentials.pid;
  size = sizeof peer->pidfd;
  if (getsockopt (fd, SOL_SOCKET, SO_PEERPIDFD, &peer->pidfd, &size) != 0)
    peer->pidfd = -1;

  return TRUE;
}

gboolean
ob_peer_check_user (GSocket *socket, GError **error)
{
  guint32 uid;

  if (!ob_socket_read_owner (g_socket_get_fd (socket), &uid, error))
    return FALSE;
  if (uid == geteuid ())
    return TRUE;
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED,
                       "This port is for programs of the user whose queue it is");

  return FALSE;
}
