/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four worker threads, each with its own connection. Attempts are started, reported and ended on the main thread. A worker
 * whose call does not return is given up: another takes its place, its attempt counts as ended, and what it still says is
 * refused. See docs/network.md.
 */
#pragma once

#include "broker/worker.h"

G_BEGIN_DECLS

/* With so many given-up threads that have not come back, no more are begun, and attempts end at once to be tried again
 * later: whatever makes them hang would only get more of them. */
#define OB_WORKERS_MAX_STRAYS 32

/* So many jobs may be trials. They take no attempt's place: if no worker is free, a thread is added. */
#define OB_WORKERS_MAX_TRIALS 4

typedef struct _ObWorkers ObWorkers;

/* @runner: runs the jobs; it must outlive the workers, even those given up */
ObWorkers *ob_workers_new (const ObRunner *runner, const ObWorkersEvents *events, gpointer user_data);

/* Waits some seconds for jobs that the caller has stopped; nothing more is reported. */
void ob_workers_free (ObWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWorkers, ob_workers_free)

/* @job: (transfer full). @stop: once it is cancelled, the attempt has a moment to end, or is given up. The caller keeps
 * to the number of workers. */
void ob_workers_start (ObWorkers *workers, ObJob *job, ObStop *stop);

/* Resets the parked connections, which could wake up on a network that may not be used. */
void ob_workers_reset_parked (ObWorkers *workers);

G_END_DECLS
