/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Counts what the commits tell of, so that it costs the same however many have arrived. Main thread.
 */
#include "broker/arrivals.h"

#include "store/uploads.h"

#define HOUR_MS G_GINT64_CONSTANT (3600000)
#define LOOK_BACK_MS (12 * HOUR_MS)

struct _ObArrivals
{
  ObQueue *queue; /* borrowed */
  guint64 n_arrived;
  gint64 last_boot_ms; /* when something was handed over or arrived last */
  gboolean is_loaded;
  gboolean was_left; /* something had not arrived at the last commit */
};

ObArrivals *
ob_arrivals_new (ObQueue *queue)
{
  ObArrivals *self = g_new0 (ObArrivals, 1);

  self->queue = queue;

  return self;
}

void
ob_arrivals_free (ObArrivals *self)
{
  g_free (self);
}

/* What was counted was committed, and no rollback takes it back. */
static gboolean
load (gpointer member, GError **error)
{
  ObArrivals *self = member;
  ObDatabase *database = ob_queue_get_database (self->queue);

  self->was_left = ob_uploads_has_unended (database);
  if (self->is_loaded)
    return TRUE;
  self->is_loaded = TRUE;
  self->last_boot_ms = ob_queue_get_boot_ms (self->queue);
  if (self->was_left)
    self->n_arrived = ob_uploads_count_arrived_beside (database, ob_queue_get_now_ms (self->queue) - LOOK_BACK_MS);

  return TRUE;
}

static gboolean
has_new (GHashTable *touched)
{
  GHashTableIter iter;
  gpointer is_new;

  g_hash_table_iter_init (&iter, touched);
  while (g_hash_table_iter_next (&iter, NULL, &is_new))
    if (GPOINTER_TO_INT (is_new))
      return TRUE;

  return FALSE;
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObArrivals *self = member;
  gint64 boot_ms = ob_queue_get_boot_ms (self->queue);

  if (has_new (changes->touched))
    {
      if (!self->was_left || boot_ms - self->last_boot_ms > HOUR_MS)
        self->n_arrived = 0;
      self->last_boot_ms = boot_ms;
    }
  self->was_left = ob_uploads_has_unended (ob_queue_get_database (self->queue));
}

void
ob_arrivals_note (ObArrivals *self)
{
  self->n_arrived++;
  self->last_boot_ms = ob_queue_get_boot_ms (self->queue);
}

guint64
ob_arrivals_get (ObArrivals *self)
{
  return self->n_arrived;
}

const ObMember ob_arrivals_member = { .load = load, .flushed = flushed };
