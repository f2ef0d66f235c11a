/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are the same for everybody and tell nothing of the queue. They are in the program. Main thread.
 */
#pragma once

#include "ipc/rest/exchange.h"

G_BEGIN_DECLS

/* Answers with the file of the request's path, or 404. The dashboard is at "/". */
void ob_static_take_body (ObExchange *exchange);

/* Returns: (transfer full) (nullable): the file of a path such as "/v1/openapi.json" */
GBytes *ob_static_load (const char *path);

G_END_DECLS
