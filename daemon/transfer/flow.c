/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the kernel about a socket.
 */
#include "transfer/flow.h"

#include "transfer/path.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static gboolean
read_info (int fd, struct tcp_info *info)
{
  socklen_t size = sizeof *info;

  return fd >= 0 && getsockopt (fd, IPPROTO_TCP, TCP_INFO, info, &size) == 0;
}

gboolean
ob_flow_read (int fd, ObFlow *flow)
{
  struct tcp_info info = { 0 };

  if (!read_info (fd, &info))
    return FALSE;
  *flow = (ObFlow){ info.tcpi_bytes_acked, info.tcpi_notsent_bytes, info.tcpi_unacked,
                    info.tcpi_probes,      ob_path_is_gone (fd),    info.tcpi_state == OB_FLOW_CLOSE_WAIT };

  return TRUE;
}

guint64
ob_flow_read_wire_bytes (int fd)
{
  struct tcp_info info = { 0 };

  return read_info (fd, &info) ? info.tcpi_bytes_sent : 0;
}

gint64
ob_flow_read_queued_bytes (int fd)
{
  int queued_bytes = 0;

  return fd >= 0 && ioctl (fd, SIOCOUTQ, &queued_bytes) == 0 && queued_bytes >= 0 ? queued_bytes : -1;
}
