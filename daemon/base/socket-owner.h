/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Whose program is at the other end of a TCP connection over the loopback, as the kernel knows it (sock_diag(7)). Any thread.
 *
 *   what the kernel can say                                   what is taken from it
 *   a socket with these two addresses, in the other order,    its user
 *     which a program holds
 *   one that nobody holds any more: closed, or in TIME_WAIT   nobody's: the kernel says root of many of these
 *   a listener at the client's port, where the connection is  nobody's: it belongs to another program
 *     gone
 *   nothing: there is none, or it does not look (another      nobody's
 *     network namespace, a kernel without INET_DIAG)
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @fd: a connected IPv4 socket, whose peer is on this device. @uid: (out). Errors: NotAllowed, where it cannot be told. */
gboolean ob_socket_read_owner (int fd, guint32 *uid, GError **error);

G_END_DECLS
