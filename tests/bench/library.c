/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hand-over by liboutbox: from Python, by introspection, against the same program in C. Both wait for each answer. The destination is
 * paused, so that nothing is sent meanwhile. Main thread.
 */
#include "parts.h"

#include "report.h"

#define SIZE_BYTES (64 * 1024)

typedef struct
{
  GSubprocess *process;
  GDataInputStream *lines;
} App;

static App
app_start (Rig *rig, const char *const *argv)
{
  g_autoptr (GSubprocessLauncher) launcher
      = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;
  App app;

  g_subprocess_launcher_setenv (launcher, "DBUS_SESSION_BUS_ADDRESS", rig->address, TRUE);
  g_subprocess_launcher_setenv (launcher, "GI_TYPELIB_PATH", LIBRARY_FOLDER, TRUE);
  g_subprocess_launcher_setenv (launcher, "LD_LIBRARY_PATH", LIBRARY_FOLDER, TRUE);
  app.process = g_subprocess_launcher_spawnv (launcher, argv, &error);
  g_assert_no_error (error);
  app.lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (app.process));

  return app;
}

/* Returns: the milliseconds that one hand-over took it by its own clock; negative if it has ended */
static double
app_take (App *app)
{
  GOutputStream *orders = g_subprocess_get_stdin_pipe (app->process);
  g_autofree char *line = NULL;

  if (!g_output_stream_write_all (orders, "\n", 1, NULL, NULL, NULL))
    return -1;
  line = g_data_input_stream_read_line (app->lines, NULL, NULL, NULL);

  return line ? g_ascii_strtod (line, NULL) / 1000 : -1;
}

static void
app_stop (App *app)
{
  (void) g_output_stream_close (g_subprocess_get_stdin_pipe (app->process), NULL, NULL);
  (void) g_subprocess_wait (app->process, NULL, NULL);
  g_object_unref (app->lines);
  g_object_unref (app->process);
}

void
bench_library (const Bench *bench)
{
  g_autoptr (Rig) rig = rig_new (bench, "library");
  g_autofree char *file = bench_make_file (bench, "photo.jpg", SIZE_BYTES, FALSE);
  BenchRuns ours = { 0 }, peers = { 0 };
  App python, program;

  (void) rig_start (rig);
  rig_set_destination (rig, "http://127.0.0.1:9/files/", NULL);
  rig_pause_destination (rig, TRUE);
  python = app_start (rig, (const char *const[]){ "/usr/bin/python3", LIBRARY_PYTHON, file, NULL });
  program = app_start (rig, (const char *const[]){ LIBRARY_PROGRAM, file, NULL });
  /* The first of each connects, and loads what it needs. */
  if (app_take (&python) < 0 || app_take (&program) < 0)
    bench_report_missing ("Submit from Python by liboutbox", "no introspection data, or no python3-gi");
  else
    {
      /* In turns, so that whatever else the machine does hits both. */
      for (guint i = 0; i < (bench->is_quick ? 41 : 201); i++)
        {
          bench_runs_add (&ours, app_take (&python));
          bench_runs_add (&peers, app_take (&program));
        }
      bench_report ("Submit from Python by liboutbox", BENCH_RATIO, "ms", bench_runs_median (&ours), "the same in C",
                    bench_runs_median (&peers), 1.3);
    }
  app_stop (&python);
  app_stop (&program);
}
