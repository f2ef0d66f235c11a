/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers questions about the gate, and notes what to do later. Main thread.
 */
#include "broker/gate-private.h"

const ObConditions *
ob_gate_get_conditions (ObGate *self)
{
  return &self->latest;
}

const char *
ob_gate_get_network (ObGate *self)
{
  return ob_conditions_get_network_key (&self->latest);
}

GStrv
ob_gate_list_sources (ObGate *self)
{
  g_autoptr (GStrvBuilder) sources = g_strv_builder_new ();

  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_list_sources (self->watchers->pdata[i], sources);

  return g_strv_builder_end (sources);
}

gboolean
ob_gate_awaits_word (ObGate *self)
{
  return self->latest.is_awaited || (self->settle_at_ms > 0 && self->settled.is_awaited);
}

OutboxReasonSet
ob_gate_get_session_reasons (ObGate *self)
{
  return (self->latest.is_sleeping ? OUTBOX_REASON_BIT (OUTBOX_REASON_SLEEP) : 0)
         | (self->latest.is_shutting_down ? OUTBOX_REASON_BIT (OUTBOX_REASON_SHUTDOWN) : 0);
}

void
ob_gate_let_go (ObGate *self)
{
  if (ob_gate_get_session_reasons (self) == 0)
    return;
  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_let_go (self->watchers->pdata[i]);
}

void
ob_gate_want_review (ObGate *self)
{
  self->wants_review = TRUE;
  ob_queue_want_flush (self->queue);
}

ObPasses *
ob_gate_get_passes (ObGate *self)
{
  return self->passes;
}

ObRules *
ob_gate_get_rules (ObGate *self)
{
  return self->rules;
}

/* --- What costs --- */

guint64
ob_gate_get_metered_bytes (ObGate *self)
{
  return ob_budget_get_bytes (self->budget);
}

gboolean
ob_gate_count_metered (ObGate *self, const char *destination_name, guint64 wire_bytes, GError **error)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, destination_name);
  guint64 before_bytes = ob_gate_get_metered_bytes (self);

  if (wire_bytes == 0 || !destination || ob_destination_is_local (destination)
      || !ob_conditions_is_metered (&self->latest))
    return TRUE;
  self->wants_review
      |= before_bytes < self->rules->budget_bytes && before_bytes + wire_bytes >= self->rules->budget_bytes;

  return ob_budget_add (self->budget, wire_bytes, error);
}
