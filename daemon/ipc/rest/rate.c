/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A ring of the last ones that were not refused: no more of them can be in the window. Pure.
 */
#include "ipc/rest/rate.h"

typedef struct
{
  char *origin; /* owned; NULL: there was none yet */
  gint64 at_ms;
} Taken;

struct _ObRate
{
  Taken ring[OB_RATE_IN_ALL]; /* from the oldest at @next on */
  guint next;
};

ObRate *
ob_rate_new (void)
{
  return g_new0 (ObRate, 1);
}

void
ob_rate_free (ObRate *rate)
{
  for (guint i = 0; i < OB_RATE_IN_ALL; i++)
    g_free (rate->ring[i].origin);
  g_free (rate);
}

/* Returns: until when there is room for one of @origin (nullable: of any), if there are @most */
static gint64
find_room_ms (const ObRate *rate, const char *origin, guint most, gint64 now_ms)
{
  guint n = 0;

  for (guint i = OB_RATE_IN_ALL; i > 0; i--)
    {
      const Taken *taken = &rate->ring[(rate->next + i - 1) % OB_RATE_IN_ALL];

      if (!taken->origin || now_ms - taken->at_ms >= OB_RATE_WINDOW_MS)
        break;
      n += !origin || g_str_equal (taken->origin, origin);
      if (n == most)
        return taken->at_ms + OB_RATE_WINDOW_MS;
    }

  return now_ms;
}

gint64
ob_rate_take (ObRate *rate, const char *origin, gint64 now_ms)
{
  gint64 room_ms
      = MAX (find_room_ms (rate, origin, OB_RATE_OF_ORIGIN, now_ms), find_room_ms (rate, NULL, OB_RATE_IN_ALL, now_ms));
  Taken *oldest = &rate->ring[rate->next];

  if (room_ms > now_ms)
    return room_ms - now_ms;
  g_free (oldest->origin);
  *oldest = (Taken){ g_strdup (origin), now_ms };
  rate->next = (rate->next + 1) % OB_RATE_IN_ALL;

  return 0;
}
