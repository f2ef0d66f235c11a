/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The trial of a tus server. Worker thread.
 */
#pragma once

#include "transfer/trial-notes.h"

G_BEGIN_DECLS

/* As ObProtocol.try_out. It asks for an upload by the job's id, which nobody has made. */
gboolean ob_tus_try_out (ObConnection *connection, const ObJob *job, ObTrialNotes *notes, ObAttemptResult *result,
                         ObStop *stop);

/* Pure. Returns: (transfer full): the URL that the upload @id would have below the destination's @url */
char *ob_tus_dup_unmade_url (const char *url, const char *id);

G_END_DECLS
