/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Remembers the rows of passes, and answers which lane has one. Main thread.
 */
#include "broker/passes.h"

#define SENT_ON "pass "

struct _ObPasses
{
  ObQueue *queue; /* borrowed, as is the next */
  ObDatabase *database;
  GPtrArray *all; /* of ObPass */
};

ObPasses *
ob_passes_new (ObQueue *queue)
{
  ObPasses *self = g_new0 (ObPasses, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->all = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_pass_free);

  return self;
}

void
ob_passes_free (ObPasses *self)
{
  g_ptr_array_unref (self->all);
  g_free (self);
}

static gboolean
load (gpointer member, GError **error)
{
  ObPasses *self = member;
  GPtrArray *all = ob_passes_list (self->database, error);

  if (!all)
    return FALSE;
  g_ptr_array_unref (self->all);
  self->all = all;

  return TRUE;
}

const ObMember ob_passes_member = { .load = load };

const GPtrArray *
ob_passes_get_all (ObPasses *self)
{
  return self->all;
}

/* A clock that was set back while nobody looked must not make an hour a year. */
gboolean
ob_pass_is_over (const ObPass *pass, gint64 now_ms)
{
  return now_ms < pass->since_ms || now_ms >= pass->until_ms;
}

static gboolean
is_of (const ObPass *pass, OutboxScope scope, const char *app, const char *key)
{
  return pass->scope == scope && g_str_equal (pass->app, app) && g_str_equal (pass->key, key);
}

const ObPass *
ob_passes_find (ObPasses *self, OutboxScope scope, const char *app, const char *key)
{
  const gint64 now_ms = ob_queue_get_now_ms (self->queue);

  for (guint i = 0; i < self->all->len; i++)
    if (is_of (self->all->pdata[i], scope, app, key) && !ob_pass_is_over (self->all->pdata[i], now_ms))
      return self->all->pdata[i];

  return NULL;
}

gboolean
ob_pass_is_in (const char *sent_on)
{
  return g_str_has_prefix (sent_on, SENT_ON);
}

const ObPass *
ob_passes_find_in (ObPasses *self, const char *sent_on)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      const ObPass *pass = self->all->pdata[i];
      g_autofree char *own = ob_pass_dup_sent_on (pass->number);

      if (g_str_equal (own, sent_on))
        return pass;
    }

  return NULL;
}

char *
ob_pass_dup_sent_on (gint64 number)
{
  return g_strdup_printf (SENT_ON "%" G_GINT64_FORMAT, number);
}

static gboolean
is_for_lane (const ObPass *pass, const ObLane *lane)
{
  g_autofree char *sent_on = NULL;

  if (pass->scope == OUTBOX_SCOPE_QUEUE)
    return TRUE;
  if (pass->scope == OUTBOX_SCOPE_DESTINATION)
    return g_str_equal (pass->key, lane->destination);
  sent_on = ob_pass_dup_sent_on (pass->number);

  return g_str_equal (lane->sent_on, sent_on);
}

gint64
ob_passes_get_end_ms (ObPasses *self, const ObLane *lane)
{
  const gint64 now_ms = ob_queue_get_now_ms (self->queue);
  gint64 end_ms = 0;

  for (guint i = 0; i < self->all->len; i++)
    {
      const ObPass *pass = self->all->pdata[i];

      if (!ob_pass_is_over (pass, now_ms) && is_for_lane (pass, lane))
        end_ms = MAX (end_ms, pass->until_ms);
    }

  return end_ms;
}

/* --- Changes --- */

gboolean
ob_passes_end_one (ObPasses *self, gint64 number, GError **error)
{
  for (guint i = 0; i < self->all->len; i++)
    if (((const ObPass *) self->all->pdata[i])->number == number)
      {
        g_ptr_array_remove_index (self->all, i);
        return ob_passes_delete (self->database, number, error);
      }

  return TRUE;
}

gboolean
ob_passes_end (ObPasses *self, OutboxScope scope, const char *app, const char *key, GError **error)
{
  for (guint i = self->all->len; i > 0; i--)
    {
      const ObPass *pass = self->all->pdata[i - 1];

      if (is_of (pass, scope, app, key) && !ob_passes_end_one (self, pass->number, error))
        return FALSE;
    }

  return TRUE;
}

gint64
ob_passes_give (ObPasses *self, OutboxScope scope, const char *app, const char *key, gint64 duration_ms,
                gboolean pauses, GError **error)
{
  const gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autoptr (ObPass) pass = g_new0 (ObPass, 1);

  *pass = (ObPass){ 0, scope, g_strdup (app), g_strdup (key), now_ms, now_ms + duration_ms, pauses };
  if (!ob_passes_insert (self->database, pass, error))
    return 0;
  g_ptr_array_add (self->all, pass);

  return g_steal_pointer (&pass)->number;
}

gboolean
ob_passes_move (ObPasses *self, gint64 jump_ms, GError **error)
{
  for (guint i = 0; i < self->all->len; i++)
    {
      ObPass *pass = self->all->pdata[i];

      pass->since_ms = MAX (pass->since_ms + jump_ms, 1);
      pass->until_ms = MAX (pass->until_ms + jump_ms, 1);
    }

  return self->all->len == 0 || ob_passes_shift (self->database, jump_ms, error);
}
