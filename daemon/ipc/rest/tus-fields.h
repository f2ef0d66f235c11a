/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The headers of tus on a message of libsoup. Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"
#include "ipc/rest/tus-head.h"

G_BEGIN_DECLS

/* @method: of the route. Returns: what the request has of tus; clear it */
ObTusHead ob_tus_read_head (const char *method, SoupServerMessage *message);

void ob_tus_set_number (SoupServerMessage *message, const char *field, guint64 number);

/* Tells when the upload may be removed (tus 1.0, Expiration). @expires_ms: 0: it will not be */
void ob_tus_set_expiry (SoupServerMessage *message, gint64 expires_ms);

/* Answers OPTIONS: tells anybody who asks what a server of tus can do here. */
void ob_tus_answer_options (ObExchange *exchange);

G_END_DECLS
