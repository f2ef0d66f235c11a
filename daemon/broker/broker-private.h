/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files share that still work on the broker as a whole: its life and commands, lanes and conditions, attempts, and how
 * a file comes in. What has a header of its own in this folder is an object of its own. Main thread.
 */
#pragma once

#include "broker/broker.h"

#include "broker/destinations.h"
#include "broker/gate.h"
#include "broker/intake.h"
#include "broker/knocks.h"
#include "broker/pending.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/recovery.h"
#include "broker/retention.h"
#include "broker/row-repair.h"
#include "broker/runs.h"
#include "broker/settings-file.h"
#include "broker/storage.h"
#include "broker/trials.h"
#include "broker/waits.h"
#include "store/ingest.h"

G_BEGIN_DECLS

struct _ObBroker
{
  GObject parent_instance;

  ObDatabase *database; /* borrowed, as are the next two */
  ObSpool *spool;
  ObClock *clock;
  ObQueue *queue; /* owned, as is the rest */
  ObStorage *storage;
  ObGate *gate;
  ObKnocks *knocks;
  ObRetention *retention;
  ObStatusBoard *board;
  GPtrArray *between; /* of ObUpload: those that may be between two attempts while a commit is told of */
  ObIngest *ingest;
  ObDestinationTable *destinations;
  ObSettingsFile *settings_file;
  ObRowRepair *row_repair;
  ObTrials *trials;
  ObRuns *runs;
  ObCommands *commands;
  ObRecordings *recordings;
  ObIntake *intake;
  ObRecovery *recovery;
  gboolean is_in_memory; /* the data folder */
  gboolean is_started;
};

/* Tells of what is not in the database, and changes nothing there. */
void ob_broker_tell_after (ObBroker *self, const char *id);

/* Tells of holds at once: of those that no commit can be waited for. */
void ob_broker_tell_holds (ObBroker *self);

/* Goes on with everything that the database has as begun: at the start, and when it can be written again. */
void ob_broker_take_up (ObBroker *self);

/* wiring.c: what members ask of each other, and tell. Each is called with the broker. */
extern const ObRetentionFacts ob_broker_retention_facts;
extern const ObStorageEvents ob_broker_storage_events;
extern const ObDestinationEvents ob_broker_destination_events;
extern const ObKnocksFacts ob_broker_knocks_facts;
extern const ObGateEvents ob_broker_gate_events;
extern const ObRecordingsHost ob_broker_recordings_host;
extern const ObTrialsFacts ob_broker_trials_facts;
extern const ObRunsHost ob_broker_runs_host;
extern const ObStatusFacts ob_broker_status_facts;
extern const ObCommandsEvents ob_broker_commands_events;
extern const ObRecoveryHost ob_broker_recovery_host;
extern const ObIntakeHost ob_broker_intake_host;
extern const ObRowRepairHost ob_broker_row_repair_host;

G_END_DECLS
