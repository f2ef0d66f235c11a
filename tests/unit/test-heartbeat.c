/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One timer for all who have to say that they are there.
 */
#include "ipc/rest/heartbeat.h"

#define MEMBERS 20

static void
count_beat (gpointer member)
{
  (*(guint *) member)++;
}

static guint
count_sources (void)
{
  guint n_sources = 0;

  /* Ids count up, and a test has few. */
  for (guint id = 1; id < 1000; id++)
    n_sources += g_main_context_find_source_by_id (NULL, id) != NULL;

  return n_sources;
}

/* Whatever the time at which each came, one turn of the main loop serves all; and with the last the timer goes. */
static void
test_one_wake_up_for_all (void)
{
  g_autoptr (ObHeartbeat) heartbeat = ob_heartbeat_new (1);
  guint n_beats[MEMBERS] = { 0 };

  for (guint i = 0; i < MEMBERS; i++)
    ob_heartbeat_add (heartbeat, count_beat, &n_beats[i]);
  g_assert_cmpuint (count_sources (), ==, 1);
  ob_heartbeat_remove (heartbeat, &n_beats[0]);
  while (n_beats[1] == 0)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (n_beats[0], ==, 0);
  for (guint i = 1; i < MEMBERS; i++)
    {
      g_assert_cmpuint (n_beats[i], ==, 1);
      ob_heartbeat_remove (heartbeat, &n_beats[i]);
    }
  g_assert_cmpuint (count_sources (), ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/heartbeat/one-wake-up-for-all", test_one_wake_up_for_all);

  return g_test_run ();
}
