/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake watcher. Main thread.
 */
#include "support/conditions.h"

struct _TestConditions
{
  GObject parent_instance;

  ObConditions conditions;
  GHashTable *ways; /* URL → ObWay: what was set for it alone */
  guint n_let_go;
};

static void test_conditions_watcher_init (ObWatcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestConditions, test_conditions, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (OB_TYPE_WATCHER, test_conditions_watcher_init))

static void
test_conditions_read (ObWatcher *watcher, ObConditions *conditions)
{
  *conditions = TEST_CONDITIONS (watcher)->conditions;
}

/* What is said of a server, or else the way of all. */
static gboolean
test_conditions_find_way (ObWatcher *watcher, const char *url, ObWay *way)
{
  TestConditions *self = TEST_CONDITIONS (watcher);
  const ObWay *own = g_hash_table_lookup (self->ways, url);

  *way = own ? *own : (ObWay){ .is_reachable = self->conditions.is_network_available };

  return TRUE;
}

static void
test_conditions_let_go (ObWatcher *watcher)
{
  TEST_CONDITIONS (watcher)->n_let_go++;
}

void
test_conditions_set (TestConditions *self, const ObConditions *conditions)
{
  self->conditions = *conditions;
  g_signal_emit_by_name (self, "changed");
}

const ObConditions *
test_conditions_get (TestConditions *self)
{
  return &self->conditions;
}

void
test_conditions_set_available (TestConditions *self, gboolean is_available)
{
  self->conditions.is_network_available = is_available;
  g_signal_emit_by_name (self, "changed");
}

void
test_conditions_set_way (TestConditions *self, const char *url, const ObWay *way)
{
  (void) g_hash_table_replace (self->ways, g_strdup (url), g_memdup2 (way, sizeof *way));
  self->conditions.n_ways++;
  g_signal_emit_by_name (self, "changed");
}

void
test_conditions_connect (TestConditions *self, const char *name, ObLink link, ObMetered metered)
{
  self->conditions.is_awaited = FALSE;
  self->conditions.is_network_available = TRUE;
  self->conditions.connectivity = OB_CONNECTIVITY_FULL;
  self->conditions.link = link;
  self->conditions.metered = metered;
  (void) g_strlcpy (self->conditions.network_id, name, sizeof self->conditions.network_id);
  (void) g_strlcpy (self->conditions.network_uuid, name, sizeof self->conditions.network_uuid);
  g_signal_emit_by_name (self, "changed");
}

guint
test_conditions_count_let_go (TestConditions *self)
{
  return self->n_let_go;
}

static void
test_conditions_watcher_init (ObWatcherInterface *iface)
{
  iface->read = test_conditions_read;
  iface->find_way = test_conditions_find_way;
  iface->let_go = test_conditions_let_go;
}

static void
test_conditions_finalize (GObject *object)
{
  g_hash_table_unref (TEST_CONDITIONS (object)->ways);
  G_OBJECT_CLASS (test_conditions_parent_class)->finalize (object);
}

static void
test_conditions_class_init (TestConditionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_conditions_finalize;
}

static void
test_conditions_init (TestConditions *self)
{
  self->ways = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  ob_conditions_init (&self->conditions);
}

TestConditions *
test_conditions_new (void)
{
  return g_object_new (TEST_TYPE_CONDITIONS, NULL);
}
