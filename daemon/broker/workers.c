/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The workers; the main thread looks at them while a job is under way. Main thread.
 */
#include "broker/workers.h"

#include "base/strays.h"
#include "broker/scheduler.h"
#include "dbus/mark.h"

#define LOOK_EVERY_MS 500
#define FREE_MS 3000

struct _ObWorkers
{
  const ObRunner *runner;
  const ObWorkersEvents *events;
  gpointer user_data;
  ObFacts *facts;     /* shared by all of them */
  ObParking *parking; /* connections that ended unheard; shared by all of them */
  GPtrArray *list;    /* of ObWorker; those given up are not in it */
  GPtrArray *refused; /* ids of uploads for which no worker was free */
  guint n_left;       /* jobs whose server has all and takes long to answer */
  guint look;         /* source, as is the next; 0: none */
  guint refusal;
};

static void
add_worker (ObWorkers *workers)
{
  g_ptr_array_add (workers->list, ob_worker_new (workers->runner, workers->facts, workers->parking, workers->events,
                                                 workers->user_data));
}

static guint
count_trying (ObWorkers *workers)
{
  guint n = 0;

  for (guint i = 0; i < workers->list->len; i++)
    n += ob_worker_is_trying (workers->list->pdata[i]);

  return n;
}

/* Makes up for workers that were given up, for those that wait for a server's last answer, and for trials, of which the
 * caller allows so many: none of these takes an attempt's place. @job: (nullable): about to start */
static void
fill_up (ObWorkers *workers, const ObJob *job)
{
  const guint n_trying = count_trying (workers) + (job && job->is_trial);

  while (workers->list->len < OB_SCHEDULER_MAX_ATTEMPTS + MIN (workers->n_left, OB_SCHEDULER_MAX_LEFT) + n_trying
         && ob_strays_count () < OB_WORKERS_MAX_STRAYS)
    add_worker (workers);
}

static void
replace (ObWorkers *workers, ObWorker *worker)
{
  (void) g_ptr_array_remove_fast (workers->list, worker);
  if (ob_worker_free (worker))
    g_warning ("A worker hangs and is left behind; %u threads are", ob_strays_count ());
  fill_up (workers, NULL);
}

static ObAttemptResult *
make_hung_result (gboolean is_stopped)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->is_cancelled = is_stopped;
  result->outcome = ob_outcome_new (OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  result->code = g_strdup ("hung");
  result->message = g_strdup (S_ ("The attempt did not come back and was given up"));

  return result;
}

/* Reports the attempt as ended at once; its thread may never come back. */
static void
end_stuck_job (ObWorkers *workers, ObWorker *worker)
{
  g_autoptr (ObAttemptResult) result = make_hung_result (ob_worker_is_stopped (worker));
  g_autofree char *id = g_strdup (ob_worker_get_id (worker));

  replace (workers, worker);
  workers->events->ended (id, result, workers->user_data);
}

static ObWorker *
find_stuck (ObWorkers *workers, gboolean is_busy)
{
  for (guint i = 0; i < workers->list->len; i++)
    {
      ObWorker *worker = workers->list->pdata[i];

      if ((ob_worker_get_id (worker) != NULL) == is_busy && ob_worker_is_stuck (worker))
        return worker;
    }

  return NULL;
}

static gboolean
is_any_busy (ObWorkers *workers)
{
  for (guint i = 0; i < workers->list->len; i++)
    if (ob_worker_get_id (workers->list->pdata[i]))
      return TRUE;

  return FALSE;
}

static void
tell_sent (ObWorkers *workers)
{
  for (guint i = 0; i < workers->list->len; i++)
    {
      ObWorker *worker = workers->list->pdata[i];
      guint64 sent_bytes = ob_worker_get_id (worker) ? ob_worker_take_sent_bytes (worker) : 0;

      if (sent_bytes > 0)
        workers->events->sent (ob_worker_get_id (worker), sent_bytes, workers->user_data);
    }
}

static void
tell_left (ObWorkers *workers)
{
  workers->n_left = 0;
  for (guint i = 0; i < workers->list->len; i++)
    {
      ObWorker *worker = workers->list->pdata[i];
      gboolean has_changed, is_left;

      if (!ob_worker_get_id (worker))
        continue;
      is_left = ob_worker_look_if_left (worker, &has_changed);
      workers->n_left += is_left;
      if (has_changed)
        workers->events->left (ob_worker_get_id (worker), is_left, workers->user_data);
    }
}

static gboolean
on_look (gpointer user_data)
{
  ObWorkers *workers = user_data;
  ObWorker *worker;

  while ((worker = find_stuck (workers, TRUE)))
    end_stuck_job (workers, worker);
  tell_sent (workers);
  tell_left (workers);
  if (is_any_busy (workers))
    return G_SOURCE_CONTINUE;
  workers->look = 0;

  return G_SOURCE_REMOVE;
}

ObWorkers *
ob_workers_new (const ObRunner *runner, const ObWorkersEvents *events, gpointer user_data)
{
  ObWorkers *workers = g_new0 (ObWorkers, 1);

  workers->runner = runner;
  workers->events = events;
  workers->user_data = user_data;
  workers->facts = ob_facts_new ();
  workers->parking = ob_parking_new ();
  workers->list = g_ptr_array_new ();
  workers->refused = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    add_worker (workers);

  return workers;
}

/* Returns: a worker without a job, or NULL. One that hangs while closing a connection does not count. */
static ObWorker *
find_free (ObWorkers *workers)
{
  ObWorker *found = NULL;
  ObWorker *stuck;

  while ((stuck = find_stuck (workers, FALSE)))
    replace (workers, stuck);
  for (guint i = 0; i < workers->list->len; i++)
    {
      ObWorker *worker = workers->list->pdata[i];

      if (!ob_worker_get_id (worker) && (!found || ob_worker_get_ended_us (worker) > ob_worker_get_ended_us (found)))
        found = worker;
    }

  return found;
}

static gboolean
on_refusal (gpointer user_data)
{
  ObWorkers *workers = user_data;
  g_autoptr (GPtrArray) refused = g_steal_pointer (&workers->refused);

  workers->refused = g_ptr_array_new_with_free_func (g_free);
  workers->refusal = 0;
  for (guint i = 0; i < refused->len; i++)
    {
      g_autoptr (ObAttemptResult) result = make_hung_result (FALSE);

      workers->events->ended (refused->pdata[i], result, workers->user_data);
    }

  return G_SOURCE_REMOVE;
}

/* Reports it in a later turn of the main loop. */
static void
refuse (ObWorkers *workers, ObJob *job)
{
  g_ptr_array_add (workers->refused, g_strdup (job->id));
  ob_job_free (job);
  if (workers->refusal == 0)
    workers->refusal = g_idle_add (on_refusal, workers);
}

void
ob_workers_start (ObWorkers *workers, ObJob *job, ObStop *stop)
{
  ObWorker *worker;

  fill_up (workers, job);
  worker = find_free (workers);
  if (!worker)
    {
      refuse (workers, job);
      return;
    }
  ob_worker_start (worker, job, stop);
  if (workers->look == 0)
    workers->look = g_timeout_add (LOOK_EVERY_MS, on_look, workers);
}

void
ob_workers_reset_parked (ObWorkers *workers)
{
  ob_parking_drop (workers->parking);
}

static gboolean
are_all_gone (ObWorkers *workers)
{
  for (guint i = 0; i < workers->list->len; i++)
    if (!ob_worker_is_gone (workers->list->pdata[i]))
      return FALSE;

  return TRUE;
}

static gboolean
on_time (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;

  return G_SOURCE_CONTINUE;
}

/* Also answers workers' questions meanwhile. */
static void
wait_for_all (ObWorkers *workers)
{
  gboolean is_time = FALSE;
  guint source = g_timeout_add (FREE_MS, on_time, &is_time);

  while (!is_time && !are_all_gone (workers))
    g_main_context_iteration (NULL, TRUE);
  (void) g_source_remove (source);
}

void
ob_workers_free (ObWorkers *workers)
{
  g_clear_handle_id (&workers->look, g_source_remove);
  g_clear_handle_id (&workers->refusal, g_source_remove);
  for (guint i = 0; i < workers->list->len; i++)
    ob_worker_finish (workers->list->pdata[i]);
  wait_for_all (workers);
  for (guint i = 0; i < workers->list->len; i++)
    if (ob_worker_free (workers->list->pdata[i]))
      g_warning ("A worker hangs and is left behind at the end");
  g_ptr_array_unref (workers->list);
  g_ptr_array_unref (workers->refused);
  ob_facts_unref (workers->facts);
  ob_parking_unref (workers->parking);
  g_free (workers);
}
