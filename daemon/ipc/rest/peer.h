/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is at the other end of a connection, as the kernel knows it. No state; any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The process at the other end of a Unix socket. */
typedef struct
{
  guint32 pid; /* the process that connected */
  int pidfd;   /* owned; the same, which stays its own when the number is used again; -1 before Linux 6.5 */
} ObPeer;

/* Errors: NotAllowed, for another user's process, root's too, and where the kernel does not tell. */
gboolean ob_peer_read (GSocket *socket, ObPeer *peer, GError **error);

/* Of a TCP connection the kernel tells no process. Errors: NotAllowed, as above. */
gboolean ob_peer_check_user (GSocket *socket, GError **error);

G_END_DECLS
