/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Asks a server for a connection, and for nothing else. Main thread, never blocks.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Connects to the host and port of @url and hangs up: no byte of TLS or HTTP is sent. A proxy is not gone through. */
void ob_knock_async (const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/* Returns: whether it was answered. Errors: of GIO; cancelled, too. */
gboolean ob_knock_finish (GAsyncResult *result, GError **error);

G_END_DECLS
