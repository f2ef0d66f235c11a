/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit of a 64 KiB file: until the answer, which says that it is safe. The destination is paused, so that nothing is
 * sent meanwhile. Main thread.
 */
#include "parts.h"

#include "flood.h"
#include "report.h"

#include <math.h>

#define SIZE_BYTES (64 * 1024)
#define PIPELINED 1000

typedef struct
{
  GSubprocess *process;
  GDataInputStream *lines;
} FlushPeer;

static void
peer_start (FlushPeer *peer, const char *folder, const char *file)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  peer->process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, FLUSH_PEER,
                                    folder, file, NULL);
  g_assert_no_error (error);
  peer->lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (peer->process));
}

/* Returns: the milliseconds that one hand-over took it. */
static double
peer_take (FlushPeer *peer)
{
  GOutputStream *orders = g_subprocess_get_stdin_pipe (peer->process);
  g_autofree char *line = NULL;

  g_assert_true (g_output_stream_write_all (orders, "\n", 1, NULL, NULL, NULL));
  line = g_data_input_stream_read_line (peer->lines, NULL, NULL, NULL);
  g_assert_nonnull (line);

  return g_ascii_strtod (line, NULL) / 1000;
}

static void
peer_stop (FlushPeer *peer)
{
  (void) g_output_stream_close (g_subprocess_get_stdin_pipe (peer->process), NULL, NULL);
  (void) g_subprocess_wait (peer->process, NULL, NULL);
  g_object_unref (peer->lines);
  g_object_unref (peer->process);
}

/* Returns: milliseconds for each of them. */
static double
submit_pipelined (Rig *rig, const char *path, guint *n_failures)
{
  double begin_ms = bench_now_ms ();

  *n_failures += bench_flood (rig, path, PIPELINED);

  return (bench_now_ms () - begin_ms) / PIPELINED;
}

void
bench_submit (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "submit");
  g_autofree char *file = bench_make_file (bench, "photo.jpg", SIZE_BYTES, FALSE);
  g_autofree char *peer_folder = g_build_filename (rig->folder, "peer", NULL);
  BenchRuns alone = { 0 }, bare = { 0 }, pipelined = { 0 };
  FlushPeer peer;
  guint n_failures = 0;

  (void) rig_start (rig);
  rig_set_destination (rig, "http://127.0.0.1:9/files/", NULL);
  rig_pause_destination (rig, TRUE);
  peer_start (&peer, peer_folder, file);

  /* In turns, so that whatever else the machine does hits both. */
  for (guint i = 0; i < (bench->is_quick ? 21 : 101); i++)
    {
      double begin_ms = bench_now_ms ();
      g_autofree char *id = rig_submit (rig, file);

      bench_runs_add (&alone, bench_now_ms () - begin_ms);
      bench_runs_add (&bare, peer_take (&peer));
    }
  peer_stop (&peer);
  bench_report ("durable Submit of 64 KiB", BENCH_RATIO, "ms", bench_runs_median (&alone), "same flushes, bare",
                bench_runs_median (&bare), 1.5);

  for (guint i = 0; i < (bench->is_quick ? 3 : 5); i++)
    bench_runs_add (&pipelined, submit_pipelined (rig, file, &n_failures));
  if (n_failures > 0)
    bench_note ("%u pipelined Submits were refused: the row that follows counts as over", n_failures);
  bench_report ("1,000 pipelined Submits, each", BENCH_RATIO, "ms",
                n_failures > 0 ? INFINITY : bench_runs_median (&pipelined), "a Submit alone",
                bench_runs_median (&alone), 0.5);
}
