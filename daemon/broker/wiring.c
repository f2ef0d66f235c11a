/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The wires between the members of the broker: the answers to what one asks of others, and what follows from what one tells.
 * A member sees its own table of functions alone, and never the broker behind it. Main thread.
 */
#include "broker/broker-private.h"

/* --- Retention asks --- */

static gboolean
is_in_hand (const ObUpload *upload, gpointer user_data)
{
  ObBroker *self = user_data;

  return ob_actives_find (self->active, upload->id) || g_hash_table_contains (self->saving, upload->id)
         || ob_broker_awaits_repair (self, upload);
}

static gboolean
is_away (gpointer user_data)
{
  return ob_storage_is_queue_missed (((const ObBroker *) user_data)->storage);
}

const ObRetentionFacts ob_broker_retention_facts = { is_in_hand, is_away };

/* --- Storage tells, and asks --- */

static void
on_storage_changed (gpointer user_data)
{
  ob_broker_tell_holds (user_data);
}

static void
on_repaired (gpointer user_data)
{
  ob_broker_review_lanes (user_data);
  ob_broker_take_up (user_data);
}

static OutboxReasonSet
get_other_reasons (gpointer user_data)
{
  return ob_broker_get_reasons_but_storage (user_data);
}

const ObStorageEvents ob_broker_storage_events = { on_storage_changed, on_repaired, get_other_reasons };

/* --- Destinations tell --- */

static void
on_settings_changed (gpointer user_data)
{
  ob_settings_file_save_after (((ObBroker *) user_data)->settings_file);
}

static void
on_left (const char *name, gpointer user_data)
{
  ob_broker_pause_attempts_after (user_data, name);
}

const ObDestinationEvents ob_broker_destination_events = { on_settings_changed, on_left };

/* --- Knocks ask --- */

static gboolean
is_knock_wanted (const ObDestination *destination, gpointer user_data)
{
  ObBroker *self = user_data;

  return ob_broker_get_queue_reasons (self) == 0 && ob_broker_has_open_lane (self, destination->name)
         && !ob_actives_has_for (self->active, destination->name);
}

static const ObConditions *
get_conditions (gpointer user_data)
{
  return ob_broker_get_conditions (user_data);
}

const ObKnocksFacts ob_broker_knocks_facts = { is_knock_wanted, get_conditions };

/* --- Recordings ask --- */

static void
set_lane (ObUpload *upload, gpointer user_data)
{
  ObBroker *self = user_data;

  g_free (upload->rule);
  upload->rule = ob_broker_dup_first_lane (self, upload);
  self->wants_review |= ob_broker_has_new_lane (self, upload->destination, upload->rule);
}

static gboolean
forget (const ObUpload *upload, const char *why, GError **error, gpointer user_data)
{
  return ob_broker_forget (user_data, upload, why, error);
}

static void
on_troubled (gpointer user_data)
{
  ob_storage_probe (((ObBroker *) user_data)->storage);
}

const ObRecordingsHost ob_broker_recordings_host = { set_lane, forget, on_troubled };

/* --- Trials ask --- */

static GArray *
list_holds (gpointer user_data)
{
  return ob_status_board_list_holds (((const ObBroker *) user_data)->board, NULL);
}

static gboolean
list_holds_of_rules (const char *destination, OutboxReasonSet which, GArray *list, gpointer user_data)
{
  return ob_broker_list_holds_of_rules (user_data, destination, which, list);
}

const ObTrialsFacts ob_broker_trials_facts = { list_holds, list_holds_of_rules };

/* --- The status board asks --- */

static OutboxReasonSet
get_queue_reasons (gpointer user_data)
{
  return ob_broker_get_queue_reasons (user_data);
}

static guint
get_lane_holds (const char *destination, const char *rule, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX],
                gpointer user_data)
{
  return ob_broker_get_lane_holds (user_data, destination, rule, stored, holds);
}

static void
list_lane_holds (const char *app, GArray *list, gpointer user_data)
{
  ob_broker_list_lane_holds (user_data, app, list);
}

static GPtrArray *
list_on_the_way (gpointer user_data)
{
  ObBroker *self = user_data;
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) actives = ob_actives_list (self->active);

  for (guint i = 0; i < actives->len; i++)
    if (((const ObActive *) actives->pdata[i])->sent_bytes > 0)
      g_ptr_array_add (ids, g_strdup (((const ObActive *) actives->pdata[i])->id));

  return ids;
}

static guint64
get_sent_bytes (const ObUpload *upload, gpointer user_data)
{
  return ob_broker_get_sent_bytes (user_data, upload);
}

const ObStatusFacts ob_broker_status_facts
    = { get_queue_reasons, get_lane_holds, list_lane_holds, list_on_the_way, get_sent_bytes };

/* --- Recovery asks --- */

static gboolean
is_running (const char *id, gpointer user_data)
{
  return ob_actives_find (((const ObBroker *) user_data)->active, id) != NULL;
}

static gboolean
is_saving (const char *id, gpointer user_data)
{
  return g_hash_table_contains (((const ObBroker *) user_data)->saving, id);
}

static gboolean
is_key_saving (const char *app, const char *key, gpointer user_data)
{
  return ob_broker_find_saving (user_data, app, key) != NULL;
}

static gboolean
awaits_repair (const ObUpload *upload, gpointer user_data)
{
  return ob_broker_awaits_repair (user_data, upload);
}

static gboolean
may_resume (const ObUpload *upload, const char *resume, gpointer user_data)
{
  return ob_broker_may_resume (user_data, upload, resume);
}

const ObRecoveryHost ob_broker_recovery_host
    = { set_lane, forget, is_running, is_saving, is_key_saving, awaits_repair, may_resume };
