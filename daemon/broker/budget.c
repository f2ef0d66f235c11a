/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps two numbers in the database: a month, and its bytes. Main thread.
 */
#include "broker/budget.h"

#include "store/meta.h"

struct _ObBudget
{
  ObQueue *queue; /* borrowed, as is the next */
  ObDatabase *database;
  GTimeZone *zone;
  gint64 month; /* of the bytes: year and month, as in 202511 */
  guint64 bytes;
};

ObBudget *
ob_budget_new (ObQueue *queue)
{
  ObBudget *self = g_new0 (ObBudget, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->zone = g_time_zone_new_local ();

  return self;
}

void
ob_budget_free (ObBudget *self)
{
  g_time_zone_unref (self->zone);
  g_free (self);
}

static gboolean
load (gpointer member, GError **error)
{
  ObBudget *self = member;

  self->month = ob_meta_get_number (self->database, "metered_month");
  self->bytes = (guint64) ob_meta_get_number (self->database, "metered_bytes");

  return TRUE;
}

const ObMember ob_budget_member = { .load = load };

void
ob_budget_set_zone (ObBudget *self, GTimeZone *zone)
{
  g_time_zone_ref (zone);
  g_time_zone_unref (self->zone);
  self->zone = zone;
}

GTimeZone *
ob_budget_get_zone (ObBudget *self)
{
  return self->zone;
}

static gint64
get_month (ObBudget *self)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (ob_queue_get_now_ms (self->queue) / 1000);
  g_autoptr (GDateTime) here = g_date_time_to_timezone (utc, self->zone);

  return g_date_time_get_year (here) * 100 + g_date_time_get_month (here);
}

guint64
ob_budget_get_bytes (ObBudget *self)
{
  return self->month == get_month (self) ? self->bytes : 0;
}

gboolean
ob_budget_add (ObBudget *self, guint64 wire_bytes, GError **error)
{
  self->bytes = ob_budget_get_bytes (self) + wire_bytes;
  self->month = get_month (self);

  return ob_meta_set_number (self->database, "metered_month", self->month, error)
         && ob_meta_set_number (self->database, "metered_bytes", (gint64) self->bytes, error);
}
