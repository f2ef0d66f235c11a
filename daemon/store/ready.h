/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What could start, by stream. A stream is the uploads of one app in one lane that are to be sent, or whose confirmation is
 * to be asked for. Reads counters and the first uploads of each stream, however long the queue is. Main thread.
 */
#pragma once

#include "model/lane.h"
#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  ObLane lane;
  const char *app; /* interned */
  ObStored stored; /* queued or confirming */
} ObStream;

/* Returns: (transfer full) (element-type ObStream): streams with an upload that has no hold of its own. Errors: Storage. */
GArray *ob_ready_list_streams (ObDatabase *database, GError **error);

typedef struct
{
  char *id; /* owned by the array */
  gint64 number;
  gint64 created_at_ms;
  gint priority;
  guint failures;
} ObReady;

/* A point of priority is worth so much age. The order of a stream is stored in its rows, which do not change as time
 * passes. */
#define OB_READY_POINT_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/* Returns: (transfer full) (element-type ObReady): the first uploads of the stream, by priority and age, then in order
 * of arrival. Errors: Storage. */
GArray *ob_ready_list (ObDatabase *database, const ObStream *stream, guint limit, GError **error);

/* Returns: whether another upload is being sent to the destination, or could be. */
gboolean ob_ready_has_other (ObDatabase *database, const char *destination, const char *id);

G_END_DECLS
