/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Local time by GDateTime, which knows how a time zone changes its clocks. Pure; any thread.
 */
#include "policy/hours.h"

#define MINUTES_A_DAY (24 * 60)
#define EVERY_DAY 0x7fu

/* A week, and another, since the clock may skip a window once. */
#define DAYS_AHEAD 15

static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

/* --- Text --- */

static gboolean
parse_two_digits (const char **text, guint *number)
{
  if (!g_ascii_isdigit ((*text)[0]) || !g_ascii_isdigit ((*text)[1]))
    return FALSE;
  *number = (guint) (g_ascii_digit_value ((*text)[0]) * 10 + g_ascii_digit_value ((*text)[1]));
  *text += 2;

  return TRUE;
}

static gboolean
take (const char **text, char character)
{
  if (**text != character)
    return FALSE;
  (*text)++;

  return TRUE;
}

/* 24:00 is allowed as the end of a day. */
static gboolean
parse_time (const char **text, guint *minute)
{
  guint hours, minutes;

  if (!parse_two_digits (text, &hours) || !take (text, ':') || !parse_two_digits (text, &minutes))
    return FALSE;
  *minute = hours * 60 + minutes;

  return minutes < 60 && *minute <= MINUTES_A_DAY;
}

static gboolean
parse_day (const char **text, guint *day)
{
  for (*day = 0; *day < G_N_ELEMENTS (days); (*day)++)
    if (g_ascii_strncasecmp (*text, days[*day], 3) == 0)
      {
        *text += 3;
        return TRUE;
      }

  return FALSE;
}

/* Reads Mon or Mon-Fri; Sat-Mon goes round the end of the week. */
static gboolean
parse_days (const char **text, guint *set)
{
  guint first, last;

  if (!parse_day (text, &first))
    return FALSE;
  last = first;
  if (take (text, '-') && !parse_day (text, &last))
    return FALSE;
  for (*set = 1u << last; first != last; first = (first + 1) % 7)
    *set |= 1u << first;

  return TRUE;
}

gboolean
ob_time_window_parse (const char *text, ObTimeWindow *window)
{
  window->days = EVERY_DAY;
  if (g_ascii_isalpha (*text))
    {
      if (!parse_days (&text, &window->days) || !take (&text, ' '))
        return FALSE;
      text += strspn (text, " ");
    }

  return parse_time (&text, &window->from_minute) && take (&text, '-') && parse_time (&text, &window->to_minute)
         && *text == '\0' && window->from_minute < MINUTES_A_DAY && window->from_minute != window->to_minute;
}

/* The days are one run, perhaps round the end of the week: find the day before its first. */
static char *
format_days (guint set)
{
  guint first = 0, last;

  if (set == EVERY_DAY)
    return g_strdup ("");
  while (first < 6 && (!(set & 1u << first) || set & 1u << (first + 6) % 7))
    first++;
  for (last = first; set & 1u << (last + 1) % 7 && (last + 1) % 7 != first;)
    last = (last + 1) % 7;

  return first == last ? g_strdup_printf ("%s ", days[first]) : g_strdup_printf ("%s-%s ", days[first], days[last]);
}

char *
ob_time_window_format (const ObTimeWindow *window)
{
  g_autofree char *day_text = format_days (window->days);

  return g_strdup_printf ("%s%02u:%02u-%02u:%02u", day_text, window->from_minute / 60, window->from_minute % 60,
                          window->to_minute / 60, window->to_minute % 60);
}

/* --- Time --- */

/* @minute: of the day @day days after @today; may lie in the next day. For an hour that the clock shows twice GLib takes
 * the second; for a time that it skips, the next that it shows. */
static gint64
get_moment_ms (const GDate *today, gint day, guint minute, GTimeZone *zone)
{
  guint32 julian = (guint32) ((gint64) g_date_get_julian (today) + day + minute / MINUTES_A_DAY);
  g_autoptr (GDateTime) moment = NULL;
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, julian);
  moment = g_date_time_new (zone, g_date_get_year (&date), (gint) g_date_get_month (&date), g_date_get_day (&date),
                            (gint) (minute % MINUTES_A_DAY / 60), (gint) (minute % 60), 0);

  return moment ? g_date_time_to_unix (moment) * 1000 : G_MAXINT64;
}

static gboolean
begins_on (const ObTimeWindow *window, const GDate *today, gint day)
{
  GDate date;

  g_date_clear (&date, 1);
  g_date_set_julian (&date, (guint32) ((gint64) g_date_get_julian (today) + day));

  return window->days & 1u << (g_date_get_weekday (&date) - G_DATE_MONDAY);
}

static void
add_span (ObHours *hours, gint64 now_ms, gint64 start_ms, gint64 end_ms)
{
  if (start_ms >= end_ms || end_ms <= now_ms)
    return;
  if (start_ms <= now_ms)
    {
      hours->is_open = TRUE;
      hours->edge_ms = MIN (hours->edge_ms, end_ms);
      return;
    }
  hours->start_ms = MIN (hours->start_ms, start_ms);
  hours->edge_ms = MIN (hours->edge_ms, start_ms);
}

static gboolean
get_today (gint64 now_ms, GTimeZone *zone, GDate *today)
{
  g_autoptr (GDateTime) utc = g_date_time_new_from_unix_utc (now_ms / 1000);
  g_autoptr (GDateTime) local = utc ? g_date_time_to_timezone (utc, zone) : NULL;

  g_date_clear (today, 1);
  if (local)
    g_date_set_dmy (today, (GDateDay) g_date_time_get_day_of_month (local), (GDateMonth) g_date_time_get_month (local),
                    (GDateYear) g_date_time_get_year (local));

  return local != NULL;
}

ObHours
ob_hours_read (GArray *windows, gint64 now_ms, GTimeZone *zone)
{
  ObHours hours = { FALSE, G_MAXINT64, G_MAXINT64 };
  GDate today;

  for (guint i = 0; get_today (now_ms, zone, &today) && i < windows->len; i++)
    {
      const ObTimeWindow *window = &g_array_index (windows, ObTimeWindow, i);
      guint end_minute = window->to_minute + (window->to_minute <= window->from_minute ? MINUTES_A_DAY : 0);

      for (gint day = -1; day <= DAYS_AHEAD; day++)
        if (begins_on (window, &today, day))
          add_span (&hours, now_ms, get_moment_ms (&today, day, window->from_minute, zone),
                    get_moment_ms (&today, day, end_minute, zone));
    }
  if (hours.start_ms == G_MAXINT64)
    hours.start_ms = 0;
  if (hours.edge_ms == G_MAXINT64)
    hours.edge_ms = 0;

  return hours;
}

gint64
ob_month_get_start_ms (gint64 now_ms, GTimeZone *zone, guint months_ahead)
{
  GDate date;

  if (!get_today (now_ms, zone, &date))
    return 0;
  g_date_set_day (&date, 1);
  g_date_add_months (&date, months_ahead);

  return get_moment_ms (&date, 0, 0, zone);
}
