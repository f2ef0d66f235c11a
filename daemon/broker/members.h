/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The objects that the broker consists of: members that take part in the queue's turns, and objects that these use. Makes
 * them, joins them to the queue in the order in which it calls them, and ends them. wiring.c answers what one asks of
 * others, and does what follows from what it tells. Main thread.
 */
#pragma once

#include "broker/arrivals.h"
#include "broker/commands.h"
#include "broker/credentials.h"
#include "broker/departures.h"
#include "broker/destinations.h"
#include "broker/gate.h"
#include "broker/herald.h"
#include "broker/intake.h"
#include "broker/knocks.h"
#include "broker/moving-secrets.h"
#include "broker/queue.h"
#include "broker/recordings.h"
#include "broker/recovery.h"
#include "broker/reminders.h"
#include "broker/retention.h"
#include "broker/row-repair.h"
#include "broker/runs.h"
#include "broker/settings-file.h"
#include "broker/status-board.h"
#include "broker/storage.h"
#include "broker/trials.h"

G_BEGIN_DECLS

/* Told to the owner of the members. */
typedef struct
{
  /* A turn with these changes is on the disk. No member has acted on it yet. */
  void (*changed) (const ObChanges *changes, gpointer user_data);

  /* After that: the attempts that start because of it are chosen. */
  void (*chosen) (gpointer user_data);

  /* Holds have changed in memory alone, so that no commit tells of them. */
  void (*holds_changed) (gpointer user_data);

  /* More bytes of an upload are on the way; the database has nothing of that. */
  void (*sent) (const char *id, gpointer user_data);

  /* The removal of an upload is on the disk. @upload: as it was before */
  void (*removed) (const ObUpload *upload, gint64 sequence, gpointer user_data);

  /* A person is to be reminded; NONE: of nothing any more. */
  void (*remind) (ObReminderKind kind, gpointer user_data);

  /* There is news for a person, or what was told is true no more; see ob_herald_get_news(). */
  void (*news) (gboolean has_news, gpointer user_data);
} ObMembersEvents;

typedef struct
{
  ObDatabase *database; /* borrowed, as is the next */
  ObSpool *spool;
  ObQueue *queue; /* owned, as are the rest but the last two; each sees the others by their headers alone */
  ObStorage *storage;
  ObDestinationTable *destinations;
  ObSettingsFile *settings_file;
  ObCredentials *credentials;
  ObMovingSecrets *moving_secrets;
  ObTrials *trials;
  ObRowRepair *row_repair;
  ObKnocks *knocks;
  ObGate *gate;
  ObRuns *runs;
  ObCommands *commands;
  ObStatusBoard *board;
  ObRetention *retention;
  ObDepartures *departures;
  ObReminders *reminders;
  ObHerald *herald;
  ObArrivals *arrivals;
  ObIngest *ingest;
  ObRecordings *recordings;
  ObIntake *intake;
  ObRecovery *recovery;
  const ObMembersEvents *events;
  gpointer user_data;
} ObMembers;

/* All are borrowed; @watchers: of ObWatcher; @events: static. */
ObMembers *ob_members_new (ObDatabase *database, ObSpool *spool, ObSecrets *secrets, ObTokens *tokens, ObClock *clock,
                           GPtrArray *watchers, const ObRunner *runner, const ObMembersEvents *events,
                           gpointer user_data);
void ob_members_free (ObMembers *members);

/* Has every member read what the database has; an empty table of destinations is filled from the person's settings beside
 * it. Errors: Storage. */
gboolean ob_members_load (ObMembers *members, GError **error);

/* Starts and ends them, in their order; see ob_broker_start() and ob_broker_stop(). */
void ob_members_start (ObMembers *members);
void ob_members_stop (ObMembers *members);

/* Returns: (transfer full) (nullable): the first upload that has not arrived and waits for no time that was set, among the oldest;
 * NULL: there is none, or the database does not answer */
ObUpload *ob_members_find_oldest (ObMembers *members);

/* Goes on with everything that is under way by the database: at the start, and when it can be written again. */
void ob_members_take_up (ObMembers *members);

G_END_DECLS
