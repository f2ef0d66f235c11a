/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks the kernel about a TCP socket. Any thread.
 */
#pragma once

#include "transfer/stall.h"

G_BEGIN_DECLS

/* Returns: whether @fd is a TCP socket; it may be -1 */
gboolean ob_flow_read (int fd, ObFlow *flow);

/* Returns: all bytes that TCP has sent on this socket, headers, TLS and repetitions included */
guint64 ob_flow_read_wire_bytes (int fd);

/* Returns: bytes that were written to the socket and are not acknowledged yet; -1 if the kernel does not tell */
gint64 ob_flow_read_queued_bytes (int fd);

G_END_DECLS
