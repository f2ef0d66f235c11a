/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Shared by the files of the client.
 */
#pragma once

#include "outbox-client.h"

G_BEGIN_DECLS

#define OUTBOX_INTERFACE_PREFIX "org.outbox.Outbox1."

/* Borrowed. */
G_GNUC_INTERNAL GDBusConnection *outbox_client_get_connection (OutboxClient *self);

/* Whether there was no broker, or it went away before it answered. */
G_GNUC_INTERNAL gboolean outbox_client_is_no_broker (const GError *error);

/* Gives errors of the bus itself our names. @error: (transfer full). Returns: (transfer full). */
G_GNUC_INTERNAL GError *outbox_client_translate (GError *error);

/* How long to wait before a call that no broker answered is made again. @tries: (inout): how many there were. Returns:
 * milliseconds; 0 to stop trying */
G_GNUC_INTERNAL guint outbox_client_next_try_ms (guint *tries);

/* Returns: floating: @options with a submit key, made if there is none */
G_GNUC_INTERNAL GVariant *outbox_client_add_key (GVariant *options);

G_END_DECLS
