/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the client share.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

#define OUTBOX_INTERFACE_PREFIX "org.outbox.Outbox1."

/* Borrowed. */
G_GNUC_INTERNAL GDBusConnection *outbox_client_get_connection (OutboxClient *self);

/* Whether the broker was not there, or went away before it answered. */
G_GNUC_INTERNAL gboolean outbox_client_is_no_broker (const GError *error);

/* Errors of the bus itself get our names. @error: (transfer full). Returns: (transfer full). */
G_GNUC_INTERNAL GError *outbox_client_translate (GError *error);

/* How long to wait before a call is made again that no broker answered. @tries: (inout): how many there were. Returns: in
 * milliseconds; 0: it was tried often enough. */
G_GNUC_INTERNAL guint outbox_client_next_try_ms (guint *tries);

/* Returns: floating: @options with a submit key, a new one where they have none. */
G_GNUC_INTERNAL GVariant *outbox_client_add_key (GVariant *options);

G_END_DECLS
