/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who waits gains by it: the rules of age, and a simulation in which more arrives than can be served.
 */
#include "broker/fairness.h"
#include "broker/scheduler.h"

#define N_STREAMS 12
#define N_ARRIVALS 3000
#define STEP_MS (G_GINT64_CONSTANT (60) * 1000)
/* Priorities differ by at most 20 points: so many hours each of the streams may wait for its turn, and in it come again
 * once, with the longest attempts before it. */
#define MOST_WAIT_MS (G_GINT64_CONSTANT (60) * 3600 * 1000)

typedef struct
{
  char id[16];
  guint stream;
  gint priority;
  gint64 number;
  gint64 arrived_at_ms;
  gint64 left_ms;    /* of its work */
  gint chosen_with;  /* its priority and age, where it runs */
  gint64 stop_at_ms; /* when it makes room; 0: it does not */
  gboolean is_running;
  gboolean is_promised;
} Work;

typedef struct
{
  GRand *rand;
  GPtrArray *works; /* of Work, unfinished, in order of arrival */
  ObFairness *fairness;
  ObStream streams[N_STREAMS];
  gint64 head_since_ms[N_STREAMS]; /* since when a stream has waited without being served */
  gint64 now_ms;
  gint64 longest_ms;
  guint n_arrived, n_stopped, n_finished;
} World;

static void
arrive (World *world, guint stream)
{
  Work *work = g_new0 (Work, 1);

  work->number = ++world->n_arrived;
  g_snprintf (work->id, sizeof work->id, "w%u", world->n_arrived);
  work->stream = stream;
  /* The priority of most uploads is their rule's. */
  work->priority = (gint) (stream % 3) * 10 - 10;
  work->arrived_at_ms = world->now_ms;
  work->left_ms = STEP_MS * g_rand_int_range (world->rand, 1, 5);
  g_ptr_array_add (world->works, work);
}

static ObCandidate
candidate_of (World *world, const Work *work)
{
  const ObStream *stream = &world->streams[work->stream];

  return (ObCandidate){ .id = work->id,
                        .destination = stream->lane.destination,
                        .app = stream->app,
                        .priority = work->priority,
                        .age = ob_fairness_get_age (world->fairness, stream),
                        .number = work->number,
                        .served = ob_fairness_get_served (world->fairness, stream->app),
                        .is_promised = work->is_promised };
}

/* The first two of each stream, and what runs. */
static void
gather (World *world, GArray *candidates, GArray *of, GArray *running)
{
  guint taken[N_STREAMS] = { 0 };

  for (guint i = 0; i < world->works->len; i++)
    {
      Work *work = world->works->pdata[i];

      if (work->is_running)
        {
          const ObRunning entry = { .id = work->id,
                                    .destination = world->streams[work->stream].lane.destination,
                                    .priority = work->chosen_with,
                                    .number = work->number,
                                    .is_stopping = work->stop_at_ms > 0 };

          g_array_append_val (running, entry);
        }
      else if (taken[work->stream]++ < OB_SCHEDULER_MAX_PER_DESTINATION)
        {
          const ObCandidate candidate = candidate_of (world, work);

          g_array_append_val (candidates, candidate);
          g_array_append_val (of, work);
        }
    }
}

static Work *
find_work (World *world, const char *id)
{
  for (guint i = 0; i < world->works->len; i++)
    if (g_str_equal (((Work *) world->works->pdata[i])->id, id))
      return world->works->pdata[i];

  return NULL;
}

static void
assert_limits (World *world)
{
  guint n_running = 0, busy[3] = { 0 };

  for (guint i = 0; i < world->works->len; i++)
    {
      const Work *work = world->works->pdata[i];

      if (!work->is_running)
        continue;
      n_running++;
      busy[world->streams[work->stream].lane.destination[0] - 'a']++;
    }
  g_assert_cmpuint (n_running, <=, OB_SCHEDULER_MAX_ATTEMPTS);
  for (guint i = 0; i < G_N_ELEMENTS (busy); i++)
    g_assert_cmpuint (busy[i], <=, OB_SCHEDULER_MAX_PER_DESTINATION);
}

static void
choose (World *world)
{
  g_autoptr (GArray) candidates = g_array_new (FALSE, FALSE, sizeof (ObCandidate));
  g_autoptr (GArray) of = g_array_new (FALSE, FALSE, sizeof (Work *));
  g_autoptr (GArray) running = g_array_new (FALSE, FALSE, sizeof (ObRunning));
  g_autoptr (ObChoice) choice = NULL;

  ob_fairness_begin (world->fairness, world->now_ms);
  gather (world, candidates, of, running);
  choice = ob_scheduler_choose ((const ObCandidate *) (void *) candidates->data, candidates->len,
                                (const ObRunning *) (void *) running->data, running->len);
  for (guint i = 0; i < choice->start->len; i++)
    {
      const ObCandidate *candidate = choice->start->pdata[i];
      Work *work = find_work (world, candidate->id);

      work->is_running = TRUE;
      work->is_promised = FALSE;
      work->chosen_with = candidate->priority + candidate->age;
      ob_fairness_note_served (world->fairness, &world->streams[work->stream]);
      world->head_since_ms[work->stream] = 0;
    }
  for (guint i = 0; i < of->len; i++)
    {
      const Work *work = g_array_index (of, Work *, i);
      gint64 *since_ms = &world->head_since_ms[work->stream];

      if (work->is_running)
        continue;
      ob_fairness_note_waiting (world->fairness, &world->streams[work->stream]);
      *since_ms = *since_ms > 0 ? *since_ms : world->now_ms;
      world->longest_ms = MAX (world->longest_ms, world->now_ms - *since_ms);
    }
  for (guint i = 0; i < choice->stop->len; i++)
    {
      const ObPreemption *preemption = &g_array_index (choice->stop, ObPreemption, i);
      Work *victim = find_work (world, preemption->id), *heir = find_work (world, preemption->for_id);

      g_assert_cmpint (victim->chosen_with, <, heir->priority);
      victim->stop_at_ms = world->now_ms + STEP_MS;
      heir->is_promised = TRUE;
      world->n_stopped++;
    }
  assert_limits (world);
}

static void
pass_step (World *world)
{
  world->now_ms += STEP_MS;
  for (guint i = 0; i < world->works->len;)
    {
      Work *work = world->works->pdata[i];

      if (work->is_running)
        work->left_ms -= STEP_MS;
      if (work->is_running && work->left_ms <= 0)
        {
          world->n_finished++;
          g_free (g_ptr_array_remove_index (world->works, i));
          continue;
        }
      if (work->is_running && work->stop_at_ms > 0 && work->stop_at_ms <= world->now_ms)
        {
          work->is_running = FALSE;
          work->stop_at_ms = 0;
        }
      i++;
    }
}

/* More arrives than can be served for as long as there are arrivals, most of it from one app and of high priority; then the
 * rest drains. */
static void
test_nothing_starves (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (g_test_rand_int () & 0xffff);
  const char *const destinations[] = { "a", "b", "c" }, *const apps[] = { "one", "two", "three", "four" };
  g_autoptr (GPtrArray) works = g_ptr_array_new ();
  g_autoptr (ObFairness) fairness = ob_fairness_new ();
  World world = { .rand = rand, .works = works, .fairness = fairness, .now_ms = 1 };

  for (guint i = 0; i < N_STREAMS; i++)
    world.streams[i]
        = (ObStream){ ob_lane_make (destinations[i % 2], destinations[i % 3], ""), g_intern_string (apps[i % 4]), 1 };
  while (world.n_arrived < N_ARRIVALS || world.works->len > 0)
    {
      for (guint i = 0; i < 3 && world.n_arrived < N_ARRIVALS; i++)
        arrive (&world, g_rand_boolean (rand) ? 2 : (guint) g_rand_int_range (rand, 0, N_STREAMS));
      choose (&world);
      g_assert_cmpint (world.longest_ms, <=, MOST_WAIT_MS);
      pass_step (&world);
    }
  g_test_message ("%u uploads in %d h, the longest wait of a stream %d h, %u made room", world.n_finished,
                  (int) (world.now_ms / OB_FAIRNESS_POINT_MS), (int) (world.longest_ms / OB_FAIRNESS_POINT_MS),
                  world.n_stopped);
  g_assert_cmpuint (world.n_finished, ==, N_ARRIVALS);
  /* Somebody has waited long enough to need the age; and nothing is stopped again and again. */
  g_assert_cmpint (world.longest_ms, >, OB_FAIRNESS_POINT_MS);
  g_assert_cmpuint (world.n_stopped, <, N_ARRIVALS);
}

static void
test_only_who_is_passed_over_ages (void)
{
  g_autoptr (ObFairness) fairness = ob_fairness_new ();
  const ObStream video = { ob_lane_make ("a", "video", ""), g_intern_string ("app"), 1 };
  const ObStream photo = { ob_lane_make ("a", "photo", ""), g_intern_string ("app"), 1 };
  gint64 now_ms = 1;

  ob_fairness_begin (fairness, now_ms);
  ob_fairness_note_served (fairness, &photo);
  ob_fairness_note_waiting (fairness, &video);
  ob_fairness_begin (fairness, now_ms += OB_FAIRNESS_POINT_MS);
  g_assert_cmpint (ob_fairness_get_age (fairness, &video), ==, 1);
  g_assert_cmpint (ob_fairness_get_age (fairness, &photo), ==, 0);
  /* Its lane is held for three days. */
  ob_fairness_begin (fairness, now_ms += 72 * OB_FAIRNESS_POINT_MS);
  g_assert_cmpint (ob_fairness_get_age (fairness, &video), ==, 1);
  /* The clock is set by a year. */
  ob_fairness_note_waiting (fairness, &video);
  ob_fairness_begin (fairness, now_ms += 8760 * OB_FAIRNESS_POINT_MS);
  g_assert_cmpint (ob_fairness_get_age (fairness, &video), ==, 2);
  ob_fairness_note_waiting (fairness, &video);
  ob_fairness_begin (fairness, now_ms - 8760 * OB_FAIRNESS_POINT_MS);
  g_assert_cmpint (ob_fairness_get_age (fairness, &video), ==, 2);
  ob_fairness_note_served (fairness, &video);
  g_assert_cmpint (ob_fairness_get_age (fairness, &video), ==, 0);
  g_assert_cmpuint (ob_fairness_get_served (fairness, "app"), ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fairness/only-who-is-passed-over-ages", test_only_who_is_passed_over_ages);
  g_test_add_func ("/fairness/nothing-starves", test_nothing_starves);

  return g_test_run ();
}
