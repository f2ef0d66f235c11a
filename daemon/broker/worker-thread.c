/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A worker's thread, its jobs, and what these say on the way: each report is a message, told on the main thread.
 */
#include "broker/worker-private.h"

#include "base/strays.h"
#include "broker/kept-receipt.h"
#include "broker/place.h"

#define KEEP_CONNECTIONS_US (30 * G_USEC_PER_SEC)
/* Closing kept connections needs no answer. */
#define REST_MS 5000

typedef enum
{
  MESSAGE_CREATED,
  MESSAGE_PROGRESS,
  MESSAGE_BEGINS,
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
  gboolean is_kept; /* the place, beside the copy */
  guint64 offset_bytes;
  guint64 wire_bytes;
  ObChecked checked;
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
tell (ObWorker *worker, Message *message)
{
  const ObWorkersEvents *events = worker->events;

  switch (message->kind)
    {
    case MESSAGE_CREATED:
      events->created (message->id, message->name, message->is_kept, message->question, worker->user_data);
      break;
    case MESSAGE_STORED:
      events->stored (message->id, message->question, worker->user_data);
      break;
    case MESSAGE_PROGRESS:
      events->progress (message->id, message->offset_bytes, message->wire_bytes, &message->checked, worker->user_data);
      break;
    case MESSAGE_BEGINS:
      events->begins (message->id, &message->checked, message->question, worker->user_data);
      break;
    case MESSAGE_NOTED:
      events->noted (message->id, message->name, message->words, worker->user_data);
      break;
    case MESSAGE_CREDENTIALS:
      events->credentials (message->name, message->url, message->question, worker->user_data);
      break;
    case MESSAGE_ENDED:
    default:
      ob_worker_release (worker);
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
  ob_worker_unref (message->worker);
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
tell_created (const char *resume, gboolean is_kept, gpointer data)
{
  Message *message = message_new (data, MESSAGE_CREATED, resume);

  message->is_kept = is_kept;

  return ask (data, message, NULL);
}

static ObCreated
on_created (const char *resume, gpointer data)
{
  Run *run = data;

  return ob_place_change (run->job, &run->has_begun, resume, tell_created, run);
}

static void
on_progress (guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer data)
{
  Message *message = message_new (data, MESSAGE_PROGRESS, NULL);

  message->offset_bytes = offset_bytes;
  message->wire_bytes = wire_bytes;
  if (checked)
    message->checked = *checked;
  post (message);
}

static gboolean
on_begins (const ObChecked *checked, gpointer data)
{
  Message *message = message_new (data, MESSAGE_BEGINS, NULL);

  message->checked = *checked;

  return ask (data, message, NULL);
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

static void
run (ObWorker *worker, ObConnection *connection, ObJob *job, ObStop *stop)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_begins, on_stored, on_noted, on_credentials };
  Run run = { worker, job, FALSE };
  Message *message;

  ob_place_take_up (job, tell_created, &run);
  message = message_new (&run, MESSAGE_ENDED, NULL);
  message->result = ob_kept_receipt_answer (job);
  if (!message->result)
    message->result = worker->runner->run (worker->runner, connection, job, &checkpoints, &run, stop);
  ob_deadline_clear (worker->deadline);
  ob_place_look_elsewhere (job, run.has_begun, message->result, tell_created, &run);
  /* Whoever comes back after it was given up speaks of the past. */
  if (g_atomic_int_get (&worker->fate) == FATE_OPEN)
    ob_kept_receipt_note (job, message->result);
  ob_transit_end (worker->transit);
  post (message);
}

/* Waits for the next order. Kept connections are closed after a while, since a server may need the place; a worker
 * without any sleeps. */
static ObOrder *
wait_for_order (ObWorker *worker, ObConnection *connection, gboolean has_run)
{
  ObOrder *order = has_run ? g_async_queue_timeout_pop (worker->orders, KEEP_CONNECTIONS_US) : NULL;

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
      ObOrder *order = wait_for_order (worker, connection, has_run);

      is_over = !order->job;
      has_run = TRUE;
      if (order->job)
        run (worker, connection, order->job, order->stop);
      g_clear_pointer (&order->job, ob_job_free);
      g_clear_object (&order->stop);
      g_free (order);
    }
}

static gpointer
work (gpointer data)
{
  ObWorker *worker = data;
  GMainContext *context = g_main_context_new ();
  gboolean is_stray;

  /* libsoup's work between requests belongs to this thread. */
  g_main_context_push_thread_default (context);
  work_until_told (worker);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  is_stray = !g_atomic_int_compare_and_exchange (&worker->fate, FATE_OPEN, FATE_ENDED);
  ob_worker_unref (worker);
  /* The process may end as soon as no stray is left. */
  if (is_stray)
    ob_strays_remove ();
  g_main_context_wakeup (NULL);

  return NULL;
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
