/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The creation of an upload at a tus server, with what an app says of the file. Worker thread.
 */
#pragma once

#include "transfer/tus-server.h"

G_BEGIN_DECLS

/**
 * ob_tus_create:
 * @facts: told when the server minds so much metadata and takes the file without it
 * @is_short: (out): whether what the app said was left out
 *
 * Returns: (transfer full) (nullable): the answer, or %NULL with @result
 */
ObAnswer *ob_tus_create (ObConnection *connection, const ObJob *job, ObServerFacts *facts, gboolean *is_short,
                         ObAttemptResult *result, ObStop *stop);

/* Returns: whether no answer came to a header that some servers find too long. */
gboolean ob_tus_is_long (const ObAnswer *answer, const ObJob *job, gboolean is_short);

G_END_DECLS
