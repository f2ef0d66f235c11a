/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What each kind of follow-up has of its own: the job that asks its server, and what comes of the answer. Private to
 * run-follow-ups.c and the files of the kinds. Main thread.
 */
#pragma once

#include "broker/runs-private.h"
#include "store/follow-ups.h"

G_BEGIN_DECLS

/* @upload: done; or NULL for a termination, whose upload is gone or begins anew. Returns: (transfer full) */
typedef ObJob *(*ObFollowUpMake) (ObRuns *runs, const ObFollowUp *follow_up, const ObUpload *upload,
                                  const ObDestination *destination);

/* Inside a change: its server was asked. The row, and the upload's, say what comes of it. Errors: Storage, DiskFull. */
typedef gboolean (*ObFollowUpEnd) (ObRuns *runs, ObFollowUp *follow_up, ObUpload *upload, const ObAttemptResult *result,
                                   GError **error);

/* --- run-checks.c --- */

ObJob *ob_runs_make_check_job (ObRuns *runs, const ObFollowUp *check, const ObUpload *upload,
                               const ObDestination *destination);
gboolean ob_runs_end_check (ObRuns *runs, ObFollowUp *check, ObUpload *upload, const ObAttemptResult *result,
                            GError **error);

/* --- run-amendments.c --- */

ObJob *ob_runs_make_amendment_job (ObRuns *runs, const ObFollowUp *amendment, const ObUpload *upload,
                                   const ObDestination *destination);
gboolean ob_runs_end_amendment (ObRuns *runs, ObFollowUp *amendment, ObUpload *upload, const ObAttemptResult *result,
                                GError **error);

/* @destination: (nullable). Returns: whether there is nobody to tell; the row then says so, and waits */
gboolean ob_runs_lacks_amend_url (ObRuns *runs, const ObUpload *upload, const ObDestination *destination);

/* --- run-terminations.c --- */

ObJob *ob_runs_make_termination_job (ObRuns *runs, const ObFollowUp *termination, const ObUpload *upload,
                                     const ObDestination *destination);
gboolean ob_runs_end_termination (ObRuns *runs, ObFollowUp *termination, ObUpload *upload,
                                  const ObAttemptResult *result, GError **error);

G_END_DECLS
