/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The log of what happened to uploads and holds. Main thread. A row is written in the transaction of the change that it
 * tells of. A row that says the same as the last one replaces it, and counts up.
 */
#pragma once

#include "model/past-holds.h"
#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Tells what a row has to say of its moment and the database does not know. Without one, rows say nothing of it. */
typedef struct
{
  /* Returns: (transfer none): the kind of the present network, as ob_conditions_get_kind() has it */
  const char *(*get_network) (gpointer user_data);

  /* Calls @on_hold for each hold that covers the upload now. since when is found by the journal.
   * @key: by what name, as in rows of holds */
  void (*list_holds) (const ObUpload *upload, void (*on_hold) (const ObPastHold *hold, const char *key, gpointer data),
                      gpointer data, gpointer user_data);
} ObJournalWitness;

/* @witness: (nullable): static: it is asked for each row from now on */
void ob_journal_set_witness (ObDatabase *database, const ObJournalWitness *witness, gpointer user_data);

/* Appends a row with the upload's id and app, by which those who may see it hear of it even after the upload is removed.
 * @message: (nullable): for a person, such as a server's words. Returns: the row's sequence, or 0 with @error. */
gint64 ob_journal_append (ObDatabase *database, gint64 now_ms, const ObUpload *upload, const char *event,
                          ObStored stored, OutboxReason reason, const char *message, GError **error);

/* The same for a hold of more than one upload. @reasons: all that hold now, bit r for OutboxReason r; 0 if nothing does
 * any more */
gint64 ob_journal_append_hold (ObDatabase *database, gint64 now_ms, OutboxScope scope, const char *key,
                               OutboxReasonSet reasons, const char *message, GError **error);

/* The same for a web app, whose scope is "app". @event: such as "approved" */
gint64 ob_journal_append_app (ObDatabase *database, gint64 now_ms, const char *origin, const char *event,
                              const char *message, GError **error);

/* Returns: whether the event ever happened to the upload, even if its row is gone. */
gboolean ob_journal_has_event (ObDatabase *database, const char *upload_id, const char *event);

/* Returns: whether it happened after that sequence. */
gboolean ob_journal_has_event_after (ObDatabase *database, const char *upload_id, const char *event, gint64 sequence);

/* Returns: whether the upload was the app's, even if its row is gone. */
gboolean ob_journal_is_of_app (ObDatabase *database, const char *upload_id, const char *app);

/* Returns: the newest row's sequence, or 0 */
gint64 ob_journal_get_last (ObDatabase *database);

/**
 * ob_journal_read_since:
 * @sequence: (inout): begins after it; then the sequence of the last row looked at
 * @app: (nullable): tells of that app's uploads alone
 * @limit: how many rows to look at
 * @is_end: (out): whether the journal has no more rows
 * @on_upload: returns whether to go on
 *
 * Calls @on_upload once for each upload that something happened to, at its newest row. Errors: Storage.
 */
gboolean ob_journal_read_since (ObDatabase *database, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                                gboolean (*on_upload) (const char *upload_id, gint64 sequence, gpointer user_data),
                                gpointer user_data, GError **error);

/* A row, which says all of its moment without another one; strings are NULL if it has none. Of an upload it has the attempts that
 * had begun by then, and the bytes that the server had confirmed. */
typedef struct
{
  gint64 sequence;
  gint64 at_ms;
  const char *upload_id;
  const char *scope;
  const char *key;
  const char *event;
  const char *state;
  const char *reason;
  const char *message;
  guint count; /* how often it came in a row; its time is that of the last */
  guint attempts;
  guint64 offset_bytes;
  const char *network; /* its kind; NULL: not known */
  const char *
      holds; /* as in model/past-holds.h: of a waiting upload all that covered it, of a hold's row those of its scope */
} ObJournalRow;

typedef void (*ObJournalRead) (const ObJournalRow *row, gpointer user_data);

/* Calls @on_row for the newest @limit rows, the oldest of them first. */
gboolean ob_journal_read (ObDatabase *database, guint limit, ObJournalRead on_row, gpointer user_data, GError **error);

/* The same for the next @limit rows after a sequence. */
gboolean ob_journal_read_after (ObDatabase *database, gint64 after, guint limit, ObJournalRead on_row,
                                gpointer user_data, GError **error);

/* The names of the holds that cover an upload, besides the queue's; NULL: none. */
typedef struct
{
  const char *destination;
  const char *lane;  /* the lane's name in holds */
  const char *group; /* the group's name in holds */
  gint64 last;       /* no hold after this sequence covered it */
} ObJournalCover;

/* The same for the rows of one upload, and of the holds that covered it. */
gboolean ob_journal_read_history (ObDatabase *database, const char *upload_id, const ObJournalCover *cover, guint limit,
                                  ObJournalRead on_row, gpointer user_data, GError **error);

/**
 * ob_journal_move:
 * @database: a database with a transaction open
 * @upload: the upload; its state, reason, time and sequence change
 * @to: its next stored state
 * @reason: why, for failed and confirming
 * @message: (nullable): for a person
 * @error: WrongState for an edge that the table does not have; NotFound, Storage, DiskFull
 *
 * The only function that changes a stored state, together with row and journal. On failure @upload is as it was.
 */
gboolean ob_journal_move (ObDatabase *database, ObUpload *upload, ObStored to, OutboxReason reason, const char *message,
                          gint64 now_ms, GError **error);

G_END_DECLS
