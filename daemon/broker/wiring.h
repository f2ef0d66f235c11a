/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of functions by which members ask others, and tell what has happened. Each function gets the ObMembers as its
 * user data. Main thread.
 */
#pragma once

#include "broker/members.h"
#include "store/journal.h"

G_BEGIN_DECLS

extern const ObRetentionFacts ob_wiring_retention_facts;
extern const ObDeparturesHost ob_wiring_departures_host;
extern const ObStorageHost ob_wiring_storage_host;
extern const ObDestinationEvents ob_wiring_destination_events;
extern const ObCredentialsEvents ob_wiring_credentials_events;
extern const ObGateEvents ob_wiring_gate_events;
extern const ObKnocksFacts ob_wiring_knocks_facts;
extern const ObRecordingsHost ob_wiring_recordings_host;
extern const ObIntakeHost ob_wiring_intake_host;
extern const ObTrialsFacts ob_wiring_trials_facts;
extern const ObStatusFacts ob_wiring_status_facts;
extern const ObJournalWitness ob_wiring_journal_witness;
extern const ObRecoveryHost ob_wiring_recovery_host;
extern const ObRemindersHost ob_wiring_reminders_host;
extern const ObHeraldHost ob_wiring_herald_host;
extern const ObRunsHost ob_wiring_runs_host;
extern const ObCommandsEvents ob_wiring_commands_events;
extern const ObRowRepairHost ob_wiring_row_repair_host;

G_END_DECLS
