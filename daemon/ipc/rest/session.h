/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The routes by which the dashboard's page begins and ends its session (ipc/sessions.h). Main thread.
 *
 *   what can come                                             what becomes of it
 *   any page but the dashboard's own, by its origin           403, before the body is read (pages.h)
 *   a ticket that is over, was used, or never was one         403
 *   a body that is no JSON, of another type, without a ticket 400, 415
 *   an end without the token of a session                     401 (pages.h)
 *   any of these at the Unix socket                           403: there is no page
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* The head is here. */
void ob_session_take_head (ObExchange *exchange);

/* The body is here. */
void ob_session_take_body (ObExchange *exchange);

G_END_DECLS
