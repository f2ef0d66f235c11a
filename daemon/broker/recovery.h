/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After a start: what the last process was in the middle of is taken up, and files in the spool that have no row are adopted, or
 * removed where they are too many. A member of the queue; main thread.
 */
#pragma once

#include "broker/intake.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/retention.h"
#include "broker/unclaimed.h"

G_BEGIN_DECLS

typedef struct _ObRecovery ObRecovery;

/* What it asks of others. */
typedef struct
{
  /* Gives an upload the lane for what is known of it now. Inside a change. */
  void (*set_lane) (ObUpload *upload, gpointer user_data);

  /* Ends an upload, as a removal by a person does. Inside a change. Errors: Storage, DiskFull. */
  gboolean (*forget) (const ObUpload *upload, const char *why, GError **error, gpointer user_data);

  /* Whether an attempt has the upload. */
  gboolean (*is_running) (const char *id, gpointer user_data);

  /* Whether the row is about to be put right, and means nothing until then. */
  gboolean (*awaits_repair) (const ObUpload *upload, gpointer user_data);

  /* Whether its destination's protocol can have written that resume text, as far as is known. */
  gboolean (*may_resume) (const ObUpload *upload, const char *resume, gpointer user_data);
} ObRecoveryHost;

extern const ObMember ob_recovery_member;

/* All are borrowed; @host: static. */
ObRecovery *ob_recovery_new (ObQueue *queue, ObSpool *spool, ObRecordings *recordings, ObIntake *intake,
                             ObRetention *retention, const ObRecoveryHost *host, gpointer user_data);
void ob_recovery_free (ObRecovery *recovery);

/* Takes up what the database has as going on and nobody has in hand: at the start, and when it can be written again. */
void ob_recovery_take_up (ObRecovery *recovery);

/* Compares spool and database until the other is called: in the background, but at once where the database has no past. */
void ob_recovery_start (ObRecovery *recovery);
void ob_recovery_stop (ObRecovery *recovery);

/* A file is no longer on its way into the spool: looks again at those of which it was not known whether they are its copies. */
void ob_recovery_settle_doubts (ObRecovery *recovery);

/* Borrowed: what was found in the spool and no upload could be made of. */
ObUnclaimed *ob_recovery_get_unclaimed (ObRecovery *recovery);

G_END_DECLS
