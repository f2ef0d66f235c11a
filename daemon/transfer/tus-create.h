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
 * @metadata: as ob_tus_encode_metadata() makes it of what @facts say
 * @facts: told when the server minds the metadata and takes the file without it
 *
 * Returns: (transfer full) (nullable): the answer, or %NULL with @result
 */
ObAnswer *ob_tus_create (ObConnection *connection, const ObJob *job, const char *metadata, ObServerFacts *facts,
                         ObAttemptResult *result, ObStop *stop);

/* Whether no answer came to a head that some servers find too long. */
gboolean ob_tus_is_long (const ObAnswer *answer, const char *metadata);

G_END_DECLS
