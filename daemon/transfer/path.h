/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The path of a connection: its local address, and the device that it leaves by. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: whether the system has lost the local address of @fd, so that no answer can arrive any more. */
gboolean ob_path_is_gone (int fd);

/**
 * ob_path_hold:
 * @fd: a connected socket
 *
 * Ties the socket to the device of its local address. When routes change, the kernel would send its packets by another network,
 * with a source address that is of no use there. This needs no privilege since Linux 5.7. See docs/network.md.
 *
 * Returns: whether it is tied now, and was not before
 */
gboolean ob_path_hold (int fd);

G_END_DECLS
