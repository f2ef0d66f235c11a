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
#define REPLAYED 100

/* What people type of an id: its end; and its beginning as far as it needs to be the only one, at most. */
#define END_CHARS 8
#define BEGINNING_CHARS 34

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

/* --- One upload among many --- */

/* Returns: (transfer full): the id of the first that waits. */
static char *
dup_first_id (Rig *rig)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) document = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;
  char *id = NULL;

  outbox_dbus_uploads_call_list_sync (rig->uploads, g_variant_new_parsed ("{'limit': <uint32 1>}"), &list, &cursor,
                                      NULL, &error);
  g_assert_no_error (error);
  document = g_variant_get_child_value (list, 0);
  g_assert_true (g_variant_lookup (document, "id", "s", &id));

  return id;
}

static double
get_once (Rig *rig, const char *id)
{
  g_autoptr (GVariant) upload = NULL;
  g_autoptr (GError) error = NULL;
  double begin_ms = bench_now_ms ();

  outbox_dbus_uploads_call_get_sync (rig->uploads, id, &upload, NULL, &error);
  g_assert_no_error (error);

  return bench_now_ms () - begin_ms;
}

static double
history_once (Rig *rig, const char *id)
{
  g_autoptr (GVariant) history = NULL;
  g_autoptr (GError) error = NULL;
  double begin_ms = bench_now_ms ();

  outbox_dbus_uploads_call_history_sync (rig->uploads, id, &history, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (history), >, 0);

  return bench_now_ms () - begin_ms;
}

/* Returns: (transfer full): where the journal ends. */
static char *
watch (Rig *rig, const char *since)
{
  g_autoptr (GError) error = NULL;
  char *sequence = NULL;

  outbox_dbus_uploads_call_watch_sync (rig->uploads, g_variant_new ("a{sv}", NULL), since, &sequence, NULL, &error);
  g_assert_no_error (error);

  return sequence;
}

/* From a hundred rows before the end, as after a broken connection. */
static double
watch_once (Rig *rig)
{
  g_autofree char *last = watch (rig, "");
  g_auto (GStrv) parts = g_strsplit (last, "-", 2);
  g_autofree char *since
      = g_strdup_printf ("%s-%" G_GINT64_FORMAT, parts[0], g_ascii_strtoll (parts[1], NULL, 10) - REPLAYED);
  g_autofree char *end = NULL;
  double begin_ms = bench_now_ms ();
  double taken_ms;

  end = watch (rig, since);
  taken_ms = bench_now_ms () - begin_ms;
  outbox_dbus_uploads_call_unwatch_sync (rig->uploads, NULL, NULL);
  g_assert_cmpstr (end, ==, last);

  return taken_ms;
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
compare_ids (Rig *rig, guint n_uploads, guint n_runs)
{
  g_autofree char *by_end = row_name ("Get by the end of an id", n_uploads);
  g_autofree char *by_beginning = row_name ("Get by its beginning", n_uploads);
  g_autofree char *id = dup_first_id (rig);
  g_autofree char *beginning = g_strndup (id, BEGINNING_CHARS);
  BenchRuns whole = { 0 }, ends = { 0 }, beginnings = { 0 };

  for (guint i = 0; i < n_runs * 16; i++)
    {
      bench_runs_add (&whole, get_once (rig, id));
      bench_runs_add (&ends, get_once (rig, id + strlen (id) - END_CHARS));
      bench_runs_add (&beginnings, get_once (rig, beginning));
    }
  bench_report (by_end, BENCH_RATIO, "ms", bench_runs_median (&ends), "the whole id", bench_runs_median (&whole), 2);
  bench_report (by_beginning, BENCH_RATIO, "ms", bench_runs_median (&beginnings), "the whole id",
                bench_runs_median (&whole), 2);
}

static void
compare_journals (Rig *rigs[2], guint n_uploads, guint n_runs)
{
  char *ids[] = { dup_first_id (rigs[0]), dup_first_id (rigs[1]) };
  BenchRuns histories[2] = { 0 }, watches[2] = { 0 };

  for (guint i = 0; i < n_runs * 8; i++)
    for (guint j = 0; j < 2; j++)
      {
        bench_runs_add (&histories[j], history_once (rigs[j], ids[j]));
        bench_runs_add (&watches[j], watch_once (rigs[j]));
      }
  report_pair ("History of one", n_uploads, histories, 2);
  report_pair ("Watch from a sequence", n_uploads, watches, 2);
  g_free (ids[0]);
  g_free (ids[1]);
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
  compare_ids (rigs[1], n_uploads, n_runs);
  compare_journals (rigs, n_uploads, n_runs);
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
