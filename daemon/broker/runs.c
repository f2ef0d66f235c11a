/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Answers what others ask of runs, and stops attempts. Owns the memory in runs-private.h. Main thread.
 */
#include "broker/runs-private.h"

#include "dbus/mark.h"
#include "policy/health.h"

ObRuns *
ob_runs_new (const ObRunsTools *tools, const ObRunsHost *host, gpointer user_data)
{
  ObRuns *self = g_new0 (ObRuns, 1);

  self->queue = tools->queue;
  self->database = ob_queue_get_database (tools->queue);
  self->spool = tools->spool;
  self->storage = tools->storage;
  self->destinations = tools->destinations;
  self->gate = tools->gate;
  self->knocks = tools->knocks;
  self->trials = tools->trials;
  self->credentials = tools->credentials;
  self->runner = tools->runner;
  self->host = host;
  self->user_data = user_data;
  self->active = ob_actives_new ();
  self->promised = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->fairness = ob_fairness_new ();
  self->arrived = g_ptr_array_new_with_free_func (g_free);
  self->freed = g_ptr_array_new_with_free_func (g_free);

  return self;
}

void
ob_runs_free (ObRuns *self)
{
  ob_runs_stop (self);
  ob_runs_end (self);
  ob_fairness_free (self->fairness);
  g_ptr_array_unref (self->arrived);
  g_ptr_array_unref (self->freed);
  g_hash_table_unref (self->promised);
  ob_actives_free (self->active);
  g_free (self);
}

void
ob_runs_stop (ObRuns *self)
{
  self->is_started = FALSE;
  ob_actives_stop_for (self->active, NULL, OB_STOP_NOW);
}

void
ob_runs_end (ObRuns *self)
{
  if (!self->workers)
    return;
  ob_trials_stop (self->trials);
  g_clear_pointer (&self->workers, ob_workers_free);
}

/* --- What runs --- */

gboolean
ob_runs_has (ObRuns *self, const char *id)
{
  return ob_actives_find (self->active, id) != NULL;
}

gboolean
ob_runs_has_for (ObRuns *self, const char *destination)
{
  return ob_actives_has_for (self->active, destination);
}

guint
ob_runs_count (ObRuns *self)
{
  return ob_actives_count (self->active);
}

const ObActive *
ob_runs_find (ObRuns *self, const char *id)
{
  return ob_actives_find (self->active, id);
}

GPtrArray *
ob_runs_list (ObRuns *self)
{
  return ob_actives_list (self->active);
}

guint64
ob_runs_get_sent_bytes (ObRuns *self, const ObUpload *upload)
{
  const ObActive *active = ob_actives_find (self->active, upload->id);

  return active ? MAX (MIN (active->sent_bytes, upload->size_bytes), upload->offset_bytes) : upload->offset_bytes;
}

ObActive *
ob_runs_add (ObRuns *self, const char *id, const ObLane *lane)
{
  ObDestination *to = ob_destination_table_find (self->destinations, lane->destination);
  ObActive *active = ob_actives_add (self->active, id, lane);

  active->begun_at = to ? ob_health_begin (&to->health) : 0;

  return active;
}

guint64
ob_runs_get_begun_at (ObRuns *self, const char *id)
{
  const ObActive *active = ob_actives_find (self->active, id);

  return active ? active->begun_at : 0;
}

gboolean
ob_runs_relieve_destination (ObRuns *self, const ObUpload *upload, GError **error)
{
  ObDestination *destination = ob_destination_table_find (self->destinations, upload->destination);

  ob_knocks_note_end (self->knocks, upload, FALSE, TRUE);

  return !destination
         || !ob_health_note_success (&destination->health, upload->id, ob_runs_get_begun_at (self, upload->id))
         || ob_destination_table_save (self->destinations, destination, S_ ("it answers again"), error);
}

/* --- Stops --- */

void
ob_runs_stop_one (ObRuns *self, const char *id, ObStopKind kind)
{
  ob_actives_stop (self->active, id, kind);
}

static void
on_renew (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;
  ObRuns *self = pending->owner;
  ObActive *active = ob_actives_find (self->active, pending->id);

  if (!error)
    ob_actives_stop (self->active, pending->id, OB_STOP_NOW);
  else if (active)
    active->is_renewed = FALSE;
}

/* The answer that it waits for may come before the commit: on_created() does not take it. */
void
ob_runs_renew (ObRuns *self, const char *id)
{
  ObActive *active = ob_actives_find (self->active, id);

  if (!active || active->follow_up != OB_FOLLOW_UP_NONE)
    return;
  active->is_renewed = TRUE;
  ob_queue_after (self->queue, on_renew, ob_pending_new (self, id));
}

void
ob_runs_stop_for (ObRuns *self, const char *destination, ObStopKind kind)
{
  ob_actives_stop_for (self->active, destination, kind);
}

static void
on_pause_one (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_runs_stop_one (pending->owner, pending->id, OB_STOP_GENTLY);
}

void
ob_runs_pause_one_after (ObRuns *self, const char *id)
{
  ob_queue_after (self->queue, on_pause_one, ob_pending_new (self, id));
}

static void
on_pause_for (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (!error)
    ob_runs_stop_for (pending->owner, pending->id, OB_STOP_GENTLY);
}

void
ob_runs_pause_for_after (ObRuns *self, const char *destination)
{
  ob_queue_after (self->queue, on_pause_for, ob_pending_new (self, destination));
}

void
ob_runs_close_lane (ObRuns *self, const ObLane *lane, OutboxReasonSet reasons)
{
  /* There is a network again, but it may not be used: reset parked connections before they wake up on it. */
  if (ob_actives_get_stop_kind (reasons) == OB_STOP_NOW && self->workers)
    ob_workers_reset_parked (self->workers);
  ob_actives_close_lane (self->active, lane, reasons);
}

void
ob_runs_change_lane (ObRuns *self, const char *id, const ObLane *lane)
{
  ObActive *active = ob_actives_find (self->active, id);

  if (active)
    active->lane = *lane;
}

/* --- A member of the queue --- */

static void
load_one (ObRuns *self, ObActive *active)
{
  g_autoptr (ObUpload) upload
      = active->follow_up == OB_FOLLOW_UP_TERMINATION ? NULL : ob_uploads_get (self->database, active->id, NULL);

  /* The destination's health has been read again, and counts from the beginning. */
  active->begun_at = 0;
  if (!upload)
    return;
  active->lane = ob_lane_of (upload);
  active->is_asking = active->follow_up != OB_FOLLOW_UP_NONE || upload->stored == OB_STORED_CONFIRMING;
}

/* After a rollback a lane may be held again that was open when the attempt started. */
static void
stop_if_held (ObRuns *self, const ObActive *active)
{
  OutboxReasonSet reasons
      = active->follow_up == OB_FOLLOW_UP_TERMINATION ? 0 : ob_gate_get_lane_reasons (self->gate, &active->lane);

  if (reasons != 0 && !ob_stop_is_asked (active->stop))
    ob_runs_close_lane (self, &active->lane, reasons);
}

gboolean
ob_runs_load (gpointer member, GError **error)
{
  ObRuns *self = member;
  g_autoptr (GPtrArray) actives = ob_actives_list (self->active);

  for (guint i = 0; i < actives->len; i++)
    load_one (self, actives->pdata[i]);
  for (guint i = 0; i < actives->len; i++)
    stop_if_held (self, actives->pdata[i]);

  return TRUE;
}
