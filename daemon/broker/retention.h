/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the device keeps. Copies in the spool must be there while a row needs them, and go afterwards: at once, after the days that are
 * set, or when the disk needs the room, the oldest first; rows of the journal are pruned. Works in the background, some milliseconds at a time. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/upload.h"
#include "policy/rules.h"
#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObRetention ObRetention;

/* Its questions to others. */
typedef struct
{
  /* Returns: whether an attempt or a submit works on the upload, or its row is about to be repaired: then its copy is
   * checked there. */
  gboolean (*is_in_hand) (const ObUpload *upload, gpointer user_data);

  /* Returns: whether the queue's disk is known to be away: then its copies are not gone. */
  gboolean (*is_away) (gpointer user_data);

  /* Returns: how long copies are kept of what has arrived */
  const ObKeeping *(*get_keeping) (gpointer user_data);

  /* Whether there is a destination of that name. */
  gboolean (*has_destination) (const char *name, gpointer user_data);
} ObRetentionFacts;

extern const ObMember ob_retention_member;

/* @queue, @spool: borrowed. @facts: static. */
ObRetention *ob_retention_new (ObQueue *queue, ObSpool *spool, const ObRetentionFacts *facts, gpointer user_data);
void ob_retention_free (ObRetention *retention);

/* It works between these two calls. */
void ob_retention_start (ObRetention *retention);
void ob_retention_stop (ObRetention *retention);

/* Begins to check that the copies exist with the right size. A waiting upload without its copy fails, so that it is not
 * called safe. */
void ob_retention_check_copies (ObRetention *retention);

/* The receipt is on the disk: removes the upload's copy, or keeps it for a while. */
void ob_retention_note_arrived (ObRetention *retention, const char *id);

/* Removes the upload's copy now: the server was asked once more, and has it. */
void ob_retention_free_copy (ObRetention *retention, const char *id);

/* Removes copies of what has arrived and has been kept for long enough, some at a time. */
void ob_retention_sweep (ObRetention *retention);

G_END_DECLS
