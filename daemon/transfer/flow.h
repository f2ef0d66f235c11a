/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the kernel knows of a TCP socket. Any thread.
 */
#pragma once

#include "transfer/stall.h"

G_BEGIN_DECLS

/* Returns: whether @fd is a TCP socket; -1 is none. */
gboolean ob_flow_read (int fd, ObFlow *flow);

/* What TCP has put on the wire, and what it has put there again; bytes, heads and TLS included. */
guint64 ob_flow_read_wire_bytes (int fd);

/* What was written to the socket and is not acknowledged yet, in bytes; -1 where that is not known. */
gint64 ob_flow_read_queued_bytes (int fd);

G_END_DECLS
