/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How often pages may ask to be let in.
 */
#include "ipc/rest/rate.h"

#define SECOND 1000

static void
test_an_origin_has_its_share (void)
{
  g_autoptr (ObRate) rate = ob_rate_new ();

  for (guint i = 0; i < OB_RATE_OF_ORIGIN; i++)
    g_assert_cmpint (ob_rate_take (rate, "https://a.example", i * SECOND), ==, 0);
  /* It waits for the first to be a minute old; asking meanwhile does not make that longer. */
  g_assert_cmpint (ob_rate_take (rate, "https://a.example", 20 * SECOND), ==, 40 * SECOND);
  g_assert_cmpint (ob_rate_take (rate, "https://a.example", 59 * SECOND), ==, 1 * SECOND);
  g_assert_cmpint (ob_rate_take (rate, "https://b.example", 59 * SECOND), ==, 0);
  g_assert_cmpint (ob_rate_take (rate, "https://a.example", 60 * SECOND), ==, 0);
  g_assert_cmpint (ob_rate_take (rate, "https://a.example", 60 * SECOND), ==, 1 * SECOND);
}

/* A domain has as many names as it likes. */
static void
test_all_have_a_share (void)
{
  g_autoptr (ObRate) rate = ob_rate_new ();

  for (guint round = 0; round < 3; round++)
    {
      const gint64 now_ms = round * OB_RATE_WINDOW_MS;

      for (guint i = 0; i < OB_RATE_IN_ALL; i++)
        {
          g_autofree char *origin = g_strdup_printf ("https://%u.example", i);

          g_assert_cmpint (ob_rate_take (rate, origin, now_ms), ==, 0);
        }
      g_assert_cmpint (ob_rate_take (rate, "https://another.example", now_ms + SECOND), ==, 59 * SECOND);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rate/an-origin-has-its-share", test_an_origin_has_its_share);
  g_test_add_func ("/rate/all-have-a-share", test_all_have_a_share);

  return g_test_run ();
}
