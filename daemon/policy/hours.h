/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Spans of the local day and months, by GTimeZone: a day may have 23 hours or 25. Of an hour that the clock shows twice the
 * second is meant, and what lies in one that it skips is not there. Pure; any thread.
 */
#pragma once

#include "policy/rules.h"

G_BEGIN_DECLS

/* Reads 22:00-06:00, Sat 10:00-24:00 or Mon-Fri 22:00-06:00. */
gboolean ob_time_window_parse (const char *text, ObTimeWindow *window);

/* Returns: (transfer full): what ob_time_window_parse() reads. */
char *ob_time_window_format (const ObTimeWindow *window);

typedef struct
{
  gboolean is_open;
  gint64 start_ms; /* when the next one begins */
  gint64 edge_ms;  /* when the next one begins or ends */
} ObHours;

/* @windows: of ObTimeWindow, at least one. Times that lie beyond what a calendar has are 0. */
ObHours ob_hours_read (GArray *windows, gint64 now_ms, GTimeZone *zone);

/* When a calendar month begins: this one, or that in so many months. */
gint64 ob_month_get_start_ms (gint64 now_ms, GTimeZone *zone, guint months_ahead);

G_END_DECLS
