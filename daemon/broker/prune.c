/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * When the journal is pruned: in passes over all of it, a few milliseconds at a time, while nothing else is to be done. A pass
 * begins after a commit, when the journal has grown or a day has gone by, and never by a timer: a broker that is idle sleeps.
 */
#include "broker/broker-private.h"
#include "store/journal.h"
#include "store/prune.h"

/* Rows after which a pass is worth its reads. */
#define ROWS_A_PASS 10000

#define PASS_EVERY_US (G_GINT64_CONSTANT (24) * 3600 * G_USEC_PER_SEC)

/* A part of a pass. */
typedef struct
{
  ObBroker *broker;
  gint64 end; /* the sequence up to which it goes */
} Part;

static gboolean
prune_part (gpointer user_data, GError **error)
{
  const Part *part = user_data;
  ObBroker *self = part->broker;

  return ob_prune_delete (self->database, self->pruned_sequence, part->end, ob_broker_get_now_ms (self), error);
}

/* A pass that cannot write is given up: the next one begins anew. */
static gboolean
on_prune (gpointer data)
{
  ObBroker *self = data;
  Part part = { self, 0 };

  if (ob_prune_find (self->database, self->pruned_sequence, ob_broker_get_now_ms (self), &part.end)
      && !ob_queue_do (self->queue, OB_TURN_LATER, prune_part, &part, NULL))
    part.end = 0;
  self->pruned_sequence = part.end;
  if (part.end > 0)
    return G_SOURCE_CONTINUE;
  self->prune_source = 0;

  return G_SOURCE_REMOVE;
}

void
ob_broker_end_pass (ObBroker *self)
{
  g_clear_handle_id (&self->prune_source, g_source_remove);
  self->pass_at_us = 0;
}

void
ob_broker_want_prune (ObBroker *self)
{
  gint64 now_us = g_get_monotonic_time ();
  gint64 last;

  if (self->prune_source != 0 || !self->is_started)
    return;
  last = ob_journal_get_last (self->database);
  if (self->pass_at_us > 0 && now_us < self->pass_at_us + PASS_EVERY_US && last < self->pass_sequence + ROWS_A_PASS)
    return;
  self->pass_at_us = now_us;
  self->pass_sequence = last;
  self->pruned_sequence = 0;
  self->prune_source = g_idle_add_full (G_PRIORITY_LOW, on_prune, self, NULL);
}
