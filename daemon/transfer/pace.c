/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A token bucket, kept as the time at which the next byte may go. Any thread.
 */
#include "transfer/pace.h"

/* Hand out an eighth of a second at a time, but never so little that a packet would be mostly header. */
#define PIECES_PER_S 8
#define PIECE_MIN_BYTES 512

struct _ObPace
{
  gint refs;

  GMutex lock; /* guards all below */
  guint64 rate_bytes_per_s;
  gint64 free_at_us;
};

ObPace *
ob_pace_new (guint64 rate_bytes_per_s)
{
  ObPace *pace = g_new0 (ObPace, 1);

  pace->refs = 1;
  g_mutex_init (&pace->lock);
  pace->rate_bytes_per_s = rate_bytes_per_s;

  return pace;
}

ObPace *
ob_pace_ref (ObPace *pace)
{
  g_atomic_int_inc (&pace->refs);

  return pace;
}

void
ob_pace_unref (ObPace *pace)
{
  if (!g_atomic_int_dec_and_test (&pace->refs))
    return;
  g_mutex_clear (&pace->lock);
  g_free (pace);
}

void
ob_pace_set_rate (ObPace *pace, guint64 rate_bytes_per_s)
{
  g_mutex_lock (&pace->lock);
  pace->rate_bytes_per_s = rate_bytes_per_s;
  g_mutex_unlock (&pace->lock);
}

guint64
ob_pace_get_rate (ObPace *pace)
{
  guint64 rate_bytes_per_s;

  g_mutex_lock (&pace->lock);
  rate_bytes_per_s = pace->rate_bytes_per_s;
  g_mutex_unlock (&pace->lock);

  return rate_bytes_per_s;
}

gsize
ob_pace_take (ObPace *pace, gsize wanted_bytes, gint64 now_us, gint64 *delay_us)
{
  gsize taken_bytes = wanted_bytes;

  g_mutex_lock (&pace->lock);
  *delay_us = 0;
  if (pace->rate_bytes_per_s > 0)
    {
      double rate = (double) pace->rate_bytes_per_s;

      taken_bytes = MIN (wanted_bytes, MAX (pace->rate_bytes_per_s / PIECES_PER_S, PIECE_MIN_BYTES));
      pace->free_at_us = MAX (pace->free_at_us, now_us - OB_PACE_BURST_MS * 1000);
      *delay_us = MAX (pace->free_at_us - now_us, 0);
      pace->free_at_us += (gint64) ((double) taken_bytes * G_USEC_PER_SEC / rate);
    }
  g_mutex_unlock (&pace->lock);

  return taken_bytes;
}
