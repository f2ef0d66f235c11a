/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "death.h"

#define LARGE_BYTES (9 * 1024 * 1024 + 11)
#define SEED 7

/* What a killed attempt had in flight may be sent again; what the server has, it keeps. */
#define MOST_TWICE_BYTES (1024 * 1024)

static const gsize sizes[] = { 20000, LARGE_BYTES, 0, 70000 };

TestHandover *
death_handover_new (TestBroker *broker)
{
  TestHandover *handover = test_handover_new (broker);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    (void) test_handover_add (handover, sizes[i], SEED);

  return handover;
}

void
death_finish (TestHandover *handover, const char *what)
{
  gint64 twice_bytes;

  test_handover_insist (handover);
  test_broker_wait_for_all (handover->broker, "done", 60);
  twice_bytes = test_handover_assert_arrived (handover);
  g_assert_cmpint (twice_bytes, <=, MOST_TWICE_BYTES);
  g_test_message ("%s: all arrived once; %" G_GINT64_FORMAT " bytes were sent twice", what, MAX (twice_bytes, 0));
}

void
death_start (TestHandover *handover, const char *crash_at)
{
  test_broker_start (handover->broker, crash_at);
  test_handover_watch (handover);
}

void
death_die_at (TestHandover *handover, const char *crash_at)
{
  test_broker_stop (handover->broker);
  death_start (handover, crash_at);
  test_handover_ask (handover);
  test_broker_wait_for_death (handover->broker, 60);
  test_handover_wait (handover, 60);
}
