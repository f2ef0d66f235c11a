/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reminders. Pure.
 */
#include "policy/reminder.h"

static gint64
get_late_ms (const ObReminderSettings *settings, const ObReminderFacts *facts)
{
  return settings->after_ms > 0 && facts->oldest_ms > 0 ? facts->oldest_ms + settings->after_ms : 0;
}

static ObReminderKind
find_wanted (const ObReminderSettings *settings, const ObReminderFacts *facts)
{
  gint64 late_ms = get_late_ms (settings, facts);

  if (facts->needs_tap && settings->tells_taps)
    return OB_REMINDER_TAP;

  return late_ms > 0 && facts->now_ms >= late_ms ? OB_REMINDER_LATE : OB_REMINDER_NONE;
}

ObReminder
ob_reminder_decide (const ObReminderSettings *settings, const ObReminderFacts *facts)
{
  gboolean has_told = facts->told_ms > 0 && facts->told_ms <= facts->now_ms;
  gint64 free_ms = has_told ? facts->told_ms + OB_REMINDER_EVERY_MS : 0;
  ObReminder reminder = { find_wanted (settings, facts), FALSE, 0 };

  if (reminder.wanted == OB_REMINDER_NONE)
    {
      gint64 late_ms = get_late_ms (settings, facts);

      reminder.next_ms = late_ms > 0 ? MAX (late_ms, free_ms) : 0;
      return reminder;
    }
  reminder.is_due = facts->now_ms >= free_ms;
  reminder.next_ms = reminder.is_due ? facts->now_ms + OB_REMINDER_EVERY_MS : free_ms;

  return reminder;
}
