/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an upload would meet at a server of plain HTTP. Worker thread.
 */
#pragma once

#include "transfer/trial-notes.h"

G_BEGIN_DECLS

/* As ObProtocol.try_out: asks for the URL of a file that nobody has made, with HEAD and OPTIONS. */
gboolean ob_put_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                         ObStop *stop);

/* Pure. Whether what a server says of itself by Allow (RFC 9110 section 10.2.1) leaves out PUT. @allow: (nullable) */
gboolean ob_put_is_left_out (const char *allow);

G_END_DECLS
