/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes in the files that apps hand over: checks what the app says, keeps one file for each submit key, and answers when it
 * is safe. Files that apps write themselves come by recordings.h; what an earlier process left, by recovery.h. Main thread.
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

/* Return: whether a file is being saved for that upload; with that key of that app, which need not have a row yet; and whether
 * none is. */
gboolean ob_intake_has (ObIntake *intake, const char *id);
gboolean ob_intake_has_key (ObIntake *intake, const char *app, const char *key);
gboolean ob_intake_is_idle (ObIntake *intake);

/* Returns: how many bytes of the upload's file are in the spool; -1 if it is not being saved */
gint64 ob_intake_get_bytes (ObIntake *intake, const char *id);

/* The upload's row is gone: stops saving its file. */
void ob_intake_drop (ObIntake *intake, const char *id);

/* From now on refuses files with NoBroker, also those that wait for another one with their key, once that has ended. */
void ob_intake_stop (ObIntake *intake);

/* Call it after ob_intake_stop(). Ends the saving under way, and returns when everybody is answered. */
void ob_intake_end (ObIntake *intake);

G_END_DECLS
