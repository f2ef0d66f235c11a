/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text in the format of OpenMetrics 1.0, in the part of it that older readers (the text format of Prometheus 0.0.4) read alike: no
 * info, no state set, no exemplar. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CLI_METRIC_GAUGE,
  CLI_METRIC_COUNTER,
} CliMetricType;

/* A family of samples. */
typedef struct
{
  const char *name; /* without _total; ends with the unit, if there is one */
  CliMetricType type;
  const char *unit; /* such as "bytes", or "" */
  const char *help; /* one line */
} CliMetric;

typedef struct _CliMetrics CliMetrics;

/* @label, @value: of every sample: value is escaped */
CliMetrics *cli_metrics_new (const char *label, const char *value);
void cli_metrics_free (CliMetrics *metrics);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliMetrics, cli_metrics_free)

/* Begins a family. What is added until the next one is in it. @metric: static */
void cli_metrics_begin (CliMetrics *metrics, const CliMetric *metric);

/* Adds a sample. @...: names of labels, each with its value, then NULL. A value is escaped; what is no UTF-8 in it becomes U+FFFD. */
void cli_metrics_add (CliMetrics *metrics, double value, ...) G_GNUC_NULL_TERMINATED;

/* Returns: (transfer full): the whole text, with its end */
char *cli_metrics_end (CliMetrics *metrics);

G_END_DECLS
