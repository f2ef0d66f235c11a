/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Routes that run a request of the table: JSON comes, if anything, and JSON goes. Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* The longest body. */
#define OB_CALL_MAX_BYTES (64 * 1024)

/* The head is here: refuses what need not be read. */
void ob_call_take_head (ObExchange *exchange);

/* The body is here. */
void ob_call_take_body (ObExchange *exchange);

/* Tells that the broker runs. */
void ob_call_tell_health (ObExchange *exchange);

G_END_DECLS
