/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Back-off. Pure.
 */
#include "policy/retry.h"

static const gint64 delays_ms[] = { 15000, 30000, 60000, 120000, 240000, 480000, 900000 };

gint64
ob_retry_delay_ms (guint failures, gint64 retry_after_ms, double spread)
{
  guint step = CLAMP (failures, 1, G_N_ELEMENTS (delays_ms)) - 1;
  gint64 own_ms = (gint64) ((double) delays_ms[step] * (0.9 + 0.2 * CLAMP (spread, 0.0, 1.0)));

  return MAX (own_ms, MIN (retry_after_ms, OB_RETRY_AFTER_MAX_MS));
}

gint64
ob_retry_patience_ms (guint looks, gint64 retry_after_ms, double spread)
{
  static const gint64 minutes[] = { 1, 2, 4, 8, 15 };
  gint64 own_ms = minutes[CLAMP (looks, 1, G_N_ELEMENTS (minutes)) - 1] * 60 * 1000;

  return MAX ((gint64) ((double) own_ms * (0.9 + 0.2 * CLAMP (spread, 0.0, 1.0))),
              MIN (retry_after_ms, OB_RETRY_AFTER_MAX_MS));
}

#define LEAVE_URL_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/* Longer than any back-off: a longer gap means that the upload was not tried, but held. */
#define TRIED_MOST_MS (G_GINT64_CONSTANT (3600) * 1000)

gint64
ob_retry_get_idle_ms (gint64 tried_at_ms, gint64 now_ms)
{
  gint64 between_ms = now_ms - tried_at_ms;

  return between_ms < 0 ? between_ms : MAX (between_ms - TRIED_MOST_MS, 0);
}

gboolean
ob_retry_must_give_up (gint64 progress_at_ms, gint64 now_ms, guint failures, gint64 limit_ms)
{
  return now_ms - progress_at_ms >= limit_ms && failures > G_N_ELEMENTS (delays_ms);
}

gint64
ob_retry_count_silence (gint64 since_ms, gboolean is_heard, gboolean is_silent, gint64 tried_at_ms, gint64 now_ms)
{
  if (is_heard)
    return 0;
  if (since_ms <= 0)
    return is_silent ? now_ms : 0;

  return since_ms + (is_silent ? ob_retry_get_idle_ms (tried_at_ms, now_ms) : now_ms - tried_at_ms);
}

gboolean
ob_retry_must_leave_url (gint64 since_ms, gint64 now_ms)
{
  return since_ms > 0 && now_ms - since_ms >= LEAVE_URL_MS;
}
