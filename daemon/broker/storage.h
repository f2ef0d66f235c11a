/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The state of the disk: whether the database can be written, and when that is tried again; and whether the queue that was
 * in the data folder is missing, as on a disk that is not mounted. Either holds the whole queue. A member of the queue;
 * main thread.
 */
#pragma once

#include "broker/queue.h"
#include "dbus/status.h"
#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObStorage ObStorage;

/* Events for others, and a question to them. */
typedef struct
{
  /* The trouble's words have changed, and so has what holds the queue; the journal may not be able to tell. */
  void (*changed) (gpointer user_data);

  /* The database takes changes again: record what could not be recorded. */
  void (*repaired) (gpointer user_data);

  /* Returns: the other reasons that hold the queue, bit r for OutboxReason r */
  OutboxReasonSet (*get_other_reasons) (gpointer user_data);
} ObStorageHost;

extern const ObMember ob_storage_member;

/* @queue, @spool: borrowed. @host: static. */
ObStorage *ob_storage_new (ObQueue *queue, ObSpool *spool, const ObStorageHost *host, gpointer user_data);
void ob_storage_free (ObStorage *storage);

/* From this call on, trouble holds the queue; before, an error is the caller's alone. */
void ob_storage_start (ObStorage *storage);
void ob_storage_stop (ObStorage *storage);

/* Returns: (nullable): what is wrong, in the system's words; %NULL if nothing is */
const char *ob_storage_get_words (ObStorage *storage);

/* --- What holds the whole queue --- */

/* Returns: all reasons that hold the queue, bit r for OutboxReason r */
OutboxReasonSet ob_storage_get_queue_reasons (ObStorage *storage);

/* Inside a change: writes the queue's reasons to the journal. @message: (nullable): the cause, for a person. Errors:
 * Storage, DiskFull. */
gboolean ob_storage_record_queue_reasons (ObStorage *storage, const char *message, GError **error);

/* --- A disk that cannot be written --- */

/* The database did not answer a read. As after a failed change, nothing starts until it was tried again, and what could
 * not be recorded is recorded then. */
void ob_storage_note_trouble (ObStorage *storage);

/* Trouble found elsewhere on the same disk; for tests. @words: (nullable) */
void ob_storage_set_trouble (ObStorage *storage, const char *words);

/* A file of the broker could not be written: finds out whether the database can still be. */
void ob_storage_test (ObStorage *storage);

/* Returns: when to try again, in Unix milliseconds; 0 if the database works, as far as is known */
gint64 ob_storage_next_ms (ObStorage *storage);

/* --- A queue that is not there --- */

/* @words: for a person. @on_given_up: called when a person goes on without it */
void ob_storage_miss_queue (ObStorage *storage, const char *words, void (*on_given_up) (gpointer user_data),
                            gpointer user_data);
gboolean ob_storage_is_queue_missed (ObStorage *storage);

/* A person goes on without the missing queue, if one is missing: after the commit of the open turn. */
void ob_storage_give_up_queue_after (ObStorage *storage);

G_END_DECLS
