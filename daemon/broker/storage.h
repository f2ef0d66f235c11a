/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The disk as a fact: whether the database can be written, and when that is tried again; and a queue that was in the data
 * folder and is not, as on a disk that is not mounted. Either holds the whole queue. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "dbus/status.h"
#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObStorage ObStorage;

/* Who listens, and what it asks. */
typedef struct
{
  /* Its words are others: what holds the queue has changed, and the journal may not be able to tell. */
  void (*changed) (gpointer user_data);

  /* The database takes changes again: what was not recorded meanwhile is to be put right. */
  void (*repaired) (gpointer user_data);

  /* What else holds the queue, bit r for OutboxReason r. */
  OutboxReasonSet (*get_other_reasons) (gpointer user_data);
} ObStorageEvents;

extern const ObMember ob_storage_member;

/* @queue, @spool: borrowed. @events: static. */
ObStorage *ob_storage_new (ObQueue *queue, ObSpool *spool, const ObStorageEvents *events, gpointer user_data);
void ob_storage_free (ObStorage *storage);

/* Until then trouble is the caller's alone. */
void ob_storage_start (ObStorage *storage);
void ob_storage_stop (ObStorage *storage);

/* Returns: (nullable): what is wrong, for a person: the system's words; NULL: nothing is. */
const char *ob_storage_get_words (ObStorage *storage);

/* --- What holds the whole queue --- */

/* Bit r for OutboxReason r: the disk's, and what else there is. */
OutboxReasonSet ob_storage_get_queue_reasons (ObStorage *storage);

/* Inside a change: tells of it in the journal. @message: (nullable): the cause, in words. Errors: Storage, DiskFull. */
gboolean ob_storage_record_queue_reasons (ObStorage *storage, const char *message, GError **error);

/* --- A disk that cannot be written --- */

/* The database did not answer a read: as when it does not take a change, nothing starts until it was tried again, and what was
 * not recorded is put right then. */
void ob_storage_note_trouble (ObStorage *storage);

/* As found elsewhere on the same disk; for tests. @words: (nullable) */
void ob_storage_set_trouble (ObStorage *storage, const char *words);

/* A file of the broker could not be written: finds out whether the database still can. */
void ob_storage_probe (ObStorage *storage);

/* Returns: when to try again, as Unix milliseconds; 0: the database works, as far as anybody knows. */
gint64 ob_storage_next_ms (ObStorage *storage);

/* --- A queue that is not there --- */

/* @words: for a person. @on_given_up: called when a person goes on without it */
void ob_storage_miss_queue (ObStorage *storage, const char *words, void (*on_given_up) (gpointer user_data),
                            gpointer user_data);
gboolean ob_storage_is_queue_missed (ObStorage *storage);

/* A person goes on without it, where one is missed: after the commit of the turn that is open. */
void ob_storage_give_up_queue_after (ObStorage *storage);

G_END_DECLS
