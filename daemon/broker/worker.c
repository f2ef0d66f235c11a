/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker thread. It owns a reference to everything that it touches: if it hangs, it may come back after all others are
 * gone.
 */
#include "broker/worker.h"

#include "base/strays.h"
#include "broker/kept-receipt.h"
#include "broker/place.h"

#define KEEP_CONNECTIONS_US (30 * G_USEC_PER_SEC)
/* Closing kept connections needs no answer. */
#define REST_MS 5000
/* A cancelled attempt ends within 2 ms, unless the machine is busy. */
#define CANCELLED_US (2 * G_USEC_PER_SEC)

/* The thread's fate: whichever comes first. */
enum
{
  FATE_OPEN,
  FATE_ENDED,
  FATE_GIVEN_UP,
};

struct _ObWorker
{
  gint refs;              /* of the owner, the thread, and each message */
  const ObRunner *runner; /* borrowed for ever; the next two until the owner is gone */
  const ObWorkersEvents *events;
  gpointer user_data;
  ObFacts *facts; /* shared, as is the next */
  ObParking *parking;
  GAsyncQueue *orders;  /* of Order: at most one, and the one that ends the thread */
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

typedef struct
{
  ObJob *job; /* NULL: the thread ends */
  ObStop *stop;
} Order;

typedef enum
{
  MESSAGE_CREATED,
  MESSAGE_PROGRESS,
  MESSAGE_STORED,
  MESSAGE_NOTED,
  MESSAGE_ENDED,
  MESSAGE_CREDENTIALS,
} MessageKind;

typedef struct
{
  ObWorker *worker; /* a reference */
  MessageKind kind;
  char *id;
  char *name; /* of what it says: a place at the server, an event, a destination */
  char *words;
  char *url;
  guint64 offset_bytes;
  guint64 wire_bytes;
  ObQuestion *question;
  ObAttemptResult *result;
} Message;

/* The user data of the checkpoints. */
typedef struct
{
  ObWorker *worker;
  const ObJob *job;
  gboolean has_begun; /* the server has made an upload for it */
} Run;

static void
worker_unref (ObWorker *worker)
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

/* The job has ended, or counts as ended. */
static void
release (ObWorker *worker)
{
  g_clear_pointer (&worker->id, g_free);
  g_clear_object (&worker->stop);
  worker->cancelled_us = 0;
  worker->told_bytes = 0;
  worker->is_left = FALSE;
  worker->ended_us = g_get_monotonic_time ();
}

/* --- What it says --- */

static void
tell (ObWorker *worker, Message *message)
{
  const ObWorkersEvents *events = worker->events;

  switch (message->kind)
    {
    case MESSAGE_CREATED:
      events->created (message->id, message->name, message->question, worker->user_data);
      break;
    case MESSAGE_STORED:
      events->stored (message->id, message->question, worker->user_data);
      break;
    case MESSAGE_PROGRESS:
      events->progress (message->id, message->offset_bytes, message->wire_bytes, worker->user_data);
      break;
    case MESSAGE_NOTED:
      events->noted (message->id, message->name, message->words, worker->user_data);
      break;
    case MESSAGE_CREDENTIALS:
      events->credentials (message->name, message->url, message->question, worker->user_data);
      break;
    case MESSAGE_ENDED:
    default:
      release (worker);
      events->ended (message->id, message->result, worker->user_data);
      break;
    }
}

/* Messages of an attempt that was given up are dropped. */
static gboolean
on_message (gpointer data)
{
  Message *message = data;

  if (!message->worker->is_silent)
    tell (message->worker, message);
  else if (message->question)
    ob_question_answer (message->question, FALSE);

  return G_SOURCE_REMOVE;
}

static void
message_free (gpointer data)
{
  Message *message = data;

  g_free (message->id);
  g_free (message->name);
  g_free (message->words);
  g_free (message->url);
  g_clear_pointer (&message->result, ob_attempt_result_free);
  worker_unref (message->worker);
  g_free (message);
}

static Message *
message_new (Run *run, MessageKind kind, const char *name)
{
  Message *message = g_new0 (Message, 1);

  g_atomic_int_inc (&run->worker->refs);
  message->worker = run->worker;
  message->kind = kind;
  message->id = g_strdup (run->job->id);
  message->name = g_strdup (name);

  return message;
}

static void
post (Message *message)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, on_message, message, message_free);
}

/* Posts a message and waits for the answer, however long the disk takes. @gift: (nullable): see ob_question_wait() */
static int
ask (Run *run, Message *message, gpointer *gift)
{
  ObDeadline *deadline = run->worker->deadline;
  gboolean has_deadline = ob_deadline_is_set (deadline);
  ObQuestion *question = ob_question_new ();
  int answer;

  message->question = question;
  g_atomic_int_set (&run->worker->is_asking, TRUE);
  ob_deadline_clear (deadline);
  post (message);
  answer = ob_question_wait (question, gift);
  if (has_deadline)
    ob_deadline_set (deadline, OB_DEADLINE_OWN_MS);
  g_atomic_int_set (&run->worker->is_asking, FALSE);

  return answer;
}

/* Has the row say where the server has it. */
static ObCreated
tell_created (const char *resume, gpointer data)
{
  return ask (data, message_new (data, MESSAGE_CREATED, resume), NULL);
}

static ObCreated
on_created (const char *resume, gpointer data)
{
  Run *run = data;

  return ob_place_change (run->job, &run->has_begun, resume, tell_created, run);
}

static void
on_progress (guint64 offset_bytes, guint64 wire_bytes, gpointer data)
{
  Message *message = message_new (data, MESSAGE_PROGRESS, NULL);

  message->offset_bytes = offset_bytes;
  message->wire_bytes = wire_bytes;
  post (message);
}

static gboolean
on_stored (gpointer data)
{
  return ask (data, message_new (data, MESSAGE_STORED, NULL), NULL);
}

static void
on_noted (const char *event, const char *words, gpointer data)
{
  Message *message = message_new (data, MESSAGE_NOTED, event);

  message->words = g_strdup (words);
  post (message);
}

static ObCredential *
on_credentials (const ObJob *job, gpointer data)
{
  Message *message = message_new (data, MESSAGE_CREDENTIALS, job->destination);
  gpointer credential = NULL;

  message->url = g_strdup (job->url);
  (void) ask (data, message, &credential);

  return credential;
}

/* --- A worker's thread --- */

static void
run_order (ObWorker *worker, ObConnection *connection, const Order *order)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_stored, on_noted, on_credentials };
  Run run = { worker, order->job, FALSE };
  Message *message;

  ob_place_take_up (order->job, tell_created, &run);
  message = message_new (&run, MESSAGE_ENDED, NULL);
  message->result = ob_kept_receipt_answer (order->job);
  if (!message->result)
    message->result = worker->runner->run (worker->runner, connection, order->job, &checkpoints, &run, order->stop);
  ob_deadline_clear (worker->deadline);
  ob_place_look_elsewhere (order->job, run.has_begun, message->result, tell_created, &run);
  /* Whoever comes back after it was given up speaks of the past. */
  if (g_atomic_int_get (&worker->fate) == FATE_OPEN)
    ob_kept_receipt_note (order->job, message->result);
  ob_transit_end (worker->transit);
  post (message);
}

/* Waits for the next order. Kept connections are closed after a while, since a server may need the place; a worker
 * without any sleeps. */
static Order *
wait_for_order (ObWorker *worker, ObConnection *connection, gboolean has_run)
{
  Order *order = has_run ? g_async_queue_timeout_pop (worker->orders, KEEP_CONNECTIONS_US) : NULL;

  if (order)
    return order;
  if (has_run)
    {
      ob_deadline_set (worker->deadline, REST_MS);
      ob_connection_rest (connection);
      ob_deadline_clear (worker->deadline);
    }

  return g_async_queue_pop (worker->orders);
}

static void
work_until_told (ObWorker *worker)
{
  g_autoptr (ObConnection) connection
      = ob_connection_new (worker->facts, worker->parking, worker->deadline, worker->transit);
  gboolean is_over = FALSE, has_run = FALSE;

  while (!is_over)
    {
      Order *order = wait_for_order (worker, connection, has_run);

      is_over = !order->job;
      has_run = TRUE;
      if (order->job)
        run_order (worker, connection, order);
      g_clear_pointer (&order->job, ob_job_free);
      g_clear_object (&order->stop);
      g_free (order);
    }
}

static gpointer
work (gpointer data)
{
  ObWorker *worker = data;
  g_autoptr (GMainContext) context = g_main_context_new ();

  /* libsoup's work between requests belongs to this thread. */
  g_main_context_push_thread_default (context);
  work_until_told (worker);
  g_main_context_pop_thread_default (context);
  if (!g_atomic_int_compare_and_exchange (&worker->fate, FATE_OPEN, FATE_ENDED))
    ob_strays_remove ();
  worker_unref (worker);
  g_main_context_wakeup (NULL);

  return NULL;
}

static void
give_order (ObWorker *worker, ObJob *job, ObStop *stop)
{
  Order *order = g_new0 (Order, 1);

  order->job = job;
  order->stop = stop ? g_object_ref (stop) : NULL;
  g_async_queue_push (worker->orders, order);
}

ObWorker *
ob_worker_new (const ObRunner *runner, ObFacts *facts, ObParking *parking, const ObWorkersEvents *events,
               gpointer user_data)
{
  ObWorker *worker = g_new0 (ObWorker, 1);

  worker->refs = 2;
  worker->runner = runner;
  worker->events = events;
  worker->user_data = user_data;
  worker->facts = ob_facts_ref (facts);
  worker->parking = ob_parking_ref (parking);
  worker->orders = g_async_queue_new ();
  worker->deadline = ob_deadline_new ();
  worker->transit = ob_transit_new ();
  worker->thread = g_thread_new ("worker", work, worker);

  return worker;
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
  gboolean is_lost = FALSE;

  if (!worker->is_silent)
    ob_worker_finish (worker);
  if (worker->stop)
    ob_stop_ask (worker->stop, OB_STOP_NOW);
  release (worker);
  if (has_ended (worker))
    (void) g_thread_join (worker->thread);
  else
    {
      /* Count it as a stray before the thread can count itself as back. */
      ob_strays_add ();
      is_lost = g_atomic_int_compare_and_exchange (&worker->fate, FATE_OPEN, FATE_GIVEN_UP);
      if (!is_lost)
        ob_strays_remove ();
      g_thread_unref (worker->thread);
    }
  worker_unref (worker);

  return is_lost;
}
