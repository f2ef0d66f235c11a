/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out whether a server accepts connections, without sending a byte. Main thread, never blocks.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Connects to the host and port of @url and hangs up: no TLS, no HTTP, no proxy. */
void ob_knock_async (const char *url, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/* Returns: whether the server accepted. Errors: of GIO, cancelled included. */
gboolean ob_knock_finish (GAsyncResult *result, GError **error);

G_END_DECLS
