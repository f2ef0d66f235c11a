/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The Unix socket `$XDG_RUNTIME_DIR/outbox/rest.sock`, which only its user can open. Main thread.
 *
 *   what can be at its place                                  what becomes of it
 *   nothing, or a socket that nobody listens at, as a         ours takes its place, at once
 *     process that was killed leaves
 *   a socket that somebody listens at, a lock that            it stays, and there is no door here
 *     somebody holds (another session of this user has the
 *     same folder)
 *   a file, a folder, a link; a folder of another user        it stays, and there is no door here
 *   a path longer than an address may be (unix(7))            there is no door here
 */
#pragma once

#include "ipc/rest/acceptor.h"

G_BEGIN_DECLS

typedef struct _ObListener ObListener;

/* @accepted: called for each connection. Errors: Failed, Storage. Returns: (transfer full) (nullable) */
ObListener *ob_listener_open (ObAccepted accepted, gpointer user_data, GError **error);

const char *ob_listener_get_path (ObListener *listener);

/* Removes the socket, if it is still this one. */
void ob_listener_free (ObListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObListener, ob_listener_free)

G_END_DECLS
