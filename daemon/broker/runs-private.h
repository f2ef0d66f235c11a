/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of runs share. runs.c answers questions and stops attempts; run-terminations.c has servers delete,
 * run-checks.c asks them again, run-amendments.c tells them of changes, run-follow-ups.c starts all three;
 * run-forms.c knows what a group's form has to do with it;
 * run-verdicts.c handles the ends of attempts, run-reports.c their reports before; run-schedule.c starts uploads. Each
 * knows those before it. Nobody else includes it. Main thread.
 */
#pragma once

#include "broker/fairness.h"
#include "broker/pending.h"
#include "broker/runs.h"
#include "store/uploads.h"

G_BEGIN_DECLS

struct _ObRuns
{
  ObQueue *queue; /* borrowed, as are the next nine */
  ObDatabase *database;
  ObSpool *spool;
  ObStorage *storage;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObKnocks *knocks;
  ObTrials *trials;
  ObCredentials *credentials;
  const ObRunner *runner;
  const ObRunsHost *host;
  gpointer user_data;
  gboolean is_started;

  ObWorkers *workers; /* owned, as is the rest; NULL: not started, or ended */
  ObActives *active;
  GHashTable *promised; /* ids that something was stopped for: they start next */
  ObFairness *fairness;
  GPtrArray *freed;   /* ids whose copies go, since their servers were asked once more */
  GPtrArray *arrived; /* ids whose receipts are on the disk, and whose copies can go once that is told */
};

/* --- runs.c --- */

/* @lane: without a rule for a termination. Returns: (transfer none) */
ObActive *ob_runs_add (ObRuns *runs, const char *id, const ObLane *lane);

/* Returns: when the attempt began, as its destination's health counts; 0: not known */
guint64 ob_runs_get_begun_at (ObRuns *runs, const char *id);

/* Inside a change: the destination works, so its back-off ends. Errors: Storage, DiskFull. */
gboolean ob_runs_relieve_destination (ObRuns *runs, const ObUpload *upload, GError **error);

/* After a rollback: gives each attempt the rule and state of its row, and stops it if its lane is held. */
gboolean ob_runs_load (gpointer member, GError **error);

/* --- run-follow-ups.c; the second inside a change --- */

void ob_runs_start_follow_ups (ObRuns *runs);
gboolean ob_runs_end_follow_up (ObRuns *runs, ObFollowUpKind kind, const char *id, const ObAttemptResult *result,
                                GError **error);

/* --- run-checks.c --- */

gboolean ob_runs_awaits_check (ObRuns *runs, const char *id);

/* --- run-forms.c --- */

/* Returns: whether the form of the upload's group has not arrived yet */
gboolean ob_runs_awaits_form (ObRuns *runs, const ObUpload *upload);

/* Its server has not attached it yet, and it waits to be asked about again: how long, and since when, depends on the form. */
void ob_runs_wait_for_form (ObRuns *runs, ObUpload *upload, const ObAttemptResult *result);

/* Inside a change: an upload has arrived. If it is a form, servers are asked at once about what waited for it. Errors: Storage,
 * DiskFull. */
gboolean ob_runs_note_form (ObRuns *runs, const ObUpload *form, GError **error);

/* --- run-verdicts.c: of ObWorkersEvents --- */

void ob_runs_end_attempt (const char *id, ObAttemptResult *result, gpointer user_data);

/* After a commit has been told: what has arrived is told to the host. */
void ob_runs_tell_arrived (ObRuns *runs);

G_END_DECLS
