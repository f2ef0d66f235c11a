/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What could start, by stream: the uploads of one app in one lane that are to be sent, or about whose confirmation a server
 * is to be asked. Reads the counters and the heads of the streams, whatever the length of the queue. Main thread.
 */
#pragma once

#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Strings are interned. */
typedef struct
{
  const char *destination;
  const char *rule;
  const char *app;
  ObStored stored; /* queued or confirming */
} ObStream;

/* Returns: (transfer full) (element-type ObStream): those in which something has no hold of its own. Errors: Storage. */
GArray *ob_ready_list_streams (ObDatabase *database, GError **error);

typedef struct
{
  char *id; /* owned by the array */
  gint64 number;
  gint64 created_at_ms;
  gint priority;
  guint failures;
} ObReady;

/* A point of priority outweighs so much age: the order of a stream stands in the rows, and none changes as time passes. */
#define OB_READY_POINT_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/* Returns: (transfer full) (element-type ObReady): the first of a stream, by priority and age, then in order of arrival. Errors: Storage. */
GArray *ob_ready_list (ObDatabase *database, const ObStream *stream, guint limit, GError **error);

/* Whether anything but that upload is being sent to a destination, or could be. */
gboolean ob_ready_has_other (ObDatabase *database, const char *destination, const char *id);

G_END_DECLS
