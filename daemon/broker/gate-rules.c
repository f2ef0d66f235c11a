/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides an upload's rule, its lane, and how fast its rule lets it go. Main thread.
 */
#include "broker/gate-private.h"

#include "base/debug.h"
#include "broker/lane-name.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/uploads.h"

const ObRule *
ob_gate_find_rule (ObGate *self, const char *lane_rule)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  return ob_rules_find (self->rules, name);
}

char *
ob_gate_dup_rule_for (ObGate *self, const ObUpload *upload)
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

  return g_strdup (rule->name);
}

static char *
dup_rule_now (ObGate *self, const char *lane_rule)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  return g_strconcat (name, "@", ob_gate_get_network (self), NULL);
}

/* A person's word for the group also holds for uploads that join it on that network. */
char *
ob_gate_dup_first_lane (ObGate *self, const ObUpload *upload)
{
  g_autofree char *rule = ob_gate_dup_rule_for (self, upload);

  if (upload->group
      && ob_groups_is_sent_now (self->database, upload->group_app, upload->group, ob_gate_get_network (self)))
    return dup_rule_now (self, rule);

  return g_steal_pointer (&rule);
}

void
ob_gate_match (ObGate *self, ObUpload *upload)
{
  g_free (upload->rule);
  upload->rule = ob_gate_dup_rule_for (self, upload);
  self->wants_review = TRUE;
}

gboolean
ob_gate_move (ObGate *self, ObUpload *upload, const char *lane_rule, const char *event, GError **error)
{
  g_autofree char *name = ob_lane_dup_rule_name (lane_rule);

  g_free (upload->rule);
  upload->rule = g_strdup (lane_rule);
  upload->updated_at_ms = ob_queue_get_now_ms (self->queue);
  upload->sequence = ob_journal_append (self->database, upload->updated_at_ms, upload, event, upload->stored,
                                        OUTBOX_REASON_NONE, name, error);
  if (upload->sequence == 0 || !ob_uploads_update (self->database, upload, error))
    return FALSE;
  self->events->lane_changed (upload->id, lane_rule, self->user_data);
  self->wants_review = TRUE;
  ob_queue_touch (self->queue, upload->id, FALSE);

  return TRUE;
}

gboolean
ob_gate_send_now (ObGate *self, ObUpload *upload, GError **error)
{
  g_autofree char *lane_rule = dup_rule_now (self, upload->rule);

  return ob_gate_move (self, upload, lane_rule, "send-now", error);
}

/* --- Paces --- */

ObPace *
ob_gate_ref_pace (ObGate *self, const char *lane_rule)
{
  const ObRule *rule = ob_gate_find_rule (self, lane_rule);
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
