/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The worker threads. Owns them and the queue of jobs; the only place where both threads meet.
 */
#include "broker/workers.h"

#include "broker/scheduler.h"

#define KEEP_CONNECTIONS_US (30 * G_USEC_PER_SEC)

struct _ObWorkers
{
  const ObRunner *runner;
  const ObWorkersEvents *events;
  gpointer user_data;
  GThread *threads[OB_SCHEDULER_MAX_ATTEMPTS];
  GAsyncQueue *orders;   /* of Order */
  ObFacts *facts;        /* of servers, for all of them */
  GCancellable *closing; /* cancelled when the workers go */
  gint refs;             /* messages on their way to the main thread, and the owner */
  gint alive;            /* threads that have not ended */
};

typedef struct
{
  ObJob *job; /* NULL: the thread ends */
  ObStop *stop;
} Order;

struct _ObQuestion
{
  GMutex lock;
  GCond answered;
  gboolean is_answered;
  gboolean go_on;
  gint refs;
};

typedef enum
{
  MESSAGE_CREATED,
  MESSAGE_PROGRESS,
  MESSAGE_STORED,
  MESSAGE_ENDED,
} MessageKind;

typedef struct
{
  ObWorkers *workers;
  MessageKind kind;
  char *id;
  char *server_url;
  guint64 offset_bytes;
  guint64 sent_bytes;
  ObQuestion *question;
  ObAttemptResult *result;
} Message;

/* What an attempt's checkpoints know. */
typedef struct
{
  ObWorkers *workers;
  const char *id;
} Run;

static void
question_unref (ObQuestion *question)
{
  if (!g_atomic_int_dec_and_test (&question->refs))
    return;
  g_mutex_clear (&question->lock);
  g_cond_clear (&question->answered);
  g_free (question);
}

void
ob_question_answer (ObQuestion *question, gboolean go_on)
{
  g_mutex_lock (&question->lock);
  question->is_answered = TRUE;
  question->go_on = go_on;
  g_cond_signal (&question->answered);
  g_mutex_unlock (&question->lock);
  question_unref (question);
}

static void
workers_unref (ObWorkers *workers)
{
  if (g_atomic_int_dec_and_test (&workers->refs))
    g_free (workers);
}

static gboolean
on_message (gpointer data)
{
  Message *message = data;
  ObWorkers *workers = message->workers;
  gboolean is_closing = g_cancellable_is_cancelled (workers->closing);

  if (is_closing && message->question)
    ob_question_answer (message->question, FALSE);
  else if (is_closing)
    ; /* nobody listens any more */
  else if (message->kind == MESSAGE_CREATED)
    workers->events->created (message->id, message->server_url, message->question, workers->user_data);
  else if (message->kind == MESSAGE_STORED)
    workers->events->stored (message->id, message->question, workers->user_data);
  else if (message->kind == MESSAGE_PROGRESS)
    workers->events->progress (message->id, message->offset_bytes, message->sent_bytes, workers->user_data);
  else
    workers->events->ended (message->id, message->result, workers->user_data);

  return G_SOURCE_REMOVE;
}

static void
message_free (gpointer data)
{
  Message *message = data;

  g_free (message->id);
  g_free (message->server_url);
  g_clear_pointer (&message->result, ob_attempt_result_free);
  workers_unref (message->workers);
  g_free (message);
}

static Message *
message_new (Run *run, MessageKind kind)
{
  Message *message = g_new0 (Message, 1);

  g_atomic_int_inc (&run->workers->refs);
  message->workers = run->workers;
  message->kind = kind;
  message->id = g_strdup (run->id);

  return message;
}

static void
post (Message *message)
{
  g_idle_add_full (G_PRIORITY_DEFAULT, on_message, message, message_free);
}

/* Posts a message and waits for its answer. */
static gboolean
ask (Message *message)
{
  ObQuestion *question = g_new0 (ObQuestion, 1);
  gboolean go_on;

  g_mutex_init (&question->lock);
  g_cond_init (&question->answered);
  question->refs = 2;
  message->question = question;
  post (message);
  g_mutex_lock (&question->lock);
  while (!question->is_answered)
    g_cond_wait (&question->answered, &question->lock);
  go_on = question->go_on;
  g_mutex_unlock (&question->lock);
  question_unref (question);

  return go_on;
}

static gboolean
on_created (const char *server_url, gpointer data)
{
  Message *message = message_new (data, MESSAGE_CREATED);

  message->server_url = g_strdup (server_url);

  return ask (message);
}

static void
on_progress (guint64 offset_bytes, guint64 sent_bytes, gpointer data)
{
  Message *message = message_new (data, MESSAGE_PROGRESS);

  message->offset_bytes = offset_bytes;
  message->sent_bytes = sent_bytes;
  post (message);
}

static gboolean
on_stored (gpointer data)
{
  return ask (message_new (data, MESSAGE_STORED));
}

static void
run_order (ObWorkers *workers, ObConnection *connection, const Order *order)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_stored };
  Run run = { workers, order->job->id };
  Message *message;

  message = message_new (&run, MESSAGE_ENDED);
  message->result = workers->runner->run (workers->runner, connection, order->job, &checkpoints, &run, order->stop);
  post (message);
}

/* The next order. Connections that are kept for it are given up after a while: a server may need the place. A worker that
 * has kept none sleeps until there is one. */
static Order *
wait_for_order (ObWorkers *workers, ObConnection *connection, gboolean has_run)
{
  Order *order = has_run ? g_async_queue_timeout_pop (workers->orders, KEEP_CONNECTIONS_US) : NULL;

  if (order)
    return order;
  if (has_run)
    ob_connection_rest (connection);

  return g_async_queue_pop (workers->orders);
}

static gpointer
work (gpointer data)
{
  ObWorkers *workers = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (ObConnection) connection = NULL;
  gboolean is_over = FALSE, has_run = FALSE;

  /* What libsoup does between requests belongs to this thread. */
  g_main_context_push_thread_default (context);
  connection = ob_connection_new (workers->facts);
  while (!is_over)
    {
      Order *order = wait_for_order (workers, connection, has_run);

      is_over = !order->job;
      has_run = TRUE;
      if (order->job)
        run_order (workers, connection, order);
      g_clear_pointer (&order->job, ob_job_free);
      g_clear_object (&order->stop);
      g_free (order);
    }
  g_clear_pointer (&connection, ob_connection_free);
  g_main_context_pop_thread_default (context);
  g_atomic_int_add (&workers->alive, -1);
  g_main_context_wakeup (NULL);

  return NULL;
}

ObWorkers *
ob_workers_new (const ObRunner *runner, const ObWorkersEvents *events, gpointer user_data)
{
  ObWorkers *workers = g_new0 (ObWorkers, 1);

  workers->runner = runner;
  workers->events = events;
  workers->user_data = user_data;
  workers->orders = g_async_queue_new ();
  workers->facts = ob_facts_new ();
  workers->closing = g_cancellable_new ();
  workers->refs = 1;
  workers->alive = G_N_ELEMENTS (workers->threads);
  for (guint i = 0; i < G_N_ELEMENTS (workers->threads); i++)
    workers->threads[i] = g_thread_new ("worker", work, workers);

  return workers;
}

static void
give_order (ObWorkers *workers, ObJob *job, ObStop *stop)
{
  Order *order = g_new0 (Order, 1);

  order->job = job;
  order->stop = stop ? g_object_ref (stop) : NULL;
  g_async_queue_push (workers->orders, order);
}

void
ob_workers_start (ObWorkers *workers, ObJob *job, ObStop *stop)
{
  give_order (workers, job, stop);
}

/* The caller has cancelled its attempts. A worker may still wait for an answer, which on_message() now gives it. */
void
ob_workers_free (ObWorkers *workers)
{
  g_cancellable_cancel (workers->closing);
  for (guint i = 0; i < G_N_ELEMENTS (workers->threads); i++)
    give_order (workers, NULL, NULL);
  while (g_atomic_int_get (&workers->alive) > 0 || g_atomic_int_get (&workers->refs) > 1)
    g_main_context_iteration (NULL, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (workers->threads); i++)
    (void) g_thread_join (workers->threads[i]);
  g_async_queue_unref (workers->orders);
  ob_facts_unref (workers->facts);
  g_object_unref (workers->closing);
  workers_unref (workers);
}
