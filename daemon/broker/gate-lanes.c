/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lanes: what rules and conditions say of all uploads that share a destination and a rule. A change of network costs one
 * look at each lane, however long the queue is, and writes a row for each lane that changed. Main thread.
 */
#include "broker/gate-private.h"

#include "base/debug.h"
#include "store/journal.h"
#include "store/lanes.h"
#include "store/uploads.h"

/* Reasons that hold everything that needs a network, whatever its rule says. */
#define NETWORK_REASONS \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_NO_NETWORK) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL))

typedef struct
{
  ObLane lane;
  OutboxReasonSet reasons; /* of its present holds */
  OutboxReasonSet written; /* as the journal last told them */
  gint64 until_ms;
  gboolean is_live; /* it has an unfinished upload */
} LaneState;

GHashTable *
ob_gate_make_lanes (void)
{
  return g_hash_table_new_full (ob_lane_hash, ob_lane_equal, NULL, g_free);
}

static ObRuleDecision
decide_by (ObGate *self, const ObDestination *destination, const ObLane *lane, const ObConditions *conditions)
{
  const char *network = ob_conditions_get_network_key (conditions);
  const ObRule *rule = ob_gate_find_rule (self, lane->rule);
  const gint64 pass_end_ms = ob_passes_get_end_ms (self->passes, lane);
  gboolean is_local = ob_destination_is_local (destination);
  gboolean is_believed = self->settle_at_ms == 0 || self->settled.is_network_available;
  const ObRuleContext context
      = { .now_ms = ob_queue_get_now_ms (self->queue),
          .zone = ob_budget_get_zone (self->budget),
          .is_local = is_local,
          .is_reachable
          = is_local
            || (conditions == &self->settled ? ob_ways_was_reachable (self->ways, destination, is_believed)
                                             : ob_ways_is_reachable (self->ways, destination, is_believed)),
          .is_sent_now = pass_end_ms > 0 || g_str_equal (lane->sent_on, ob_gate_get_sent_on (conditions)),
          .used_bytes = ob_gate_get_metered_bytes (self) };
  ObConditions own = *conditions;
  ObRuleDecision decision;

  /* The destination is reached by a device that costs. A free one lifts nothing. */
  if (!is_local && ob_ways_is_metered (self->ways, destination, is_believed) && !ob_conditions_is_metered (&own))
    own.metered = OB_METERED_YES;
  decision = ob_rule_decide (self->rules, rule ? rule : self->rules->rules->pdata[0], &own, &context);

  decision.next_ms = ob_sooner_ms (decision.next_ms, pass_end_ms);
  if (*network && g_strcmp0 (self->answered_network, network) == 0)
    decision.reasons &= ~(OUTBOX_REASON_BIT (OUTBOX_REASON_ASK));

  return decision;
}

/* A restriction acts at once, a permission once it has settled: both the present conditions and those last believed must
 * allow it. */
static ObRuleDecision
decide (ObGate *self, const ObLane *lane)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, lane->destination);
  ObRuleDecision decision = { 0 }, settled;

  if (!destination)
    return decision;
  decision = decide_by (self, destination, lane, &self->latest);
  if (self->settle_at_ms > 0 && !self->settled.is_awaited)
    {
      settled = decide_by (self, destination, lane, &self->settled);
      decision.reasons |= settled.reasons;
      decision.until_ms = MAX (decision.until_ms, settled.until_ms);
      decision.next_ms = ob_sooner_ms (decision.next_ms, settled.next_ms);
    }

  return decision;
}

guint
ob_gate_get_lane_holds (ObGate *self, const ObLane *lane, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX])
{
  const LaneState *state = g_hash_table_lookup (self->lanes, lane);
  ObRuleDecision decision = { 0 };
  guint n_holds = 0;

  if (state)
    decision = (ObRuleDecision){ state->reasons, state->until_ms, 0 };
  else
    decision = decide (self, lane);
  if (stored == OB_STORED_CONFIRMING)
    decision.reasons &= NETWORK_REASONS;
  for (guint i = 1; i < OUTBOX_N_REASONS && n_holds < OB_LANE_HOLDS_MAX; i++)
    if (decision.reasons & OUTBOX_REASON_BIT (i))
      holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_LANE, i, decision.until_ms, 0 };

  return n_holds;
}

static LaneState *
ensure_state (ObGate *self, const ObLane *lane)
{
  LaneState *state = g_hash_table_lookup (self->lanes, lane);

  if (state)
    return state;
  state = g_new0 (LaneState, 1);
  state->lane = *lane;
  g_hash_table_insert (self->lanes, &state->lane, state);

  return state;
}

static void
debug_lane (const LaneState *state)
{
  g_autofree char *name = ob_lane_dup_name (&state->lane);
  g_autofree char *reasons = outbox_reasons_to_names (state->reasons);

  ob_debug_write (OB_DEBUG_GATE, name, "the lane is %s%s", state->reasons ? "held: " : "open", reasons);
}

/* Returns: whether its holds have changed */
static gboolean
review_lane (ObGate *self, LaneState *state, gboolean is_quiet)
{
  ObRuleDecision decision = decide (self, &state->lane);
  gboolean has_changed;

  /* Before NetworkManager's first answer, keep what the journal last told: nothing may start before it is known. */
  if (self->latest.is_awaited)
    decision.reasons = state->written;
  has_changed = decision.reasons != state->reasons || decision.until_ms != state->until_ms;

  self->review_at_ms = ob_sooner_ms (self->review_at_ms, decision.next_ms);
  state->reasons = decision.reasons;
  state->until_ms = decision.until_ms;
  if (has_changed && ob_debug_is_on (OB_DEBUG_GATE))
    debug_lane (state);
  if (has_changed && state->reasons != 0 && !is_quiet)
    self->events->lane_closed (&state->lane, state->reasons, self->user_data);

  return has_changed;
}

/* Returns: whether it counts uploads that are not finished. */
static gboolean
is_unfinished (const ObCount *count)
{
  return count->stored != OB_STORED_DONE && count->stored != OB_STORED_FAILED;
}

static void
find_live_lanes (ObGate *self)
{
  g_autoptr (GArray) counts = ob_uploads_count (self->database, NULL);
  GHashTableIter iter;
  gpointer value;

  if (!counts)
    return;
  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((LaneState *) value)->is_live = FALSE;
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (is_unfinished (count))
        ensure_state (self, &count->lane)->is_live = TRUE;
    }
}

/* A lane without waiting uploads holds nothing. */
static OutboxReasonSet
get_effective (const LaneState *state)
{
  return state->is_live ? state->reasons : 0;
}

/* Returns: whether the counters have an unfinished upload in the lane. */
static gboolean
is_in_counts (const ObLane *lane, const GArray *counts)
{
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (is_unfinished (count) && ob_lane_equal (&count->lane, lane))
        return TRUE;
    }

  return FALSE;
}

static OutboxReasonSet
get_written (const LaneState *state)
{
  return state->written;
}

/* Returns: @get of all lanes of that name, which tells no network: what is sent now shares it with the rest */
static OutboxReasonSet
add_up (ObGate *self, const ObLane *lane, OutboxReasonSet (*get) (const LaneState *state))
{
  OutboxReasonSet reasons = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LaneState *state = value;

      if (state->lane.destination == lane->destination && state->lane.rule == lane->rule)
        reasons |= get (state);
    }

  return reasons;
}

/* The journal tells a release when nothing of a name is held any more, and not when a part of it has arrived. @told: names
 * that the journal was told of already */
static gboolean
tell_name (ObGate *self, const ObLane *lane, GHashTable *told, GError **error)
{
  const OutboxReasonSet reasons = add_up (self, lane, get_effective);
  char *name = ob_lane_dup_name (lane);

  if (!g_hash_table_add (told, name) || reasons == add_up (self, lane, get_written))
    return TRUE;

  return ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_LANE, name, reasons,
                                 NULL, error)
         > 0;
}

static gboolean
write_lane (ObGate *self, LaneState *state, GError **error)
{
  if (!ob_lanes_save (self->database, &state->lane, get_effective (state), error))
    return FALSE;
  state->written = get_effective (state);

  return TRUE;
}

/* Returns: (transfer container) (element-type LaneState): lanes that are held otherwise than was told last */
static GPtrArray *
list_changed (ObGate *self)
{
  GPtrArray *changed = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (get_written (value) != get_effective (value))
      g_ptr_array_add (changed, value);

  return changed;
}

/* The arguments and the result of write_lanes(). */
typedef struct
{
  ObGate *gate;
  guint n_written;
} Record;

static gboolean
write_lanes (gpointer user_data, GError **error)
{
  Record *record = user_data;
  ObGate *self = record->gate;
  g_autoptr (GPtrArray) changed = list_changed (self);
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < changed->len; i++)
    if (!tell_name (self, &((const LaneState *) changed->pdata[i])->lane, told, error))
      return FALSE;
  for (; record->n_written < changed->len; record->n_written++)
    if (!write_lane (self, changed->pdata[record->n_written], error))
      return FALSE;

  return TRUE;
}

/* The attempts are stopped already. If the database cannot be written, the next review finds the row missing. Returns:
 * whether the journal tells of a change. */
static gboolean
record_lanes (ObGate *self)
{
  Record record = { self, 0 };

  return ob_queue_do (self->queue, OB_TURN_SOON, write_lanes, &record, NULL) && record.n_written > 0;
}

/* Decides on every lane with waiting uploads, and stops what may no longer run. Returns: whether any has changed */
static gboolean
decide_all (ObGate *self, gboolean is_quiet)
{
  gboolean has_changed = FALSE;
  GHashTableIter iter;
  gpointer value;

  find_live_lanes (self);
  self->review_at_ms = 0;
  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LaneState *state = value;

      if (state->is_live || state->written != 0)
        has_changed |= review_lane (self, state, is_quiet);
      else
        g_hash_table_iter_remove (&iter);
    }

  return has_changed;
}

void
ob_gate_review (ObGate *self)
{
  gboolean has_changed = decide_all (self, FALSE);

  /* A lane that was emptied, or got its first upload, holds differently although no decision changed. */
  has_changed |= record_lanes (self);
  self->wants_review = FALSE;
  if (has_changed)
    ob_queue_touch_holds (self->queue);
  else
    ob_queue_want_flush (self->queue);
}

gboolean
ob_gate_has_vacant_lane (ObGate *self)
{
  g_autoptr (GArray) counts = NULL;
  GHashTableIter iter;
  gpointer lane, state;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &lane, &state))
    {
      if (get_effective (state) == 0)
        continue;
      if (!counts)
        counts = ob_uploads_count (self->database, NULL);
      if (!counts || !is_in_counts (lane, counts))
        return counts != NULL;
    }

  return FALSE;
}

void
ob_gate_admit (ObGate *self, ObUpload *upload)
{
  const LaneState *state;
  ObLane lane;

  ob_gate_set_first_lane (self, upload);
  lane = ob_lane_of (upload);
  state = g_hash_table_lookup (self->lanes, &lane);
  self->wants_review |= !state || !state->is_live;
}

OutboxReasonSet
ob_gate_get_lane_reasons (ObGate *self, const ObLane *lane)
{
  const LaneState *state = g_hash_table_lookup (self->lanes, lane);

  return state ? state->reasons : 0;
}

gboolean
ob_gate_has_open_lane (ObGate *self, const char *destination)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LaneState *state = value;

      if (state->is_live && state->reasons == 0 && g_str_equal (state->lane.destination, destination))
        return TRUE;
    }

  return FALSE;
}

void
ob_gate_list_lane_holds (ObGate *self, const char *app, GArray *list)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LaneState *state = value;
      OutboxReasonSet reasons = get_effective (state);

      if (reasons != 0 && app && !ob_uploads_has_app_in_lane (self->database, app, &state->lane))
        continue;
      for (guint i = 1; i < OUTBOX_N_REASONS; i++)
        if (reasons & OUTBOX_REASON_BIT (i))
          {
            const ObHold hold = { OUTBOX_SCOPE_LANE, i, state->until_ms, 0 };

            ob_shared_holds_add_once (list, &hold, ob_lane_dup_name (&state->lane));
          }
    }
}

gboolean
ob_gate_list_holds_of_rules (ObGate *self, const char *destination, OutboxReasonSet which, GArray *list)
{
  gboolean is_open = FALSE, matches_all = FALSE;

  /* The last rule that matches wins: rules before one that matches everything have no uploads. */
  for (guint i = self->rules->rules->len; i > 0 && !matches_all; i--)
    {
      const ObRule *rule = self->rules->rules->pdata[i - 1];
      const ObLane lane = ob_lane_make (destination, rule->name, "");
      ObHold holds[OB_LANE_HOLDS_MAX];
      OutboxReasonSet reasons = 0;
      guint n_holds;

      if (!ob_rule_is_for_destination (rule, destination))
        continue;
      matches_all = ob_rule_is_for_all_of (rule);
      n_holds = ob_gate_get_lane_holds (self, &lane, OB_STORED_QUEUED, holds);
      for (guint j = 0; j < n_holds; j++)
        {
          reasons |= OUTBOX_REASON_BIT (holds[j].reason);
          ob_shared_holds_add (list, &holds[j], ob_lane_dup_name (&lane), NULL);
        }
      is_open |= (reasons & which) == 0;
    }

  return !is_open;
}

static void
on_lane_loaded (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  ensure_state (user_data, lane)->written = reasons;
}

/* At the start and after a rollback. The journal is told by a later turn that can be committed. */
void
ob_gate_load_lanes (ObGate *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((LaneState *) value)->written = 0;
  (void) ob_lanes_load (self->database, on_lane_loaded, self, NULL);
  self->wants_review = TRUE;
  (void) decide_all (self, TRUE);
}
