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
#include "broker/knocks.h"
#include "broker/pending.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/recovery.h"
#include "broker/retention.h"
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
  ObTrials *trials;
  ObRuns *runs;
  ObCommands *commands;
  GHashTable *saving;        /* id → ObSaving: files on their way into the spool */
  GHashTable *saving_keys;   /* app and key of ObUpload → ObSaving: those of them that are new */
  ObRecordings *recordings;  /* files that apps write themselves */
  GHashTable *resubmissions; /* set of ObResubmission: submits whose key was used before, until they are answered */
  ObRecovery *recovery;
  guint repair_source;   /* until bad rows of the database are repaired */
  gint64 repaired_at_us; /* when it was the last time, monotonic; 0: never */
  gboolean is_in_memory; /* the data folder */
  gboolean is_started;
  gboolean is_ending;
};

typedef struct _ObSaving ObSaving;
typedef struct _ObResubmission ObResubmission;

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

/* submit.c */
void ob_saving_free (ObSaving *saving);
void ob_broker_cancel_saving (ObBroker *self, const char *id);
GHashTable *ob_broker_make_saving_keys (void);
/* Returns: (transfer none) (nullable): the file that is being saved with that key; its row may not be there yet. */
ObSaving *ob_broker_find_saving (ObBroker *self, const char *app, const char *key);
/* Goes on when the file that is being saved is on the disk, or is not going to be. */
void ob_saving_add_follower (ObSaving *saving, ObResubmission *again);
/* Of a submission that was checked, with a key that nothing has. @fd: (transfer full) */
void ob_broker_submit_new (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done,
                           gpointer user_data);
/* Gives an upload its own bytes back. @upload, @fd: (transfer full). @sha256: of those bytes */
void ob_broker_restore_copy (ObBroker *self, ObUpload *upload, int fd, const char *sha256, ObSubmitDone done,
                             gpointer user_data);

/* resubmit.c. @fd: (transfer full) */
void ob_broker_submit_with_key (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done,
                                gpointer user_data);
void ob_resubmission_go_on (ObResubmission *again);
void ob_resubmission_free (ObResubmission *again);
/* Those that still wait are told NoBroker. */
void ob_broker_cancel_resubmissions (ObBroker *self);

/* repair.c: puts rows right that turn out to have what was never written. */
void ob_broker_watch_rows (ObBroker *self);
void ob_broker_stop_watching_rows (ObBroker *self);

/* Whether it is about to be put right: until then nothing follows from what its row says. */
gboolean ob_broker_awaits_repair (ObBroker *self, const ObUpload *upload);

G_END_DECLS
