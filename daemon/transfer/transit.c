/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Numbers that several threads share, under one lock. The kernel is asked with the lock held, so that no byte is taken
 * between its answer and the arithmetic.
 */
#include "transfer/transit.h"

#include "transfer/flow.h"

struct _ObTransit
{
  gint refs;
  GMutex lock;    /* guards all below */
  gboolean is_on; /* a body is under way */
  guint64 offset_bytes;
  guint64 taken_bytes;
  guint64 held_bytes;
  guint64 reached_bytes; /* of the body, acknowledged at least */
  guint64 rest_bytes;    /* of the body, after which the upload is whole; G_MAXUINT64: another request follows */
  gint64 left_us;        /* since when every byte is acknowledged, monotonic; 0: not yet */
};

ObTransit *
ob_transit_new (void)
{
  ObTransit *transit = g_new0 (ObTransit, 1);

  transit->refs = 1;
  transit->rest_bytes = G_MAXUINT64;
  g_mutex_init (&transit->lock);

  return transit;
}

ObTransit *
ob_transit_ref (ObTransit *transit)
{
  g_atomic_int_inc (&transit->refs);

  return transit;
}

void
ob_transit_unref (ObTransit *transit)
{
  if (!g_atomic_int_dec_and_test (&transit->refs))
    return;
  g_mutex_clear (&transit->lock);
  g_free (transit);
}

static void
set (ObTransit *transit, gboolean is_on, guint64 offset_bytes)
{
  g_mutex_lock (&transit->lock);
  transit->is_on = is_on;
  transit->offset_bytes = offset_bytes;
  transit->taken_bytes = transit->held_bytes = transit->reached_bytes = 0;
  transit->rest_bytes = G_MAXUINT64;
  transit->left_us = 0;
  g_mutex_unlock (&transit->lock);
}

void
ob_transit_begin (ObTransit *transit, guint64 offset_bytes)
{
  set (transit, TRUE, offset_bytes);
}

void
ob_transit_end (ObTransit *transit)
{
  set (transit, FALSE, 0);
}

/* With the lock held. */
static void
note_left (ObTransit *transit, gint64 now_us)
{
  if (transit->left_us == 0 && transit->reached_bytes >= transit->rest_bytes)
    transit->left_us = now_us;
}

void
ob_transit_expect_end (ObTransit *transit, guint64 rest_bytes, gint64 now_us)
{
  g_mutex_lock (&transit->lock);
  transit->rest_bytes = rest_bytes;
  note_left (transit, now_us);
  g_mutex_unlock (&transit->lock);
}

gboolean
ob_transit_is_left (ObTransit *transit, gint64 now_us)
{
  gboolean is_left;

  g_mutex_lock (&transit->lock);
  is_left = transit->left_us > 0 && now_us - transit->left_us >= OB_TRANSIT_ORDINARY_MS * G_GINT64_CONSTANT (1000);
  g_mutex_unlock (&transit->lock);

  return is_left;
}

void
ob_transit_note_taken (ObTransit *transit, guint64 taken_bytes, guint64 held_bytes)
{
  g_mutex_lock (&transit->lock);
  transit->taken_bytes = taken_bytes;
  transit->held_bytes = held_bytes;
  g_mutex_unlock (&transit->lock);
}

guint64
ob_transit_reach (guint64 reached_bytes, guint64 taken_bytes, guint64 held_bytes, guint64 queued_bytes)
{
  guint64 written_bytes = taken_bytes - MIN (held_bytes, taken_bytes);

  return MAX (reached_bytes, written_bytes - MIN (queued_bytes, written_bytes));
}

void
ob_transit_look (ObTransit *transit, int fd, gint64 now_us)
{
  g_mutex_lock (&transit->lock);
  if (transit->is_on)
    {
      gint64 queued_bytes = ob_flow_read_queued_bytes (fd);

      if (queued_bytes >= 0)
        transit->reached_bytes = ob_transit_reach (transit->reached_bytes, transit->taken_bytes, transit->held_bytes,
                                                   (guint64) queued_bytes);
      note_left (transit, now_us);
    }
  g_mutex_unlock (&transit->lock);
}

guint64
ob_transit_get_sent_bytes (ObTransit *transit)
{
  guint64 sent_bytes;

  g_mutex_lock (&transit->lock);
  sent_bytes = transit->reached_bytes > 0 ? transit->offset_bytes + transit->reached_bytes : 0;
  g_mutex_unlock (&transit->lock);

  return sent_bytes;
}
