/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four long-lived worker threads, each with a connection of its own. Attempts are asked for, reported and ended on the main
 * thread; whatever a worker says crosses over as a message.
 */
#pragma once

#include "transfer/attempt.h"

G_BEGIN_DECLS

typedef struct _ObWorkers ObWorkers;

/* A question of an attempt that waits for ob_question_answer(). */
typedef struct _ObQuestion ObQuestion;

/* All called on the main thread. */
typedef struct
{
  /* @server_url: (nullable). Answer when it is durable. */
  void (*created) (const char *id, const char *server_url, ObQuestion *question, gpointer user_data);
  void (*progress) (const char *id, guint64 offset_bytes, guint64 sent_bytes, gpointer user_data);
  void (*stored) (const char *id, ObQuestion *question, gpointer user_data);
  void (*ended) (const char *id, ObAttemptResult *result, gpointer user_data);
} ObWorkersEvents;

/* @runner: what runs the jobs; outlives the workers. */
ObWorkers *ob_workers_new (const ObRunner *runner, const ObWorkersEvents *events, gpointer user_data);

/* Cancels what runs and waits for it; nothing more is reported. */
void ob_workers_free (ObWorkers *workers);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObWorkers, ob_workers_free)

/* @job: (transfer full). The caller keeps to the number of workers. */
void ob_workers_start (ObWorkers *workers, ObJob *job, ObStop *stop);

/* @go_on: whether what was asked for is durable. Once. */
void ob_question_answer (ObQuestion *question, gboolean go_on);

G_END_DECLS
