/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What an upload would meet at a tus server. Worker thread.
 */
#pragma once

#include "transfer/trial-notes.h"

G_BEGIN_DECLS

/* As ObProtocol.try_out: what an upload that nobody has made is named at the server is the job's id. */
gboolean ob_tus_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                         ObStop *stop);

/* Pure: where the upload @id would be below the destination's @url, had the server made it. Returns: (transfer full). */
char *ob_tus_dup_unmade_url (const char *url, const char *id);

G_END_DECLS
