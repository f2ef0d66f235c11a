/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Looks at a file and then copies it on the same thread, while the main thread hears of the look. Blocking, except where
 * the header says main thread.
 */
#include "store/ingest-task.h"

#include "dbus/error.h"
#include "store/copy.h"
#include "store/digester.h"
#include "store/media-type.h"
#include "base/mounts.h"
#include "store/partial.h"

#include <unistd.h>

#define HEAD_BYTES 4096

typedef ObIngestTask Task;

/* --- A task --- */

ObIngestTask *
ob_ingest_task_ref (ObIngestTask *task)
{
  g_atomic_ref_count_inc (&task->refs);

  return task;
}

void
ob_ingest_task_unref (ObIngestTask *task)
{
  if (!g_atomic_ref_count_dec (&task->refs))
    return;
  if (task->order.thread_data_free)
    task->order.thread_data_free (task->order.thread_data);
  g_free ((char *) task->order.id);
  g_free ((char *) task->order.app);
  g_free ((char *) task->order.name);
  g_free ((char *) task->order.expected_sha256);
  g_clear_pointer (&task->order.writer, ob_writer_unref);
  g_clear_object (&task->cancellable);
  g_free (task->facts.media_type);
  g_clear_error (&task->error);
  g_free (task);
}

ObIngestTask *
ob_ingest_task_new (ObIngest *ingest, const ObIngestOrder *order)
{
  Task *task = g_new0 (Task, 1);

  g_atomic_ref_count_init (&task->refs);
  task->order = *order;
  task->order.id = g_strdup (order->id);
  task->order.app = g_strdup (order->app);
  task->order.name = g_strdup (order->name);
  task->order.expected_sha256 = g_strdup (order->expected_sha256);
  task->order.writer = order->writer ? ob_writer_ref (order->writer) : NULL;
  task->cancellable = g_cancellable_new ();
  task->ingest = ingest;
  task->place.app = task->order.app;
  task->place.mount = ob_mounts_find (order->fd);

  return task;
}

/* --- On a thread of the pool --- */

static void
post (Task *task, GSourceFunc function)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, function, ob_ingest_task_ref (task), (GDestroyNotify) ob_ingest_task_unref);
}

static gboolean
look (Task *task)
{
  g_autofree char *head = g_malloc (HEAD_BYTES);
  gsize size_bytes;

  task->source = ob_source_open (task->order.fd, task->cancellable, &task->error);
  if (!task->source)
    return FALSE;
  size_bytes = ob_source_peek (task->source, task->cancellable, head, HEAD_BYTES);
  task->facts.size_bytes = (guint64) task->source->before.st_size;
  task->facts.modified_at_ms = ob_source_get_modified_ms (task->source);
  task->facts.media_type = ob_media_type_guess (task->order.name, head, size_bytes);
  g_atomic_int_inc (&task->steps);

  return TRUE;
}

static gboolean
check_closed (const Task *task, ObSpool *spool, GError **error)
{
  if (!ob_partial_has_writer (spool, task->order.id))
    return TRUE;
  ob_partial_set_busy (error);

  return FALSE;
}

/* A program that still has it open could write after it was digested. So check before and after: one that closed it in
 * between has changed its times, and one that opened it in between has it open. */
static gboolean
digest_partial (Task *task, ObSpool *spool, GBytes **blocks)
{
  return check_closed (task, spool, &task->error)
         && ob_copy_and_digest (task->source, -1, task->order.id, task->cancellable, &task->copied_bytes, &task->copy,
                                blocks, &task->error)
         && check_closed (task, spool, &task->error)
         && ob_digest_check (&task->copy, task->order.expected_sha256, &task->error);
}

static gboolean
finish (const Task *task, ObSpool *spool, const char *record, GError **error)
{
  const ObIngestOrder *order = &task->order;

  return order->writer ? ob_writer_finish (order->writer, order->id, record, error)
                       : ob_partial_finish (spool, order->id, record, error);
}

/* The file is on the disk already, and is moved. */
static void
take_own (Task *task, ObSpool *spool)
{
  const ObIngestOrder *order = &task->order;
  g_autofree char *record = NULL;
  g_autoptr (GBytes) blocks = NULL;
  gboolean is_good = order->writer
                         ? ob_writer_end (order->writer, order->expected_sha256, &task->copy, &blocks, &task->error)
                         : digest_partial (task, spool, &blocks);

  if (!is_good || g_cancellable_set_error_if_cancelled (task->cancellable, &task->error))
    return;
  g_atomic_int_set (&task->is_reading, FALSE);
  record = order->record (&task->facts, &task->copy, blocks, order->thread_data);
  if (finish (task, spool, record, &task->error) || !g_error_matches (task->error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL)
      || !ob_spool_give_reserve (spool))
    return;
  /* The bytes are on the disk already: use the reserve, it is for such files. */
  g_clear_error (&task->error);
  (void) finish (task, spool, record, &task->error);
}

static void
take_copy (Task *task, ObSpool *spool)
{
  const ObIngestOrder *order = &task->order;
  g_autofree char *record = NULL;
  g_autoptr (GBytes) blocks = NULL;

  if (!ob_spool_copy_source (spool, order->id, task->source, task->cancellable, &task->copied_bytes, &task->copy,
                             &blocks, &task->error))
    return;
  g_atomic_int_set (&task->is_reading, FALSE);
  /* At the end nobody waits for the copy any more: one that comes too late must not touch the spool. */
  if (!ob_digest_check (&task->copy, task->order.expected_sha256, &task->error)
      || g_cancellable_set_error_if_cancelled (task->cancellable, &task->error))
    {
      ob_spool_discard (spool, order->id);
      return;
    }
  record = order->record (&task->facts, &task->copy, blocks, order->thread_data);
  (void) ob_spool_commit (spool, order->id, record, &task->error);
}

static void
take_digest (Task *task)
{
  if (ob_spool_digest_source (task->source, task->cancellable, &task->copied_bytes, &task->copy, &task->error)
      && ob_digest_check (&task->copy, task->order.expected_sha256, &task->error) && task->order.beside)
    task->order.beside (&task->copy, task->order.thread_data);
}

void
ob_ingest_task_let_go (ObIngestTask *task)
{
  gboolean is_read_here = task->source && !task->source->reader;

  g_clear_pointer (&task->source, ob_source_close);
  if (task->order.keeps_fd || task->order.fd < 0)
    return;
  if (is_read_here)
    (void) close (g_steal_fd (&task->order.fd));
  else
    ob_source_close_fd (g_steal_fd (&task->order.fd));
}

/* Returns: whether the task has ended; if not, it is the main thread's now. */
static gboolean
work_on (Task *task, ObSpool *spool, GSourceFunc looked)
{
  if (g_cancellable_set_error_if_cancelled (task->cancellable, &task->error))
    return TRUE;
  if (!task->source)
    {
      gboolean is_large;

      if (!look (task))
        return TRUE;
      is_large = task->facts.size_bytes > OB_INGEST_SMALL_MAX_BYTES;
      post (task, looked);
      if (is_large)
        return FALSE;
    }
  if (task->order.is_partial || task->order.writer)
    take_own (task, spool);
  else if (task->order.id)
    take_copy (task, spool);
  else
    take_digest (task);

  return TRUE;
}

void
ob_ingest_task_run (ObIngestTask *task, ObSpool *spool, GSourceFunc looked, GSourceFunc ended)
{
  g_atomic_int_set (&task->is_reading, TRUE);
  if (!work_on (task, spool, looked))
    return;
  /* Tell before closing: closing may take longer than reading did. */
  post (task, ended);
  ob_ingest_task_let_go (task);
}
