/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A Submit of one app while another hands over thousands, against the same alone. The destination is paused. Main thread.
 */
#include "parts.h"

#include "report.h"

#include <math.h>

#define SIZE_BYTES (64 * 1024)
#define UNDER_WAY "1000"

static GSubprocess *
start_flood (Rig *rig, const char *file)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autofree char *line = NULL;
  GSubprocess *flood = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error,
                                         FLOOD_PEER, rig->address, file, UNDER_WAY, NULL);

  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (flood));
  line = g_data_input_stream_read_line (lines, NULL, NULL, NULL);
  g_assert_nonnull (line);

  return flood;
}

static void
end_flood (GSubprocess *flood)
{
  (void) g_output_stream_close (g_subprocess_get_stdin_pipe (flood), NULL, NULL);
  (void) g_subprocess_wait (flood, NULL, NULL);
  g_object_unref (flood);
}

static void
submit_some (Rig *rig, const char *file, BenchRuns *runs)
{
  for (guint i = 0; i < 21; i++)
    {
      double begin_ms = bench_now_ms ();
      g_autofree char *id = rig_submit (rig, file);

      bench_runs_add (runs, bench_now_ms () - begin_ms);
    }
}

/* In turns, so that whatever else the machine does hits both. */
void
bench_crowd (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "crowd");
  g_autofree char *file = bench_make_file (bench, "photo.jpg", SIZE_BYTES, FALSE);
  BenchRuns alone = { 0 }, beside = { 0 };
  gint64 *longest_us = rig_watch_turns (rig);

  (void) rig_start (rig);
  rig_set_destination (rig, "http://127.0.0.1:9/files/", NULL);
  rig_pause_destination (rig, TRUE);
  rig_wait_until_idle (rig);
  *longest_us = 0; /* a new database is made once */
  for (guint i = 0; i < (bench->is_quick ? 2 : 5); i++)
    {
      GSubprocess *flood;

      submit_some (rig, file, &alone);
      flood = start_flood (rig, file);
      submit_some (rig, file, &beside);
      end_flood (flood);
      rig_wait_until_idle (rig);
    }
  bench_report ("durable Submit beside a flood of " UNDER_WAY, BENCH_RATIO, "ms", bench_runs_median (&beside), "alone",
                bench_runs_median (&alone), 2);
  bench_report ("longest turn, flood of " UNDER_WAY, BENCH_MOST, "ms", (double) *longest_us / 1000, "", NAN, 20);
  rig_stop (rig);
}
