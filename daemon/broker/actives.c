/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of attempts. There are only a few, however long the queue is, so every question looks at all of them. Main
 * thread.
 */
#include "broker/actives.h"

struct _ObActives
{
  GHashTable *table; /* id → ObActive */
};

static void
active_free (ObActive *active)
{
  g_free (active->id);
  g_object_unref (active->stop);
  g_free (active);
}

ObActives *
ob_actives_new (void)
{
  ObActives *self = g_new0 (ObActives, 1);

  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) active_free);

  return self;
}

void
ob_actives_free (ObActives *self)
{
  g_hash_table_unref (self->table);
  g_free (self);
}

ObActive *
ob_actives_add (ObActives *self, const char *id, const ObLane *lane)
{
  ObActive *active = g_new0 (ObActive, 1);

  active->id = g_strdup (id);
  active->lane = *lane;
  active->stop = ob_stop_new ();
  active->follow_up = lane->rule ? OB_FOLLOW_UP_NONE : OB_FOLLOW_UP_TERMINATION;
  g_hash_table_insert (self->table, active->id, active);

  return active;
}

void
ob_actives_remove (ObActives *self, const char *id)
{
  (void) g_hash_table_remove (self->table, id);
}

ObActive *
ob_actives_find (ObActives *self, const char *id)
{
  return g_hash_table_lookup (self->table, id);
}

GPtrArray *
ob_actives_list (ObActives *self)
{
  GPtrArray *list = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_ptr_array_add (list, value);

  return list;
}

guint
ob_actives_count (ObActives *self)
{
  return g_hash_table_size (self->table);
}

/* @is: the question about each attempt. @about: (nullable): its argument */
static gboolean
has_one (ObActives *self, gboolean (*is) (const ObActive *active, const char *about), const char *about)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (is (value, about))
      return TRUE;

  return FALSE;
}

static gboolean
is_for (const ObActive *active, const char *destination)
{
  return g_str_equal (active->lane.destination, destination);
}

gboolean
ob_actives_has_for (ObActives *self, const char *destination)
{
  return has_one (self, is_for, destination);
}

static gboolean
makes_room (const ObActive *active, const char *nothing)
{
  return active->makes_room;
}

gboolean
ob_actives_is_making_room (ObActives *self)
{
  return has_one (self, makes_room, NULL);
}

guint
ob_actives_count_follow_ups (ObActives *actives, ObFollowUpKind kind)
{
  g_autoptr (GPtrArray) list = ob_actives_list (actives);
  guint n_found = 0;

  for (guint i = 0; i < list->len; i++)
    n_found += ((const ObActive *) list->pdata[i])->follow_up == kind;

  return n_found;
}

/* --- Stops --- */

void
ob_actives_stop (ObActives *self, const char *id, ObStopKind kind)
{
  ObActive *active = ob_actives_find (self, id);

  if (active)
    ob_stop_ask (active->stop, kind);
}

void
ob_actives_stop_for (ObActives *self, const char *destination, ObStopKind kind)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (!destination || is_for (value, destination))
      ob_stop_ask (((ObActive *) value)->stop, kind);
}

ObStopKind
ob_actives_get_stop_kind (OutboxReasonSet reasons)
{
  const OutboxReasonSet gentle = OUTBOX_REASON_BIT (OUTBOX_REASON_BATTERY) | OUTBOX_REASON_BIT (OUTBOX_REASON_SCHEDULE);

  if ((reasons & ~gentle) == 0)
    return OB_STOP_GENTLY;

  return (reasons & ~gentle) == OUTBOX_REASON_BIT (OUTBOX_REASON_NO_NETWORK) ? OB_STOP_PARK : OB_STOP_NOW;
}

void
ob_actives_close_lane (ObActives *self, const ObLane *lane, OutboxReasonSet reasons)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObActive *active = value;

      if (active->is_asking && (reasons & OB_ACTIVES_NETWORK_REASONS) == 0)
        continue;
      if (ob_lane_equal (&active->lane, lane))
        ob_stop_ask (active->stop, ob_actives_get_stop_kind (reasons));
    }
}
