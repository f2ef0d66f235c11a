/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What worker.c, which the main thread calls, and worker-thread.c, which the worker is, know of it.
 */
#pragma once

#include "broker/worker.h"

G_BEGIN_DECLS

/* The thread's fate: whichever comes first. */
enum
{
  FATE_OPEN,
  FATE_ENDED,
  FATE_GIVEN_UP,
};

typedef struct
{
  ObJob *job; /* NULL: the thread ends */
  ObStop *stop;
} ObOrder;

struct _ObWorker
{
  gint refs;              /* of the owner, the thread, and each message */
  const ObRunner *runner; /* borrowed for ever; the next two until the owner is gone */
  const ObWorkersEvents *events;
  gpointer user_data;
  ObFacts *facts; /* shared, as is the next */
  ObParking *parking;
  GAsyncQueue *orders;  /* of ObOrder: at most one, and the one that ends the thread */
  ObDeadline *deadline; /* of its present call */
  ObTransit *transit;   /* of the upload that it sends */
  gint fate;            /* atomic */
  gint is_asking;       /* atomic: it waits for an answer of the main thread */
  GThread *thread;      /* main thread only, as all below */
  char *id;             /* of its job; NULL: it is free */
  ObStop *stop;         /* of its job, or NULL */
  gboolean is_trying;   /* its job is a trial */
  gint64 cancelled_us;  /* when its job was first seen cancelled; 0: it is not */
  gint64 ended_us;      /* when it last ended a job */
  guint64 told_bytes;   /* of the transit, as last told */
  gboolean is_left;     /* as last told */
  gboolean is_silent;   /* nobody listens to it any more */
};

/* Lets a reference go. Any thread. */
void ob_worker_unref (ObWorker *worker);

/* The job has ended, or counts as ended. Main thread. */
void ob_worker_release (ObWorker *worker);

G_END_DECLS
