/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One run of a protocol for one upload: it sends, and has the server confirm it. It knows nothing of the queue.
 */
#pragma once

#include "transfer/connection.h"
#include "transfer/job.h"
#include "transfer/stop.h"

G_BEGIN_DECLS

/**
 * ob_attempt_run:
 * @connection: the worker's own
 * @job: what to send; its credential is set from what the checkpoint gives
 * @checkpoints: where to report
 * @stop: (nullable): ends it early
 *
 * Blocks until the upload is confirmed or cannot go on; a termination until the server has deleted it, which is "done". Worker
 * thread.
 *
 * Returns: (transfer full): how it ended
 */
ObAttemptResult *ob_attempt_run (ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints,
                                 gpointer user_data, ObStop *stop);

/* Runs the jobs of the worker threads: ob_attempt_run(), or a test's own function. */
typedef struct _ObRunner ObRunner;
struct _ObRunner
{
  ObAttemptResult *(*run) (const ObRunner *runner, ObConnection *connection, ObJob *job,
                           const ObCheckpoints *checkpoints, gpointer user_data, ObStop *stop);
  /* As ob_knock_async(), and ended by ob_knock_finish(). NULL: this runner does not knock. Main thread. */
  void (*knock) (const ObRunner *runner, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback,
                 gpointer user_data);
};

extern const ObRunner ob_attempt_runner;

G_END_DECLS
