/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of files that are being saved, each from its hand-over to the answer. It is no member of the queue, since no row
 * could bring its memory back: each file hears by the effects of its own changes what a rollback has undone. Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/submission.h"
#include "store/ingest.h"

G_BEGIN_DECLS

/* Requests to others, and events for them. */
typedef struct
{
  /* Inside a change: makes the row of a new upload, with its lane and the first entry of its history. @event, @why (nullable),
   * @at_ms: of that entry. Errors: Storage, DiskFull. */
  gboolean (*add_row) (ObUpload *upload, const char *event, const char *why, gint64 at_ms, GError **error,
                       gpointer user_data);

  /* Inside a change: sets an upload's lane by what is known of it now. */
  void (*set_lane) (ObUpload *upload, gpointer user_data);

  /* Inside a change: ends an upload as a removal by a person does. Errors: Storage, DiskFull. */
  gboolean (*forget) (const ObUpload *upload, const char *why, GError **error, gpointer user_data);

  /* A file could not be written. */
  void (*troubled) (gpointer user_data);

  /* A file has been saved, or has failed. */
  void (*ended) (gpointer user_data);
} ObIntakeHost;

typedef struct _ObSavingTable ObSavingTable;

/* One file. */
typedef struct _ObSaving ObSaving;

/* All are borrowed; @host: static. */
ObSavingTable *ob_saving_table_new (ObQueue *queue, ObSpool *spool, ObIngest *ingest, ObDestinationTable *destinations,
                                    const ObIntakeHost *host, gpointer user_data);

/* No file may be under way. */
void ob_saving_table_free (ObSavingTable *table);

/* Saves the file of a new upload. @submission: checked; nothing has its key. @fd: (transfer full). Errors: those of
 * ob_intake_submit(). */
void ob_saving_table_begin (ObSavingTable *table, const ObSubmission *submission, int fd, ObSubmitDone done,
                            gpointer user_data);

/* Gives an upload its own bytes back. @upload, @fd: (transfer full). @writer: (nullable): as a submission has it. @sha256: of the
 * bytes */
void ob_saving_table_restore (ObSavingTable *table, ObUpload *upload, int fd, ObWriter *writer, const char *sha256,
                              ObSubmitDone done, gpointer user_data);

/* Return: (nullable): borrowed: the file that is being saved for that upload; or with that key, which need not have a row
 * yet */
ObSaving *ob_saving_table_find (ObSavingTable *table, const char *id);
ObSaving *ob_saving_table_find_key (ObSavingTable *table, const char *app, const char *key);

/* Returns: how many files are being saved */
guint ob_saving_table_count (ObSavingTable *table);

/* Begins to end the saving. @id: (nullable): of an upload that was removed; %NULL: all, since the broker ends */
void ob_saving_table_cancel (ObSavingTable *table, const char *id);

/* Calls @on_ended once, when the file is on the disk or has failed. */
void ob_saving_follow (ObSaving *saving, void (*on_ended) (gpointer user_data), gpointer user_data);

/* Returns: how many bytes of it are in the spool, as far as that is known */
gint64 ob_saving_get_bytes (const ObSaving *saving);

G_END_DECLS
