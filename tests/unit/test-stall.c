/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a watch decides, second by second, without waiting for one.
 */
#include "transfer/stall.h"

#define ANSWER_MS 60000
#define SECOND_US G_GINT64_CONSTANT (1000000)

static const ObFlow on_its_way = { 1000, 500, 3, 0, FALSE, FALSE };
static const ObFlow all_acked = { 5000, 0, 0, 0, FALSE, FALSE };
static const ObFlow window_closed = { 1000, 500, 0, 1, FALSE, FALSE };
static const ObFlow window_closed_and_silent = { 1000, 500, 0, 2, FALSE, FALSE };

/* The same flow, looked at every second. Returns: the second of the first decision other than to wait. */
static gint
first_decision (ObStall *stall, const ObFlow *flow, ObStallDecision *decision)
{
  for (gint second = 0; second < 1000; second++)
    {
      *decision = ob_stall_judge (stall, flow, second * SECOND_US);
      if (*decision != OB_STALL_WAIT)
        return second;
    }
  g_assert_not_reached ();
}

static void
test_a_table_of_flows (void)
{
  const struct
  {
    const ObFlow *flow;
    gint second;
    ObStallDecision decision;
  } rows[] = {
    { NULL, 60, OB_STALL_SILENT },
    { &on_its_way, 3, OB_STALL_RACE },
    { &window_closed_and_silent, 3, OB_STALL_RACE },
    { &window_closed, 45, OB_STALL_LOST },
    { &all_acked, 60, OB_STALL_SLOW },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      ObStallDecision decision;
      ObStall stall;

      ob_stall_begin (&stall, ANSWER_MS, 0);
      g_test_message ("row %u", i);
      g_assert_cmpint (first_decision (&stall, rows[i].flow, &decision), ==, rows[i].second);
      g_assert_cmpint (decision, ==, rows[i].decision);
    }
}

static void
test_a_race_ends_after_thirty_seconds (void)
{
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  for (gint second = 0; second < 3; second++)
    g_assert_cmpint (ob_stall_judge (&stall, &on_its_way, second * SECOND_US), ==, OB_STALL_WAIT);
  for (gint second = 3; second < 33; second++)
    g_assert_cmpint (ob_stall_judge (&stall, &on_its_way, second * SECOND_US), ==, OB_STALL_RACE);
  g_assert_cmpint (ob_stall_judge (&stall, &on_its_way, 33 * SECOND_US), ==, OB_STALL_SILENT);
}

static void
test_a_byte_starts_it_anew (void)
{
  ObFlow flow = on_its_way;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  for (gint second = 0; second < 100; second += 2, flow.acked_bytes++)
    g_assert_cmpint (ob_stall_judge (&stall, &flow, second * SECOND_US), ==, OB_STALL_WAIT);
}

/* One byte a second is progress, and yet no way to take a file. */
static void
test_a_crawl_is_too_slow (void)
{
  const gint most = OB_STALL_CRAWL_MS / 1000;
  ObFlow flow = on_its_way;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  for (gint second = 1; second <= most; second++, flow.acked_bytes++)
    g_assert_cmpint (ob_stall_judge (&stall, &flow, second * SECOND_US), ==, OB_STALL_WAIT);
  g_assert_cmpint (ob_stall_judge (&stall, &flow, (most + 1) * SECOND_US), ==, OB_STALL_SLOW);
}

static void
test_a_slow_network_is_no_crawl (void)
{
  ObFlow flow = on_its_way;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  for (gint second = 0; second < 3600; second++, flow.acked_bytes += 100)
    g_assert_cmpint (ob_stall_judge (&stall, &flow, second * SECOND_US), ==, OB_STALL_WAIT);
}

/* What a rule slows down is on its way for a moment, and then there is nothing to send. */
static void
test_a_slow_rule_is_no_crawl (void)
{
  ObFlow flow = all_acked;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  for (gint second = 0; second < 3600; second++, flow.acked_bytes++, flow.unacked = second % 2 ? 1 : 0)
    g_assert_cmpint (ob_stall_judge (&stall, &flow, second * SECOND_US), ==, OB_STALL_WAIT);
}

static void
test_a_new_connection_gives_up_the_old_one (void)
{
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  (void) ob_stall_judge (&stall, &on_its_way, 0);
  g_assert_cmpint (ob_stall_judge (&stall, &on_its_way, 4 * SECOND_US), ==, OB_STALL_RACE);
  ob_stall_note_reached (&stall);
  g_assert_cmpint (ob_stall_judge (&stall, &on_its_way, 4 * SECOND_US), ==, OB_STALL_LOST);
}

/* A server that was stopped while its window was closed: its kernel answers probes for a minute yet. */
static void
test_a_peer_that_has_gone_reads_no_more (void)
{
  ObFlow flow = window_closed;
  ObStall stall;

  flow.is_ended = TRUE;
  ob_stall_begin (&stall, ANSWER_MS, 0);
  (void) ob_stall_judge (&stall, &flow, 0);
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 2 * SECOND_US), ==, OB_STALL_WAIT);
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 3 * SECOND_US), ==, OB_STALL_LOST);
  /* While it takes bytes it may still answer. */
  flow.acked_bytes++;
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 4 * SECOND_US), ==, OB_STALL_WAIT);
}

static void
test_an_old_connection_that_wakes_is_kept (void)
{
  ObFlow flow = on_its_way;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  (void) ob_stall_judge (&stall, &flow, 0);
  ob_stall_note_reached (&stall);
  flow.acked_bytes++;
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 4 * SECOND_US), ==, OB_STALL_WAIT);
  /* What was possible then need not be now. */
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 7 * SECOND_US), ==, OB_STALL_RACE);
}

static void
test_what_stands_still (void)
{
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  g_assert_false (ob_stall_is_still (&stall, NULL, OB_STALL_STILL_MS * 1000 - 1));
  g_assert_true (ob_stall_is_still (&stall, NULL, OB_STALL_STILL_MS * 1000));
  (void) ob_stall_judge (&stall, &on_its_way, SECOND_US);
  g_assert_false (ob_stall_is_still (&stall, &on_its_way, SECOND_US));
  g_assert_true (ob_stall_is_still (&stall, &on_its_way, 2 * SECOND_US));
  g_assert_true (ob_stall_is_still (&stall, &window_closed, 2 * SECOND_US));
  /* The answer may come at any moment. */
  g_assert_false (ob_stall_is_still (&stall, &all_acked, 2 * SECOND_US));
}

static void
test_an_orphan_is_in_doubt_at_once (void)
{
  ObFlow flow = all_acked;
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  (void) ob_stall_judge (&stall, &flow, 0);
  flow.is_orphan = TRUE;
  g_assert_cmpint (ob_stall_judge (&stall, &flow, SECOND_US), ==, OB_STALL_RACE);
  /* It may get its address back. */
  flow.is_orphan = FALSE;
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 2 * SECOND_US), ==, OB_STALL_WAIT);
  flow.is_orphan = TRUE;
  ob_stall_note_reached (&stall);
  g_assert_cmpint (ob_stall_judge (&stall, &flow, 3 * SECOND_US), ==, OB_STALL_LOST);
}

/* An answer that comes drop by drop is no progress: only what we send is. */
static void
test_an_answer_has_its_time_from_the_last_byte (void)
{
  ObStall stall;

  ob_stall_begin (&stall, ANSWER_MS, 0);
  (void) ob_stall_judge (&stall, &on_its_way, 0);
  g_assert_cmpint (ob_stall_judge (&stall, &all_acked, 2 * SECOND_US), ==, OB_STALL_WAIT);
  g_assert_cmpint (ob_stall_judge (&stall, &all_acked, 61 * SECOND_US), ==, OB_STALL_WAIT);
  g_assert_cmpint (ob_stall_judge (&stall, &all_acked, 62 * SECOND_US), ==, OB_STALL_SLOW);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/stall/a-table-of-flows", test_a_table_of_flows);
  g_test_add_func ("/stall/a-race-ends-after-thirty-seconds", test_a_race_ends_after_thirty_seconds);
  g_test_add_func ("/stall/a-byte-starts-it-anew", test_a_byte_starts_it_anew);
  g_test_add_func ("/stall/a-crawl-is-too-slow", test_a_crawl_is_too_slow);
  g_test_add_func ("/stall/a-slow-network-is-no-crawl", test_a_slow_network_is_no_crawl);
  g_test_add_func ("/stall/a-slow-rule-is-no-crawl", test_a_slow_rule_is_no_crawl);
  g_test_add_func ("/stall/a-new-connection-gives-up-the-old-one", test_a_new_connection_gives_up_the_old_one);
  g_test_add_func ("/stall/a-peer-that-has-gone-reads-no-more", test_a_peer_that_has_gone_reads_no_more);
  g_test_add_func ("/stall/an-old-connection-that-wakes-is-kept", test_an_old_connection_that_wakes_is_kept);
  g_test_add_func ("/stall/what-stands-still", test_what_stands_still);
  g_test_add_func ("/stall/an-orphan-is-in-doubt-at-once", test_an_orphan_is_in_doubt_at_once);
  g_test_add_func ("/stall/an-answer-has-its-time-from-the-last-byte", test_an_answer_has_its_time_from_the_last_byte);

  return g_test_run ();
}
