/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Stored edges, the public status, back-off and giving up.
 */
#include "policy/clock.h"
#include "policy/retry.h"
#include "policy/status.h"

static void
test_every_pair_of_stored_states (void)
{
  /* Row: from. Column: to. In the order saving, queued, uploading, confirming, failed, done. */
  const char *const allowed[OB_N_STORED] = { ".x....", "..x.x.", ".x.xx.", ".x..xx", ".x.x..", "....x." };

  for (guint from = 0; from < OB_N_STORED; from++)
    for (guint to = 0; to < OB_N_STORED; to++)
      g_assert_cmpint (ob_stored_can_become (from, to), ==, allowed[from][to] == 'x');
}

static void
test_a_stored_state_without_holds (void)
{
  for (guint stored = 0; stored < OB_N_STORED; stored++)
    {
      ObStatus status = ob_status (stored, OUTBOX_REASON_NONE, NULL, 0);

      g_assert_cmpstr (outbox_state_get_info (status.state)->name, ==, ob_stored_get_name (stored));
      g_assert_cmpuint (status.reasons, ==, 0);
      g_assert_cmpint (status.needs_user, ==, stored == OB_STORED_FAILED);
    }
}

/* Every stored state under every pair of reasons that can hold. */
static void
test_every_pair_of_holds (void)
{
  guint n_checked = 0;

  for (guint stored = 0; stored < OB_N_STORED; stored++)
    for (guint a = 1; a < OUTBOX_N_REASONS; a++)
      for (guint b = 1; b < OUTBOX_N_REASONS; b++)
        {
          const ObHold holds[] = { { OUTBOX_SCOPE_QUEUE, a, 1000, 0 }, { OUTBOX_SCOPE_UPLOAD, b, 2000, 0 } };
          gboolean is_pause = a == OUTBOX_REASON_USER || a == OUTBOX_REASON_QUEUE || b == OUTBOX_REASON_USER
                              || b == OUTBOX_REASON_QUEUE;
          gboolean only_retries = a == OUTBOX_REASON_RETRYING && b == OUTBOX_REASON_RETRYING;
          ObStatus status;

          if (!outbox_reason_get_info (a)->scopes || !outbox_reason_get_info (b)->scopes)
            continue;
          status = ob_status (stored, OUTBOX_REASON_NONE, holds, G_N_ELEMENTS (holds));
          /* A person who pauses sees that at once, whatever the attempt still does. */
          if (stored == OB_STORED_QUEUED || (stored == OB_STORED_UPLOADING && is_pause))
            {
              g_assert_cmpuint (status.state, ==, only_retries ? OUTBOX_STATE_RETRYING : OUTBOX_STATE_PAUSED);
              g_assert_cmpuint (status.reasons, ==, OUTBOX_REASON_BIT (a) | OUTBOX_REASON_BIT (b));
              g_assert_cmpuint (ob_status_get_first_reason (&status), ==, MIN (a, b));
              g_assert_cmpint (status.until_ms, ==, 2000);
            }
          else
            g_assert_cmpstr (outbox_state_get_info (status.state)->name, ==, ob_stored_get_name (stored));
          n_checked++;
        }
  g_test_message ("%u combinations", n_checked);
  g_assert_cmpuint (n_checked, ==, OB_N_STORED * 26 * 26);
}

static void
test_an_open_hold_has_no_end (void)
{
  const ObHold holds[] = { { OUTBOX_SCOPE_UPLOAD, OUTBOX_REASON_RETRYING, 5000, 0 },
                           { OUTBOX_SCOPE_LANE, OUTBOX_REASON_NO_NETWORK, 0, 0 } };

  g_assert_cmpint (ob_status (OB_STORED_QUEUED, OUTBOX_REASON_NONE, holds, 1).until_ms, ==, 5000);
  g_assert_cmpint (ob_status (OB_STORED_QUEUED, OUTBOX_REASON_NONE, holds, 2).until_ms, ==, 0);
}

static void
test_a_retry_of_the_confirmation_is_still_confirming (void)
{
  const ObHold hold = { OUTBOX_SCOPE_UPLOAD, OUTBOX_REASON_RETRYING, 5000, 0 };
  ObStatus status = ob_status (OB_STORED_CONFIRMING, OUTBOX_REASON_NOT_CONFIRMED_YET, &hold, 1);

  g_assert_cmpuint (status.state, ==, OUTBOX_STATE_CONFIRMING);
  g_assert_cmpuint (ob_status_get_first_reason (&status), ==, OUTBOX_REASON_NOT_CONFIRMED_YET);
  g_assert_cmpint (status.until_ms, ==, 5000);
}

static void
test_the_holds_of_a_row (void)
{
  g_autoptr (ObUpload) upload = ob_upload_new ();
  ObHold holds[4];

  g_assert_cmpuint (ob_upload_get_holds (upload, holds), ==, 0);
  upload->is_paused = TRUE;
  upload->retry_at_ms = 7;
  upload->not_before_ms = 9;
  g_assert_cmpuint (ob_upload_get_holds (upload, holds), ==, 3);
  for (guint i = 0; i < 3; i++)
    g_assert_true (outbox_reason_get_info (holds[i].reason)->scopes & OUTBOX_SCOPE_UPLOAD);
}

static void
test_back_off (void)
{
  const gint64 steps_s[] = { 15, 30, 60, 120, 240, 480, 900, 900 };

  for (guint failures = 1; failures <= G_N_ELEMENTS (steps_s); failures++)
    {
      gint64 middle_ms = steps_s[failures - 1] * 1000;

      g_assert_cmpint (ob_retry_delay_ms (failures, -1, 0.5), ==, middle_ms);
      g_assert_cmpint (ob_retry_delay_ms (failures, -1, 0.0), ==, middle_ms * 9 / 10);
      g_assert_cmpint (ob_retry_delay_ms (failures, -1, 1.0), ==, middle_ms * 11 / 10);
    }
  g_assert_cmpint (ob_retry_delay_ms (G_MAXUINT, -1, 0.5), ==, 900000);
}

/* Whatever a server says, and whatever the clock made of it. */
static void
test_retry_after_only_lengthens (void)
{
  const gint64 wishes_ms[] = { G_MININT64, -2000, -1, 0, 1, 2000, 15000, 3600000, G_MAXINT64 };

  for (guint failures = 0; failures < 12; failures++)
    for (guint i = 0; i < G_N_ELEMENTS (wishes_ms); i++)
      {
        gint64 own_ms = ob_retry_delay_ms (failures, -1, 0.5);
        gint64 delay_ms = ob_retry_delay_ms (failures, wishes_ms[i], 0.5);

        g_assert_cmpint (delay_ms, >=, own_ms);
        g_assert_cmpint (delay_ms, ==, MAX (own_ms, MIN (wishes_ms[i], OB_RETRY_AFTER_MAX_MS)));
      }
}

static void
test_giving_up (void)
{
  g_assert_false (ob_retry_must_give_up (1000, 1000 + OB_RETRY_GIVE_UP_MS - 1, 100, OB_RETRY_GIVE_UP_MS));
  g_assert_true (ob_retry_must_give_up (1000, 1000 + OB_RETRY_GIVE_UP_MS, 8, OB_RETRY_GIVE_UP_MS));
  g_assert_false (ob_retry_must_give_up (1000, 1000 + OB_RETRY_GIVE_UP_MS, 7, OB_RETRY_GIVE_UP_MS));
  g_assert_false (ob_retry_must_give_up (OB_RETRY_GIVE_UP_MS * 2, 1000, 100, OB_RETRY_GIVE_UP_MS));
}

/* --- The real clock --- */

static gboolean
count_ring (gpointer data)
{
  ++*(guint *) data;

  return G_SOURCE_REMOVE;
}

static gboolean
never (gpointer data)
{
  g_assert_not_reached ();
}

/* The one that is set last rings, once; what is past rings at once; what was taken away does not. */
static void
test_the_real_clock_rings (void)
{
  g_autoptr (ObClock) clock = ob_system_clock_new ();
  gint64 now_ms = ob_clock_get_now_ms (clock);
  guint n_rings = 0;

  g_assert_cmpint (ABS (now_ms - g_get_real_time () / 1000), <, 10000);
  ob_clock_set_alarm (clock, now_ms + 1, never, NULL);
  ob_clock_set_alarm (clock, 0, NULL, NULL);
  ob_clock_set_alarm (clock, G_MAXINT64, never, NULL);
  ob_clock_set_alarm (clock, now_ms + 30, count_ring, &n_rings);
  while (n_rings == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (ob_clock_get_now_ms (clock), >=, now_ms + 30);
  ob_clock_set_alarm (clock, 1, count_ring, &n_rings);
  while (n_rings == 1)
    g_main_context_iteration (NULL, TRUE);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (n_rings, ==, 2);
}

static void
test_what_counts_as_tried (void)
{
  const gint64 hour_ms = 3600 * 1000;
  const struct
  {
    gint64 between_ms;
    gint64 idle_ms;
  } rows[] = { { 0, 0 },
               { 15000, 0 },
               { hour_ms, 0 },
               { hour_ms + 1, 1 },
               { 8 * 24 * hour_ms, (8 * 24 - 1) * hour_ms },
               { -1, -1 },
               { -20000 * 24 * hour_ms, -20000 * 24 * hour_ms } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ob_retry_get_idle_ms (5000, 5000 + rows[i].between_ms), ==, rows[i].idle_ms);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/edges/every-pair-of-stored-states", test_every_pair_of_stored_states);
  g_test_add_func ("/status/a-stored-state-without-holds", test_a_stored_state_without_holds);
  g_test_add_func ("/status/every-pair-of-holds", test_every_pair_of_holds);
  g_test_add_func ("/status/an-open-hold-has-no-end", test_an_open_hold_has_no_end);
  g_test_add_func ("/status/a-retry-of-the-confirmation-is-still-confirming",
                   test_a_retry_of_the_confirmation_is_still_confirming);
  g_test_add_func ("/status/the-holds-of-a-row", test_the_holds_of_a_row);
  g_test_add_func ("/retry/back-off", test_back_off);
  g_test_add_func ("/retry/what-counts-as-tried", test_what_counts_as_tried);
  g_test_add_func ("/retry/retry-after-only-lengthens", test_retry_after_only_lengthens);
  g_test_add_func ("/retry/giving-up", test_giving_up);
  g_test_add_func ("/clock/the-real-one-rings", test_the_real_clock_rings);

  return g_test_run ();
}
