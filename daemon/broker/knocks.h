/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knocks at destinations where nothing answers: one knock at a time for each, however many uploads wait, and none while
 * nothing may travel there. The first answer starts an attempt at once. A member of the queue; main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/queue.h"
#include "model/upload.h"
#include "policy/conditions.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

typedef struct _ObKnocks ObKnocks;

/* Its questions to others. */
typedef struct
{
  /* Returns: whether an upload there would start if the server answered, and no attempt is already finding out. */
  gboolean (*is_wanted) (const ObDestination *destination, gpointer user_data);

  /* Borrowed: the conditions as they are. */
  const ObConditions *(*get_conditions) (gpointer user_data);
} ObKnocksFacts;

extern const ObMember ob_knocks_member;

/* All are borrowed; @facts: static. */
ObKnocks *ob_knocks_new (ObQueue *queue, ObDestinationTable *destinations, const ObRunner *runner,
                         const ObKnocksFacts *facts, gpointer user_data);
void ob_knocks_free (ObKnocks *knocks);

/* Ends the knocks under way, and forgets all silence. */
void ob_knocks_stop (ObKnocks *knocks);

/* An attempt has ended. @is_silent: nothing answered it. @has_moved: the server confirmed bytes before */
void ob_knocks_note_end (ObKnocks *knocks, const ObUpload *upload, gboolean is_silent, gboolean has_moved);

G_END_DECLS
