/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The routes by which a page and the broker come to know each other (RFC 8628 in shape): a page asks to be let in, polls for its
 * token, and has the broker prove that it knows one before it sends anything. Main thread.
 *
 *   what can come                                             what becomes of it
 *   another type than application/json: a form, plain text    415
 *   what ob_pairing_ask() refuses: an origin that was denied, 403, 409, 429
 *     another wish, too many who wait
 *   a device code of another page, of the past, or guessed    400 expired_token
 *   more questions and guesses than rate.h lets pass          429
 *   a poll too soon; before the person has answered           400 slow_down; authorization_pending
 *   a nonce that is not 64 hexadecimal digits                 400
 *   hello by a page that is not paired                        404
 *   any of these at the Unix socket                           403: there is no page
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* The head is here. */
void ob_pair_take_head (ObExchange *exchange);

/* The body is here. */
void ob_pair_take_body (ObExchange *exchange);

G_END_DECLS
