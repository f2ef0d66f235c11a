/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The life of the broker's members. Main thread.
 */
#include "broker/members.h"

#include "broker/waits.h"
#include "broker/wiring.h"

/* Looks among so many for the oldest. */
#define OLDEST 50

/* --- Two members of its own: one called before all others, one after the choice of what starts --- */

static void
tell_changes (gpointer member, const ObChanges *changes)
{
  const ObMembers *self = member;

  self->events->changed (changes, self->user_data);
}

static void
tell_trouble (gpointer member)
{
  const ObMembers *self = member;

  /* A restriction acts before it is recorded, so what holds now may differ from what was told last. */
  self->events->holds_changed (self->user_data);
}

static const ObMember first = { .flushed = tell_changes, .troubled = tell_trouble };

static void
go_on (gpointer member, const ObChanges *changes)
{
  const ObMembers *self = member;

  self->events->chosen (self->user_data);
  if (ob_runs_count (self->runs) == 0 && ob_intake_is_idle (self->intake))
    ob_gate_let_go (self->gate);
}

static const ObMember after_choice = { .flushed = go_on };

/* --- Life --- */

ObMembers *
ob_members_new (ObDatabase *database, ObSpool *spool, ObSecrets *secrets, ObTokens *tokens, ObClock *clock,
                GPtrArray *watchers, const ObRunner *runner, const ObMembersEvents *events, gpointer user_data)
{
  ObMembers *self = g_new0 (ObMembers, 1);

  self->database = database;
  self->spool = spool;
  self->events = events;
  self->user_data = user_data;
  self->queue = ob_queue_new (database, clock);
  ob_queue_join (self->queue, &first, self);
  /* Storage joins before all others: while the disk cannot be written, no other member is woken. */
  self->storage = ob_storage_new (self->queue, spool, &ob_wiring_storage_host, self);
  ob_queue_join (self->queue, &ob_storage_member, self->storage);
  self->destinations = ob_destination_table_new (self->queue, &ob_wiring_destination_events, self);
  ob_queue_join (self->queue, &ob_destination_table_member, self->destinations);
  self->settings_file = ob_settings_file_new (self->queue, spool, self->destinations);
  self->credentials
      = ob_credentials_new (self->queue, self->destinations, secrets, tokens, &ob_wiring_credentials_events, self);
  ob_queue_join (self->queue, &ob_credentials_member, self->credentials);
  self->moving_secrets = ob_moving_secrets_new (self->queue, self->destinations, self->credentials,
                                                ob_secrets_get_data_folder (secrets));
  self->trials = ob_trials_new (self->destinations, clock, &ob_wiring_trials_facts, self);
  self->row_repair = ob_row_repair_new (self->queue, spool, self->destinations, self->settings_file,
                                        &ob_wiring_row_repair_host, self);
  self->knocks = ob_knocks_new (self->queue, self->destinations, runner, &ob_wiring_knocks_facts, self);
  ob_queue_join (self->queue, &ob_knocks_member, self->knocks);
  self->gate = ob_gate_new (self->queue, self->destinations, watchers, &ob_wiring_gate_events, self);
  ob_queue_join (self->queue, &ob_gate_member, self->gate);
  self->runs = ob_runs_new (&(ObRunsTools){ self->queue, spool, self->storage, self->destinations, self->gate,
                                            self->knocks, self->trials, self->credentials, runner },
                            &ob_wiring_runs_host, self);
  ob_queue_join (self->queue, &ob_runs_member, self->runs);
  self->commands = ob_commands_new (&(ObCommandsTools){ self->queue, self->destinations, self->gate, self->runs, spool,
                                                        self->storage, self->settings_file },
                                    &ob_wiring_commands_events, self);
  ob_queue_join (self->queue, &ob_commands_member, self->commands);
  ob_queue_join (self->queue, &ob_passing_member, self->commands);
  ob_queue_join (self->queue, &after_choice, self);
  ob_queue_join (self->queue, &ob_waits_member, self->queue);
  self->board = ob_status_board_new (self->queue, self->destinations, self->storage, &ob_wiring_status_facts, self);
  self->retention = ob_retention_new (self->queue, spool, &ob_wiring_retention_facts, self);
  ob_queue_join (self->queue, &ob_retention_member, self->retention);
  self->departures = ob_departures_new (self->queue, &ob_wiring_departures_host, self);
  ob_queue_join (self->queue, &ob_departures_member, self->departures);
  self->reminders = ob_reminders_new (self->queue, &ob_wiring_reminders_host, self);
  ob_queue_join (self->queue, &ob_reminders_member, self->reminders);
  self->herald = ob_herald_new (self->queue, &ob_wiring_herald_host, self);
  ob_queue_join (self->queue, &ob_herald_member, self->herald);
  self->arrivals = ob_arrivals_new (self->queue);
  ob_queue_join (self->queue, &ob_arrivals_member, self->arrivals);
  self->ingest = ob_ingest_new (spool);
  self->recordings = ob_recordings_new (self->queue, spool, self->ingest, &ob_wiring_recordings_host, self);
  ob_queue_join (self->queue, &ob_recordings_member, self->recordings);
  self->intake = ob_intake_new (self->queue, spool, self->ingest, self->destinations, self->recordings,
                                &ob_wiring_intake_host, self);
  self->recovery = ob_recovery_new (self->queue, spool, self->recordings, self->intake, self->retention,
                                    &ob_wiring_recovery_host, self);
  ob_queue_join (self->queue, &ob_recovery_member, self->recovery);
  ob_journal_set_witness (database, &ob_wiring_journal_witness, self);

  return self;
}

void
ob_members_free (ObMembers *self)
{
  ob_ingest_free (self->ingest);
  ob_queue_free (self->queue);
  ob_journal_set_witness (self->database, NULL, NULL);
  ob_recovery_free (self->recovery);
  ob_intake_free (self->intake);
  ob_recordings_free (self->recordings);
  ob_retention_free (self->retention);
  ob_departures_free (self->departures);
  ob_reminders_free (self->reminders);
  ob_arrivals_free (self->arrivals);
  ob_herald_free (self->herald);
  ob_status_board_free (self->board);
  ob_storage_free (self->storage);
  ob_commands_free (self->commands);
  ob_row_repair_free (self->row_repair);
  ob_settings_file_free (self->settings_file);
  ob_runs_free (self->runs);
  ob_moving_secrets_free (self->moving_secrets);
  ob_credentials_free (self->credentials);
  ob_trials_free (self->trials);
  ob_destination_table_free (self->destinations);
  ob_gate_free (self->gate);
  ob_knocks_free (self->knocks);
  g_free (self);
}

gboolean
ob_members_load (ObMembers *self, GError **error)
{
  if (!ob_queue_load (self->queue, error))
    return FALSE;
  if (g_hash_table_size (ob_destination_table_get_all (self->destinations)) == 0
      || ob_database_was_left_open (ob_queue_get_database (self->queue)))
    ob_settings_file_restore (self->settings_file);

  return TRUE;
}

/* Returns: (transfer full) (nullable): the first of the oldest @limit that no time holds */
static ObUpload *
find_oldest_of (ObMembers *self, guint limit)
{
  const ObUploadsFilter filter = { .is_unfinished = TRUE };
  gint64 after = 0;
  g_autoptr (GPtrArray) uploads = ob_uploads_list (self->database, &filter, &after, limit, NULL);

  for (guint i = 0; uploads && i < uploads->len; i++)
    if (((const ObUpload *) uploads->pdata[i])->not_before_ms == 0)
      return g_ptr_array_steal_index (uploads, i);

  return NULL;
}

/* It is asked after each commit; nearly always the first is it. */
ObUpload *
ob_members_find_oldest (ObMembers *self)
{
  ObUpload *oldest = find_oldest_of (self, 1);

  return oldest ? oldest : find_oldest_of (self, OLDEST);
}

void
ob_members_take_up (ObMembers *self)
{
  ob_recovery_take_up (self->recovery);
  ob_recordings_review (self->recordings);
  ob_recordings_commit_whole (self->recordings);
  ob_gate_take_up (self->gate);
  ob_retention_check_copies (self->retention);
  ob_commands_take_up (self->commands);
}

void
ob_members_start (ObMembers *self)
{
  ob_runs_start (self->runs);
  ob_storage_start (self->storage);
  ob_gate_start (self->gate);
  ob_retention_start (self->retention);
  ob_departures_start (self->departures);
  ob_reminders_start (self->reminders);
  ob_herald_start (self->herald);
  ob_recordings_start (self->recordings);
  ob_recordings_start_hours (self->recordings);
  ob_members_take_up (self);
  ob_gate_review (self->gate);
  ob_moving_secrets_start (self->moving_secrets);
  ob_credentials_start (self->credentials);
  ob_queue_start_alarm (self->queue);
  ob_recovery_start (self->recovery);
}

void
ob_members_stop (ObMembers *self)
{
  ob_runs_stop (self->runs);
  ob_intake_stop (self->intake);
  ob_recordings_stop (self->recordings);
  ob_row_repair_stop (self->row_repair);
  ob_recovery_stop (self->recovery);
  ob_gate_stop (self->gate);
  ob_storage_stop (self->storage);
  ob_retention_stop (self->retention);
  ob_departures_stop (self->departures);
  ob_reminders_stop (self->reminders);
  ob_herald_stop (self->herald);
  ob_queue_stop_alarm (self->queue);
  ob_knocks_stop (self->knocks);
  ob_commands_stop (self->commands);
  ob_credentials_stop (self->credentials);
  ob_runs_end (self->runs);
  ob_credentials_end (self->credentials);
  ob_intake_end (self->intake);
  ob_queue_commit (self->queue);
}
