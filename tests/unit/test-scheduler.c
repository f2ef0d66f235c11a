/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What runs now: order, limits, probes.
 */
#include "broker/scheduler.h"

static void
assert_chosen (const ObCandidate *candidates, guint n_candidates, const ObRunning *running, guint n_running,
               const char *expected)
{
  g_autoptr (GPtrArray) chosen = ob_scheduler_choose (candidates, n_candidates, running, n_running);
  g_autofree char *ids = NULL;

  g_ptr_array_add (chosen, NULL);
  ids = g_strjoinv (" ", (char **) chosen->pdata);
  g_assert_cmpstr (ids, ==, expected);
}

static void
test_priority_then_arrival (void)
{
  const ObCandidate candidates[] = {
    { "late", "a", 0, 3, FALSE }, { "early", "b", 0, 1, FALSE }, { "urgent", "c", 5, 9, FALSE },
    { "slow", "d", -5, 0, FALSE },
  };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "urgent early late slow");
}

static void
test_two_for_each_destination_and_four_in_all (void)
{
  const ObCandidate candidates[] = {
    { "a1", "a", 0, 1, FALSE }, { "a2", "a", 0, 2, FALSE }, { "a3", "a", 0, 3, FALSE },
    { "b1", "b", 0, 4, FALSE }, { "c1", "c", 0, 5, FALSE }, { "d1", "d", 0, 6, FALSE },
  };
  const ObRunning running[] = { { "a0", "a" }, { "b0", "b" } };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "a1 a2 b1 c1");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), running, 2, "a1 b1");
}

static void
test_a_probed_destination_gets_one (void)
{
  const ObCandidate candidates[] = {
    { "a1", "a", 0, 1, TRUE }, { "a2", "a", 0, 2, TRUE }, { "b1", "b", 0, 3, FALSE }, { "b2", "b", 0, 4, FALSE },
  };
  const ObRunning probe = { "a0", "a" };

  assert_chosen (candidates, G_N_ELEMENTS (candidates), NULL, 0, "a1 b1 b2");
  assert_chosen (candidates, G_N_ELEMENTS (candidates), &probe, 1, "b1 b2");
}

static void
test_what_runs_is_not_chosen_again (void)
{
  const ObCandidate candidates[] = { { "a1", "a", 0, 1, FALSE }, { "a1", "a", 0, 1, FALSE } };
  const ObRunning running = { "a1", "a" };

  assert_chosen (candidates, 2, NULL, 0, "a1");
  assert_chosen (candidates, 2, &running, 1, "");
  assert_chosen (NULL, 0, NULL, 0, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scheduler/priority-then-arrival", test_priority_then_arrival);
  g_test_add_func ("/scheduler/two-for-each-destination-and-four-in-all",
                   test_two_for_each_destination_and_four_in_all);
  g_test_add_func ("/scheduler/a-probed-destination-gets-one", test_a_probed_destination_gets_one);
  g_test_add_func ("/scheduler/what-runs-is-not-chosen-again", test_what_runs_is_not_chosen_again);

  return g_test_run ();
}
