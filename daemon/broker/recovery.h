/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After a start: takes up what the last process was in the middle of, and adopts files in the spool without a row, or
 * removes superfluous ones. A member of the queue; main thread.
 */
#pragma once

#include "broker/intake.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/retention.h"
#include "broker/unclaimed.h"

G_BEGIN_DECLS

typedef struct _ObRecovery ObRecovery;

/* What it asks others, and has them do. */
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

  /* Returns: whether an attempt works on the upload. */
  gboolean (*is_running) (const char *id, gpointer user_data);

  /* Returns: whether the row is about to be repaired, and means nothing until then. */
  gboolean (*awaits_repair) (const ObUpload *upload, gpointer user_data);

  /* Returns: the rung that its destination promises; %OUTBOX_RUNG_STORED where there is no such destination */
  OutboxRung (*get_promise) (const ObUpload *upload, gpointer user_data);

  /* Inside a change: has the server asked what it has of an upload that is done, before the copy of a moved file goes. Errors: Storage, DiskFull. */
  gboolean (*start_update) (const ObUpload *upload, GError **error, gpointer user_data);
  gboolean (*want_check) (ObUpload *upload, GError **error, gpointer user_data);

  /* Returns: whether its destination's protocol could have written that resume text, as far as is known. */
  gboolean (*may_resume) (const ObUpload *upload, const char *resume, gpointer user_data);
} ObRecoveryHost;

extern const ObMember ob_recovery_member;

/* All are borrowed; @host: static. */
ObRecovery *ob_recovery_new (ObQueue *queue, ObSpool *spool, ObRecordings *recordings, ObIntake *intake,
                             ObRetention *retention, const ObRecoveryHost *host, gpointer user_data);
void ob_recovery_free (ObRecovery *recovery);

/* Takes up what is under way by the database and what nobody works on: at the start, and when the database can be
 * written again. */
void ob_recovery_take_up (ObRecovery *recovery);

/* Compares spool and database from the first call to the second: in the background, and again each day on which something happens,
 * but at once if the database has no past. */
void ob_recovery_start (ObRecovery *recovery);
void ob_recovery_stop (ObRecovery *recovery);

/* A file has been saved, or has failed: looks again at files of which it was open whether they are its copies. */
void ob_recovery_look_again (ObRecovery *recovery);

/* Returns: borrowed: files in the spool of which no upload could be made */
ObUnclaimed *ob_recovery_get_unclaimed (ObRecovery *recovery);

G_END_DECLS
