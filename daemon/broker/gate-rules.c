/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides an upload's rule, its lane, and how fast its rule lets it go. Main thread.
 */
#include "broker/gate-private.h"

#include "base/debug.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/uploads.h"

const ObRule *
ob_gate_find_rule (ObGate *self, const char *name)
{
  return ob_rules_find (self->rules, name);
}

const ObRule *
ob_gate_find_rule_for (ObGate *self, const ObUpload *upload)
{
  const ObUploadFacts facts = { .media_type = upload->media_type,
                                .app = upload->app,
                                .destination = upload->destination,
                                .group = upload->group,
                                .size_bytes = upload->size_bytes,
                                .is_form = upload->is_form };
  const ObRule *rule = ob_rules_match (self->rules, &facts);

  ob_debug (OB_DEBUG_GATE, upload->id, "matches rule %s by %s, %" G_GUINT64_FORMAT " bytes, app %s%s", rule->name,
            upload->media_type ? upload->media_type : "no type yet", upload->size_bytes, upload->app,
            upload->is_form ? ", a form" : "");

  return rule;
}

const char *
ob_gate_get_sent_on (const ObConditions *conditions)
{
  const char *network = ob_conditions_get_network_key (conditions);

  return *network ? network : OB_SENT_WITHOUT_NETWORK;
}

static void
set_lane (ObUpload *upload, const char *rule, const char *sent_on)
{
  char *old_rule = upload->rule, *old_sent_on = upload->sent_on;

  upload->rule = g_strdup (rule);
  upload->sent_on = g_strdup (sent_on);
  g_free (old_rule);
  g_free (old_sent_on);
}

/* A person's word for the group also holds for uploads that join it on that network, or in that time. */
void
ob_gate_set_first_lane (ObGate *self, ObUpload *upload)
{
  const char *network = ob_gate_get_network (self);
  const ObPass *pass
      = upload->group ? ob_passes_find (self->passes, OUTBOX_SCOPE_GROUP, upload->group_app, upload->group) : NULL;
  g_autofree char *sent_on = pass ? ob_pass_dup_sent_on (pass->number) : NULL;
  gboolean is_sent_now
      = upload->group && ob_groups_is_sent_now (self->database, upload->group_app, upload->group, network);

  set_lane (upload, ob_gate_find_rule_for (self, upload)->name, sent_on ? sent_on : is_sent_now ? network : "");
}

void
ob_gate_match (ObGate *self, ObUpload *upload)
{
  set_lane (upload, ob_gate_find_rule_for (self, upload)->name, "");
  self->wants_review = TRUE;
}

gboolean
ob_gate_move (ObGate *self, ObUpload *upload, const char *rule, const char *sent_on, const char *event, GError **error)
{
  OutboxReasonSet reasons;
  ObLane lane;

  set_lane (upload, rule, sent_on);
  upload->updated_at_ms = ob_queue_get_now_ms (self->queue);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload, event, upload->stored,
                                        OUTBOX_REASON_NONE, upload->rule, error);
  if (upload->sequence == 0 || !ob_uploads_update (self->database, upload, error))
    return FALSE;
  lane = ob_lane_of (upload);
  self->events->lane_changed (upload->id, &lane, self->user_data);
  /* That lane may have been held for long, so that no review tells of it. */
  reasons = ob_gate_get_lane_reasons (self, &lane);
  if (reasons != 0)
    self->events->lane_closed (&lane, reasons, self->user_data);
  self->wants_review = TRUE;
  ob_queue_touch (self->queue, upload->id, FALSE);

  return TRUE;
}

gboolean
ob_gate_send_now (ObGate *self, ObUpload *upload, const char *network, GError **error)
{
  const char *sent_on = network ? network : ob_gate_get_sent_on (&self->latest);

  return ob_gate_move (self, upload, upload->rule, sent_on, ob_pass_is_in (sent_on) ? "resumed" : "send-now", error);
}

gboolean
ob_gate_end_pass (ObGate *self, ObUpload *upload, GError **error)
{
  return ob_gate_move (self, upload, upload->rule, "", "resumed", error);
}

/* --- Paces --- */

ObPace *
ob_gate_ref_pace (ObGate *self, const char *rule_name)
{
  const ObRule *rule = ob_gate_find_rule (self, rule_name);
  ObPace *pace = rule ? g_hash_table_lookup (self->paces, rule->name) : NULL;

  if (!rule)
    return NULL;
  if (!pace)
    {
      pace = ob_pace_new (rule->rate_bytes_per_s);
      g_hash_table_insert (self->paces, g_strdup (rule->name), pace);
    }

  return ob_pace_ref (pace);
}

/* Attempts that run take the new rate from their next piece on. */
void
ob_gate_change_paces (ObGate *self)
{
  GHashTableIter iter;
  gpointer name, pace;

  g_hash_table_iter_init (&iter, self->paces);
  while (g_hash_table_iter_next (&iter, &name, &pace))
    {
      const ObRule *rule = ob_rules_find (self->rules, name);

      ob_pace_set_rate (pace, rule ? rule->rate_bytes_per_s : 0);
    }
}
