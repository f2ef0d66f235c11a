/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sweeps: a group that is paused, resumed or sent now has one row, and maybe a hundred thousand uploads that follow it. They do so
 * in slices, so that no other caller waits for all of them. The row says how far the sweep is, so that the next start goes on with
 * one that a crash interrupts. Main thread.
 */
#include "broker/commands-private.h"

#include "base/crash.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#define SLICE_US 4000

gint64
ob_commands_get_slice_end_us (void)
{
  return g_get_monotonic_time () + SLICE_US;
}

/* Returns: (transfer full) (nullable): a group on its way: the pauses first, since a send-now that is not done was said later. NULL
 * without an error: there is none */
static ObGroup *
find_unfinished (ObCommands *self, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObGroup) group = ob_groups_find_unswept (self->database, &own_error);

  if (!group && !own_error)
    group = ob_groups_find_unsent (self->database, &own_error);
  if (own_error)
    g_propagate_error (error, g_steal_pointer (&own_error));

  return g_steal_pointer (&group);
}

static gboolean
follow_one (ObCommands *self, ObGroup *group, gint64 end_us, GError **error)
{
  return group->swept_number >= 0 ? ob_commands_sweep (self, group, end_us, error)
                                  : ob_commands_send_some (self, group, end_us, error);
}

static gboolean
sweep_some (gpointer user_data, GError **error)
{
  ObCommands *self = user_data;
  const gint64 end_us = ob_commands_get_slice_end_us ();
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObGroup) group = find_unfinished (self, &own_error);

  while (group && !own_error && g_get_monotonic_time () < end_us && follow_one (self, group, end_us, &own_error))
    {
      ob_group_free (group);
      group = find_unfinished (self, &own_error);
    }
  if (own_error)
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }
  /* Subscribers heard of the pause when it was commanded: tell them again only after the last slice. */
  if (group)
    ob_queue_want_flush (self->queue);
  else
    ob_queue_touch_holds (self->queue);

  return TRUE;
}

static void
answer (ObCommands *self, const GError *error)
{
  g_autoptr (GArray) waiters = g_steal_pointer (&self->waiters);

  self->waiters = g_array_new (FALSE, FALSE, sizeof (ObWaiter));
  for (guint i = 0; i < waiters->len; i++)
    {
      const ObWaiter *waiter = &g_array_index (waiters, ObWaiter, i);

      waiter->done (error, waiter->user_data);
    }
}

/* The groups that somebody waits for are paused or resumed on the disk by now, and stay so: only their uploads are late. */
static void
answer_failed (ObCommands *self, const GError *error)
{
  g_autoptr (GError) told = g_error_copy (error);

  g_prefix_error (&told, S_ ("The group's uploads follow as soon as the queue can be written: "));
  answer (self, told);
}

static gboolean on_slice (gpointer user_data);

static void
go_on_sweeping (ObCommands *self)
{
  if (self->sweep_source == 0 && !self->is_ending)
    self->sweep_source = g_idle_add_full (OB_COMMANDS_SLICE_PRIORITY, on_slice, self, NULL);
}

static void
on_slice_committed (const GError *error, gpointer user_data)
{
  ObCommands *self = user_data;
  g_autoptr (GError) own_error = error ? g_error_copy (error) : NULL;
  g_autoptr (ObGroup) group = own_error ? NULL : find_unfinished (self, &own_error);

  if (!error)
    ob_crash_point ("sweep-committed");
  if (own_error)
    answer_failed (self, own_error);
  else if (group)
    go_on_sweeping (self);
  else
    answer (self, NULL);
}

static gboolean
on_slice (gpointer user_data)
{
  ObCommands *self = user_data;
  g_autoptr (GError) error = NULL;

  self->sweep_source = 0;
  if (ob_queue_do (self->queue, OB_TURN_SOON, sweep_some, self, &error))
    ob_queue_after (self->queue, on_slice_committed, self);
  else
    answer_failed (self, error);

  return G_SOURCE_REMOVE;
}

void
ob_commands_wait_for_sweep (ObCommands *self, ObCommandDone done, gpointer user_data)
{
  const ObWaiter waiter = { self, done, user_data };

  g_array_append_val (self->waiters, waiter);
  go_on_sweeping (self);
}

static void
on_word_committed (const GError *error, gpointer user_data)
{
  g_autofree ObWaiter *waiter = user_data;
  ObCommands *self = waiter->commands;

  if (error)
    {
      waiter->done (error, waiter->user_data);
      return;
    }
  ob_commands_wait_for_sweep (self, waiter->done, waiter->user_data);
}

void
ob_commands_sweep_after (ObCommands *self, ObCommandDone done, gpointer user_data)
{
  const ObWaiter waiter = { self, done, user_data };

  ob_queue_after (self->queue, on_word_committed, g_memdup2 (&waiter, sizeof waiter));
}

void
ob_commands_take_up (ObCommands *self)
{
  g_autoptr (ObGroup) group = find_unfinished (self, NULL);

  if (group)
    go_on_sweeping (self);
}

void
ob_commands_stop_sweeping (ObCommands *self)
{
  g_autoptr (GError) error = g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                                  S_ ("Outbox is ending; it goes on with the group at its next start"));

  self->is_ending = TRUE;
  g_clear_handle_id (&self->sweep_source, g_source_remove);
  answer (self, error);
}
