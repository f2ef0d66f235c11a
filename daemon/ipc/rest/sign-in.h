/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * POST /v1/destinations/{name}/sign-in: the body is the secret, as JSON (model/sign-in.h). It becomes a descriptor, as it has one on
 * the bus, so that a request never has a secret among its arguments. Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* The body is here. */
void ob_sign_in_take_body (ObExchange *exchange);

G_END_DECLS
