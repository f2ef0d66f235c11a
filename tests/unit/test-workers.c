/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Workers whose attempts do not come back: whoever asked hears at once that they are over, others run in their place, and
 * what they say when they do come back is refused.
 */
#include "base/strays.h"
#include "broker/scheduler.h"
#include "broker/workers.h"
#include "support/wait.h"

#define MOST_S 30

/* How an attempt hangs until the test opens the gate, and what it does then. */
typedef enum
{
  HANG_DEAF,        /* whatever its stop says */
  HANG_OVERDUE,     /* in a call that should have come back */
  HANG_LATE_CREATE, /* overdue; then it asks whether it may go on */
  HANG_LATE_STORED,
  HANG_LATE_PROGRESS,
  HANG_NOT, /* it ends by itself */
} Hang;

typedef struct
{
  ObRunner runner; /* first, so that a worker finds the rest */
  GMutex lock;     /* of the next two */
  GCond changed;
  gboolean is_open;
  guint n_hanging;

  gint n_refused; /* atomic: questions that were answered with no */
  gint n_granted; /* atomic: and with yes */

  /* Heard on the main thread. */
  GHashTable *ended; /* id → code, or "cancelled" */
  guint n_heard;     /* of everything else */
} World;

static Hang
hang_of (const char *id)
{
  return (Hang) (*id - '0');
}

static void
come_back_late (Hang hang, World *world, const ObCheckpoints *checkpoints, gpointer user_data)
{
  gboolean go_on = FALSE;

  if (hang == HANG_LATE_PROGRESS)
    {
      checkpoints->progress (1, 1, NULL, user_data);
      return;
    }
  if (hang == HANG_LATE_CREATE)
    go_on = checkpoints->created ("http://127.0.0.1/late", user_data) == OB_CREATED_DURABLE;
  else if (hang == HANG_LATE_STORED)
    go_on = checkpoints->stored (user_data);
  else
    return;
  g_atomic_int_inc (go_on ? &world->n_granted : &world->n_refused);
}

static ObAttemptResult *
run (const ObRunner *runner, ObConnection *connection, ObJob *job, const ObCheckpoints *checkpoints, gpointer user_data,
     ObStop *stop)
{
  World *world = (World *) runner;
  Hang hang = hang_of (job->id);
  ObAttemptResult *result = ob_attempt_result_new ();

  if (hang != HANG_NOT)
    {
      if (hang != HANG_DEAF)
        ob_deadline_set (ob_connection_get_deadline (connection), 1);
      g_mutex_lock (&world->lock);
      world->n_hanging++;
      g_main_context_wakeup (NULL);
      while (!world->is_open)
        g_cond_wait (&world->changed, &world->lock);
      world->n_hanging--;
      g_mutex_unlock (&world->lock);
      come_back_late (hang, world, checkpoints, user_data);
    }
  result->is_done = TRUE;

  return result;
}

static void
on_created (const char *id, const char *server_url, gboolean is_kept, ObQuestion *question, gpointer user_data)
{
  ((World *) user_data)->n_heard++;
  ob_question_answer (question, TRUE);
}

static void
on_progress (const char *id, guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer user_data)
{
  ((World *) user_data)->n_heard++;
}

static void
on_begins (const char *id, const ObChecked *checked, ObQuestion *question, gpointer user_data)
{
  ob_question_answer (question, TRUE);
}

static void
on_sent (const char *id, guint64 sent_bytes, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
on_left (const char *id, gboolean is_left, gpointer user_data)
{
  g_assert_not_reached ();
}

static void
on_noted (const char *id, const char *event, const char *words, gpointer user_data)
{
  ((World *) user_data)->n_heard++;
}

static void
on_stored (const char *id, ObQuestion *question, gpointer user_data)
{
  ((World *) user_data)->n_heard++;
  ob_question_answer (question, TRUE);
}

static void
on_ended (const char *id, ObAttemptResult *result, gpointer user_data)
{
  World *world = user_data;

  g_assert_false (g_hash_table_contains (world->ended, id));
  g_hash_table_insert (world->ended, g_strdup (id),
                       g_strdup (result->is_done        ? "done"
                                 : result->is_cancelled ? "cancelled"
                                                        : result->code));
}

static void
on_credentials (const char *destination, const char *url, ObQuestion *question, gpointer user_data)
{
  ob_question_give (question, ob_credential_new ());
}

static const ObWorkersEvents events
    = { on_created, on_progress, on_begins, on_sent, on_left, on_stored, on_noted, on_ended, on_credentials };

static void
set_up (World *world, gconstpointer data)
{
  world->runner.run = run;
  g_mutex_init (&world->lock);
  g_cond_init (&world->changed);
  world->ended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static gboolean
are_all_back (gpointer world)
{
  return ob_strays_count () == 0;
}

static void
open_gate (World *world)
{
  g_mutex_lock (&world->lock);
  world->is_open = TRUE;
  g_cond_broadcast (&world->changed);
  g_mutex_unlock (&world->lock);
  test_wait_until (are_all_back, world, MOST_S);
}

static void
tear_down (World *world, gconstpointer data)
{
  g_mutex_clear (&world->lock);
  g_cond_clear (&world->changed);
  g_hash_table_unref (world->ended);
}

static void
start (ObWorkers *workers, const char *id, ObStop *stop)
{
  ObJob *job = g_new0 (ObJob, 1);

  job->id = g_strdup (id);
  ob_workers_start (workers, job, stop);
}

typedef struct
{
  World *world;
  const char *id;
} Wanted;

static gboolean
has_ended (gpointer data)
{
  const Wanted *wanted = data;

  return g_hash_table_contains (wanted->world->ended, wanted->id);
}

static const char *
wait_for_end (World *world, const char *id)
{
  Wanted wanted = { world, id };

  test_wait_until (has_ended, &wanted, MOST_S);

  return g_hash_table_lookup (world->ended, id);
}

static gboolean
is_one_hanging (gpointer data)
{
  World *world = data;
  gboolean is_one;

  g_mutex_lock (&world->lock);
  is_one = world->n_hanging > 0;
  g_mutex_unlock (&world->lock);

  return is_one;
}

/* Each row: how it hangs, whether and how it is stopped, and what its end says. */
static const struct
{
  const char *name;
  Hang hang;
  int stop; /* ObStopKind, or -1 */
  const char *end;
} rows[] = {
  { "deaf-paused", HANG_DEAF, OB_STOP_GENTLY, "cancelled" },
  { "deaf-stopped-at-once", HANG_DEAF, OB_STOP_NOW, "cancelled" },
  { "overdue", HANG_OVERDUE, -1, "hung" },
  { "overdue-paused", HANG_OVERDUE, OB_STOP_GENTLY, "cancelled" },
  { "overdue-stopped-at-once", HANG_OVERDUE, OB_STOP_NOW, "cancelled" },
  { "creates-late", HANG_LATE_CREATE, -1, "hung" },
  { "creates-late-stopped", HANG_LATE_CREATE, OB_STOP_NOW, "cancelled" },
  { "has-stored-late", HANG_LATE_STORED, -1, "hung" },
  { "has-stored-late-stopped", HANG_LATE_STORED, OB_STOP_NOW, "cancelled" },
  { "progresses-late", HANG_LATE_PROGRESS, -1, "hung" },
  { "progresses-late-stopped", HANG_LATE_PROGRESS, OB_STOP_NOW, "cancelled" },
};

static void
test_one_hangs (World *world, gconstpointer data)
{
  guint row = GPOINTER_TO_UINT (data);
  g_autoptr (ObWorkers) workers = ob_workers_new (&world->runner, &events, world);
  g_autoptr (ObStop) stop = ob_stop_new ();
  g_autofree char *id = g_strdup_printf ("%u stuck", rows[row].hang);
  gboolean is_late = rows[row].hang == HANG_LATE_CREATE || rows[row].hang == HANG_LATE_STORED;

  start (workers, id, stop);
  test_wait_until (is_one_hanging, world, MOST_S);
  if (rows[row].stop >= 0)
    ob_stop_ask (stop, (ObStopKind) rows[row].stop);
  g_assert_cmpstr (wait_for_end (world, id), ==, rows[row].end);
  g_assert_true (ob_stop_is_asked (stop));
  /* Another has its place. */
  for (guint i = 0; i < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    {
      g_autofree char *other = g_strdup_printf ("%u other %u", HANG_NOT, i);

      start (workers, other, NULL);
    }
  for (guint i = 0; i < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    {
      g_autofree char *other = g_strdup_printf ("%u other %u", HANG_NOT, i);

      g_assert_cmpstr (wait_for_end (world, other), ==, "done");
    }
  g_assert_cmpuint (ob_strays_count (), ==, 1);
  open_gate (world);
  g_assert_cmpint (g_atomic_int_get (&world->n_refused), ==, is_late ? 1 : 0);
  g_assert_cmpint (g_atomic_int_get (&world->n_granted), ==, 0);
  g_assert_cmpuint (world->n_heard, ==, 0);
}

static void
test_the_end_waits_for_none (World *world, gconstpointer data)
{
  ObWorkers *workers = ob_workers_new (&world->runner, &events, world);

  for (guint i = 0; i < OB_SCHEDULER_MAX_ATTEMPTS; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u stuck %u", HANG_DEAF, i);

      start (workers, id, NULL);
    }
  test_wait_until (is_one_hanging, world, MOST_S);
  ob_workers_free (workers);
  g_assert_cmpuint (ob_strays_count (), ==, OB_SCHEDULER_MAX_ATTEMPTS);
  g_assert_cmpuint (g_hash_table_size (world->ended), ==, 0);
  open_gate (world);
}

/* More than may be left behind. */
#define N_BATCHES (OB_WORKERS_MAX_STRAYS / OB_SCHEDULER_MAX_ATTEMPTS + 2)

/* However many hang, there is an end to it; and when they are back, all goes on. */
static void
test_many_hang (World *world, gconstpointer data)
{
  g_autoptr (ObWorkers) workers = ob_workers_new (&world->runner, &events, world);

  for (guint i = 0; i < N_BATCHES; i++)
    {
      for (guint j = 0; j < OB_SCHEDULER_MAX_ATTEMPTS; j++)
        {
          g_autofree char *id = g_strdup_printf ("%u stuck %u %u", HANG_OVERDUE, i, j);

          start (workers, id, NULL);
        }
      for (guint j = 0; j < OB_SCHEDULER_MAX_ATTEMPTS; j++)
        {
          g_autofree char *id = g_strdup_printf ("%u stuck %u %u", HANG_OVERDUE, i, j);

          g_assert_cmpstr (wait_for_end (world, id), ==, "hung");
        }
    }
  g_assert_cmpuint (ob_strays_count (), >=, OB_WORKERS_MAX_STRAYS);
  g_assert_cmpuint (ob_strays_count (), <, OB_WORKERS_MAX_STRAYS + OB_SCHEDULER_MAX_ATTEMPTS);
  open_gate (world);
  start (workers, "5 after", NULL);
  g_assert_cmpstr (wait_for_end (world, "5 after"), ==, "done");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Each thread that is left behind is warned of. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/workers/", rows[i].name, NULL);

      /* The deaf are waited for, some seconds each. */
      if ((rows[i].hang == HANG_DEAF) == g_test_slow ())
        g_test_add (path, World, GUINT_TO_POINTER (i), set_up, test_one_hangs, tear_down);
    }
  if (g_test_slow ())
    {
      g_test_add ("/workers/the-end-waits-for-none", World, NULL, set_up, test_the_end_waits_for_none, tear_down);
      g_test_add ("/workers/many-hang", World, NULL, set_up, test_many_hang, tear_down);
    }

  return g_test_run ();
}
