/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Finds out when a person is to be reminded of work that has not arrived, or waits for a tap: once a day at most, over restarts too. It
 * looks at the start, when something is due, and when something has changed and nothing else is to be done. A member of the queue; main thread.
 */
#pragma once

#include "broker/queue.h"
#include "policy/reminder.h"

G_BEGIN_DECLS

typedef struct _ObReminders ObReminders;

/* Its questions to others, and its event. */
typedef struct
{
  const ObReminderSettings *(*get_settings) (gpointer user_data);

  /* Returns: when the oldest of what has not arrived came, in Unix milliseconds; 0: all has, or waits for a time that was set */
  gint64 (*find_oldest_ms) (gpointer user_data);

  /* Returns: whether something waits for a person. */
  gboolean (*needs_tap) (gpointer user_data);

  /* The person is to be reminded; NONE: of nothing any more, as was told before. */
  void (*remind) (ObReminderKind kind, gpointer user_data);
} ObRemindersHost;

extern const ObMember ob_reminders_member;

/* @queue: borrowed. @host: static. */
ObReminders *ob_reminders_new (ObQueue *queue, const ObRemindersHost *host, gpointer user_data);
void ob_reminders_free (ObReminders *reminders);

/* It looks between these two calls. */
void ob_reminders_start (ObReminders *reminders);
void ob_reminders_stop (ObReminders *reminders);

G_END_DECLS
