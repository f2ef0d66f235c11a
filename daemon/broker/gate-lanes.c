/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lanes: what rules and conditions say of all uploads that share a destination and a rule. A change of network costs one
 * look at each lane, however long the queue is, and writes a row for each lane that changed. Main thread.
 *
 * What a person sends now on one network is in a lane of its own, RULE@NETWORK: on that network it may travel, on any other
 * its rule decides, and no upload's row has to change.
 */
#include "broker/gate-private.h"

#include "base/debug.h"
#include "broker/lane-name.h"
#include "store/journal.h"
#include "store/lanes.h"
#include "store/uploads.h"

/* Reasons that hold everything that needs a network, whatever its rule says. */
#define NETWORK_REASONS \
  (OUTBOX_REASON_BIT (OUTBOX_REASON_NO_NETWORK) | OUTBOX_REASON_BIT (OUTBOX_REASON_CAPTIVE_PORTAL))

typedef struct
{
  char *destination;
  char *rule;
  OutboxReasonSet reasons; /* of its present holds */
  OutboxReasonSet written; /* as the journal last told them */
  gint64 until_ms;
  gboolean is_live; /* it has an unfinished upload */
} ObLane;

static guint
lane_hash (gconstpointer key)
{
  const ObLane *lane = key;

  return g_str_hash (lane->destination) * 31 + g_str_hash (lane->rule);
}

static gboolean
lane_equal (gconstpointer a, gconstpointer b)
{
  const ObLane *left = a, *right = b;

  return g_str_equal (left->destination, right->destination) && g_str_equal (left->rule, right->rule);
}

static void
lane_free (ObLane *lane)
{
  g_free (lane->destination);
  g_free (lane->rule);
  g_free (lane);
}

GHashTable *
ob_gate_make_lanes (void)
{
  return g_hash_table_new_full (lane_hash, lane_equal, (GDestroyNotify) lane_free, NULL);
}

static ObRuleDecision
decide_by (ObGate *self, const ObDestination *destination, const char *lane_rule, const ObConditions *conditions)
{
  const char *sent_on = strchr (lane_rule, '@');
  const char *network = ob_conditions_get_network_key (conditions);
  const ObRule *rule = ob_gate_find_rule (self, lane_rule);
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
          .is_sent_now = sent_on && g_str_equal (sent_on + 1, network),
          .used_bytes = ob_gate_get_metered_bytes (self) };
  ObConditions own = *conditions;
  ObRuleDecision decision;

  /* The destination is reached by a device that costs. A free one lifts nothing. */
  if (!is_local && ob_ways_is_metered (self->ways, destination, is_believed) && !ob_conditions_is_metered (&own))
    own.metered = OB_METERED_YES;
  decision = ob_rule_decide (self->rules, rule ? rule : self->rules->rules->pdata[0], &own, &context);

  if (*network && g_strcmp0 (self->answered_network, network) == 0)
    decision.reasons &= ~(OUTBOX_REASON_BIT (OUTBOX_REASON_ASK));

  return decision;
}

/* A restriction acts at once, a permission once it has settled: both the present conditions and those last believed must
 * allow it. */
static ObRuleDecision
decide (ObGate *self, const char *destination_name, const char *lane_rule)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, destination_name);
  ObRuleDecision decision = { 0 }, settled;

  if (!destination)
    return decision;
  decision = decide_by (self, destination, lane_rule, &self->latest);
  if (self->settle_at_ms > 0 && !self->settled.is_awaited)
    {
      settled = decide_by (self, destination, lane_rule, &self->settled);
      decision.reasons |= settled.reasons;
      decision.until_ms = MAX (decision.until_ms, settled.until_ms);
      decision.next_ms = ob_sooner_ms (decision.next_ms, settled.next_ms);
    }

  return decision;
}

guint
ob_gate_get_lane_holds (ObGate *self, const char *destination, const char *rule, ObStored stored,
                        ObHold holds[OB_LANE_HOLDS_MAX])
{
  const ObLane key = { .destination = (char *) destination, .rule = (char *) rule };
  const ObLane *lane = g_hash_table_lookup (self->lanes, &key);
  ObRuleDecision decision = { 0 };
  guint n_holds = 0;

  if (lane)
    decision = (ObRuleDecision){ lane->reasons, lane->until_ms, 0 };
  else
    decision = decide (self, destination, rule);
  if (stored == OB_STORED_CONFIRMING)
    decision.reasons &= NETWORK_REASONS;
  for (guint i = 1; i < OUTBOX_N_REASONS && n_holds < OB_LANE_HOLDS_MAX; i++)
    if (decision.reasons & OUTBOX_REASON_BIT (i))
      holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_LANE, i, decision.until_ms, 0 };

  return n_holds;
}

static ObLane *
find_lane (ObGate *self, const char *destination, const char *rule)
{
  const ObLane key = { .destination = (char *) destination, .rule = (char *) rule };
  ObLane *lane = g_hash_table_lookup (self->lanes, &key);

  if (lane)
    return lane;
  lane = g_new0 (ObLane, 1);
  lane->destination = g_strdup (destination);
  lane->rule = g_strdup (rule);
  g_hash_table_add (self->lanes, lane);

  return lane;
}

static void
debug_lane (const ObLane *lane)
{
  g_autofree char *key = ob_lane_dup_key (lane->destination, lane->rule);
  g_autofree char *reasons = outbox_reasons_to_names (lane->reasons);

  ob_debug_write (OB_DEBUG_GATE, key, "the lane is %s%s", lane->reasons ? "held: " : "open", reasons);
}

/* Returns: whether its holds have changed */
static gboolean
review_lane (ObGate *self, ObLane *lane, gboolean is_quiet)
{
  ObRuleDecision decision = decide (self, lane->destination, lane->rule);
  gboolean has_changed;

  /* Before NetworkManager's first answer, keep what the journal last told: nothing may start before it is known. */
  if (self->latest.is_awaited)
    decision.reasons = lane->written;
  has_changed = decision.reasons != lane->reasons || decision.until_ms != lane->until_ms;

  self->review_at_ms = ob_sooner_ms (self->review_at_ms, decision.next_ms);
  lane->reasons = decision.reasons;
  lane->until_ms = decision.until_ms;
  if (has_changed && ob_debug_is_on (OB_DEBUG_GATE))
    debug_lane (lane);
  if (has_changed && lane->reasons != 0 && !is_quiet)
    self->events->lane_closed (lane->destination, lane->rule, lane->reasons, self->user_data);

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
  gpointer lane;

  if (!counts)
    return;
  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &lane, NULL))
    ((ObLane *) lane)->is_live = FALSE;
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (is_unfinished (count))
        find_lane (self, count->destination, count->rule)->is_live = TRUE;
    }
}

/* A lane without waiting uploads holds nothing. */
static OutboxReasonSet
get_effective (const ObLane *lane)
{
  return lane->is_live ? lane->reasons : 0;
}

/* Returns: whether the counters have an unfinished upload in the lane. */
static gboolean
is_in_counts (const ObLane *lane, const GArray *counts)
{
  for (guint i = 0; i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (is_unfinished (count) && g_str_equal (count->destination, lane->destination)
          && g_str_equal (count->rule, lane->rule))
        return TRUE;
    }

  return FALSE;
}

static gboolean
write_lane (ObGate *self, ObLane *lane, GError **error)
{
  g_autofree char *key = ob_lane_dup_key (lane->destination, lane->rule);
  const OutboxReasonSet reasons = get_effective (lane);

  if (!ob_lanes_save (self->database, lane->destination, lane->rule, reasons, error)
      || ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_LANE, key, reasons,
                                 NULL, error)
             == 0)
    return FALSE;
  lane->written = reasons;

  return TRUE;
}

/* What the journal is told of the lanes. */
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
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      ObLane *lane = key;

      if (lane->written == get_effective (lane))
        continue;
      if (!write_lane (self, lane, error))
        return FALSE;
      record->n_written++;
    }

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
  gpointer key;

  find_live_lanes (self);
  self->review_at_ms = 0;
  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      ObLane *lane = key;

      if (lane->is_live || lane->written != 0)
        has_changed |= review_lane (self, lane, is_quiet);
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
  gpointer key;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (get_effective (key) == 0)
        continue;
      if (!counts)
        counts = ob_uploads_count (self->database, NULL);
      if (!counts || !is_in_counts (key, counts))
        return counts != NULL;
    }

  return FALSE;
}

void
ob_gate_admit (ObGate *self, ObUpload *upload)
{
  const ObLane *lane;
  ObLane key;

  g_free (upload->rule);
  upload->rule = ob_gate_dup_first_lane (self, upload);
  key = (ObLane){ .destination = upload->destination, .rule = upload->rule };
  lane = g_hash_table_lookup (self->lanes, &key);
  self->wants_review |= !lane || !lane->is_live;
}

OutboxReasonSet
ob_gate_get_lane_reasons (ObGate *self, const char *destination, const char *lane_rule)
{
  const ObLane key = { .destination = (char *) destination, .rule = (char *) lane_rule };
  const ObLane *lane = g_hash_table_lookup (self->lanes, &key);

  return lane ? lane->reasons : 0;
}

gboolean
ob_gate_has_open_lane (ObGate *self, const char *destination)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const ObLane *lane = key;

      if (lane->is_live && lane->reasons == 0 && g_str_equal (lane->destination, destination))
        return TRUE;
    }

  return FALSE;
}

void
ob_gate_list_lane_holds (ObGate *self, const char *app, GArray *list)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      const ObLane *lane = key;
      OutboxReasonSet reasons = get_effective (lane);

      if (reasons != 0 && app && !ob_uploads_has_app (self->database, app, lane->destination, lane->rule))
        continue;
      for (guint i = 1; i < OUTBOX_N_REASONS; i++)
        if (reasons & OUTBOX_REASON_BIT (i))
          {
            const ObHold hold = { OUTBOX_SCOPE_LANE, i, lane->until_ms, 0 };

            ob_shared_holds_add (list, &hold, ob_lane_dup_key (lane->destination, lane->rule), NULL);
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
      ObHold holds[OB_LANE_HOLDS_MAX];
      OutboxReasonSet reasons = 0;
      guint n_holds;

      if (!ob_rule_is_for_destination (rule, destination))
        continue;
      matches_all = ob_rule_is_for_all_of (rule);
      n_holds = ob_gate_get_lane_holds (self, destination, rule->name, OB_STORED_QUEUED, holds);
      for (guint j = 0; j < n_holds; j++)
        {
          reasons |= OUTBOX_REASON_BIT (holds[j].reason);
          ob_shared_holds_add (list, &holds[j], ob_lane_dup_key (destination, rule->name), NULL);
        }
      is_open |= (reasons & which) == 0;
    }

  return !is_open;
}

static void
on_lane_loaded (const char *destination, const char *rule, OutboxReasonSet reasons, gpointer user_data)
{
  find_lane (user_data, destination, rule)->written = reasons;
}

/* At the start and after a rollback. The journal is told by a later turn that can be committed. */
void
ob_gate_load_lanes (ObGate *self)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, self->lanes);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    ((ObLane *) key)->written = 0;
  (void) ob_lanes_load (self->database, on_lane_loaded, self, NULL);
  self->wants_review = TRUE;
  (void) decide_all (self, TRUE);
}
