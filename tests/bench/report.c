/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows are printed when they are measured, and once more as a table at the end. Owns the rows. Main thread.
 */
#include "report.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

/* The rows of this run: the one thing that every part of the program adds to. */
static GPtrArray *
lines (gboolean are_notes)
{
  static GPtrArray *kept[2];

  if (!kept[are_notes])
    kept[are_notes] = g_ptr_array_new_with_free_func (g_free);

  return kept[are_notes];
}

static void
add (gboolean is_note, char *line)
{
  g_print ("%s\n", line);
  g_ptr_array_add (lines (is_note), line);
}

static char *
format_value (double value, const char *unit)
{
  if (isnan (value))
    return g_strdup ("-");

  return g_strdup_printf (value >= 100 || value == floor (value) ? "%.0f %s" : "%.2f %s", value, unit);
}

void
bench_report (const char *name, BenchKind kind, const char *unit, double ours, const char *peer_name, double peer,
              double limit)
{
  double measured = kind == BENCH_RATIO ? ours / peer : ours;
  g_autofree char *own_text = format_value (ours, unit);
  g_autofree char *peer_value = format_value (peer, unit);
  g_autofree char *peer_text = isnan (peer) ? g_strdup ("-") : g_strdup_printf ("%s (%s)", peer_value, peer_name);
  g_autofree char *ratio_text = isnan (peer) ? g_strdup ("-") : g_strdup_printf ("%.2f", ours / peer);
  g_autofree char *limit_text = kind == BENCH_RATIO ? g_strdup_printf ("%.2f", limit) : format_value (limit, unit);

  add (FALSE, g_strdup_printf ("%-46s %12s %28s %6s %9s  %s", name, own_text, peer_text, ratio_text, limit_text,
                               measured <= limit ? "ok" : "OVER"));
}

void
bench_report_missing (const char *name, const char *why)
{
  add (FALSE, g_strdup_printf ("%-46s not measured: %s", name, why));
}

void
bench_note (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  add (TRUE, g_strdup_vprintf (format, arguments));
  va_end (arguments);
}

void
bench_print_report (void)
{
  g_print ("\n%-46s %12s %28s %6s %9s\n", "what", "ours", "peer", "ratio", "limit");
  for (guint i = 0; i < 112; i++)
    g_print ("-");
  g_print ("\n");
  for (guint i = 0; i < 2; i++)
    {
      GPtrArray *kept = lines (i == 1);

      for (guint j = 0; j < kept->len; j++)
        g_print ("%s%s\n", i == 1 ? "note: " : "", (const char *) kept->pdata[j]);
      g_ptr_array_set_size (kept, 0);
    }
}

void
bench_runs_add (BenchRuns *runs, double value)
{
  g_assert (runs->n_values < G_N_ELEMENTS (runs->values));
  runs->values[runs->n_values++] = value;
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  double left = *(const double *) a, right = *(const double *) b;

  return (left > right) - (left < right);
}

double
bench_runs_median (const BenchRuns *runs)
{
  BenchRuns sorted = *runs;

  if (runs->n_values == 0)
    return NAN;
  qsort (sorted.values, sorted.n_values, sizeof (double), compare_numbers);

  return (sorted.values[(sorted.n_values - 1) / 2] + sorted.values[sorted.n_values / 2]) / 2;
}

double
bench_now_ms (void)
{
  return (double) g_get_monotonic_time () / 1000;
}
