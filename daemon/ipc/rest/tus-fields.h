/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The headers of tus on a message of libsoup. Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"
#include "ipc/rest/tus-head.h"

G_BEGIN_DECLS

/* Returns: what the request has of tus; clear it */
ObTusHead ob_tus_read_head (SoupServerMessage *message);

/* Answers OPTIONS: tells anybody who asks what a server of tus can do here. */
void ob_tus_answer_options (ObExchange *exchange);

G_END_DECLS
