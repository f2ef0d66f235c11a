/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four long-lived worker threads, each with a connection of its own. Attempts are asked for, reported and ended on the main
 * thread; whatever a worker says crosses over as a message. A worker whose call does not come back is given up: another
 * takes its place, its attempt has ended, and whatever it may still say is refused. See docs/network.md.
 */
#pragma once

#include "broker/worker.h"

G_BEGIN_DECLS

/* So many threads may be given up and not have come back before no more are begun, and attempts end at once, to be tried
 * again later: what makes them hang would only get more of them. */
#define OB_WORKERS_MAX_STRAYS 32

/* So many jobs may be trials, which take no place of an attempt: for each a thread more is begun, where none is free. */
#define OB_WORKERS_MAX_TRIALS 4

typedef struct _ObWorkers ObWorkers;

/* @runner: what runs the jobs; outlives the workers, those that are given up included. */
ObWorkers *ob_workers_new (const ObRunner *runner, const ObWorkersEvents *events, gpointer user_data);

/* Waits for what the caller has stopped, for some seconds at most; nothing more is reported. */
void ob_workers_free (ObWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWorkers, ob_workers_free)

/* @job: (transfer full). @stop: when it is cancelled, the attempt has a moment to end, or is given up. The caller keeps to
 * the number of workers. */
void ob_workers_start (ObWorkers *workers, ObJob *job, ObStop *stop);

/* Resets the connections that are parked: the network that they could come to life on must not be used. */
void ob_workers_reset_parked (ObWorkers *workers);

G_END_DECLS
