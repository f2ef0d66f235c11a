/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads for the spool's blocking calls: some run, some wait, some never come back. After the look at it, a large file
 * waits for its turn a second time. Owns the threads; main thread, except their loop.
 */
#include "store/ingest.h"

#include "base/debug.h"
#include "base/strays.h"
#include "dbus/error.h"
#include "store/ingest-task.h"

#include <sys/resource.h>

/* For the tasks that run, and for descriptors that only have to be closed. */
#define THREADS_MAX (OB_INGEST_RUNNING_MAX + 4)

/* Let a burst of small files wait here and not in the apps. Each costs some KiB, and one of the process's descriptors;
 * as many may be on their way in from the bus. One app leaves half of the room to others. */
#define WAITING_MAX 2048
#define DESCRIPTORS_OF_OTHERS 256

#define TICK_S 1
#define STUCK_US (3 * G_TIME_SPAN_SECOND)
#define END_US (2 * G_TIME_SPAN_SECOND)

typedef ObIngestTask Task;

struct _ObIngest
{
  gatomicrefcount refs; /* of the owner, and one of each thread */
  ObSpool *spool;       /* borrowed */
  GAsyncQueue *work;    /* of ObIngestTask, owned; the ingest itself tells a thread to end */
  gint busy;            /* atomic: tasks in @work or in a thread's hands */
  GMutex lock;
  GCond thread_ended;
  guint alive;      /* number of threads; under the lock */
  gboolean is_over; /* under the lock: nobody waits for the threads any more */

  /* Main thread only. */
  ObIngestTurns *turns;
  GHashTable *tasks; /* set of ObIngestTask that have not ended */
  guint threads;
  guint waiting_max;
  guint tick_source;
};

static void
ingest_unref (ObIngest *ingest)
{
  if (!g_atomic_ref_count_dec (&ingest->refs))
    return;
  g_async_queue_unref (ingest->work);
  g_mutex_clear (&ingest->lock);
  g_cond_clear (&ingest->thread_ended);
  g_free (ingest);
}

static gboolean on_looked (gpointer data);
static gboolean on_ended (gpointer data);

static gpointer
run_thread (gpointer data)
{
  ObIngest *ingest = data;
  gboolean is_stray;
  gpointer next;

  while ((next = g_async_queue_pop (ingest->work)) != ingest)
    {
      g_autoptr (ObIngestTask) task = next;

      if (task->order.done)
        ob_ingest_task_run (task, ingest->spool, on_looked, on_ended);
      else
        ob_ingest_task_let_go (task);
      (void) g_atomic_int_dec_and_test (&ingest->busy);
    }
  g_mutex_lock (&ingest->lock);
  ingest->alive--;
  is_stray = ingest->is_over;
  g_cond_signal (&ingest->thread_ended);
  g_mutex_unlock (&ingest->lock);
  ingest_unref (ingest);
  /* The process may end as soon as no stray is left. */
  if (is_stray)
    ob_strays_remove ();

  return NULL;
}

/* --- On the main thread --- */

static Task *
task_of_place (ObIngestPlace *place)
{
  return (Task *) ((char *) place - G_STRUCT_OFFSET (Task, place));
}

/* @task: (transfer full) */
static void
hand_to_thread (ObIngest *ingest, Task *task)
{
  g_autoptr (GThread) thread = NULL;

  if (g_atomic_int_add (&ingest->busy, 1) + 1 > (gint) ingest->threads && ingest->threads < THREADS_MAX)
    {
      g_mutex_lock (&ingest->lock);
      g_atomic_ref_count_inc (&ingest->refs);
      thread = g_thread_try_new ("ingest", run_thread, ingest, NULL);
      ingest->alive += thread != NULL;
      ingest->threads += thread != NULL;
      g_mutex_unlock (&ingest->lock);
      if (!thread)
        ingest_unref (ingest);
    }
  g_async_queue_push (ingest->work, task);
}

/* A file without progress counts as stuck until it makes some. */
static void
look_for_stuck (ObIngest *ingest)
{
  GPtrArray *running = ob_ingest_turns_get_running (ingest->turns);
  gint64 now_us = g_get_monotonic_time ();

  for (guint i = 0; i < running->len; i++)
    {
      Task *task = task_of_place (running->pdata[i]);
      gint64 progress = ob_ingest_get_copied_bytes (task) + g_atomic_int_get (&task->steps);

      if (progress != task->last_progress || !g_atomic_int_get (&task->is_reading))
        task->progress_at_us = now_us;
      task->last_progress = progress;
      if (!task->place.is_stuck && now_us - task->progress_at_us >= STUCK_US)
        ob_debug (OB_DEBUG_STORE, task->order.id, "reading the file of %s has stopped: others go first",
                  task->order.app);
      task->place.is_stuck = now_us - task->progress_at_us >= STUCK_US;
    }
}

static void start_next (ObIngest *ingest);

static gboolean
on_tick (gpointer user_data)
{
  ObIngest *ingest = user_data;

  ingest->tick_source = 0;
  look_for_stuck (ingest);
  start_next (ingest);

  return G_SOURCE_REMOVE;
}

static void
start_next (ObIngest *ingest)
{
  ObIngestPlace *place;

  while ((place = ob_ingest_turns_take (ingest->turns)) != NULL)
    {
      Task *task = task_of_place (place);

      task->progress_at_us = g_get_monotonic_time ();
      hand_to_thread (ingest, ob_ingest_task_ref (task));
    }
  if (ingest->tick_source == 0 && ob_ingest_turns_count_waiting (ingest->turns, NULL) > 0)
    ingest->tick_source = g_timeout_add_seconds (TICK_S, on_tick, ingest);
}

/* Ends a task that no thread works on, or whose thread was given up. */
static void
end_task (Task *task, const GError *error)
{
  ObIngest *ingest = task->ingest;
  g_autoptr (ObIngestTask) owned = ob_ingest_task_ref (task);

  task->is_over = TRUE;
  ob_ingest_turns_remove (ingest->turns, &task->place);
  (void) g_hash_table_remove (ingest->tasks, task);
  ob_debug (OB_DEBUG_STORE, task->order.id, "a file of %s has come in: %" G_GINT64_FORMAT " bytes read, %s",
            task->order.app, ob_ingest_get_copied_bytes (task), ob_debug_name_error (error));
  task->order.done (error ? NULL : &task->copy, error, task->order.user_data);
}

static gboolean
on_ended (gpointer data)
{
  Task *task = data;
  ObIngest *ingest = task->ingest;

  if (task->is_over)
    return G_SOURCE_REMOVE;
  end_task (task, task->error);
  start_next (ingest);

  return G_SOURCE_REMOVE;
}

static gboolean
on_looked (gpointer data)
{
  Task *task = data;
  ObIngest *ingest = task->ingest;

  if (task->is_over)
    return G_SOURCE_REMOVE;
  if (task->facts.size_bytes > OB_INGEST_SMALL_MAX_BYTES)
    {
      ob_ingest_turns_remove (ingest->turns, &task->place);
      task->place.is_large = TRUE;
      ob_ingest_turns_add (ingest->turns, &task->place);
    }
  if (task->order.looked)
    task->order.looked (&task->facts, task->order.user_data);
  if (g_cancellable_is_cancelled (task->cancellable))
    ob_ingest_cancel (ingest, task);
  start_next (ingest);

  return G_SOURCE_REMOVE;
}

static guint
most_waiting (void)
{
  struct rlimit limit;
  rlim_t descriptors = getrlimit (RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;

  return (guint) CLAMP ((gint64) MIN (descriptors, G_MAXINT) - DESCRIPTORS_OF_OTHERS, 64, 2 * WAITING_MAX) / 2;
}

ObIngest *
ob_ingest_new (ObSpool *spool)
{
  ObIngest *ingest = g_new0 (ObIngest, 1);

  g_atomic_ref_count_init (&ingest->refs);
  ingest->spool = spool;
  ingest->work = g_async_queue_new_full ((GDestroyNotify) ob_ingest_task_unref);
  g_mutex_init (&ingest->lock);
  g_cond_init (&ingest->thread_ended);
  ingest->turns = ob_ingest_turns_new ();
  ingest->tasks = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) ob_ingest_task_unref, NULL);
  ingest->waiting_max = most_waiting ();

  return ingest;
}

static void
end_threads (ObIngest *ingest)
{
  gint64 end_us = g_get_monotonic_time () + END_US;

  for (guint i = 0; i < ingest->threads; i++)
    g_async_queue_push (ingest->work, ingest);
  g_mutex_lock (&ingest->lock);
  while (ingest->alive > 0 && g_cond_wait_until (&ingest->thread_ended, &ingest->lock, end_us))
    ;
  ingest->is_over = TRUE;
  for (guint i = 0; i < ingest->alive; i++)
    ob_strays_add ();
  g_mutex_unlock (&ingest->lock);
}

void
ob_ingest_free (ObIngest *ingest)
{
  GHashTableIter iter;
  gpointer task;

  g_clear_handle_id (&ingest->tick_source, g_source_remove);
  g_hash_table_iter_init (&iter, ingest->tasks);
  while (g_hash_table_iter_next (&iter, &task, NULL))
    {
      ((Task *) task)->is_over = TRUE;
      g_cancellable_cancel (((Task *) task)->cancellable);
    }
  end_threads (ingest);
  g_clear_pointer (&ingest->tasks, g_hash_table_unref);
  g_clear_pointer (&ingest->turns, ob_ingest_turns_free);
  ingest_unref (ingest);
}

static gboolean
has_room (ObIngest *ingest, const char *app, GError **error)
{
  guint waiting = ob_ingest_turns_count_waiting (ingest->turns, NULL);

  if (waiting < ingest->waiting_max
      && (waiting < ingest->waiting_max / 2
          || ob_ingest_turns_count_waiting (ingest->turns, app) < ingest->waiting_max / 2))
    return TRUE;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY, "%u files are being saved already; try again", waiting);

  return FALSE;
}

ObIngestTask *
ob_ingest_add (ObIngest *ingest, const ObIngestOrder *order, GError **error)
{
  Task *task;

  if (!has_room (ingest, order->app, error))
    {
      if (order->thread_data_free)
        order->thread_data_free (order->thread_data);
      return NULL;
    }
  task = ob_ingest_task_new (ingest, order);
  g_hash_table_add (ingest->tasks, task);
  ob_ingest_turns_add (ingest->turns, &task->place);
  start_next (ingest);

  return task;
}

void
ob_ingest_cancel (ObIngest *ingest, ObIngestTask *task)
{
  g_cancellable_cancel (task->cancellable);
  if (task->is_over || task->is_leaving || task->place.is_running)
    return;
  /* Have a thread find it cancelled: it closes the file, which may block. */
  task->is_leaving = TRUE;
  ob_ingest_turns_remove (ingest->turns, &task->place);
  hand_to_thread (ingest, ob_ingest_task_ref (task));
}

void
ob_ingest_give_up (ObIngest *ingest)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "It was given up");
  g_autoptr (GList) tasks = g_hash_table_get_keys (ingest->tasks);

  for (GList *link = tasks; link; link = link->next)
    {
      g_cancellable_cancel (((Task *) link->data)->cancellable);
      end_task (link->data, error);
    }
}

gint64
ob_ingest_get_copied_bytes (ObIngestTask *task)
{
  return __atomic_load_n (&task->copied_bytes, __ATOMIC_RELAXED);
}

void
ob_ingest_close (ObIngest *ingest, int fd)
{
  hand_to_thread (ingest, ob_ingest_task_new (ingest, &(ObIngestOrder){ .app = "", .fd = fd }));
}
