/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of what has arrived and has no copy here: those that may leave the list. Found by an index, the oldest first. Main thread.
 */
#pragma once

#include "dbus/status.h"
#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  char *id; /* owned */
  gint64 done_at_ms;
  gint64 number;
} ObArrived;

void ob_arrived_free (ObArrived *arrived);

/* Returns: (transfer full) (nullable) (element-type ObArrived): at most @limit of those that were done up to @until_ms, after the one
 * that was done at @after_ms and has @after_number. Errors: Storage. */
GPtrArray *ob_arrived_list (ObDatabase *database, gint64 after_ms, gint64 after_number, gint64 until_ms, guint limit,
                            GError **error);

/* Returns: when the oldest of them was done, or 0 */
gint64 ob_arrived_oldest_ms (ObDatabase *database);

/* Returns: whether a server still has to be asked or told something about that upload */
gboolean ob_arrived_is_open (ObDatabase *database, const char *id);

/* Of a group's uploads for one destination. */
typedef struct
{
  const char *destination;
  guint64 uploads;
  guint64 settled;  /* of these, those that were done in time, have no copy here, and are not open */
  OutboxRung least; /* rung of their receipts */
} ObArrivedShare;

/* Calls @on_share for each destination of the group; walks through its uploads. Returns: FALSE if they cannot be read */
gboolean ob_arrived_look_at_group (ObDatabase *database, const char *group_app, const char *group, gint64 until_ms,
                                   void (*on_share) (const ObArrivedShare *share, gpointer user_data),
                                   gpointer user_data);

G_END_DECLS
