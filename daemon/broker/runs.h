/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs: which uploads are being sent, on which workers, and what comes of it. After each commit it chooses what starts; it
 * records what attempts report; and by their verdicts it decides how uploads and destinations go on. A member of the queue;
 * main thread.
 */
#pragma once

#include "broker/actives.h"
#include "broker/credentials.h"
#include "broker/gate.h"
#include "broker/knocks.h"
#include "broker/storage.h"
#include "broker/trials.h"

G_BEGIN_DECLS

typedef struct _ObRuns ObRuns;

/* The objects that runs use. All borrowed. */
typedef struct
{
  ObQueue *queue;
  ObSpool *spool;
  ObStorage *storage;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObKnocks *knocks;
  ObTrials *trials; /* they share the workers, and begin and end with runs */
  ObCredentials *credentials;
  const ObRunner *runner;
} ObRunsTools;

/* Questions to others, and events for them. */
typedef struct
{
  /* Returns: whether an upload in that stored state may start: no hold covers it, except one that lets one upload try. */
  gboolean (*may_start) (const ObLane *lane, ObStored stored, gpointer user_data);

  /* Returns: whether the row is about to be repaired, and means nothing until then. */
  gboolean (*awaits_repair) (const ObUpload *upload, gpointer user_data);

  /* More bytes of the upload are on the way; the database does not record that. */
  void (*sent) (const char *id, gpointer user_data);

  /* A receipt is on the disk: the upload's copy can go. */
  void (*arrived) (const char *id, gpointer user_data);

  /* The server was asked once more and has it: the upload's copy goes now. */
  void (*freed) (const char *id, gpointer user_data);
} ObRunsHost;

/* Joins after the gate, which it asks what may travel. */
extern const ObMember ob_runs_member;

/* For reports of workers; their user data is the ObRuns. */
extern const ObWorkersEvents ob_runs_workers_events;

/* @host: static. */
ObRuns *ob_runs_new (const ObRunsTools *tools, const ObRunsHost *host, gpointer user_data);
void ob_runs_free (ObRuns *runs);

/* Nothing starts before the first call, or after the second. The third waits some seconds for attempts that were
 * stopped; from then on nothing is reported. */
void ob_runs_start (ObRuns *runs);
void ob_runs_stop (ObRuns *runs);
void ob_runs_end (ObRuns *runs);

/* --- What runs, or is about to --- */

gboolean ob_runs_has (ObRuns *runs, const char *id);
gboolean ob_runs_has_for (ObRuns *runs, const char *destination);
guint ob_runs_count (ObRuns *runs);

/* Returns: (nullable): the attempt, borrowed until it ends; and (transfer container) (element-type ObActive): all
 * attempts */
const ObActive *ob_runs_find (ObRuns *runs, const char *id);
GPtrArray *ob_runs_list (ObRuns *runs);

/* Returns: up to which byte the peer's kernel has acknowledged; never less than the offset */
guint64 ob_runs_get_sent_bytes (ObRuns *runs, const ObUpload *upload);

/* --- After a sign-in --- */

/* Inside a change: uploads that the destination refused for want of better credentials go on. Errors: Storage, DiskFull. */
gboolean ob_runs_readmit (ObRuns *runs, const char *destination, GError **error);

/* Inside a change: has the server asked again what it has of an upload that is done, and saves that in its row. @frees: its copy
 * goes if all is well. Errors: Storage, DiskFull. */
gboolean ob_runs_want_check (ObRuns *runs, ObUpload *upload, gboolean frees, GError **error);

/* --- After an amendment --- */

/* Inside a change: an attempt that has not told the server of the upload yet, or is about to, ends and begins anew. */
void ob_runs_renew (ObRuns *runs, const char *id);

/* Inside a change: has the server told what its row says that it is to be told, if it is done; if not, that comes when it is. Errors:
 * Storage, DiskFull. */
gboolean ob_runs_start_update (ObRuns *runs, const ObUpload *upload, GError **error);

/* --- Stops; @destination: (nullable): NULL: all --- */

void ob_runs_stop_one (ObRuns *runs, const char *id, ObStopKind kind);
void ob_runs_stop_for (ObRuns *runs, const char *destination, ObStopKind kind);

/* Gently, after the commit of the open turn. */
void ob_runs_pause_one_after (ObRuns *runs, const char *id);
void ob_runs_pause_for_after (ObRuns *runs, const char *destination);

/* A lane is held for these reasons: stops its attempts. */
void ob_runs_close_lane (ObRuns *runs, const ObLane *lane, OutboxReasonSet reasons);

/* An upload is in another lane of its destination now. */
void ob_runs_change_lane (ObRuns *runs, const char *id, const ObLane *lane);

G_END_DECLS
