/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One worker thread, with a connection of its own: it runs one attempt at a time, and whatever it says crosses over to the
 * main thread as a message. Main thread.
 */
#pragma once

#include "broker/question.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

/* All called on the main thread. */
typedef struct
{
  /* @server_url: (nullable). Answer when it is durable. */
  void (*created) (const char *id, const char *server_url, ObQuestion *question, gpointer user_data);
  void (*progress) (const char *id, guint64 offset_bytes, guint64 wire_bytes, gpointer user_data);
  /* Up to which byte the peer's kernel has acknowledged; told by whoever has an eye on the workers. */
  void (*sent) (const char *id, guint64 sent_bytes, gpointer user_data);
  /* The server was left alone with the whole of it, or has said something since; as above. */
  void (*left) (const char *id, gboolean is_left, gpointer user_data);
  void (*stored) (const char *id, ObQuestion *question, gpointer user_data);
  /* One word for programs, and a person's words: for the journal. */
  void (*noted) (const char *id, const char *event, const char *words, gpointer user_data);
  void (*ended) (const char *id, ObAttemptResult *result, gpointer user_data);
} ObWorkersEvents;

typedef struct _ObWorker ObWorker;

/* @runner: what runs the jobs; outlives the thread, also one that hangs. */
ObWorker *ob_worker_new (const ObRunner *runner, ObFacts *facts, ObParking *parking, const ObWorkersEvents *events,
                         gpointer user_data);

/* Ends the thread, or leaves it behind where it hangs: then it ends when it comes back, and touches nothing that is not its
 * own. Nothing more is reported. Returns: whether it was left behind. */
gboolean ob_worker_free (ObWorker *worker);

/* @job: (transfer full). It must be free. */
void ob_worker_start (ObWorker *worker, ObJob *job, ObStop *stop);

/* Returns: (transfer none): the upload that it has in hand; NULL: it is free. */
const char *ob_worker_get_id (ObWorker *worker);

/* Whether that is a trial. */
gboolean ob_worker_is_trying (ObWorker *worker);

/* Returns: whether the server is left alone with the whole of it; @has_changed: (out): since the last call. */
gboolean ob_worker_look_if_left (ObWorker *worker, gboolean *has_changed);

/* When it last ended a job, monotonic: of those that are free the last one has the warmest connections. */
gint64 ob_worker_get_ended_us (ObWorker *worker);

/* Returns: up to which byte the upload has been sent, where that is another than the last time; 0: it is not. */
guint64 ob_worker_take_sent_bytes (ObWorker *worker);

/* Whether its attempt was told to end. */
gboolean ob_worker_is_stopped (ObWorker *worker);

/* Whether it is in a call that should have come back long ago, or goes on though its attempt was cancelled. */
gboolean ob_worker_is_stuck (ObWorker *worker);

/* Lets the thread end after what it has in hand; nothing more is reported. */
void ob_worker_finish (ObWorker *worker);

/* Whether the thread has ended, and all that it said has been heard. */
gboolean ob_worker_is_gone (ObWorker *worker);

G_END_DECLS
