/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every state under every hold, told of each upload and counted in the summary alike.
 */
#include "support/rig.h"

/* What a person is told first, by hand: the order of the conditions is the order of the reasons. */
static const char *
expect (ObStored stored, guint own, guint destination, gboolean is_queue_paused, gboolean has_network)
{
  const char *const names[] = { "saving", NULL, "uploading", "confirming", "failed", "done" };

  if (stored == OB_STORED_UPLOADING && (is_queue_paused || own == 1 || destination == 1))
    return "paused";
  if (names[stored])
    return names[stored];
  if (is_queue_paused || own == 1 || own == 3 || (destination > 0 && destination != 4) || !has_network)
    return "paused";

  return own == 2 || destination == 4 ? "retrying" : "queued";
}

static void
set_conditions (TestRig *rig, guint destination, gboolean is_queue_paused, gboolean has_network)
{
  const char *const sqls[] = { "is_paused = 0, reason = NULL, retry_at = 0",
                               "is_paused = 1, reason = NULL, retry_at = 0",
                               "is_paused = 0, reason = 'sign-in', retry_at = 0",
                               "is_paused = 0, reason = 'destination-full', retry_at = 0",
                               "is_paused = 0, reason = NULL, retry_at = 9000000000000",
                               "name = 'gone'" };
  g_autofree char *sql
      = g_strdup_printf ("UPDATE destinations SET name = 'depot' WHERE name = 'gone';"
                         "UPDATE destinations SET %s WHERE name = 'depot';"
                         "DELETE FROM meta WHERE name = 'paused'; INSERT INTO meta VALUES ('paused', %d)",
                         sqls[destination], is_queue_paused);

  test_rig_run (rig, sql);
  test_conditions_set_available (rig->conditions, has_network);
  /* The rows were changed behind its back. */
  ob_queue_load_again (rig->broker->members->queue);
}

/* Every stored state × own hold × destination × queue × network → one public state, the same for each upload and in the
 * summary. */
static void
test_every_state_under_every_hold (TestRig *rig, gconstpointer data)
{
  const char *const holds[] = { "0, 0, 0", "1, 0, 0", "0, 9000000000000, 0", "0, 0, 9000000000000" };
  guint n_checked = 0;

  rig->broker->is_started = FALSE; /* it only tells */
  for (guint stored = 0; stored < OB_N_STORED; stored++)
    for (guint own = 0; own < G_N_ELEMENTS (holds); own++)
      {
        g_autofree char *sql = g_strdup_printf (
            "INSERT INTO uploads (id, app, name, media_type, destination, state, reason, created_at, size, is_paused,"
            " retry_at, not_before) VALUES ('%u-%u', 'test', 'n', 'm', 'depot', %u, %s, 5, 100, %s)",
            stored, own, stored, stored == OB_STORED_FAILED ? "'rejected'" : "NULL", holds[own]);

        test_rig_run (rig, sql);
      }
  for (guint setting = 0; setting < 6 * 2 * 2; setting++)
    {
      guint destination = setting / 4;
      gboolean is_queue_paused = setting & 1, has_network = !(setting & 2);
      guint64 expected[OUTBOX_N_STATES] = { 0 }, uploads[OUTBOX_N_STATES], bytes[OUTBOX_N_STATES];

      set_conditions (rig, destination, is_queue_paused, has_network);
      for (guint stored = 0; stored < OB_N_STORED; stored++)
        for (guint own = 0; own < G_N_ELEMENTS (holds); own++)
          {
            g_autofree char *id = g_strdup_printf ("%u-%u", stored, own);
            g_autofree char *status = test_rig_describe (rig, id);
            const char *name = expect (stored, own, destination, is_queue_paused, has_network);
            OutboxState state;

            if (destination == 5 && stored == OB_STORED_QUEUED)
              g_assert_nonnull (strstr (status, "no-destination"));
            *strchrnul (status, ' ') = '\0';
            g_assert_cmpstr (status, ==, name);
            g_assert_true (outbox_state_from_name (name, &state));
            expected[state]++;
            n_checked++;
          }
      g_assert_true (ob_broker_summarise (rig->broker, uploads, bytes, NULL));
      for (guint i = 0; i < OUTBOX_N_STATES; i++)
        {
          g_assert_cmpuint (uploads[i], ==, expected[i]);
          g_assert_cmpuint (bytes[i], ==, expected[i] * 100);
        }
    }
  g_test_message ("%u combinations", n_checked);
  g_assert_cmpuint (n_checked, ==, OB_N_STORED * 4 * 6 * 2 * 2);
  rig->broker->is_started = TRUE;
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/status/every-state-under-every-hold", TestRig, NULL, test_rig_set_up, test_every_state_under_every_hold,
              test_rig_tear_down);

  return g_test_run ();
}
