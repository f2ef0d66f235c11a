/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submits with a key: finds out for each whether the key was used before, and what it answers then. No member of the queue,
 * for the reason in saving.h. Main thread.
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

/* @submission: checked, with a key. @fd: (transfer full). Errors: those of ob_intake_submit(). */
void ob_resubmissions_begin (ObResubmissions *resubmissions, const ObSubmission *submission, int fd, ObSubmitDone done,
                             gpointer user_data);

/* Returns: how many wait for an answer */
guint ob_resubmissions_count (ObResubmissions *resubmissions);

/* The first answers NoBroker to each that would go on from now on. The second ends the comparisons under way. */
void ob_resubmissions_stop (ObResubmissions *resubmissions);
void ob_resubmissions_end (ObResubmissions *resubmissions);

G_END_DECLS
