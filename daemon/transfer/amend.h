/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells the destination's amend URL what is said of an upload now, after it was sent.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/* Asks once. @result is done if the server has taken this version or has a later one; its verdict is fail if the server refuses it in
 * words of its own. Whatever else comes says nothing, and is asked again. Worker thread. */
void ob_amend_send (ObConnection *connection, const ObJob *job, ObAttemptResult *result, ObStop *stop);

/**
 * ob_amend_try_out:
 * @fault: (out) (nullable) (transfer full): why a change would not be taken; NULL: nothing is known to be in the way
 *
 * Asks by OPTIONS, which changes nothing (RFC 9110 section 9.3.7). A server that does not know it has said nothing. Worker thread.
 * Returns: whether changes are taken, as the server says
 */
gboolean ob_amend_try_out (ObConnection *connection, const ObJob *job, char **fault, ObStop *stop);

/* Pure. Returns: whether the body of a 200 says that the server has this version of this upload, or a later one */
gboolean ob_amend_is_taken (const char *body, gsize body_bytes, const ObJob *job);

G_END_DECLS
