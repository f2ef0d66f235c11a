/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which destinations can be reached: asks the watchers once for each, and again when they tell that their answers have
 * changed. A way that is lost counts at once, one that is found when the conditions have settled. Main thread.
 */
#include "broker/broker-private.h"

/* The way to one destination. */
typedef struct
{
  char *url; /* that it was asked for */
  ObWay way;
  gboolean was_reachable; /* when the conditions were settled last */
} ObReach;

static void
reach_free (ObReach *reach)
{
  g_free (reach->url);
  g_free (reach);
}

/* Without anybody who knows of ways, a try has to tell. */
static ObWay
find_way (ObBroker *self, const char *url)
{
  ObWay way = { .is_reachable = TRUE };

  for (guint i = 0; i < self->watchers->len; i++)
    if (ob_watcher_find_way (self->watchers->pdata[i], url, &way))
      break;

  return way;
}

/* A destination that is new, or has moved, is asked for; nothing was believed of it before. */
static ObReach *
find_reach (ObBroker *self, const ObDestination *destination)
{
  ObReach *reach = g_hash_table_lookup (self->reaches, destination->name);

  if (reach && g_str_equal (reach->url, destination->url))
    return reach;
  reach = g_new0 (ObReach, 1);
  reach->url = g_strdup (destination->url);
  reach->way = find_way (self, reach->url);
  reach->was_reachable = reach->way.is_reachable && (self->settle_at_ms == 0 || self->settled.is_network_available);
  g_hash_table_replace (self->reaches, g_strdup (destination->name), reach);

  return reach;
}

gboolean
ob_broker_is_reachable (ObBroker *self, const ObDestination *destination, gboolean is_settled)
{
  const ObReach *reach = find_reach (self, destination);

  return is_settled ? reach->was_reachable : reach->way.is_reachable;
}

gboolean
ob_broker_is_metered_way (ObBroker *self, const ObDestination *destination)
{
  return find_reach (self, destination)->way.is_metered;
}

gboolean
ob_broker_review_reach (ObBroker *self)
{
  gboolean is_gained = FALSE;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->reaches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObReach *reach = value;
      gboolean was_reachable = reach->way.is_reachable;

      reach->way = find_way (self, reach->url);
      is_gained |= reach->way.is_reachable && !was_reachable;
    }

  return is_gained;
}

void
ob_broker_settle_reach (ObBroker *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->reaches);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    ((ObReach *) value)->was_reachable = ((ObReach *) value)->way.is_reachable;
}

GHashTable *
ob_broker_make_reaches (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) reach_free);
}
