/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a long queue costs: the same calls to a daemon with 100 uploads and to one with many, in turns. Main thread.
 */
#include "parts.h"

#include "report.h"

#include <math.h>

#define SHORT 100
#define PAGE 50

static double
list_once (Rig *rig)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;
  double begin_ms = bench_now_ms ();

  outbox_dbus_uploads_call_list_sync (rig->uploads, g_variant_new_parsed ("{'limit': <%u>}", PAGE), &list, &cursor,
                                      NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (list), ==, PAGE);

  return bench_now_ms () - begin_ms;
}

/* All wait for the destination: none is in that state, and nobody should have to look at each to know. */
static double
list_queued_once (Rig *rig)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;
  double begin_ms = bench_now_ms ();

  outbox_dbus_uploads_call_list_sync (rig->uploads, g_variant_new_parsed ("{'state': <'queued'>}"), &list, &cursor,
                                      NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (list), ==, 0);

  return bench_now_ms () - begin_ms;
}

static double
submit_once (Rig *rig, const char *file)
{
  double begin_ms = bench_now_ms ();
  g_autofree char *id = rig_submit (rig, file);

  return bench_now_ms () - begin_ms;
}

/* Starts a daemon, alone, and ends it again. @first: how long its first answer took from the start of the process. */
static void
time_start (Rig *rig, BenchRuns *named, BenchRuns *first)
{
  double named_ms = rig_start (rig);

  bench_runs_add (named, named_ms);
  bench_runs_add (first, named_ms + list_once (rig));
  rig_stop (rig);
}

static char *
row_name (const char *what, guint n_uploads)
{
  return g_strdup_printf ("%s, %'u waiting", what, n_uploads);
}

static void
report_pair (const char *what, guint n_uploads, const BenchRuns runs[2], double limit)
{
  g_autofree char *name = row_name (what, n_uploads);

  bench_report (name, BENCH_RATIO, "ms", bench_runs_median (&runs[1]), "100 waiting", bench_runs_median (&runs[0]),
                limit);
}

static void
compare (Rig *rigs[2], guint n_uploads, const char *file, guint n_runs, const double limits[3])
{
  g_autofree char *memory = row_name ("peak memory", n_uploads);
  BenchRuns named[2] = { 0 }, first[2] = { 0 }, lists[2] = { 0 }, queued[2] = { 0 };
  BenchRuns submits[2] = { 0 };

  for (guint i = 0; i < n_runs; i++)
    for (guint j = 0; j < 2; j++)
      time_start (rigs[j], &named[j], &first[j]);
  for (guint j = 0; j < 2; j++)
    {
      (void) rig_start (rigs[j]);
      rig_wait_until_idle (rigs[j]);
    }
  for (guint i = 0; i < n_runs * 8; i++)
    for (guint j = 0; j < 2; j++)
      {
        bench_runs_add (&lists[j], list_once (rigs[j]));
        bench_runs_add (&queued[j], list_queued_once (rigs[j]));
      }
  for (guint i = 0; i < n_runs * 8; i++)
    for (guint j = 0; j < 2; j++)
      bench_runs_add (&submits[j], submit_once (rigs[j], file));
  report_pair ("start to name", n_uploads, named, limits[0]);
  report_pair ("start to first answer", n_uploads, first, limits[0]);
  report_pair ("List of 50", n_uploads, lists, limits[1]);
  report_pair ("List by state, none in it", n_uploads, queued, limits[1]);
  report_pair ("durable Submit", n_uploads, submits, limits[2]);
  bench_report (memory, BENCH_MOST, "MB", rig_get_peak_mb (rigs[1]), "", NAN, 30);
}

static void
compare_with (const Bench *bench, guint n_uploads, guint n_runs, const double limits[3])
{
  g_autoptr (Rig) few = rig_new (bench, "queue-short");
  g_autoptr (Rig) many = rig_new (bench, "queue-long");
  g_autofree char *file = bench_make_file (bench, "photo.jpg", 64 * 1024, FALSE);

  rig_fill (few, SHORT, TRUE);
  rig_fill (many, n_uploads, TRUE);
  compare ((Rig *[]){ few, many }, n_uploads, file, n_runs, limits);
}

void
bench_queue (const Bench *bench)
{
  const double limits[] = { 1.5, 1.5, 1.2 }, limits_of_a_million[] = { 2, 2, 2 };

  compare_with (bench, bench->is_quick ? 10000 : 100000, bench->is_quick ? 5 : 11, limits);
  if (!bench->is_quick)
    compare_with (bench, 1000000, 5, limits_of_a_million);
}
