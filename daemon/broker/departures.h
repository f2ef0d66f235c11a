/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of what has arrived leave the list after the days that are set, or when there are too many, the oldest first; else each kiosk's
 * database would grow for ever. Never one that is not confirmed to the rung that its destination promises, has a copy here, or is asked
 * about; never one of a group before the whole group may; never within a day of its arrival, so that an app that hands the same file
 * over again is answered by its key. The journal says that a row has left. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "model/upload.h"
#include "policy/rules.h"

G_BEGIN_DECLS

typedef struct _ObDepartures ObDepartures;

/* Its questions to others, and what it has them do. */
typedef struct
{
  /* Returns: whether an attempt, a check or a submit works on the upload, or its row is about to be repaired. */
  gboolean (*is_in_hand) (const ObUpload *upload, gpointer user_data);

  /* Returns: whether the queue's disk is known to be away. */
  gboolean (*is_away) (gpointer user_data);

  const ObKeeping *(*get_keeping) (gpointer user_data);

  /* Returns: the rung that the destination of that name promises; STORED if there is none any more */
  OutboxRung (*get_promise) (const char *destination, gpointer user_data);

  /* Removes the row, inside a change. @why: for the journal */
  gboolean (*forget) (const ObUpload *upload, const char *why, GError **error, gpointer user_data);
} ObDeparturesHost;

extern const ObMember ob_departures_member;

/* @queue: borrowed. @host: static. */
ObDepartures *ob_departures_new (ObQueue *queue, const ObDeparturesHost *host, gpointer user_data);
void ob_departures_free (ObDepartures *departures);

/* It works between these two calls. */
void ob_departures_start (ObDepartures *departures);
void ob_departures_stop (ObDepartures *departures);

G_END_DECLS
