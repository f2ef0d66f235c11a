/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Windows of the local day, and months, by GTimeZone: a day may have 23 or 25 hours. An hour that the clock shows twice
 * means the second one; a window inside of a skipped hour does not occur. Pure; any thread.
 */
#pragma once

#include "policy/rules.h"

G_BEGIN_DECLS

/* Reads 22:00-06:00, Sat 10:00-24:00 or Mon-Fri 22:00-06:00. */
gboolean ob_time_window_parse (const char *text, ObTimeWindow *window);

/* Returns: (transfer full): a text that ob_time_window_parse() reads */
char *ob_time_window_format (const ObTimeWindow *window);

typedef struct
{
  gboolean is_open;
  gint64 start_ms; /* when the next one begins */
  gint64 edge_ms;  /* when the next one begins or ends */
} ObHours;

/* @windows: of ObTimeWindow, at least one. A time beyond the calendar's range is 0. */
ObHours ob_hours_read (GArray *windows, gint64 now_ms, GTimeZone *zone);

/* Returns: when the calendar month begins that is @months_ahead after the present one */
gint64 ob_month_get_start_ms (gint64 now_ms, GTimeZone *zone, guint months_ahead);

G_END_DECLS
