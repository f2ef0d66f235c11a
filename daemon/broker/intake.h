/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a file comes in that an app hands over: it is checked, kept once by its key, and answered for when it is safe. (What an app
 * writes itself is a recording; what an earlier process left is for recovery.) Main thread.
 */
#pragma once

#include "broker/resubmissions.h"

G_BEGIN_DECLS

typedef struct _ObIntake ObIntake;

/* All are borrowed; @host: static. */
ObIntake *ob_intake_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObDestinationTable *destinations,
                         ObRecordings *recordings, const ObIntakeHost *host, gpointer user_data);
void ob_intake_free (ObIntake *intake);

/**
 * ob_intake_submit:
 * @fd: (transfer full): the file
 *
 * Errors: InvalidArgument, NoDestination, NotFound (destination), Busy, KeyReused, DigestMismatch, DiskFull, Storage, TooMany,
 * NoBroker.
 */
void ob_intake_submit (ObIntake *intake, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data);

/* Whether a file is on its way into the spool for that upload; with that key of that app, and then its row may not be there yet;
 * at all. */
gboolean ob_intake_has (ObIntake *intake, const char *id);
gboolean ob_intake_has_key (ObIntake *intake, const char *app, const char *key);
gboolean ob_intake_is_idle (ObIntake *intake);

/* Returns: how much of it is in the spool; -1: it is not on its way. */
gint64 ob_intake_get_bytes (ObIntake *intake, const char *id);

/* Its row is gone: its file is not saved any more. */
void ob_intake_drop (ObIntake *intake, const char *id);

/* Refuses what comes: who waits for the file of another is told NoBroker when that has ended. */
void ob_intake_stop (ObIntake *intake);

/* After that: ends what is on its way. When it returns, everybody has an answer. */
void ob_intake_end (ObIntake *intake);

G_END_DECLS
