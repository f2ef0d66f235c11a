/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * OpenMetrics: families, samples, and the escapes of label values. Pure.
 */
#include "openmetrics.h"

#include <math.h>
#include <stdarg.h>

struct _CliMetrics
{
  GString *text;
  char *label; /* these two of every sample */
  char *value;
  const CliMetric *metric; /* the present family; static */
};

CliMetrics *
cli_metrics_new (const char *label, const char *value)
{
  CliMetrics *metrics = g_new0 (CliMetrics, 1);

  metrics->text = g_string_new (NULL);
  metrics->label = g_strdup (label);
  metrics->value = g_strdup (value);

  return metrics;
}

void
cli_metrics_free (CliMetrics *metrics)
{
  (void) g_string_free (metrics->text, TRUE);
  g_free (metrics->label);
  g_free (metrics->value);
  g_free (metrics);
}

/* A line has no other end than its own, and a label no other quote (OpenMetrics 1.0, escaped-string). */
static void
add_escaped (GString *text, const char *value)
{
  g_autofree char *clean = g_utf8_make_valid (value, -1);

  for (const char *c = clean; *c; c++)
    if (*c == '\n')
      g_string_append (text, "\\n");
    else if (*c == '\\' || *c == '"')
      g_string_append_printf (text, "\\%c", *c);
    else
      g_string_append_c (text, *c);
}

static void
add_label (CliMetrics *metrics, const char *before, const char *name, const char *value)
{
  g_string_append_printf (metrics->text, "%s%s=\"", before, name);
  add_escaped (metrics->text, value);
  g_string_append_c (metrics->text, '"');
}

void
cli_metrics_begin (CliMetrics *metrics, const CliMetric *metric)
{
  metrics->metric = metric;
  g_string_append_printf (metrics->text, "# TYPE %s %s\n", metric->name,
                          metric->type == CLI_METRIC_COUNTER ? "counter" : "gauge");
  if (*metric->unit)
    g_string_append_printf (metrics->text, "# UNIT %s %s\n", metric->name, metric->unit);
  g_string_append_printf (metrics->text, "# HELP %s ", metric->name);
  add_escaped (metrics->text, metric->help);
  g_string_append_c (metrics->text, '\n');
}

/* Whole numbers stay whole up to 2^53, the most that a reader can tell. No locale has a word in it. */
static void
add_number (CliMetrics *metrics, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_printf (metrics->text, " %s\n",
                          g_ascii_formatd (number, sizeof number, value == floor (value) ? "%.0f" : "%.3f", value));
}

void
cli_metrics_add (CliMetrics *metrics, double value, ...)
{
  va_list labels;
  const char *name;

  g_string_append_printf (metrics->text, "%s%s", metrics->metric->name,
                          metrics->metric->type == CLI_METRIC_COUNTER ? "_total" : "");
  add_label (metrics, "{", metrics->label, metrics->value);
  va_start (labels, value);
  while ((name = va_arg (labels, const char *)))
    add_label (metrics, ",", name, va_arg (labels, const char *));
  va_end (labels);
  g_string_append_c (metrics->text, '}');
  add_number (metrics, value);
}

char *
cli_metrics_end (CliMetrics *metrics)
{
  return g_strconcat (metrics->text->str, "# EOF\n", NULL);
}
