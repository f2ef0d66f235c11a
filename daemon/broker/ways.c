/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the watchers have answered, by the name of the destination. Main thread.
 */
#include "broker/ways.h"

#include "base/debug.h"
#include "policy/conditions.h"

struct _ObWays
{
  GPtrArray *watchers; /* a reference */
  GHashTable *table;   /* name of a destination → ObReach */
};

/* The way to one destination. */
typedef struct
{
  char *url; /* of the destination when it was last asked for */
  ObWay way;
  gboolean was_reachable; /* when the conditions last settled */
} ObReach;

static void
reach_free (ObReach *reach)
{
  g_free (reach->url);
  g_free (reach);
}

ObWays *
ob_ways_new (GPtrArray *watchers)
{
  ObWays *self = g_new0 (ObWays, 1);

  self->watchers = g_ptr_array_ref (watchers);
  self->table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) reach_free);

  return self;
}

void
ob_ways_free (ObWays *self)
{
  g_ptr_array_unref (self->watchers);
  g_hash_table_unref (self->table);
  g_free (self);
}

/* If no watcher knows of ways, only an attempt can tell: assume that it can be reached. */
static ObWay
find_way (ObWays *self, const char *url)
{
  ObWay way = { .is_reachable = TRUE };

  for (guint i = 0; i < self->watchers->len; i++)
    if (ob_watcher_find_way (self->watchers->pdata[i], url, &way))
      break;

  return way;
}

/* Asks for a destination that is new or has moved; nothing was believed of it before. */
static ObReach *
find_reach (ObWays *self, const ObDestination *destination, gboolean is_believed)
{
  ObReach *reach = g_hash_table_lookup (self->table, destination->name);

  if (reach && g_str_equal (reach->url, destination->url))
    return reach;
  reach = g_new0 (ObReach, 1);
  reach->url = g_strdup (destination->url);
  reach->way = find_way (self, reach->url);
  reach->was_reachable = reach->way.is_reachable && is_believed;
  g_hash_table_replace (self->table, g_strdup (destination->name), reach);

  return reach;
}

gboolean
ob_ways_is_reachable (ObWays *self, const ObDestination *destination, gboolean is_believed)
{
  return find_reach (self, destination, is_believed)->way.is_reachable;
}

gboolean
ob_ways_was_reachable (ObWays *self, const ObDestination *destination, gboolean is_believed)
{
  return find_reach (self, destination, is_believed)->was_reachable;
}

gboolean
ob_ways_is_metered (ObWays *self, const ObDestination *destination, gboolean is_believed)
{
  return find_reach (self, destination, is_believed)->way.is_metered;
}

gboolean
ob_ways_review (ObWays *self)
{
  gboolean is_gained = FALSE;
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      ObReach *reach = value;
      gboolean was_reachable = reach->way.is_reachable;

      reach->way = find_way (self, reach->url);
      if (reach->way.is_reachable != was_reachable)
        ob_debug (OB_DEBUG_GATE, name, "there is %s to the destination", was_reachable ? "no way any more" : "a way");
      is_gained |= reach->way.is_reachable && !was_reachable;
    }

  return is_gained;
}

void
ob_ways_settle (ObWays *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->table);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((ObReach *) value)->was_reachable = ((ObReach *) value)->way.is_reachable;
}
