/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One file on its way into the spool, as a thread of the pool handles it. Private to the ingest.
 */
#pragma once

#include "store/ingest.h"

#include "store/ingest-turns.h"

G_BEGIN_DECLS

#define OB_INGEST_SMALL_MAX_BYTES (32 * 1024 * 1024)

struct _ObIngestTask
{
  gatomicrefcount refs;
  ObIngestOrder order; /* its strings are the task's own */
  GCancellable *cancellable;
  gint64 copied_bytes; /* atomic */
  gint steps;          /* atomic: grows when a stage is done */
  gint is_reading;     /* atomic: it waits for the caller's file, and not for the spool's disk */

  /* Belongs to the thread that works on the task, or to the main thread while none does. */
  ObSource *source;
  ObIngestFacts facts;
  ObSpoolCopy copy;
  GError *error;

  /* Main thread only. */
  ObIngest *ingest;
  ObIngestPlace place;
  gint64 last_progress;
  gint64 progress_at_us;
  gboolean is_leaving; /* it was cancelled while it waited */
  gboolean is_over;    /* its end has been reported */
};

/* Takes the thread_data of @order. Returns: (transfer full) */
ObIngestTask *ob_ingest_task_new (ObIngest *ingest, const ObIngestOrder *order);
ObIngestTask *ob_ingest_task_ref (ObIngestTask *task);
void ob_ingest_task_unref (ObIngestTask *task);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObIngestTask, ob_ingest_task_unref)

/* On a thread of the pool. Looks at the file, and copies it if it is small or has been looked at before. @looked and
 * @ended run on the main thread with the task; after @looked a large file belongs to the main thread again. */
void ob_ingest_task_run (ObIngestTask *task, ObSpool *spool, GSourceFunc looked, GSourceFunc ended);

/* Closes the descriptors that are still open. Blocking. */
void ob_ingest_task_let_go (ObIngestTask *task);

G_END_DECLS
