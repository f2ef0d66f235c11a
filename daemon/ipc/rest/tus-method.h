/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What holds for every request below /v1/tus/, also one that is refused before its route is known. Main thread.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Returns: borrowed: the method that the request is to be served by. Where something on the way knows no PATCH or DELETE, clients of tus
 * send another one, and X-HTTP-Method-Override has the method (tus 1.0, Core Protocol); elsewhere than at /v1/tus/ it says nothing. */
const char *ob_tus_find_method (SoupServerMessage *message);

/* Clients take a HEAD that is refused with anything but 423 for the end of their upload, and send all of it again as another one
 * (tus-js-client 4.3, _resumeUpload()). So they are told 423, unless the upload is gone or their request can never be served.
 * @status: of the refusal. Returns: the status to refuse it with */
guint ob_tus_find_refusal (SoupServerMessage *message, guint status);

/* Tus-Resumable is in every answer (tus 1.0, Core Protocol). */
void ob_tus_set_version (SoupServerMessage *message);

G_END_DECLS
