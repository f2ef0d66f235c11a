/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The objects that the broker consists of: those that take part in the turns of its queue, and those that these use. Makes them in
 * the order in which they are called, and joins them: what one asks of others, and what follows from what it tells, is in wiring.c.
 * Main thread.
 */
#pragma once

#include "broker/commands.h"
#include "broker/destinations.h"
#include "broker/gate.h"
#include "broker/intake.h"
#include "broker/knocks.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/recovery.h"
#include "broker/retention.h"
#include "broker/row-repair.h"
#include "broker/runs.h"
#include "broker/settings-file.h"
#include "broker/status-board.h"
#include "broker/storage.h"
#include "broker/trials.h"

G_BEGIN_DECLS

/* What is told to whoever has the members. */
typedef struct
{
  /* A turn is on the disk: this has changed. Nobody has begun anything because of it yet. */
  void (*changed) (const ObChanges *changes, gpointer user_data);

  /* After that, when it is chosen what starts. */
  void (*chosen) (gpointer user_data);

  /* Holds have changed of which no commit tells. */
  void (*holds_changed) (gpointer user_data);

  /* More of an upload is on its way than the database has. */
  void (*sent) (const char *id, gpointer user_data);

  /* An upload has been forgotten, and that is on the disk. @upload: as it was */
  void (*removed) (const ObUpload *upload, gint64 sequence, gpointer user_data);
} ObMembersEvents;

typedef struct
{
  ObDatabase *database; /* borrowed, as is the next */
  ObSpool *spool;
  ObQueue *queue; /* owned, as are the rest, each of which sees the others by their headers alone */
  ObStorage *storage;
  ObDestinationTable *destinations;
  ObSettingsFile *settings_file;
  ObTrials *trials;
  ObRowRepair *row_repair;
  ObKnocks *knocks;
  ObGate *gate;
  ObRuns *runs;
  ObCommands *commands;
  ObStatusBoard *board;
  ObRetention *retention;
  ObIngest *ingest;
  ObRecordings *recordings;
  ObIntake *intake;
  ObRecovery *recovery;
  const ObMembersEvents *events;
  gpointer user_data;
} ObMembers;

/* All are borrowed; @watchers: of ObWatcher; @events: static. */
ObMembers *ob_members_new (ObDatabase *database, ObSpool *spool, ObClock *clock, GPtrArray *watchers,
                           const ObRunner *runner, const ObMembersEvents *events, gpointer user_data);
void ob_members_free (ObMembers *members);

/* Reads what the database has. Errors: Storage. */
gboolean ob_members_load (ObMembers *members, GError **error);

/* Starts and ends them, in their order; see ob_broker_start() and ob_broker_stop(). */
void ob_members_start (ObMembers *members);
void ob_members_stop (ObMembers *members);

/* Goes on with everything that the database has as begun: at the start, and when it can be written again. */
void ob_members_take_up (ObMembers *members);

G_END_DECLS
