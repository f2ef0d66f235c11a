/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * News. Pure.
 */
#include "policy/news.h"

gboolean
ob_news_is_of_wait (const ObReminderSettings *settings, gint64 took_ms, gboolean needed_person)
{
  gint64 late_ms = settings->after_ms > 0 ? settings->after_ms : OB_REMINDER_EVERY_MS;

  return settings->tells_arrived && (took_ms >= late_ms || (needed_person && took_ms >= OB_NEWS_UNSEEN_MS));
}

/* Returns: the end of a wait that began then; 0: there is none */
static gint64
add_wait (const ObNewsFacts *facts, gint64 from_ms, gint64 wait_ms)
{
  return from_ms > 0 && from_ms <= facts->now_ms ? from_ms + wait_ms : 0;
}

ObNewsPlan
ob_news_decide (const ObNewsFacts *facts)
{
  gint64 due_ms;

  if (facts->first_ms == 0)
    return (ObNewsPlan){ FALSE, 0 };
  due_ms = add_wait (facts, facts->first_ms, OB_NEWS_EVERY_MS);
  if (!facts->is_busy)
    due_ms = MIN (due_ms, add_wait (facts, facts->last_ms, OB_NEWS_SETTLED_MS));
  due_ms = MAX (due_ms, add_wait (facts, facts->told_ms, OB_NEWS_EVERY_MS));
  if (facts->now_ms >= due_ms)
    return (ObNewsPlan){ TRUE, facts->now_ms + OB_NEWS_EVERY_MS };

  return (ObNewsPlan){ FALSE, due_ms };
}
