/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Wake-ups of a daemon that can do nothing: a full queue, a server far away, and a network namespace without a network.
 * Main thread.
 */
#include "parts.h"

#include "report.h"
#include "rest-client.h"

#include "dbus/error.h"

#include <math.h>

/* Else something else would be measured. */
static void
check_that_all_wait_for_a_network (Rig *rig)
{
  g_autoptr (GVariant) holds = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  outbox_dbus_queue_call_holds_sync (rig->queue, &holds, NULL, &error);
  /* Inside a user namespace of its own it may not look at who asks. */
  if (g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED))
    {
      bench_note ("the daemon without a network could not be asked what it waits for");
      return;
    }
  g_assert_no_error (error);
  text = g_variant_print (holds, FALSE);
  g_assert_nonnull (strstr (text, "no-network"));
}

/* GLib keeps the threads of its pools for fifteen seconds. */
#define POOLS_US (20 * G_USEC_PER_SEC)

static double
count_wake_ups (Rig *rig, guint idle_s)
{
  guint64 n_threads, n_before;

  rig_wait_until_idle (rig);
  g_usleep (POOLS_US);
  n_threads = rig_read_status (rig, "Threads:");
  n_before = rig_count_sleeps (rig);
  g_usleep (idle_s * G_USEC_PER_SEC);
  if (rig_read_status (rig, "Threads:") != n_threads)
    bench_note ("a thread began or ended while the wake-ups were counted");

  return fabs ((double) rig_count_sleeps (rig) - (double) n_before);
}

static void
measure_without_network (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "idle");
  guint n_uploads = bench->is_quick ? 1000 : 100000;
  guint idle_s = bench->is_quick ? 10 : 60;
  g_autofree char *name = g_strdup_printf ("wake-ups in %u s, %'u waiting, no network", idle_s, n_uploads);

  rig->is_offline = TRUE;
  rig_fill (rig, n_uploads, FALSE);
  if (rig_start (rig) < 0)
    {
      bench_report_missing (name, "no network namespaces here");
      return;
    }
  check_that_all_wait_for_a_network (rig);
  bench_report (name, BENCH_MOST, "", count_wake_ups (rig, idle_s), "", NAN, 0);
}

/* Each stream is told every 25 seconds that the daemon is there: all by one wake-up, and what each stream adds is nothing. */
static void
measure_idle_streams (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "idle");
  guint idle_s = bench->is_quick ? 30 : 60;
  g_autofree char *name = g_strdup_printf ("wake-ups in %u s, 20 idle event streams", idle_s);
  g_autoptr (RestDoor) door = NULL;
  GPtrArray *crowd;

  (void) rig_start (rig);
  door = rest_find_socket (rig);
  crowd = rest_send_visitors (door, "streams", 20);
  bench_report (name, BENCH_MOST, "", count_wake_ups (rig, idle_s), "", NAN, 12);
  (void) rest_end_visitors (crowd);
}

void
bench_idle (const Bench *bench)
{
  measure_without_network (bench);
  measure_idle_streams (bench);
}
