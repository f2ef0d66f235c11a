/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knocks at destinations where nothing answers. One at a time for each, however many uploads wait there; none while
 * nothing may go there anyway. The first that is answered starts an attempt at once. A member of the
 * queue; main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/queue.h"
#include "model/upload.h"
#include "policy/conditions.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

typedef struct _ObKnocks ObKnocks;

/* What it asks others. */
typedef struct
{
  /* Whether something waits there that would start if the server answered, and nothing runs that will find out. */
  gboolean (*is_wanted) (const ObDestination *destination, gpointer user_data);

  /* Borrowed: the conditions as they are. */
  const ObConditions *(*get_conditions) (gpointer user_data);
} ObKnocksFacts;

extern const ObMember ob_knocks_member;

/* All are borrowed; @facts: static. */
ObKnocks *ob_knocks_new (ObQueue *queue, ObDestinationTable *destinations, const ObRunner *runner,
                         const ObKnocksFacts *facts, gpointer user_data);
void ob_knocks_free (ObKnocks *knocks);

/* Ends those that are under way, and forgets who was silent. */
void ob_knocks_stop (ObKnocks *knocks);

/* An attempt has ended, with an error or without. @is_silent: nothing answered it; @has_moved: bytes arrived before that */
void ob_knocks_note_end (ObKnocks *knocks, const ObUpload *upload, gboolean is_silent, gboolean has_moved);

G_END_DECLS
