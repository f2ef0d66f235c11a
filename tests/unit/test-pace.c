/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many bytes may leave, and when, without waiting for it.
 */
#include "transfer/pace.h"

#define SECOND_US G_GINT64_CONSTANT (1000000)
#define PIECE_BYTES (64 * 1024)

/* Takes as a body would. Returns: how many bytes have gone until @end_us. */
static guint64
run (ObPace *pace, gint64 *now_us, gint64 end_us)
{
  guint64 bytes = 0;

  while (*now_us < end_us)
    {
      gint64 delay_us;
      gsize taken = ob_pace_take (pace, PIECE_BYTES, *now_us, &delay_us);

      g_assert_cmpint (delay_us, >=, 0);
      g_assert_cmpuint (taken, >, 0);
      *now_us += delay_us;
      bytes += taken;
    }

  return bytes;
}

static void
test_a_table_of_rates (void)
{
  const guint64 rates[] = { 100, 1000, 20 * 1000, 500 * 1000, 3 * 1000 * 1000, 100 * 1000 * 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_autoptr (ObPace) pace = ob_pace_new (rates[i]);
      gint64 now_us = 0;
      guint64 bytes = run (pace, &now_us, 60 * SECOND_US);

      g_test_message ("%" G_GUINT64_FORMAT " bytes a second: %" G_GUINT64_FORMAT " in %" G_GINT64_FORMAT " us",
                      rates[i], bytes, now_us);
      /* A burst, and the piece that went last, come on top. */
      g_assert_cmpuint (bytes, <=, rates[i] * (guint64) now_us / SECOND_US + rates[i] / 4 + 1024);
      g_assert_cmpuint (bytes, >=, rates[i] * 60 * 99 / 100);
    }
}

static void
test_no_rate_is_no_wait (void)
{
  g_autoptr (ObPace) pace = ob_pace_new (0);
  gint64 delay_us = 1;

  for (guint i = 0; i < 1000; i++)
    {
      g_assert_cmpuint (ob_pace_take (pace, PIECE_BYTES, 0, &delay_us), ==, PIECE_BYTES);
      g_assert_cmpint (delay_us, ==, 0);
    }
}

/* Two that ask in turn wait behind each other. */
static void
test_two_have_the_rate_of_one (void)
{
  g_autoptr (ObPace) pace = ob_pace_new (1000 * 1000);
  gint64 due_us[2] = { 0, 0 };
  guint64 bytes[2] = { 0, 0 };

  while (MIN (due_us[0], due_us[1]) < 10 * SECOND_US)
    {
      guint next = due_us[1] < due_us[0];
      gint64 delay_us;

      bytes[next] += ob_pace_take (pace, PIECE_BYTES, due_us[next], &delay_us);
      due_us[next] += delay_us + 1;
    }
  g_assert_cmpuint (bytes[0] + bytes[1], <, 10500 * 1000);
  g_assert_cmpuint (MIN (bytes[0], bytes[1]), >, 4500 * 1000);
}

static void
test_a_pause_is_followed_by_no_burst (void)
{
  g_autoptr (ObPace) pace = ob_pace_new (1000 * 1000);
  gint64 now_us = 0;

  (void) run (pace, &now_us, SECOND_US);
  now_us += 3600 * SECOND_US;
  g_assert_cmpuint (run (pace, &now_us, now_us + SECOND_US), <, 1500 * 1000);
}

static void
test_a_rate_may_change_on_the_way (void)
{
  g_autoptr (ObPace) pace = ob_pace_new (1000);
  gint64 now_us = 0;

  (void) run (pace, &now_us, SECOND_US);
  ob_pace_set_rate (pace, 1000 * 1000);
  g_assert_cmpuint (ob_pace_get_rate (pace), ==, 1000 * 1000);
  g_assert_cmpuint (run (pace, &now_us, now_us + 2 * SECOND_US), >, 1000 * 1000);
  ob_pace_set_rate (pace, 1000);
  g_assert_cmpuint (run (pace, &now_us, now_us + 10 * SECOND_US), <, 20 * 1000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pace/a-table-of-rates", test_a_table_of_rates);
  g_test_add_func ("/pace/no-rate-is-no-wait", test_no_rate_is_no_wait);
  g_test_add_func ("/pace/two-have-the-rate-of-one", test_two_have_the_rate_of_one);
  g_test_add_func ("/pace/a-pause-is-followed-by-no-burst", test_a_pause_is_followed_by_no_burst);
  g_test_add_func ("/pace/a-rate-may-change-on-the-way", test_a_rate_may_change_on_the_way);

  return g_test_run ();
}
