/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trial of a server of plain HTTP. Worker thread.
 */
#pragma once

#include "transfer/trial-notes.h"

G_BEGIN_DECLS

/* As ObProtocol.try_out: sends HEAD and OPTIONS for the URL of a file that nobody has made. */
gboolean ob_put_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                         ObStop *stop);

/* Pure. Returns: whether the server's Allow header (RFC 9110 section 10.2.1) lacks PUT. @allow: (nullable) */
gboolean ob_put_is_left_out (const char *allow);

G_END_DECLS
