/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What ends by itself: holds with a time, the rest that a network gets that came back, a disk that could not be written,
 * conditions that are not believed yet.
 * All by the one alarm of the clock. Main thread.
 */
#include "broker/broker-private.h"

#include "policy/health.h"
#include "policy/retry.h"
#include "store/journal.h"
#include "store/terminations.h"
#include "store/waits.h"

#define WAKE_AT_ONCE 256
#define STEADY_AFTER_MS 10000
#define KNOCK_LATE_MS 2000

/* By less than this nobody sets a clock; what a clock drifts by in years is no jump. */
#define JUMP_LEAST_MS 2000

static gint64
get_clock_gap_ms (ObBroker *self)
{
  return ob_broker_get_now_ms (self) - ob_clock_get_boot_ms (self->clock);
}

/* Whether something waits for a time. */
static gboolean
has_alarm (ObBroker *self)
{
  return self->wake_at_ms > 0 || self->knock_at_ms > 0;
}

/* Returns: by how much the clock was set since something waits, or 0. */
static gint64
take_jump_ms (ObBroker *self)
{
  gint64 jump_ms = has_alarm (self) ? get_clock_gap_ms (self) - self->clock_gap_ms : 0;

  if (ABS (jump_ms) < JUMP_LEAST_MS)
    return 0;
  self->clock_gap_ms += jump_ms;

  return jump_ms;
}

/* A wait is as long as it was meant to be, whatever the wall clock says meanwhile: set forward it would bring every request
 * at once, set back it would last for years. What is to begin at a time of the wall clock begins then. */
static gboolean
shift_waits (ObBroker *self, gint64 now_ms, GError **error)
{
  gint64 jump_ms = take_jump_ms (self);

  return (jump_ms == 0 || ob_destination_table_shift (self->destinations, jump_ms, error))
         && ob_waits_shift (self->database, jump_ms, now_ms + OB_RETRY_AFTER_MAX_MS,
                            now_ms + ob_retry_delay_ms (G_MAXUINT, -1, 0.5), error);
}

static gboolean
wake_uploads_of (ObBroker *self, ObUploadsSet set, gint64 limit_ms, gint64 next_ms, GError **error)
{
  g_autoptr (GPtrArray) uploads = ob_uploads_find (self->database, set, limit_ms, WAKE_AT_ONCE, error);

  for (guint i = 0; uploads && i < uploads->len; i++)
    {
      ObUpload *upload = uploads->pdata[i];

      *(set == OB_UPLOADS_DUE_TO_BEGIN ? &upload->not_before_ms : &upload->retry_at_ms) = next_ms;
      if (!ob_uploads_update (self->database, upload, error))
        return FALSE;
      ob_queue_touch (self->queue, upload->id, FALSE);
    }

  return uploads != NULL;
}

/* The rest of a set that is larger than what is done at once is still due when the alarm is set again. */
static gboolean
wake_uploads (ObBroker *self, gint64 now_ms, GError **error)
{
  return wake_uploads_of (self, OB_UPLOADS_DUE, now_ms, 0, error)
         && wake_uploads_of (self, OB_UPLOADS_DUE_TO_BEGIN, now_ms, 0, error);
}

static gboolean
wake_destinations (ObBroker *self, gint64 now_ms, GError **error)
{
  gboolean is_steady = self->steady_at_ms > 0 && self->steady_at_ms <= now_ms;

  if (!ob_destination_table_wake (self->destinations, now_ms, is_steady, error))
    return FALSE;
  if (is_steady)
    self->steady_at_ms = 0;

  return TRUE;
}

static gboolean
wake_all (gpointer user_data, GError **error)
{
  ObBroker *self = user_data;
  gint64 now_ms = ob_broker_get_now_ms (self);

  return shift_waits (self, now_ms, error) && wake_destinations (self, now_ms, error)
         && wake_uploads (self, now_ms, error) && ob_storage_try (self->storage, error);
}

void
ob_broker_wake (ObBroker *self)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  gboolean is_repair;

  /* A clock that was set back makes no wait longer than it was meant to be. */
  self->steady_at_ms = MIN (self->steady_at_ms, now_ms + STEADY_AFTER_MS);
  if (self->settle_at_ms > 0 && (self->settle_at_ms <= now_ms || self->settle_at_ms > now_ms + STEADY_AFTER_MS))
    ob_broker_settle_conditions (self);
  if (!ob_storage_is_due (self->storage, now_ms))
    {
      ob_broker_set_alarm (self);
      return;
    }
  is_repair = ob_storage_begin_repair (self->storage);
  if (!ob_queue_do (self->queue, OB_TURN_SOON, wake_all, self, NULL))
    return;
  /* Also where it is not time that has come, but a clock that was set. */
  ob_broker_review_lanes (self);
  ob_queue_touch_holds (self->queue);
  if (is_repair)
    ob_broker_take_up (self);
}

gint64
ob_broker_get_steady_ms (ObBroker *self)
{
  return self->latest.is_network_available ? ob_broker_get_now_ms (self) + STEADY_AFTER_MS : 0;
}

static gboolean
on_alarm (gpointer user_data)
{
  ObBroker *self = user_data;
  gint64 now_ms = ob_broker_get_now_ms (self);
  /* An alarm that rings late may find something else due as well: a termination that is due has no alarm any more. A clock
   * that was set calls before its time. */
  gboolean is_knock = self->knock_at_ms > 0 && now_ms >= self->knock_at_ms && now_ms < self->knock_at_ms + KNOCK_LATE_MS
                      && (self->wake_at_ms == 0 || now_ms < self->wake_at_ms);

  if (self->knock_at_ms > 0)
    ob_knocks_knock (self->knocks);
  if (is_knock)
    ob_broker_set_alarm (self);
  else
    ob_broker_wake (self);

  return G_SOURCE_REMOVE;
}

void
ob_broker_set_alarm (ObBroker *self)
{
  gint64 next_ms = ob_storage_next_ms (self->storage);
  gint64 knock_at_ms;

  if (!self->is_started)
    return;
  /* While nothing waited, the clock might be set as often as it pleased. */
  if (!has_alarm (self))
    self->clock_gap_ms = get_clock_gap_ms (self);
  if (next_ms == 0)
    {
      next_ms = ob_sooner_ms (ob_destination_table_next_ms (self->destinations, ob_broker_get_now_ms (self)),
                              self->steady_at_ms);
      next_ms = ob_sooner_ms (next_ms, self->review_at_ms);
      next_ms = ob_sooner_ms (next_ms, ob_uploads_next_wake_ms (self->database));
      next_ms = ob_sooner_ms (next_ms, ob_terminations_next_ms (self->database, ob_broker_get_now_ms (self)));
    }
  next_ms = ob_sooner_ms (next_ms, self->settle_at_ms);
  self->wake_at_ms = next_ms;
  knock_at_ms = ob_knocks_next_ms (self->knocks);
  /* What else is due then is done then. */
  self->knock_at_ms = next_ms == 0 || (knock_at_ms > 0 && knock_at_ms < next_ms) ? knock_at_ms : 0;
  ob_clock_set_alarm (self->clock, ob_sooner_ms (next_ms, knock_at_ms), on_alarm, self);
}
