/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit of a 64 KiB file: until the answer, which says that it is safe. The destination is paused, so that nothing is
 * sent meanwhile. Main thread.
 */
#include "parts.h"

#include "report.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <math.h>
#include <sys/resource.h>
#include <unistd.h>

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

typedef struct
{
  guint n_answers;
  guint n_failures;
} Pipeline;

static void
on_submitted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pipeline *pipeline = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  pipeline->n_answers++;
  if (outbox_dbus_uploads_call_submit_finish (OUTBOX_DBUS_UPLOADS (source), &id, NULL, result, &error))
    return;
  if (pipeline->n_failures++ == 0)
    bench_note ("a pipelined Submit failed: %s", error->message);
}

/* Returns: milliseconds for each of them. */
static double
submit_pipelined (Rig *rig, const char *path, guint *n_failures)
{
  Pipeline pipeline = { 0 };
  double begin_ms = bench_now_ms ();

  for (guint i = 0; i < PIPELINED; i++)
    {
      int fd = open (path, O_RDONLY | O_CLOEXEC);
      g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);

      outbox_dbus_uploads_call_submit (rig->uploads, g_variant_new_handle (0), g_variant_new ("a{sv}", NULL), fds, NULL,
                                       on_submitted, &pipeline);
    }
  while (pipeline.n_answers < PIPELINED)
    g_main_context_iteration (NULL, TRUE);
  *n_failures += pipeline.n_failures;

  return (bench_now_ms () - begin_ms) / PIPELINED;
}

/* Each call that waits to be written holds a descriptor of this process. */
static void
allow_descriptors (void)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  limit.rlim_cur = limit.rlim_max;
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
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

  allow_descriptors ();
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
