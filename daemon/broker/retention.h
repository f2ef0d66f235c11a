/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the device keeps: the copies in the spool, which must be there while a row promises them and go when they are no longer
 * needed, and the rows of the journal, which are pruned. Works in the background, some milliseconds a turn of the main loop. A
 * member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/upload.h"
#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObRetention ObRetention;

/* What it asks others. */
typedef struct
{
  /* Whether an attempt or a hand-over has the upload, or its row is about to be repaired: these find out by themselves. */
  gboolean (*is_in_hand) (const ObUpload *upload, gpointer user_data);

  /* Whether the disk with the queue is known to be away: what lies there is not gone. */
  gboolean (*is_away) (gpointer user_data);
} ObRetentionFacts;

extern const ObMember ob_retention_member;

/* @queue, @spool: borrowed. @facts: static. */
ObRetention *ob_retention_new (ObQueue *queue, ObSpool *spool, const ObRetentionFacts *facts, gpointer user_data);
void ob_retention_free (ObRetention *retention);

/* Between these two it works. */
void ob_retention_start (ObRetention *retention);
void ob_retention_stop (ObRetention *retention);

/* Begins to look whether the copies that the rows tell of are there, with their size; what waits and has lost its copy fails,
 * so that nothing is called safe that is not. */
void ob_retention_check_copies (ObRetention *retention);

/* The receipt is on the disk: the copy of that upload is no longer needed. */
void ob_retention_clear_copy (ObRetention *retention, const char *id);

G_END_DECLS
