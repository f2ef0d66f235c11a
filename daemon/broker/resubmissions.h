/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submits with a key, which may have been used before: of each it is found out what the key answers. No member of the queue, for
 * the reason of saving.h. Main thread.
 */
#pragma once

#include "broker/recordings.h"
#include "broker/saving.h"

G_BEGIN_DECLS

typedef struct _ObResubmissions ObResubmissions;

/* All are borrowed; @host: static. */
ObResubmissions *ob_resubmissions_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObSavingTable *saving,
                                       ObRecordings *recordings, const ObIntakeHost *host, gpointer user_data);
void ob_resubmissions_free (ObResubmissions *resubmissions);

/* @submission: checked, with a key. @fd: (transfer full). Answered with the errors of ob_intake_submit(). */
void ob_resubmissions_begin (ObResubmissions *resubmissions, const ObSubmission *submission, int fd, ObSubmitDone done,
                             gpointer user_data);

/* Returns: how many wait for an answer. */
guint ob_resubmissions_count (ObResubmissions *resubmissions);

/* From now on they are told NoBroker when it is their turn; and begins to end them all. */
void ob_resubmissions_stop (ObResubmissions *resubmissions);
void ob_resubmissions_end (ObResubmissions *resubmissions);

G_END_DECLS
