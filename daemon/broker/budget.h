/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The data budget: what metered networks have carried in this calendar month. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"

G_BEGIN_DECLS

typedef struct _ObBudget ObBudget;

extern const ObMember ob_budget_member;

/* @queue: borrowed. */
ObBudget *ob_budget_new (ObQueue *queue);
void ob_budget_free (ObBudget *budget);

/* Counts by the months of that zone; until then by the device's own. @zone: a reference is taken */
void ob_budget_set_zone (ObBudget *budget, GTimeZone *zone);

/* Borrowed. */
GTimeZone *ob_budget_get_zone (ObBudget *budget);

/* Returns: the bytes of this month */
guint64 ob_budget_get_bytes (ObBudget *budget);

/* Inside a change. Errors: Storage, DiskFull. */
gboolean ob_budget_add (ObBudget *budget, guint64 wire_bytes, GError **error);

G_END_DECLS
