/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files on their way into the spool, each from its hand-over to the answer. What the table has in memory follows from no row, so
 * it is no member of the queue: what a rollback takes back is told by the effects of each file's changes. Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/submission.h"
#include "store/ingest.h"

G_BEGIN_DECLS

/* What a file that comes in asks of others, and tells. */
typedef struct
{
  /* Gives an upload the lane for what is known of it now. Inside a change. */
  void (*set_lane) (ObUpload *upload, gpointer user_data);

  /* Ends an upload, as a removal by a person does. Inside a change. Errors: Storage, DiskFull. */
  gboolean (*forget) (const ObUpload *upload, const char *why, GError **error, gpointer user_data);

  /* A file could not be written. */
  void (*troubled) (gpointer user_data);

  /* A file is no longer on its way, whatever became of it. */
  void (*ended) (gpointer user_data);
} ObIntakeHost;

typedef struct _ObSavingTable ObSavingTable;

/* One file. */
typedef struct _ObSaving ObSaving;

/* All are borrowed; @host: static. */
ObSavingTable *ob_saving_table_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObDestinationTable *destinations,
                                    const ObIntakeHost *host, gpointer user_data);

/* Nothing may be on its way any more. */
void ob_saving_table_free (ObSavingTable *table);

/* Saves the file of a new upload. @submission: checked, with a key that nothing has. @fd: (transfer full). Answered with the errors
 * of ob_intake_submit(). */
void ob_saving_table_begin (ObSavingTable *table, const ObSubmission *submission, int fd, ObSubmitDone done,
                            gpointer user_data);

/* Gives an upload its own bytes back. @upload, @fd: (transfer full). @sha256: of those bytes */
void ob_saving_table_restore (ObSavingTable *table, ObUpload *upload, int fd, const char *sha256, ObSubmitDone done,
                              gpointer user_data);

/* Returns: (nullable): borrowed: the file that is being saved for that upload; or with that key, and then its row may not be
 * there yet. */
ObSaving *ob_saving_table_find (ObSavingTable *table, const char *id);
ObSaving *ob_saving_table_find_key (ObSavingTable *table, const char *app, const char *key);

/* Returns: how many are on their way. */
guint ob_saving_table_count (ObSavingTable *table);

/* Begins to end them: of an upload that was removed, or all, since the broker ends (@id is NULL). */
void ob_saving_table_cancel (ObSavingTable *table, const char *id);

/* Calls back once, when the file is on the disk or is not going to be. */
void ob_saving_follow (ObSaving *saving, void (*on_ended) (gpointer user_data), gpointer user_data);

/* Returns: how much of it is in the spool, as far as it is known. */
gint64 ob_saving_get_bytes (const ObSaving *saving);

G_END_DECLS
