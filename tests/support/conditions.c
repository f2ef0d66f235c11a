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
test_conditions_connect (TestConditions *self, const char *name, ObLink link, ObMetered metered)
{
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
  iface->let_go = test_conditions_let_go;
}

static void
test_conditions_class_init (TestConditionsClass *klass)
{
}

static void
test_conditions_init (TestConditions *self)
{
  ob_conditions_init (&self->conditions);
}

TestConditions *
test_conditions_new (void)
{
  return g_object_new (TEST_TYPE_CONDITIONS, NULL);
}
