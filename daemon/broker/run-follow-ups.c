/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Starts what is asked of servers about uploads that have been sent or removed: a few at a time, where the policy allows a question
 * and the destination is well. Main thread.
 */
#include "broker/run-follow-up-kinds.h"

#include "broker/scheduler.h"
#include "policy/health.h"
#include "store/ready.h"

/* Looks among so many that are due for one that can be asked for now. */
#define CHOICE 32

static const struct
{
  guint at_once;
  ObFollowUpMake make_job;
  ObFollowUpEnd end;
} kinds[OB_N_FOLLOW_UPS] = {
  [OB_FOLLOW_UP_CHECK] = { 2, ob_runs_make_check_job, ob_runs_end_check },
  [OB_FOLLOW_UP_AMENDMENT] = { 2, ob_runs_make_amendment_job, ob_runs_end_amendment },
  [OB_FOLLOW_UP_TERMINATION] = { 1, ob_runs_make_termination_job, ob_runs_end_termination },
};

/* A destination that was in trouble is tried by one upload alone. Where none is left to do that, a question finds out. */
static gboolean
may_ask (ObRuns *self, const ObDestination *destination, const char *id)
{
  return !ob_health_is_tried (&destination->health)
         || (!ob_actives_has_for (self->active, destination->name)
             && !ob_ready_has_other (self->database, destination->name, id));
}

/* Returns: whether it has begun */
static gboolean
start (ObRuns *self, const ObFollowUp *follow_up)
{
  const gboolean is_termination = follow_up->kind == OB_FOLLOW_UP_TERMINATION;
  g_autoptr (ObUpload) upload = is_termination ? NULL : ob_uploads_get (self->database, follow_up->id, NULL);
  const char *name = is_termination ? follow_up->destination : upload ? upload->destination : NULL;
  const ObDestination *destination = name ? ob_destination_table_find (self->destinations, name) : NULL;
  ObLane lane, of_active;
  ObActive *active;

  if (follow_up->kind == OB_FOLLOW_UP_AMENDMENT && upload && ob_runs_lacks_amend_url (self, upload, destination))
    return FALSE;
  /* The upload's last attempt may still be ending. */
  if (!destination || (upload && upload->stored != OB_STORED_DONE) || !may_ask (self, destination, follow_up->id)
      || ob_actives_find (self->active, follow_up->id))
    return FALSE;
  lane = upload ? ob_lane_of (upload) : ob_lane_make (name, "", "");
  of_active = upload ? lane : ob_lane_make (name, NULL, NULL);
  if (!self->host->may_start (&lane, OB_STORED_CONFIRMING, self->user_data))
    return FALSE;
  active = ob_runs_add (self, follow_up->id, &of_active);
  active->follow_up = follow_up->kind;
  active->is_asking = !is_termination;
  active->amended = upload ? upload->amended : 0;
  ob_workers_start (self->workers, kinds[follow_up->kind].make_job (self, follow_up, upload, destination),
                    active->stop);

  return TRUE;
}

static void
start_kind (ObRuns *self, ObFollowUpKind kind)
{
  guint n_active = ob_actives_count_follow_ups (self->active, kind);
  g_autoptr (GPtrArray) due = NULL;

  if (n_active >= kinds[kind].at_once)
    return;
  due = ob_follow_ups_find_due (self->database, kind, ob_queue_get_now_ms (self->queue), CHOICE);
  for (guint i = 0;
       i < due->len && n_active < kinds[kind].at_once && ob_actives_count (self->active) < OB_SCHEDULER_MAX_ATTEMPTS;
       i++)
    n_active += start (self, due->pdata[i]);
}

void
ob_runs_start_follow_ups (ObRuns *self)
{
  for (ObFollowUpKind kind = OB_FOLLOW_UP_CHECK; kind < OB_N_FOLLOW_UPS; kind++)
    start_kind (self, kind);
}

gboolean
ob_runs_end_follow_up (ObRuns *self, ObFollowUpKind kind, const char *id, const ObAttemptResult *result, GError **error)
{
  g_autoptr (ObFollowUp) follow_up = ob_follow_ups_get (self->database, kind, id);
  g_autoptr (ObUpload) upload = kind == OB_FOLLOW_UP_TERMINATION ? NULL : ob_uploads_get (self->database, id, NULL);

  /* The server has answered. */
  if (upload && (result->is_done || result->check != OB_CHECK_NONE)
      && !ob_runs_relieve_destination (self, upload, error))
    return FALSE;
  if (!follow_up || (result->is_cancelled && !result->is_done))
    return TRUE;
  if (kind != OB_FOLLOW_UP_TERMINATION && (!upload || upload->stored != OB_STORED_DONE))
    return ob_follow_ups_delete (self->database, kind, id, error);

  return kinds[kind].end (self, follow_up, upload, result, error);
}
