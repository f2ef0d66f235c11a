/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The gate's life, and what happens to it: the network, power, session or time changes, rules are set, a person answers for
 * a network. After each, the lanes are decided anew. Main thread.
 */
#include "broker/gate-private.h"

#include "base/debug.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/meta.h"

/* A real change of network passes through many half-true states: believe a permission only after this time. */
#define SETTLE_MS 250

static ObConditions
read_conditions (ObGate *self)
{
  ObConditions conditions;

  ob_conditions_init (&conditions);
  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_read (self->watchers->pdata[i], &conditions);

  return conditions;
}

static gboolean
is_same_network (const ObConditions *a, const ObConditions *b)
{
  return g_str_equal (ob_conditions_get_network_key (a), ob_conditions_get_network_key (b));
}

/* --- The answer for a network --- */

static void
on_forgotten (const GError *error, gpointer user_data)
{
  if (!error)
    ((ObGate *) user_data)->is_answer_over = FALSE;
}

/* The answer holds for one network until another replaces it; no network at all, as in a basement, does not end it. */
static void
end_answer_of_another_network (ObGate *self)
{
  const char *network = ob_conditions_get_network_key (&self->settled);

  if (!self->answered_network || *network == '\0' || g_str_equal (self->answered_network, network))
    return;
  g_clear_pointer (&self->answered_network, g_free);
  self->is_answer_over = TRUE;
}

static gboolean
forget_answer (gpointer user_data, GError **error)
{
  ObGate *self = user_data;

  ob_queue_after (self->queue, on_forgotten, self);

  return ob_meta_set_text (self->database, "answered_network", NULL, error);
}

static void
end_answer (ObGate *self)
{
  end_answer_of_another_network (self);
  if (self->is_answer_over)
    (void) ob_queue_do (self->queue, OB_TURN_LATER, forget_answer, self, NULL);
}

/* Once over, an answer stays over, even if the database has not been told: coming back to that network does not revive
 * it. */
static void
load_answer (ObGate *self)
{
  g_free (self->answered_network);
  self->answered_network = self->is_answer_over ? NULL : ob_meta_dup_text (self->database, "answered_network");
  end_answer_of_another_network (self);
}

static gboolean
allow_network (gpointer user_data, GError **error)
{
  ObGate *self = user_data;
  const char *network = ob_gate_get_network (self);

  if (!ob_meta_set_text (self->database, "answered_network", network, error))
    return FALSE;
  g_free (self->answered_network);
  self->answered_network = g_strdup (network);
  self->is_answer_over = FALSE;
  self->wants_review = TRUE;
  ob_queue_want_flush (self->queue);

  return TRUE;
}

void
ob_gate_allow_network (ObGate *self, ObQueueDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (*ob_gate_get_network (self) == '\0')
    {
      error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("There is no network"));
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, allow_network, self, done, user_data);
}

/* --- Changes --- */

static void
note_session (ObGate *self, const ObConditions *old)
{
  gboolean is_ending = ob_gate_get_session_reasons (self) != 0;

  if (old->is_sleeping == self->latest.is_sleeping && old->is_shutting_down == self->latest.is_shutting_down)
    return;
  /* Failures before the device slept say nothing about now. */
  if (!is_ending)
    ob_destination_table_expect_network (self->destinations, ob_queue_get_now_ms (self->queue));
  self->events->session_changed (is_ending, self->user_data);
}

/* A new network must last for a while before it ends back-offs. */
static void
note_network (ObGate *self, const ObConditions *old)
{
  gboolean is_gained = ob_ways_review (self->ways);
  gint64 steady_at_ms = ob_queue_get_now_ms (self->queue) + OB_DESTINATIONS_STEADY_MS;

  if (!is_same_network (old, &self->latest) || is_gained)
    ob_destination_table_expect_network (self->destinations, self->latest.is_network_available ? steady_at_ms : 0);
}

static void
debug_conditions (const ObConditions *now, gboolean has_to_settle)
{
  ob_debug_write (OB_DEBUG_GATE, NULL, "conditions: network %s, link %s, metered %s, connectivity %s%s%s%s%s",
                  now->is_network_available ? "available" : "not available", ob_link_get_name (now->link),
                  ob_metered_get_name (now->metered), ob_connectivity_get_name (now->connectivity),
                  now->is_on_battery ? ", on battery" : "", now->is_sleeping ? ", about to sleep" : "",
                  now->is_shutting_down ? ", about to shut down" : "",
                  has_to_settle ? "; what they permit has to last for a moment" : "");
}

static void
on_watcher_changed (ObWatcher *watcher, gpointer user_data)
{
  ObGate *self = user_data;
  const ObConditions old = self->latest;
  const ObConditions now = read_conditions (self);

  if (ob_conditions_equal (&old, &now))
    return;
  self->latest = now;
  self->settle_at_ms = ob_conditions_equal (&now, &self->settled) ? 0 : ob_queue_get_now_ms (self->queue) + SETTLE_MS;
  if (ob_debug_is_on (OB_DEBUG_GATE))
    debug_conditions (&now, self->settle_at_ms > 0);
  note_network (self, &old);
  note_session (self, &old);
  ob_gate_review (self);
  ob_queue_set_alarm (self->queue);
}

static void
settle (ObGate *self)
{
  self->settle_at_ms = 0;
  self->settled = self->latest;
  ob_ways_settle (self->ways);
  end_answer (self);
}

void
ob_gate_set_zone (ObGate *self, GTimeZone *zone)
{
  ob_budget_set_zone (self->budget, zone);
  if (!self->is_started)
    return;
  ob_gate_review (self);
  ob_queue_set_alarm (self->queue);
}

void
ob_gate_set_rules (ObGate *self, ObRules *rules)
{
  ob_rules_ref (rules);
  ob_rules_unref (self->rules);
  self->rules = rules;
  ob_gate_change_paces (self);
  ob_gate_review (self);
  if (self->is_started)
    ob_gate_match_all (self);
}

void
ob_gate_take_up (ObGate *self)
{
  end_answer (self);
  ob_gate_match_all (self);
}

/* --- The member --- */

static gboolean
load (gpointer member, GError **error)
{
  load_answer (member);
  ob_gate_load_lanes (member);

  return TRUE;
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObGate *self = member;

  /* While nothing can be written, the repair will look at the lanes. */
  if (!ob_queue_is_stuck (self->queue) && (self->wants_review || ob_gate_has_vacant_lane (self)))
    ob_gate_review (self);
}

static gint64
next_ms (gpointer member)
{
  const ObGate *self = member;

  return ob_sooner_ms (self->review_at_ms, self->settle_at_ms);
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObGate *self = member;

  /* A clock that was set back must not delay it. */
  if (self->settle_at_ms > 0 && (self->settle_at_ms <= now_ms || self->settle_at_ms > now_ms + SETTLE_MS))
    settle (self);
  ob_gate_review (self);
}

const ObMember ob_gate_member = { .load = load, .flushed = flushed, .next_ms = next_ms, .wake = wake };

/* --- Its life --- */

ObGate *
ob_gate_new (ObQueue *queue, ObDestinationTable *destinations, GPtrArray *watchers, const ObGateEvents *events,
             gpointer user_data)
{
  ObGate *self = g_new0 (ObGate, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->destinations = destinations;
  self->events = events;
  self->user_data = user_data;
  self->watchers = g_ptr_array_ref (watchers);
  self->ways = ob_ways_new (watchers);
  self->budget = ob_budget_new (queue);
  ob_queue_join (queue, &ob_budget_member, self->budget);
  self->passes = ob_passes_new (queue);
  ob_queue_join (queue, &ob_passes_member, self->passes);
  self->rules = ob_rules_new ();
  self->paces = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ob_pace_unref);
  self->lanes = ob_gate_make_lanes ();
  for (guint i = 0; i < watchers->len; i++)
    g_signal_connect (watchers->pdata[i], "changed", G_CALLBACK (on_watcher_changed), self);
  self->latest = self->settled = read_conditions (self);

  return self;
}

void
ob_gate_start (ObGate *self)
{
  self->is_started = TRUE;
}

/* The watchers may live longer: somebody may hold a reference until the end. */
void
ob_gate_stop (ObGate *self)
{
  self->is_started = FALSE;
  g_clear_handle_id (&self->match_source, g_source_remove);
  for (guint i = 0; i < self->watchers->len; i++)
    g_signal_handlers_disconnect_by_data (self->watchers->pdata[i], self);
}

void
ob_gate_free (ObGate *self)
{
  ob_gate_stop (self);
  g_hash_table_unref (self->lanes);
  g_hash_table_unref (self->paces);
  ob_rules_unref (self->rules);
  ob_budget_free (self->budget);
  ob_passes_free (self->passes);
  ob_ways_free (self->ways);
  g_ptr_array_unref (self->watchers);
  g_free (self->answered_network);
  g_free (self);
}
