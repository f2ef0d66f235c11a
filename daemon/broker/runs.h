/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs: which uploads are sent now, on which workers, and what comes of it. Chooses after each commit, writes what attempts
 * report, and decides by their verdicts how their uploads and destinations go on. A member of the queue; main thread.
 */
#pragma once

#include "broker/actives.h"
#include "broker/gate.h"
#include "broker/knocks.h"
#include "broker/storage.h"
#include "broker/trials.h"

G_BEGIN_DECLS

typedef struct _ObRuns ObRuns;

/* What they work with. All of it is borrowed. */
typedef struct
{
  ObQueue *queue;
  ObSpool *spool;
  ObStorage *storage;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObKnocks *knocks;
  ObTrials *trials; /* begin and end with them, on the same workers */
  const ObRunner *runner;
} ObRunsTools;

/* What they ask of others, and tell them. */
typedef struct
{
  /* Whether nothing holds what has that stored state in a lane, but what lets one try. */
  gboolean (*may_start) (const char *destination, const char *rule, ObStored stored, gpointer user_data);

  /* Whether the row is about to be put right, and means nothing until then. */
  gboolean (*awaits_repair) (const ObUpload *upload, gpointer user_data);

  /* Another part of an upload is on the way: the database has nothing of that. */
  void (*sent) (const char *id, gpointer user_data);

  /* A receipt is on the disk: the copy of that upload is no longer needed. */
  void (*arrived) (const char *id, gpointer user_data);
} ObRunsHost;

/* To be joined after the gate, of which it asks what it may go on with. */
extern const ObMember ob_runs_member;

/* What workers report; the user data is the runs. */
extern const ObWorkersEvents ob_runs_workers_events;

/* @host: static. */
ObRuns *ob_runs_new (const ObRunsTools *tools, const ObRunsHost *host, gpointer user_data);
void ob_runs_free (ObRuns *runs);

/* Until the first nothing starts, and after the second nothing any more. The third waits for what was stopped, for some seconds
 * at most; nothing is reported from then on. */
void ob_runs_start (ObRuns *runs);
void ob_runs_stop (ObRuns *runs);
void ob_runs_end (ObRuns *runs);

/* --- What runs, or is about to --- */

gboolean ob_runs_has (ObRuns *runs, const char *id);
gboolean ob_runs_has_for (ObRuns *runs, const char *destination);
guint ob_runs_count (ObRuns *runs);

/* Returns: (nullable): borrowed until it has ended; and (transfer container) (element-type ObActive): all of them. */
const ObActive *ob_runs_find (ObRuns *runs, const char *id);
GPtrArray *ob_runs_list (ObRuns *runs);

/* Returns: up to which byte the peer's kernel has acknowledged; never less than the server has confirmed. */
guint64 ob_runs_get_sent_bytes (ObRuns *runs, const ObUpload *upload);

/* --- Stops; @destination: (nullable): NULL: all --- */

void ob_runs_stop_one (ObRuns *runs, const char *id, ObStopKind kind);
void ob_runs_stop_for (ObRuns *runs, const char *destination, ObStopKind kind);

/* Gently, after the commit of the turn that is open. */
void ob_runs_pause_one_after (ObRuns *runs, const char *id);
void ob_runs_pause_for_after (ObRuns *runs, const char *destination);

/* What is in a lane may no longer run, for these reasons. */
void ob_runs_close_lane (ObRuns *runs, const char *destination, const char *rule, OutboxReasonSet reasons);

/* An upload is in another lane of its destination from now on. */
void ob_runs_change_lane (ObRuns *runs, const char *id, const char *rule);

G_END_DECLS
