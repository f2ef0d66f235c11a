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

/* The same for a route that has no request of the table, and is for pages alone. @refusal: static: told to who is none. @needs_body: it
 * comes with JSON */
void ob_call_take_head_of_page (ObExchange *exchange, const char *refusal, gboolean needs_body);

/* The body is here. */
void ob_call_take_body (ObExchange *exchange);

/* Reads the body and the query for the exchange's route. Returns: (transfer full) (nullable): the arguments; %NULL: they were refused */
GVariant *ob_call_read_arguments (ObExchange *exchange);

/* Tells that the broker runs. */
void ob_call_tell_health (ObExchange *exchange);

G_END_DECLS
