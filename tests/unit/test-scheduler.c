/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What runs now: order, limits, probes, who makes room for whom.
 */
#include "broker/scheduler.h"

/* What is said of a candidate: its number is its place in the table. */
#define CANDIDATE(name, where, ...)                             \
  {                                                             \
    .id = name, .destination = where, .app = "app", __VA_ARGS__ \
  }
#define RUNNING(name, where, ...)                 \
  {                                               \
    .id = name, .destination = where, __VA_ARGS__ \
  }

/* @expected: ids to start, in order, then for each attempt that makes room "-id>id". */
static void
assert_chosen (ObCandidate *candidates, guint n_candidates, const ObRunning *running, guint n_running,
               const char *expected)
{
  g_autoptr (ObChoice) choice = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n_candidates; i++)
    candidates[i].number = candidates[i].number > 0 ? candidates[i].number : i + 1;
  choice = ob_scheduler_choose (candidates, n_candidates, running, n_running);
  for (guint i = 0; i < choice->start->len; i++)
    g_string_append_printf (text, "%s ", ((const ObCandidate *) choice->start->pdata[i])->id);
  for (guint i = 0; i < choice->stop->len; i++)
    {
      const ObPreemption *preemption = &g_array_index (choice->stop, ObPreemption, i);

      g_string_append_printf (text, "-%s>%s ", preemption->id, preemption->for_id);
    }
  g_assert_cmpstr (g_strchomp (text->str), ==, expected);
}

static void
test_priority_then_arrival (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("late", "a", .number = 3),
    CANDIDATE ("early", "b", .number = 1),
    CANDIDATE ("urgent", "c", .priority = 5, .number = 9),
    CANDIDATE ("slow", "d", .priority = -5, .number = 2),
  };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "urgent early late slow");
}

static void
test_age_counts_as_priority (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("photo", "a"),
    CANDIDATE ("video", "b", .priority = -10, .age = 9),
    CANDIDATE ("old-video", "c", .priority = -10, .age = 11),
  };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "old-video photo video");
}

static void
test_two_for_each_destination_and_four_in_all (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("a1", "a"), CANDIDATE ("a2", "a"), CANDIDATE ("a3", "a"),
    CANDIDATE ("b1", "b"), CANDIDATE ("c1", "c"), CANDIDATE ("d1", "d"),
  };
  const ObRunning running[] = { RUNNING ("a0", "a"), RUNNING ("b0", "b") };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "a1 a2 b1 c1");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, 2, "a1 b1");
}

/* A server that runs a program over what it has got for minutes is no reason to send it nothing meanwhile. */
static void
test_what_is_left_to_a_server_takes_no_place (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("a1", "a"), CANDIDATE ("a2", "a"), CANDIDATE ("a3", "a"), CANDIDATE ("b1", "b", .priority = 9),
    CANDIDATE ("a0", "a"),
  };
  ObCandidate probe[] = { CANDIDATE ("p1", "a", .is_probe_only = TRUE), CANDIDATE ("p2", "a", .is_probe_only = TRUE) };
  ObRunning running[20];

  for (guint i = 0; i < G_N_ELEMENTS (running); i++)
    running[i] = (ObRunning) RUNNING (i == 0 ? "a0" : "x", "a", .is_left = TRUE, .priority = -5);
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, 2, "b1 a1 a2");
  assert_chosen (probe, G_N_ELEMENTS (probe), running, 2, "p1");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, OB_SCHEDULER_MAX_LEFT_PER_DESTINATION, "b1 a1 a2");
  /* Nor does it grow without an end, whatever servers do. */
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, OB_SCHEDULER_MAX_LEFT_PER_DESTINATION + 1, "b1 a1");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, OB_SCHEDULER_MAX_LEFT_PER_DESTINATION + 2, "b1");
  running[2].is_left = running[3].is_left = FALSE;
  running[2].priority = running[3].priority = 99;
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, 4, "b1");
}

static void
test_apps_take_turns (void)
{
  ObCandidate candidates[] = {
    { .id = "many-1", .destination = "a", .app = "many" }, { .id = "many-2", .destination = "a", .app = "many" },
    { .id = "many-3", .destination = "b", .app = "many" }, { .id = "few-1", .destination = "a", .app = "few" },
    { .id = "few-2", .destination = "b", .app = "few" },
  };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "many-1 few-1 many-3 few-2");
  /* Whose turn it is stands above the order of arrival, and below the priority. */
  for (guint i = 0; i < 3; i++)
    candidates[i].served = 7;
  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "few-1 many-1 few-2 many-3");
  candidates[1].priority = 1;
  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "many-2 few-1 many-3 few-2");
}

static void
test_a_probed_destination_gets_one (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("a1", "a", .is_probe_only = TRUE),
    CANDIDATE ("a2", "a", .is_probe_only = TRUE),
    CANDIDATE ("b1", "b"),
    CANDIDATE ("b2", "b"),
  };
  const ObRunning probe = RUNNING ("a0", "a");

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "a1 b1 b2");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), &probe, 1, "b1 b2");
}

static void
test_what_has_failed_least_probes (void)
{
  ObCandidate candidates[] = {
    { .id = "poisoned", .destination = "a", .app = "x", .priority = 9, .failures = 3, .is_probe_only = TRUE },
    { .id = "good", .destination = "a", .app = "y", .is_probe_only = TRUE },
    { .id = "good-too", .destination = "a", .app = "z", .is_probe_only = TRUE },
  };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "good");
  candidates[2].priority = 1;
  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "good-too");
}

static void
test_what_runs_is_not_chosen_again (void)
{
  ObCandidate candidates[] = { CANDIDATE ("a1", "a"), CANDIDATE ("a1", "a") };
  const ObRunning running = RUNNING ("a1", "a");

  assert_chosen (candidates, 2, NULL, 0, "a1");
  assert_chosen (candidates, 2, &running, 1, "");
  assert_chosen (NULL, 0, NULL, 0, "");
}

static void
test_one_asks_at_a_time (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("ask-1", "a", .is_asking = TRUE, .priority = 9),
    CANDIDATE ("ask-2", "a", .is_asking = TRUE, .priority = 9),
    CANDIDATE ("send", "a"),
  };
  const ObRunning asking = RUNNING ("ask-0", "a", .is_asking = TRUE);

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "ask-1 send");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), &asking, 1, "send");
}

/* Two videos and what else is there run; a form comes. Rows: what is different; what makes room. */
static void
test_a_higher_priority_takes_a_place (void)
{
  const struct
  {
    ObRunning running[4];
    guint n_running;
    ObCandidate candidate;
    const char *expected;
  } rows[] = {
    /* The lowest at the destination makes room, of equals the later one. */
    { { RUNNING ("v1", "a", .priority = -10, .number = 1), RUNNING ("v2", "a", .priority = -10, .number = 2) },
      2,
      CANDIDATE ("form", "a", .priority = 20),
      "-v2>form" },
    { { RUNNING ("v1", "a", .priority = -11, .number = 1), RUNNING ("v2", "a", .priority = -10, .number = 2) },
      2,
      CANDIDATE ("form", "a", .priority = 20),
      "-v1>form" },
    /* Nobody has to where a place is free. */
    { { RUNNING ("v1", "a", .priority = -10) }, 1, CANDIDATE ("form", "a", .priority = 20), "form" },
    { { RUNNING ("v1", "a", .priority = -10), RUNNING ("v2", "a", .priority = -10) },
      2,
      CANDIDATE ("form", "b", .priority = 20),
      "form" },
    /* Nobody at another destination where that is full which matters. */
    { { RUNNING ("p1", "a", .priority = 20), RUNNING ("p2", "a", .priority = 20), RUNNING ("v", "b", .priority = -10) },
      3,
      CANDIDATE ("form", "a", .priority = 20),
      "" },
    /* Where all places are taken, anybody. */
    { { RUNNING ("v1", "a", .priority = -10), RUNNING ("v2", "a", .priority = -10),
        RUNNING ("v3", "b", .priority = -12), RUNNING ("p", "b") },
      4,
      CANDIDATE ("form", "c", .priority = 20),
      "-v3>form" },
    /* Equals, and those that age made equal, wait. */
    { { RUNNING ("v1", "a", .priority = 5), RUNNING ("v2", "a", .priority = 5) },
      2,
      CANDIDATE ("photo", "a", .priority = 5),
      "" },
    { { RUNNING ("v1", "a", .priority = 5), RUNNING ("v2", "a", .priority = 5) },
      2,
      CANDIDATE ("old", "a", .priority = 0, .age = 100),
      "" },
    /* What asks the server is not stopped, and who makes room already is not asked again. */
    { { RUNNING ("v1", "a", .priority = -10, .is_asking = TRUE), RUNNING ("v2", "a") },
      2,
      CANDIDATE ("form", "a", .priority = 20),
      "-v2>form" },
    { { RUNNING ("v1", "a", .priority = -10, .is_stopping = TRUE), RUNNING ("v2", "a", .priority = -10) },
      2,
      CANDIDATE ("form", "a", .priority = 20, .is_promised = TRUE),
      "" },
    /* A question, or the try of a destination that has failed, is worth no stop. */
    { { RUNNING ("v1", "a", .priority = -10), RUNNING ("v2", "a", .priority = -10) },
      2,
      CANDIDATE ("form", "a", .priority = 20, .is_asking = TRUE),
      "" },
    { { RUNNING ("v1", "a", .priority = -10) }, 1, CANDIDATE ("form", "a", .priority = 20, .is_probe_only = TRUE), "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObCandidate candidate = rows[i].candidate;

      g_test_message ("row %u", i);
      assert_chosen (&candidate, 1, rows[i].running, rows[i].n_running, rows[i].expected);
    }
}

static void
test_each_stop_makes_one_place (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("form", "a", .priority = 20),
    CANDIDATE ("urgent", "a", .priority = 30),
    CANDIDATE ("third", "a", .priority = 10),
  };
  const ObRunning running[] = { RUNNING ("v1", "a", .priority = -10), RUNNING ("v2", "a", .priority = -9) };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, 2, "-v1>urgent -v2>form");
}

static void
test_the_place_that_was_made_is_for_whom_it_was_made (void)
{
  ObCandidate candidates[] = {
    CANDIDATE ("old", "a", .age = 50),
    CANDIDATE ("form", "a", .priority = 20, .is_promised = TRUE),
  };
  const ObRunning running = RUNNING ("v1", "a");

  assert_chosen (candidates, G_N_ELEMENTS (candidates), &running, 1, "form");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scheduler/priority-then-arrival", test_priority_then_arrival);
  g_test_add_func ("/scheduler/age-counts-as-priority", test_age_counts_as_priority);
  g_test_add_func ("/scheduler/two-for-each-destination-and-four-in-all",
                   test_two_for_each_destination_and_four_in_all);
  g_test_add_func ("/scheduler/what-is-left-to-a-server-takes-no-place", test_what_is_left_to_a_server_takes_no_place);
  g_test_add_func ("/scheduler/apps-take-turns", test_apps_take_turns);
  g_test_add_func ("/scheduler/a-probed-destination-gets-one", test_a_probed_destination_gets_one);
  g_test_add_func ("/scheduler/what-has-failed-least-probes", test_what_has_failed_least_probes);
  g_test_add_func ("/scheduler/what-runs-is-not-chosen-again", test_what_runs_is_not_chosen_again);
  g_test_add_func ("/scheduler/one-asks-at-a-time", test_one_asks_at_a_time);
  g_test_add_func ("/scheduler/a-higher-priority-takes-a-place", test_a_higher_priority_takes_a_place);
  g_test_add_func ("/scheduler/each-stop-makes-one-place", test_each_stop_makes_one_place);
  g_test_add_func ("/scheduler/the-place-that-was-made-is-for-whom-it-was-made",
                   test_the_place_that_was_made_is_for_whom_it_was_made);

  return g_test_run ();
}
