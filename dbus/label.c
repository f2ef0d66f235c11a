/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The label of an upload. Depends on nothing but the process's language and time zone; any thread.
 */
#include "config.h"

#include "dbus/label.h"

#include "dbus/messages.h"

/* In the largest unit that fits at least once, rounded. */
static char *
retry_label (gint64 delay_ms, OutboxLabelLength length)
{
  const OutboxRetryMessages *messages = outbox_messages_get_retry (length);
  gint64 seconds = (delay_ms + 999) / 1000;
  gint64 minutes = (seconds + 30) / 60, hours = (seconds + 1800) / 3600, days = (seconds + 43200) / 86400;

  if (seconds <= 0)
    return g_strdup (outbox_message_get (messages->now));
  if (seconds < 60)
    return outbox_message_dup_count (&messages->seconds, (guint) seconds);
  if (minutes < 60)
    return outbox_message_dup_count (&messages->minutes, (guint) minutes);
  if (hours < 24)
    return outbox_message_dup_count (&messages->hours, (guint) hours);

  return outbox_message_dup_count (&messages->days, (guint) MIN (days, G_MAXINT));
}

/* Returns: calendar days from @from to @to: one at midnight, however long the day is */
static int
count_days (GDateTime *from, GDateTime *to)
{
  GDate first, last;
  int year, month, day;

  g_date_time_get_ymd (from, &year, &month, &day);
  g_date_set_dmy ((g_date_clear (&first, 1), &first), (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  g_date_time_get_ymd (to, &year, &month, &day);
  g_date_set_dmy ((g_date_clear (&last, 1), &last), (GDateDay) day, (GDateMonth) month, (GDateYear) year);

  return g_date_days_between (&first, &last);
}

/* Returns: (nullable): %NULL if the time is beyond the calendar */
static char *
until_label (gint64 until_ms, gint64 now_ms, OutboxLabelLength length)
{
  const OutboxUntilMessages *messages = outbox_messages_get_until ();
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_ms / 1000);
  /* Round up: a minute that has begun is not over before its end. */
  g_autoptr (GDateTime) until = g_date_time_new_from_unix_local ((until_ms + 59999) / 60000 * 60);
  const char *around = length == OUTBOX_LABEL_NOTIFICATION ? messages->sentence : messages->label;
  const char *format = messages->later;
  g_autofree char *time = NULL;
  int days;

  if (!now || !until)
    return NULL;
  days = count_days (now, until);
  if (days <= 0)
    format = messages->today;
  else if (days == 1)
    format = messages->tomorrow;
  else if (days < 7)
    format = messages->weekdays[g_date_time_get_day_of_week (until) - 1];
  time = g_date_time_format (until, outbox_message_get (format));

  return time ? outbox_message_format (around, time) : NULL;
}

static char *
uploading_label (guint64 offset, guint64 size, OutboxLabelLength length)
{
  /* Round down, so that 100 % is not shown before the server has the last byte. */
  guint percent = size > 0 ? (guint) ((double) MIN (offset, size) * 100.0 / (double) size) : 0;

  return outbox_message_format (outbox_state_message (OUTBOX_STATE_UPLOADING, length), percent);
}

char *
outbox_rung_label (OutboxRung rung, OutboxLabelLength length)
{
  const OutboxRungInfo *info = outbox_rung_get_info (rung);

  g_return_val_if_fail ((guint) length < OUTBOX_N_LABEL_LENGTHS, NULL);
  switch (length)
    {
    case OUTBOX_LABEL_NOTIFICATION:
      return g_strdup (outbox_message_get (info->sentence));
    case OUTBOX_LABEL_WEB:
      return g_strdup (outbox_message_get (info->chip));
    case OUTBOX_LABEL_TERMINAL:
    default:
      return g_strdup (outbox_message_get (info->label));
    }
}

char *
outbox_status_label (OutboxState state, OutboxReason reason, gint64 until_ms, gint64 now_ms, guint64 offset,
                     guint64 size, OutboxLabelLength length)
{
  gboolean has_time = reason == OUTBOX_REASON_SCHEDULE || reason == OUTBOX_REASON_NOT_BEFORE;
  char *label = NULL;

  g_return_val_if_fail ((guint) length < OUTBOX_N_LABEL_LENGTHS, NULL);

  if (state == OUTBOX_STATE_UPLOADING)
    return uploading_label (offset, size, length);
  if (state == OUTBOX_STATE_RETRYING && until_ms > 0)
    return retry_label (until_ms - now_ms, length);
  if (state == OUTBOX_STATE_PAUSED && has_time && until_ms > now_ms)
    label = until_label (until_ms, now_ms, length);
  if (label)
    return label;
  if ((state == OUTBOX_STATE_PAUSED || state == OUTBOX_STATE_FAILED || state == OUTBOX_STATE_SAVING
       || (state == OUTBOX_STATE_CONFIRMING && reason == OUTBOX_REASON_SERVER_WORKING))
      && reason != OUTBOX_REASON_NONE && (guint) reason < OUTBOX_N_REASONS)
    return g_strdup (outbox_message_get (outbox_reason_message (reason, length)));

  return g_strdup (outbox_message_get (outbox_state_message (state, length)));
}
