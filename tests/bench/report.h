/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table that a run of the benchmarks ends with. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a row is held to. */
typedef enum
{
  BENCH_RATIO, /* ours / peer is at most the limit */
  BENCH_MOST,  /* ours is at most the limit, whatever the machine */
} BenchKind;

/* A measured row. @name, @unit, @peer_name: string literals. @peer: of BENCH_RATIO, or NAN where there is none. */
void bench_report (const char *name, BenchKind kind, const char *unit, double ours, const char *peer_name, double peer,
                   double limit);

/* A row that could not be measured here, and why. */
void bench_report_missing (const char *name, const char *why);

/* A line under the table: what a reader has to know of a row. */
void bench_note (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Prints the table and forgets it. */
void bench_print_report (void);

/* The numbers of several runs. */
typedef struct
{
  double values[512];
  guint n_values;
} BenchRuns;

void bench_runs_add (BenchRuns *runs, double value);
double bench_runs_median (const BenchRuns *runs);

/* Milliseconds of a clock that only goes forward. */
double bench_now_ms (void);

G_END_DECLS
