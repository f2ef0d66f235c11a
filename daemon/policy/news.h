/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Decides what of that which arrives is news for a person, and when it is told. Pure.
 */
#pragma once

#include "policy/reminder.h"

G_BEGIN_DECLS

/* Who hands something over and has it arrive within that time is still there, and sees it. */
#define OB_NEWS_UNSEEN_MS (G_GINT64_CONSTANT (10) * 60 * 1000)

/* Nothing more has become news for so long: what belongs together is told together. */
#define OB_NEWS_SETTLED_MS (G_GINT64_CONSTANT (60) * 1000)

/* It is told by then, however much is still under way; and not sooner after what was told last. */
#define OB_NEWS_EVERY_MS (G_GINT64_CONSTANT (3600) * 1000)

/* What nobody could be told for so long is none any more. */
#define OB_NEWS_OLD_MS (G_GINT64_CONSTANT (7) * 24 * 3600 * 1000)

/**
 * ob_news_is_of_wait:
 * @took_ms: from when it came, or from the time that was set for it, until it had arrived
 * @needed_person: it waited for a person on the way, or had failed
 *
 * Returns: whether a person is told that it has arrived
 */
gboolean ob_news_is_of_wait (const ObReminderSettings *settings, gint64 took_ms, gboolean needed_person);

typedef struct
{
  gint64 now_ms;
  gint64 first_ms;  /* since when there is something to tell; 0: there is nothing */
  gint64 last_ms;   /* when the newest of it came */
  gint64 told_ms;   /* when a person was told last; 0: never */
  gboolean is_busy; /* something else is arriving */
} ObNewsFacts;

typedef struct
{
  gboolean is_due; /* it is to be told now */
  gint64 next_ms;  /* when to decide again, if nothing changes before; 0: never */
} ObNewsPlan;

/* A time that lies in the future is one before the clock was set back: nothing waits for it. */
ObNewsPlan ob_news_decide (const ObNewsFacts *facts);

G_END_DECLS
