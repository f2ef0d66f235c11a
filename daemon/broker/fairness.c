/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two tables: when each app was served, and how long each stream was passed over. Main thread.
 */
#include "broker/fairness.h"

typedef struct
{
  ObStream stream;
  gint64 passed_ms;
  gboolean is_waiting;
} Wait;

struct _ObFairness
{
  GHashTable *served; /* app, interned → guint64, owned */
  GHashTable *waits;  /* of Wait, owned, by its stream */
  gint64 begun_at_ms; /* the last choice; 0: none yet */
  guint64 n_served;
};

static guint
hash (gconstpointer data)
{
  const ObStream *stream = data;

  return ob_lane_hash (&stream->lane) * 31 + g_direct_hash (stream->app) + stream->stored;
}

static gboolean
equal (gconstpointer a, gconstpointer b)
{
  const ObStream *left = a, *right = b;

  return ob_lane_equal (&left->lane, &right->lane) && left->app == right->app && left->stored == right->stored;
}

ObFairness *
ob_fairness_new (void)
{
  ObFairness *fairness = g_new0 (ObFairness, 1);

  fairness->served = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  fairness->waits = g_hash_table_new_full (hash, equal, NULL, g_free);

  return fairness;
}

void
ob_fairness_free (ObFairness *fairness)
{
  g_hash_table_unref (fairness->served);
  g_hash_table_unref (fairness->waits);
  g_free (fairness);
}

void
ob_fairness_begin (ObFairness *fairness, gint64 now_ms)
{
  gint64 gap_ms = fairness->begun_at_ms > 0 ? CLAMP (now_ms - fairness->begun_at_ms, 0, OB_FAIRNESS_POINT_MS) : 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, fairness->waits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Wait *wait = value;

      if (wait->is_waiting)
        wait->passed_ms += gap_ms;
      wait->is_waiting = FALSE;
    }
  fairness->begun_at_ms = now_ms;
}

gint
ob_fairness_get_age (ObFairness *fairness, const ObStream *stream)
{
  const Wait *wait = g_hash_table_lookup (fairness->waits, stream);

  return wait ? (gint) MIN (wait->passed_ms / OB_FAIRNESS_POINT_MS, G_MAXINT / 4) : 0;
}

guint64
ob_fairness_get_served (ObFairness *fairness, const char *app)
{
  const guint64 *served = g_hash_table_lookup (fairness->served, app);

  return served ? *served : 0;
}

void
ob_fairness_note_served (ObFairness *fairness, const ObStream *stream)
{
  guint64 *served = g_new (guint64, 1);

  *served = ++fairness->n_served;
  g_hash_table_insert (fairness->served, (gpointer) stream->app, served);
  (void) g_hash_table_remove (fairness->waits, stream);
}

void
ob_fairness_note_waiting (ObFairness *fairness, const ObStream *stream)
{
  Wait *wait = g_hash_table_lookup (fairness->waits, stream);

  if (!wait)
    {
      wait = g_new0 (Wait, 1);
      wait->stream = *stream;
      g_hash_table_insert (fairness->waits, &wait->stream, wait);
    }
  wait->is_waiting = TRUE;
}
