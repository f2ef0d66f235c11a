/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides when a person is reminded of work that has not arrived. Pure.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* No reminder comes sooner after the last one. */
#define OB_REMINDER_EVERY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

typedef enum
{
  OB_REMINDER_NONE,
  OB_REMINDER_LATE, /* something has not arrived for long */
  OB_REMINDER_TAP,  /* something waits for the person */
} ObReminderKind;

/* The group [Reminders] of the configuration. */
typedef struct
{
  gint64 after_ms;        /* how long something may take to arrive; 0: for ever */
  gboolean tells_taps;    /* of what waits for the person */
  gboolean tells_pages;   /* of web pages that ask to be let in */
  gboolean tells_arrived; /* of what has arrived after it had to wait: see policy/news.h */
  gboolean tells_groups;  /* of groups that have arrived as a whole */
} ObReminderSettings;

typedef struct
{
  gint64 now_ms;
  gint64 oldest_ms; /* when the oldest of what has not arrived came; 0: all has */
  gint64 told_ms;   /* when the person was reminded last; 0: never */
  gboolean needs_tap;
} ObReminderFacts;

typedef struct
{
  ObReminderKind wanted; /* what there is to tell; NONE: nothing any more */
  gboolean is_due;       /* it is to be told now */
  gint64 next_ms;        /* when to decide again, if nothing changes before; 0: never */
} ObReminder;

/* A last reminder that lies in the future is one before the clock was set back: it does not count. */
ObReminder ob_reminder_decide (const ObReminderSettings *settings, const ObReminderFacts *facts);

G_END_DECLS
