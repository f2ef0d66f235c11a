/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker thread with its own connection. It runs one attempt at a time; its reports reach the main thread as messages.
 * Main thread.
 */
#pragma once

#include "broker/question.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

/* All called on the main thread. */
typedef struct
{
  /* @resume: (nullable): the resume text; @is_kept: that was kept beside the copy: nothing was made at the server. Answer once it is on
   * the disk. */
  void (*created) (const char *id, const char *resume, gboolean is_kept, ObQuestion *question, gpointer user_data);
  void (*progress) (const char *id, guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked,
                    gpointer user_data);
  /* Answer once it is on the disk. */
  void (*begins) (const char *id, const ObChecked *checked, ObQuestion *question, gpointer user_data);
  /* The peer's kernel has acknowledged up to @sent_bytes; found by looking at the worker. */
  void (*sent) (const char *id, guint64 sent_bytes, gpointer user_data);
  /* The server has the whole upload and takes long to answer, or no longer does; found by looking, too. */
  void (*left) (const char *id, gboolean is_left, gpointer user_data);
  void (*stored) (const char *id, ObQuestion *question, gpointer user_data);
  /* For the journal: one word for programs, and words for a person. */
  void (*noted) (const char *id, const char *event, const char *words, gpointer user_data);
  void (*ended) (const char *id, ObAttemptResult *result, gpointer user_data);
  /* Give an ObCredential for the destination at that URL, or answer FALSE for none: the attempt stops. */
  void (*credentials) (const char *destination, const char *url, ObQuestion *question, gpointer user_data);
} ObWorkersEvents;

typedef struct _ObWorker ObWorker;

/* @runner: runs the jobs; it must outlive the thread, even if that hangs */
ObWorker *ob_worker_new (const ObRunner *runner, ObFacts *facts, ObParking *parking, const ObWorkersEvents *events,
                         gpointer user_data);

/* Ends the thread. One that hangs is left behind: it ends when it comes back, and touches nothing but its own. Nothing
 * more is reported. Returns: whether it was left behind */
gboolean ob_worker_free (ObWorker *worker);

/* @job: (transfer full). The worker must be free. */
void ob_worker_start (ObWorker *worker, ObJob *job, ObStop *stop);

/* Returns: (transfer none) (nullable): the upload it works on; %NULL: it is free */
const char *ob_worker_get_id (ObWorker *worker);

/* Returns: whether its job is a trial. */
gboolean ob_worker_is_trying (ObWorker *worker);

/* Returns: whether the server has the whole upload and takes long to answer. @has_changed: (out): since the last call */
gboolean ob_worker_look_if_left (ObWorker *worker, gboolean *has_changed);

/* Returns: the monotonic time at which it last ended a job; of free workers the latest has the warmest connections */
gint64 ob_worker_get_ended_us (ObWorker *worker);

/* Returns: up to which byte the upload was sent, if that has changed since the last call; else 0 */
guint64 ob_worker_take_sent_bytes (ObWorker *worker);

/* Returns: whether its attempt has been told to end. */
gboolean ob_worker_is_stopped (ObWorker *worker);

/* Returns: whether it is in a call that should have returned long ago, or goes on after its attempt was cancelled. */
gboolean ob_worker_is_stuck (ObWorker *worker);

/* Has the thread end after its job; nothing more is reported. */
void ob_worker_finish (ObWorker *worker);

/* Returns: whether the thread has ended, and all its messages have been heard. */
gboolean ob_worker_is_gone (ObWorker *worker);

G_END_DECLS
