/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The timer runs while there is a member. Main thread.
 */
#include "ipc/rest/heartbeat.h"

struct _ObHeartbeat
{
  GHashTable *members; /* member → what is called with it */
  guint every_s;
  guint timer;
};

ObHeartbeat *
ob_heartbeat_new (guint every_s)
{
  ObHeartbeat *self = g_new0 (ObHeartbeat, 1);

  self->every_s = every_s;
  self->members = g_hash_table_new (NULL, NULL);

  return self;
}

void
ob_heartbeat_free (ObHeartbeat *self)
{
  g_warn_if_fail (g_hash_table_size (self->members) == 0);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_hash_table_unref (self->members);
  g_free (self);
}

static gboolean
on_time (gpointer user_data)
{
  ObHeartbeat *self = user_data;
  GHashTableIter iter;
  gpointer member, beat;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, &member, &beat))
    ((void (*) (gpointer)) beat) (member);

  return G_SOURCE_CONTINUE;
}

void
ob_heartbeat_add (ObHeartbeat *self, void (*beat) (gpointer member), gpointer member)
{
  (void) g_hash_table_insert (self->members, member, (gpointer) beat);
  if (self->timer == 0)
    self->timer = g_timeout_add_seconds (self->every_s, on_time, self);
}

void
ob_heartbeat_remove (ObHeartbeat *self, gpointer member)
{
  (void) g_hash_table_remove (self->members, member);
  if (g_hash_table_size (self->members) == 0)
    g_clear_handle_id (&self->timer, g_source_remove);
}
