/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What servers still have to delete of uploads that were removed here; kept over a restart. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  char *id; /* of the removed upload */
  char *destination;
  char *server_url;
  gint64 removed_at_ms;
  gint64 retry_at_ms; /* 0: at once */
  guint failures;
} ObTermination;

void ob_termination_free (ObTermination *termination);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObTermination, ob_termination_free)

/* Inserts or replaces. Errors: Storage, DiskFull. */
gboolean ob_terminations_save (ObDatabase *database, const ObTermination *termination, GError **error);
gboolean ob_terminations_delete (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): the termination of that upload */
ObTermination *ob_terminations_get (ObDatabase *database, const char *id);

/* Returns: (transfer full) (element-type ObTermination): at most @limit that are due, the oldest first */
GPtrArray *ob_terminations_find_due (ObDatabase *database, gint64 now_ms, guint limit);

/* Returns: when the next is due, or 0 */
gint64 ob_terminations_next_ms (ObDatabase *database, gint64 now_ms);

G_END_DECLS
