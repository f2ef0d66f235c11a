/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which pages may come in at the port, and what of them may read the answer. Main thread.
 *
 *   kind of route            who may use it                                   who may read the answer
 *   public, without data     anybody who may look (page-head.h); no page of   the dashboard, pages that are paired
 *                            a stranger
 *   pairing and hello        pages of every origin that can be paired         that page
 *   begin of a session       the dashboard's page, which shows a ticket         that page
 *   all others               pages that are paired and show their token       that page; also that the token is wrong
 *   a preflight              as the request that it announces, without token  that page
 *
 * Nobody else is told anything but that it is refused: no header lets a page read that.
 */
#pragma once

#include "ipc/requests/request.h"
#include "ipc/rest/router.h"
#include "ipc/rest/visit.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/**
 * ob_pages_let_in:
 * @port: the number of the port
 * @routed: what was found for method and path
 *
 * Returns: whether the request is to be served; it is answered otherwise. The visit knows then who calls and who may read the answer.
 */
gboolean ob_pages_let_in (const ObRequestContext *context, guint16 port, ObVisit *visit, SoupServerMessage *message,
                          const ObRouted *routed);

/* Returns: whether the visit's token, if it has one, is still good */
gboolean ob_pages_is_good (const ObRequestContext *context, ObVisit *visit);

G_END_DECLS
