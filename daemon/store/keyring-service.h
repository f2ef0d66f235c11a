/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * libsecret's view of the Secret Service, as a program sees it that no person is in front of: a prompt is dismissed instead of shown.
 * Main thread.
 */
#pragma once

#include <libsecret/secret.h>

G_BEGIN_DECLS

#define OB_TYPE_KEYRING_SERVICE (ob_keyring_service_get_type ())
G_DECLARE_FINAL_TYPE (ObKeyringService, ob_keyring_service, OB, KEYRING_SERVICE, SecretService)

/* Begins a session with the service of the session bus, of which libsecret takes the connection that all of a process share. Call it where
 * somebody has the name: else one would be started. */
void ob_keyring_service_open (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);

/* Returns: (transfer full) (nullable) */
SecretService *ob_keyring_service_open_finish (GAsyncResult *result, GError **error);

/* libsecret gives back what it was called with in the main loop alone, also what was cancelled: waits for that. @n_pending: calls. Returns:
 * whether all have come back */
gboolean ob_keyring_service_wait (const guint *n_pending);

G_END_DECLS
