/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker, as the main thread sees it. Its thread owns a reference to everything that it touches: if it hangs, it may come back after
 * all others are gone.
 */
#include "broker/worker-private.h"

#include "base/strays.h"

/* A cancelled attempt ends within 2 ms, unless the machine is busy. */
#define CANCELLED_US (2 * G_USEC_PER_SEC)

void
ob_worker_unref (ObWorker *worker)
{
  if (!g_atomic_int_dec_and_test (&worker->refs))
    return;
  ob_facts_unref (worker->facts);
  ob_parking_unref (worker->parking);
  g_async_queue_unref (worker->orders);
  ob_deadline_unref (worker->deadline);
  ob_transit_unref (worker->transit);
  g_free (worker);
}

void
ob_worker_release (ObWorker *worker)
{
  g_clear_pointer (&worker->id, g_free);
  g_clear_object (&worker->stop);
  worker->cancelled_us = 0;
  worker->told_bytes = 0;
  worker->is_left = FALSE;
  worker->ended_us = g_get_monotonic_time ();
}

static void
give_order (ObWorker *worker, ObJob *job, ObStop *stop)
{
  ObOrder *order = g_new0 (ObOrder, 1);

  order->job = job;
  order->stop = stop ? g_object_ref (stop) : NULL;
  g_async_queue_push (worker->orders, order);
}

void
ob_worker_start (ObWorker *worker, ObJob *job, ObStop *stop)
{
  worker->id = g_strdup (job->id);
  worker->stop = stop ? g_object_ref (stop) : NULL;
  worker->is_trying = job->is_trial;
  give_order (worker, job, stop);
}

const char *
ob_worker_get_id (ObWorker *worker)
{
  return worker->id;
}

gboolean
ob_worker_is_trying (ObWorker *worker)
{
  return worker->id && worker->is_trying;
}

gint64
ob_worker_get_ended_us (ObWorker *worker)
{
  return worker->ended_us;
}

guint64
ob_worker_take_sent_bytes (ObWorker *worker)
{
  guint64 sent_bytes = ob_transit_get_sent_bytes (worker->transit);

  if (sent_bytes == worker->told_bytes)
    return 0;
  worker->told_bytes = sent_bytes;

  return sent_bytes;
}

gboolean
ob_worker_look_if_left (ObWorker *worker, gboolean *has_changed)
{
  gboolean is_left = ob_transit_is_left (worker->transit, g_get_monotonic_time ());

  *has_changed = is_left != worker->is_left;
  worker->is_left = is_left;

  return is_left;
}

gboolean
ob_worker_is_stopped (ObWorker *worker)
{
  return ob_stop_is_asked (worker->stop);
}

/* A worker that waits for the main thread is not stuck. */
gboolean
ob_worker_is_stuck (ObWorker *worker)
{
  gint64 now_us = g_get_monotonic_time ();

  if (g_atomic_int_get (&worker->is_asking))
    {
      worker->cancelled_us = 0;
      return FALSE;
    }
  if (worker->cancelled_us == 0 && worker->stop && g_cancellable_is_cancelled (G_CANCELLABLE (worker->stop)))
    worker->cancelled_us = now_us;

  return ob_deadline_is_past (worker->deadline)
         || (worker->cancelled_us > 0 && now_us - worker->cancelled_us > CANCELLED_US);
}

static gboolean
has_ended (ObWorker *worker)
{
  return g_atomic_int_get (&worker->fate) == FATE_ENDED;
}

void
ob_worker_finish (ObWorker *worker)
{
  worker->is_silent = TRUE;
  give_order (worker, NULL, NULL);
}

gboolean
ob_worker_is_gone (ObWorker *worker)
{
  return has_ended (worker) && g_atomic_int_get (&worker->refs) == 1;
}

gboolean
ob_worker_free (ObWorker *worker)
{
  gboolean is_lost;

  if (!worker->is_silent)
    ob_worker_finish (worker);
  if (worker->stop)
    ob_stop_ask (worker->stop, OB_STOP_NOW);
  ob_worker_release (worker);
  /* Count it as a stray before the thread can count itself as back. */
  ob_strays_add ();
  is_lost = g_atomic_int_compare_and_exchange (&worker->fate, FATE_OPEN, FATE_GIVEN_UP);
  if (is_lost)
    g_thread_unref (worker->thread);
  else
    {
      ob_strays_remove ();
      (void) g_thread_join (worker->thread);
    }
  ob_worker_unref (worker);

  return is_lost;
}
