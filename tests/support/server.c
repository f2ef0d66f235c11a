/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake protocol. Each attempt has a queue of orders, which the test fills and the worker empties.
 */
#include "support/server.h"

#include "support/wait.h"
#include "transfer/http.h"

#define LOOK_EVERY_US 5000

struct _TestServer
{
  ObRunner runner;      /* first, so that a worker finds the rest */
  GMutex lock;          /* guards attempts, and the counts in them */
  GHashTable *attempts; /* id → Attempt; those that run */
  guint n_knocks;       /* main thread, as the next */
  gboolean takes_connections;
};

typedef enum
{
  ORDER_CREATED,
  ORDER_STORED,
  ORDER_PROGRESS,
  ORDER_END,
  ORDER_CANCEL,
} OrderKind;

typedef struct
{
  OrderKind kind;
  char *url;
  guint64 offset_bytes;
  ObAttemptResult *result;
} Order;

typedef struct
{
  const ObJob *job; /* the worker's, while the attempt runs */
  GAsyncQueue *orders;
  guint n_given; /* orders; main thread */
  guint n_done;  /* atomic */
} Attempt;

static void
attempt_clear (Attempt *attempt)
{
  Order *order;

  /* Given to an attempt that ended meanwhile. */
  while ((order = g_async_queue_try_pop (attempt->orders)))
    {
      g_clear_pointer (&order->result, ob_attempt_result_free);
      g_free (order->url);
      g_free (order);
    }
  g_async_queue_unref (attempt->orders);
}

static void
attempt_unref (gpointer attempt)
{
  g_atomic_rc_box_release_full (attempt, (GDestroyNotify) attempt_clear);
}

/* Returns: the result, where the order ends the attempt. */
static ObAttemptResult *
obey (Order *order, const ObCheckpoints *checkpoints, gpointer user_data, guint64 *offset_bytes)
{
  ObAttemptResult *result = order->result;
  gboolean go_on = TRUE;

  if (order->kind == ORDER_CREATED)
    go_on = checkpoints->created (order->url, user_data) == OB_CREATED_DURABLE;
  else if (order->kind == ORDER_STORED)
    go_on = checkpoints->stored (user_data);
  else if (order->kind == ORDER_PROGRESS)
    {
      checkpoints->progress (order->offset_bytes, order->offset_bytes - *offset_bytes, NULL, user_data);
      *offset_bytes = order->offset_bytes;
    }
  if (order->kind == ORDER_CANCEL || !go_on)
    {
      result = ob_attempt_result_new ();
      result->is_cancelled = TRUE;
    }
  g_free (order->url);
  g_free (order);

  return result;
}

/* Waits for an order, or to be stopped: gently is as good as at once, since no chunk is under way here. */
static Order *
take_order (Attempt *attempt, ObStop *stop)
{
  Order *order = NULL;

  while (!order && !ob_stop_is_asked (stop))
    order = g_async_queue_timeout_pop (attempt->orders, LOOK_EVERY_US);
  if (!order)
    {
      order = g_new0 (Order, 1);
      order->kind = ORDER_CANCEL;
    }

  return order;
}

static ObAttemptResult *
run (const ObRunner *runner, ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
     ObStop *stop)
{
  TestServer *server = (TestServer *) runner;
  Attempt *attempt = g_atomic_rc_box_new0 (Attempt);
  ObAttemptResult *result = NULL;
  guint64 offset_bytes = 0;

  attempt->job = job;
  attempt->orders = g_async_queue_new ();
  g_mutex_lock (&server->lock);
  g_hash_table_insert (server->attempts, g_strdup (job->id), g_atomic_rc_box_acquire (attempt));
  g_mutex_unlock (&server->lock);
  g_main_context_wakeup (NULL);
  while (!result)
    {
      result = obey (take_order (attempt, stop), checkpoints, user_data, &offset_bytes);
      if (result)
        result->has_moved = offset_bytes > 0;
      (void) g_atomic_int_add (&attempt->n_done, 1);
      g_main_context_wakeup (NULL);
    }
  g_mutex_lock (&server->lock);
  (void) g_hash_table_remove (server->attempts, job->id);
  g_mutex_unlock (&server->lock);
  attempt_unref (attempt);

  return result;
}

static void
knock (const ObRunner *runner, const char *url, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  TestServer *server = (TestServer *) runner;
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  server->n_knocks++;
  if (server->takes_connections)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "Nothing answers");
}

void
test_server_hear_knocks (TestServer *server, gboolean takes_connections)
{
  server->runner.knock = knock;
  server->takes_connections = takes_connections;
}

guint
test_server_count_knocks (TestServer *server)
{
  return server->n_knocks;
}

TestServer *
test_server_new (void)
{
  TestServer *server = g_new0 (TestServer, 1);

  server->runner.run = run;
  g_mutex_init (&server->lock);
  server->attempts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, attempt_unref);

  return server;
}

void
test_server_free (TestServer *server)
{
  g_assert_cmpuint (g_hash_table_size (server->attempts), ==, 0);
  g_hash_table_unref (server->attempts);
  g_mutex_clear (&server->lock);
  g_free (server);
}

const ObRunner *
test_server_get_runner (TestServer *server)
{
  return &server->runner;
}

/* Returns: (transfer full) (nullable): the attempt of an upload. */
static Attempt *
find (TestServer *server, const char *id)
{
  Attempt *attempt;

  g_mutex_lock (&server->lock);
  attempt = g_hash_table_lookup (server->attempts, id);
  if (attempt)
    g_atomic_rc_box_acquire (attempt);
  g_mutex_unlock (&server->lock);

  return attempt;
}

typedef struct
{
  TestServer *server;
  const char *id;
  Attempt *attempt;
} Wanted;

static gboolean
is_there (gpointer data)
{
  Wanted *wanted = data;

  wanted->attempt = find (wanted->server, wanted->id);

  return wanted->attempt != NULL;
}

static gboolean
are_orders_done (gpointer data)
{
  Attempt *attempt = data;

  return (guint) g_atomic_int_get (&attempt->n_done) >= attempt->n_given;
}

gboolean
test_server_has (TestServer *server, const char *id)
{
  Wanted wanted = { server, id, NULL };
  gboolean has = is_there (&wanted);

  if (has)
    attempt_unref (wanted.attempt);

  return has;
}

const ObJob *
test_server_wait_for (TestServer *server, const char *id)
{
  Wanted wanted = { server, id, NULL };
  const ObJob *job;

  test_wait_until (is_there, &wanted, 10);
  job = wanted.attempt->job;
  attempt_unref (wanted.attempt);

  return job;
}

typedef struct
{
  TestServer *server;
  const char *id;
  gboolean (*is_next) (const ObJob *job);
  const ObJob *job; /* NULL: it is not there yet */
} WantedNext;

/* Looks at the job under the lock: an attempt is not freed before it has left the table. */
static gboolean
is_next_there (gpointer user_data)
{
  WantedNext *wanted = user_data;
  const Attempt *attempt;

  g_mutex_lock (&wanted->server->lock);
  attempt = g_hash_table_lookup (wanted->server->attempts, wanted->id);
  if (attempt && wanted->is_next (attempt->job))
    wanted->job = attempt->job;
  g_mutex_unlock (&wanted->server->lock);

  return wanted->job != NULL;
}

const ObJob *
test_server_wait_for_next (TestServer *server, const char *id, gboolean (*is_next) (const ObJob *job))
{
  WantedNext wanted = { server, id, is_next, NULL };

  test_wait_until (is_next_there, &wanted, 10);

  return wanted.job;
}

static gboolean
is_termination (const ObJob *job)
{
  return job->is_termination;
}

const ObJob *
test_server_wait_for_termination (TestServer *server, const char *id)
{
  return test_server_wait_for_next (server, id, is_termination);
}

typedef struct
{
  TestServer *server;
  char *id; /* of the trial that was found; NULL: there is none yet */
} WantedTrial;

static gboolean
is_trial_there (gpointer user_data)
{
  WantedTrial *wanted = user_data;
  GHashTableIter iter;
  gpointer id, attempt;

  g_mutex_lock (&wanted->server->lock);
  g_hash_table_iter_init (&iter, wanted->server->attempts);
  while (!wanted->id && g_hash_table_iter_next (&iter, &id, &attempt))
    if (((const Attempt *) attempt)->job->is_trial)
      wanted->id = g_strdup (id);
  g_mutex_unlock (&wanted->server->lock);

  return wanted->id != NULL;
}

char *
test_server_wait_for_trial (TestServer *server)
{
  WantedTrial wanted = { server, NULL };

  test_wait_until (is_trial_there, &wanted, 10);

  return wanted.id;
}

static void
give (TestServer *server, const char *id, Order *order)
{
  Wanted wanted = { server, id, NULL };

  test_wait_until (is_there, &wanted, 10);
  wanted.attempt->n_given++;
  g_async_queue_push (wanted.attempt->orders, order);
  test_wait_until (are_orders_done, wanted.attempt, 10);
  attempt_unref (wanted.attempt);
}

void
test_server_report_created (TestServer *server, const char *id, const char *url)
{
  Order *order = g_new0 (Order, 1);

  order->kind = ORDER_CREATED;
  order->url = g_strdup (url);
  give (server, id, order);
}

void
test_server_report_stored (TestServer *server, const char *id)
{
  Order *order = g_new0 (Order, 1);

  order->kind = ORDER_STORED;
  give (server, id, order);
}

void
test_server_report_progress (TestServer *server, const char *id, guint64 offset_bytes)
{
  Order *order = g_new0 (Order, 1);

  order->kind = ORDER_PROGRESS;
  order->offset_bytes = offset_bytes;
  give (server, id, order);
}

static void
end (TestServer *server, const char *id, ObAttemptResult *result)
{
  Order *order = g_new0 (Order, 1);

  order->kind = ORDER_END;
  order->result = result;
  give (server, id, order);
}

void
test_server_finish (TestServer *server, const char *id)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->is_done = TRUE;
  result->receipt.confirmed_by = g_strdup ("test");
  result->receipt.rung = OUTBOX_RUNG_STORED;
  end (server, id, result);
}

void
test_server_end (TestServer *server, const char *id, ObVerdict verdict, OutboxReason reason, gint64 retry_after_ms)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->outcome = ob_outcome_new (verdict, reason);
  result->outcome.retry_after_ms = retry_after_ms;
  result->code = g_strdup ("test");
  result->message = g_strdup ("the test says so");
  end (server, id, result);
}

void
test_server_end_silently (TestServer *server, const char *id)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->outcome = ob_outcome_new (OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  result->outcome.is_silent = TRUE;
  result->code = g_strdup ("test");
  result->message = g_strdup ("nothing answers");
  end (server, id, result);
}

void
test_server_refuse (TestServer *server, const char *id, OutboxReason reason, const char *code)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  ob_result_set (result, OB_VERDICT_FAIL, reason, code, "the test says so");
  end (server, id, result);
}

void
test_server_end_kept (TestServer *server, const char *id, gint64 retry_after_ms)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->outcome = ob_outcome_new (OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
  result->outcome.retry_after_ms = retry_after_ms;
  result->is_waited_for = TRUE;
  result->code = g_strdup ("test");
  result->message = g_strdup ("not yet");
  end (server, id, result);
}

void
test_server_end_at_silent_url (TestServer *server, const char *id)
{
  ObAttemptResult *result = ob_attempt_result_new ();

  result->outcome = ob_outcome_new (OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  result->is_url_silent = TRUE;
  result->code = g_strdup ("test");
  result->message = g_strdup ("nothing answers there");
  end (server, id, result);
}
