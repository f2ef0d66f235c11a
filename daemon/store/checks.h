/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The checks that a person has asked for and that have not been answered: whether a server still has what it confirmed. Main
 * thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

typedef struct
{
  char *id;            /* of the upload */
  gint64 asked_at_ms;  /* by the person */
  gint64 retry_at_ms;  /* due from then on */
  guint failures;      /* questions that were not answered */
  gboolean is_doubted; /* one answer said that it is gone, and might be a proxy's */
  gboolean frees;      /* the local copy can go if all is well */
} ObPendingCheck;

void ob_pending_check_free (ObPendingCheck *check);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObPendingCheck, ob_pending_check_free)

/* Errors: Storage, DiskFull. */
gboolean ob_checks_save (ObDatabase *database, const ObPendingCheck *check, GError **error);
gboolean ob_checks_delete (ObDatabase *database, const char *id, GError **error);

/* Returns: (transfer full) (nullable): NULL if there is none, or it cannot be read */
ObPendingCheck *ob_checks_get (ObDatabase *database, const char *id);

/* Returns: (transfer full) (element-type ObPendingCheck): at most @limit that are due, the oldest first; none if they
 * cannot be read */
GPtrArray *ob_checks_find_due (ObDatabase *database, gint64 now_ms, guint limit);

/* Returns: when the next one is due that is not due yet; 0: none */
gint64 ob_checks_next_ms (ObDatabase *database, gint64 now_ms);

G_END_DECLS
