/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Connects the members of the broker: answers what one asks of others, and does what follows from what it tells. A member
 * sees only its own table of functions, never who is behind it. Main thread.
 */
#include "broker/wiring.h"

#include "broker/admission.h"

/* --- Retention asks --- */

static gboolean
is_in_hand (const ObUpload *upload, gpointer user_data)
{
  const ObMembers *self = user_data;

  return ob_runs_has (self->runs, upload->id) || ob_intake_has (self->intake, upload->id)
         || ob_row_repair_awaits (self->row_repair, upload);
}

static gboolean
is_away (gpointer user_data)
{
  return ob_storage_is_queue_missed (((const ObMembers *) user_data)->storage);
}

static const ObKeeping *
get_keeping (gpointer user_data)
{
  return &ob_gate_get_rules (((const ObMembers *) user_data)->gate)->keeping;
}

static gboolean
has_destination (const char *name, gpointer user_data)
{
  return ob_destination_table_find (((const ObMembers *) user_data)->destinations, name) != NULL;
}

const ObRetentionFacts ob_wiring_retention_facts = { is_in_hand, is_away, get_keeping, has_destination };

/* --- Storage tells, and asks --- */

static void
on_storage_changed (gpointer user_data)
{
  const ObMembers *self = user_data;

  self->events->holds_changed (self->user_data);
}

static void
on_repaired (gpointer user_data)
{
  ob_gate_review (((const ObMembers *) user_data)->gate);
  ob_members_take_up (user_data);
}

static OutboxReasonSet
get_other_reasons (gpointer user_data)
{
  const ObMembers *self = user_data;

  return (ob_commands_is_queue_paused (self->commands) ? OUTBOX_REASON_BIT (OUTBOX_REASON_QUEUE) : 0)
         | ob_gate_get_session_reasons (self->gate);
}

const ObStorageHost ob_wiring_storage_host = { on_storage_changed, on_repaired, get_other_reasons };

/* --- Destinations tell --- */

static void
on_settings_changed (gpointer user_data)
{
  ob_settings_file_save_after (((const ObMembers *) user_data)->settings_file);
}

static void
on_left (const char *name, gpointer user_data)
{
  ob_runs_pause_for_after (((const ObMembers *) user_data)->runs, name);
}

static void
on_signed_out (const char *name, gpointer user_data)
{
  ob_credentials_forget_after (((const ObMembers *) user_data)->credentials, name);
}

const ObDestinationEvents ob_wiring_destination_events = { on_settings_changed, on_left, on_signed_out };

/* --- Credentials tell --- */

static gboolean
on_signed_in (const char *destination, GError **error, gpointer user_data)
{
  return ob_runs_readmit (((const ObMembers *) user_data)->runs, destination, error);
}

const ObCredentialsEvents ob_wiring_credentials_events = { on_signed_in };

/* --- The gate tells --- */

static void
on_lane_closed (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  ob_runs_close_lane (((const ObMembers *) user_data)->runs, lane, reasons);
}

static void
on_lane_changed (const char *id, const ObLane *lane, gpointer user_data)
{
  ob_runs_change_lane (((const ObMembers *) user_data)->runs, id, lane);
}

static gboolean
record_session (gpointer user_data, GError **error)
{
  return ob_storage_record_queue_reasons (((const ObMembers *) user_data)->storage, NULL, error);
}

static void
on_session_changed (gboolean is_ending, gpointer user_data)
{
  const ObMembers *self = user_data;

  if (is_ending)
    ob_runs_stop_for (self->runs, NULL, OB_STOP_GENTLY);
  if (!ob_queue_do (self->queue, OB_TURN_SOON, record_session, user_data, NULL))
    ob_queue_touch_holds (self->queue);
}

const ObGateEvents ob_wiring_gate_events = { on_lane_closed, on_lane_changed, on_session_changed };

/* --- Knocks ask --- */

static gboolean
is_knock_wanted (const ObDestination *destination, gpointer user_data)
{
  const ObMembers *self = user_data;

  return ob_storage_get_queue_reasons (self->storage) == 0 && ob_gate_has_open_lane (self->gate, destination->name)
         && !ob_runs_has_for (self->runs, destination->name);
}

static const ObConditions *
get_conditions (gpointer user_data)
{
  return ob_gate_get_conditions (((const ObMembers *) user_data)->gate);
}

const ObKnocksFacts ob_wiring_knocks_facts = { is_knock_wanted, get_conditions };

/* --- Recordings ask --- */

static gboolean
add_row (ObUpload *upload, const char *event, const char *why, gint64 at_ms, GError **error, gpointer user_data)
{
  const ObMembers *self = user_data;

  return ob_admission_add (self->gate, ob_queue_get_database (self->queue), upload, event, why, at_ms, error);
}

static void
set_lane (ObUpload *upload, gpointer user_data)
{
  ob_gate_admit (((const ObMembers *) user_data)->gate, upload);
}

static gboolean
forget (const ObUpload *upload, const char *why, GError **error, gpointer user_data)
{
  ObCommands *commands = ((const ObMembers *) user_data)->commands;

  return ob_commands_want_termination (commands, upload, error) && ob_commands_forget (commands, upload, why, error);
}

static void
on_troubled (gpointer user_data)
{
  ob_storage_test (((const ObMembers *) user_data)->storage);
}

const ObRecordingsHost ob_wiring_recordings_host = { add_row, set_lane, forget, on_troubled };

/* --- Intake asks, and tells --- */

static void
on_saving_ended (gpointer user_data)
{
  ob_recovery_look_again (((const ObMembers *) user_data)->recovery);
}

const ObIntakeHost ob_wiring_intake_host = { add_row, set_lane, forget, on_troubled, on_saving_ended };

/* --- Departures ask --- */

static OutboxRung
get_promise_of (const char *name, gpointer user_data)
{
  const ObDestination *destination = ob_destination_table_find (((const ObMembers *) user_data)->destinations, name);

  return destination ? ob_destination_get_promise (destination) : OUTBOX_RUNG_STORED;
}

const ObDeparturesHost ob_wiring_departures_host = { is_in_hand, is_away, get_keeping, get_promise_of, forget };

/* --- Trials ask --- */

static GArray *
list_holds (gpointer user_data)
{
  return ob_status_board_list_holds (((const ObMembers *) user_data)->board, NULL);
}

static gboolean
list_holds_of_rules (const char *destination, OutboxReasonSet which, GArray *list, gpointer user_data)
{
  return ob_gate_list_holds_of_rules (((const ObMembers *) user_data)->gate, destination, which, list);
}

const ObTrialsFacts ob_wiring_trials_facts = { list_holds, list_holds_of_rules };

/* --- The status board asks --- */

static OutboxReasonSet
get_queue_reasons (gpointer user_data)
{
  return ob_storage_get_queue_reasons (((const ObMembers *) user_data)->storage);
}

static guint
get_lane_holds (const ObLane *lane, ObStored stored, ObHold holds[OB_LANE_HOLDS_MAX], gpointer user_data)
{
  return ob_gate_get_lane_holds (((const ObMembers *) user_data)->gate, lane, stored, holds);
}

static void
list_lane_holds (const char *app, GArray *list, gpointer user_data)
{
  ob_gate_list_lane_holds (((const ObMembers *) user_data)->gate, app, list);
}

static GPtrArray *
list_on_the_way (gpointer user_data)
{
  const ObMembers *self = user_data;
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) actives = ob_runs_list (self->runs);

  for (guint i = 0; i < actives->len; i++)
    if (((const ObActive *) actives->pdata[i])->sent_bytes > 0)
      g_ptr_array_add (ids, g_strdup (((const ObActive *) actives->pdata[i])->id));

  return ids;
}

static guint64
get_sent_bytes (const ObUpload *upload, gpointer user_data)
{
  return ob_runs_get_sent_bytes (((const ObMembers *) user_data)->runs, upload);
}

const ObStatusFacts ob_wiring_status_facts
    = { get_queue_reasons, get_lane_holds, list_lane_holds, list_on_the_way, get_sent_bytes };

/* --- Reminders ask, and tell --- */

static const ObReminderSettings *
get_reminder_settings (gpointer user_data)
{
  return &ob_gate_get_rules (((const ObMembers *) user_data)->gate)->reminders;
}

static gint64
find_oldest_ms (gpointer user_data)
{
  g_autoptr (ObUpload) oldest = ob_members_find_oldest (user_data);

  return oldest ? oldest->created_at_ms : 0;
}

static gboolean
needs_tap (gpointer user_data)
{
  return ob_status_board_needs_person (((const ObMembers *) user_data)->board);
}

static void
on_remind (ObReminderKind kind, gpointer user_data)
{
  const ObMembers *self = user_data;

  self->events->remind (kind, self->user_data);
}

const ObRemindersHost ob_wiring_reminders_host = { get_reminder_settings, find_oldest_ms, needs_tap, on_remind };

/* --- The herald asks, and tells --- */

static gboolean
is_busy (gpointer user_data)
{
  guint64 uploads[OUTBOX_N_STATES], bytes[OUTBOX_N_STATES];

  return ob_status_board_summarise (((const ObMembers *) user_data)->board, uploads, bytes, NULL)
         && uploads[OUTBOX_STATE_SAVING] + uploads[OUTBOX_STATE_QUEUED] + uploads[OUTBOX_STATE_UPLOADING]
                    + uploads[OUTBOX_STATE_CONFIRMING]
                > 0;
}

static void
on_news (gboolean has_news, gpointer user_data)
{
  const ObMembers *self = user_data;

  self->events->news (has_news, self->user_data);
}

const ObHeraldHost ob_wiring_herald_host = { get_reminder_settings, is_busy, on_news };

/* --- The journal asks --- */

static const char *
get_network (gpointer user_data)
{
  return ob_conditions_get_kind (ob_gate_get_conditions (((const ObMembers *) user_data)->gate));
}

static void
list_holds_of (const ObUpload *upload, void (*on_hold) (const ObPastHold *hold, const char *key, gpointer data),
               gpointer data, gpointer user_data)
{
  g_autoptr (GArray) holds = ob_status_board_list_holds_of (((const ObMembers *) user_data)->board, upload);

  for (guint i = 0; i < holds->len; i++)
    {
      const ObSharedHold *shared = &g_array_index (holds, ObSharedHold, i);

      on_hold (&(ObPastHold){ shared->hold.scope, shared->hold.reason, 0, shared->hold.until_ms }, shared->key, data);
    }
}

const ObJournalWitness ob_wiring_journal_witness = { get_network, list_holds_of };

/* --- Recovery asks --- */

static gboolean
is_running (const char *id, gpointer user_data)
{
  return ob_runs_has (((const ObMembers *) user_data)->runs, id);
}

static gboolean
awaits_repair (const ObUpload *upload, gpointer user_data)
{
  return ob_row_repair_awaits (((const ObMembers *) user_data)->row_repair, upload);
}

static gboolean
may_resume (const ObUpload *upload, const char *resume, gpointer user_data)
{
  return ob_destination_table_may_resume (((const ObMembers *) user_data)->destinations, upload->destination, resume);
}

static OutboxRung
get_promise (const ObUpload *upload, gpointer user_data)
{
  return get_promise_of (upload->destination, user_data);
}

static gboolean
start_update (const ObUpload *upload, GError **error, gpointer user_data)
{
  return ob_runs_start_update (((const ObMembers *) user_data)->runs, upload, error);
}

static gboolean
want_check (ObUpload *upload, GError **error, gpointer user_data)
{
  return ob_runs_want_check (((const ObMembers *) user_data)->runs, upload, TRUE, error);
}

const ObRecoveryHost ob_wiring_recovery_host
    = { add_row, set_lane, forget, is_running, awaits_repair, get_promise, start_update, want_check, may_resume };

/* --- Runs ask, and tell --- */

static gboolean
may_start (const ObLane *lane, ObStored stored, gpointer user_data)
{
  return ob_status_board_may_start (((const ObMembers *) user_data)->board, lane, stored);
}

static void
on_sent (const char *id, gpointer user_data)
{
  const ObMembers *self = user_data;

  self->events->sent (id, self->user_data);
}

static void
on_arrived (const char *id, gpointer user_data)
{
  const ObMembers *self = user_data;

  ob_arrivals_note (self->arrivals);
  ob_retention_note_arrived (self->retention, id);
}

static void
on_freed (const char *id, gpointer user_data)
{
  ob_retention_free_copy (((const ObMembers *) user_data)->retention, id);
}

const ObRunsHost ob_wiring_runs_host = { may_start, awaits_repair, on_sent, on_arrived, on_freed };

/* --- Commands tell --- */

static void
on_removed (const ObUpload *upload, gint64 sequence, gpointer user_data)
{
  const ObMembers *self = user_data;

  ob_intake_drop (self->intake, upload->id);
  ob_runs_stop_one (self->runs, upload->id, OB_STOP_NOW);
  ob_recordings_drop (self->recordings, upload->id);
  (void) ob_spool_remove (self->spool, upload->id, NULL);
  self->events->removed (upload, sequence, self->user_data);
}

const ObCommandsEvents ob_wiring_commands_events = { on_removed };

/* --- The repair of rows asks --- */

static void
mend_lane (ObUpload *upload, gpointer user_data)
{
  ObGate *gate = ((const ObMembers *) user_data)->gate;

  if (!ob_gate_find_rule (gate, upload->rule))
    ob_gate_match (gate, upload);
}

const ObRowRepairHost ob_wiring_row_repair_host = { mend_lane, is_running };
