/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Works in passes over what may leave, some rows a turn. A pass begins once a day at most, or when so many new uploads have come that
 * the list may be too long. A clock that was wrong until now makes everything look old: after a start, and after the clock was set,
 * nothing leaves for a while. Main thread.
 */
#include "broker/departures.h"

#include "base/debug.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/arrived.h"
#include "store/uploads.h"

#define ROWS_A_TURN 50

#define HOUR_MS (G_GINT64_CONSTANT (3600) * 1000)
#define DAY_MS (24 * HOUR_MS)

/* By then, the network's time has come where the device has no clock of its own. */
#define START_MS (HOUR_MS / 6)

/* The list may be longer by a tenth, so that a pass is worth its reads; but by so many at least. */
#define LEAST_EXCESS 20

struct _ObDepartures
{
  ObQueue *queue; /* borrowed, as is the next */
  ObDatabase *database;
  const ObDeparturesHost *host;
  gpointer user_data;
  gboolean is_started;

  gint64 earliest_ms; /* no pass begins before that time since boot */
  gint64 pass_ms;     /* when the next pass is due; 0: nothing has arrived, or stays for ever */
  gint64 list_ms;     /* as the settings were at the last pass, as is the next */
  guint64 list_most;
  guint64 n_new; /* uploads that came since the last pass began */

  guint source;        /* runs until the pass ends */
  gint64 after_ms;     /* the pass has come to here, as has the next */
  gint64 after_number; /* of the upload */
  gint64 age_until_ms; /* what was done up to then leaves for its age */
  gint64 day_until_ms; /* what was done later stays, however many there are */
  guint64 excess;      /* so many more leave for their number */
  guint64 n_begun;     /* so many more are of groups of which some have left */
  GHashTable *groups;  /* name → whether it leaves, for the groups that this pass has looked at */
};

ObDepartures *
ob_departures_new (ObQueue *queue, const ObDeparturesHost *host, gpointer user_data)
{
  ObDepartures *self = g_new0 (ObDepartures, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->host = host;
  self->user_data = user_data;
  self->groups = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
ob_departures_free (ObDepartures *self)
{
  ob_departures_stop (self);
  g_hash_table_unref (self->groups);
  g_free (self);
}

/* --- When to look --- */

static guint64
count_arrived (ObDepartures *self)
{
  g_autoptr (GArray) counts = ob_uploads_count (self->database, NULL);
  guint64 n_arrived = 0;

  for (guint i = 0; counts && i < counts->len; i++)
    if (g_array_index (counts, ObCount, i).stored == OB_STORED_DONE)
      n_arrived += g_array_index (counts, ObCount, i).uploads;

  return n_arrived;
}

/* Sets the time of the next pass: when the oldest is due, or at @soonest_ms where there are too many. */
static void
expect_pass (ObDepartures *self, gint64 soonest_ms, gboolean are_too_many)
{
  const gint64 oldest_ms = ob_arrived_oldest_ms (self->database);

  self->pass_ms = 0;
  if (oldest_ms > 0 && are_too_many)
    self->pass_ms = soonest_ms;
  else if (oldest_ms > 0 && self->list_ms < G_MAXINT64 - oldest_ms)
    self->pass_ms = MAX (oldest_ms + self->list_ms, soonest_ms);
}

void
ob_departures_start (ObDepartures *self)
{
  const ObKeeping *keeping = self->host->get_keeping (self->user_data);

  self->is_started = TRUE;
  self->list_ms = keeping->list_ms;
  self->list_most = keeping->list_most;
  self->earliest_ms = ob_queue_get_boot_ms (self->queue) + START_MS;
  expect_pass (self, ob_queue_get_now_ms (self->queue) + START_MS, count_arrived (self) > self->list_most);
}

void
ob_departures_stop (ObDepartures *self)
{
  self->is_started = FALSE;
  g_clear_handle_id (&self->source, g_source_remove);
}

/* --- What may leave --- */

/* A group that is looked at. */
typedef struct
{
  const ObDepartures *departures;
  guint64 n_uploads;
  gboolean is_settled;
} Group;

static gboolean
is_confirmed (const ObDepartures *self, const char *destination, OutboxRung rung)
{
  return rung >= MAX (self->host->get_promise (destination, self->user_data), OUTBOX_RUNG_STORED);
}

static void
on_share (const ObArrivedShare *share, gpointer user_data)
{
  Group *group = user_data;

  group->n_uploads += share->uploads;
  group->is_settled
      &= share->settled == share->uploads && is_confirmed (group->departures, share->destination, share->least);
}

/* Returns: the last time at which something may have been done that leaves now */
static gint64
get_until_ms (const ObDepartures *self)
{
  return self->excess > 0 ? self->day_until_ms : self->age_until_ms;
}

/* A group that has begun to leave goes on to leave. */
static gboolean
does_group_leave (ObDepartures *self, const ObUpload *upload)
{
  g_autofree char *name = g_strconcat (upload->group_app ? upload->group_app : "", "\n", upload->group, NULL);
  Group group = { self, 0, TRUE };
  gpointer leaves = NULL;

  if (g_hash_table_lookup_extended (self->groups, name, NULL, &leaves))
    return leaves != NULL;
  group.is_settled &= ob_arrived_look_at_group (self->database, upload->group_app ? upload->group_app : "",
                                                upload->group, get_until_ms (self), on_share, &group);
  if (group.is_settled)
    self->n_begun += group.n_uploads;
  g_hash_table_insert (self->groups, g_steal_pointer (&name), GINT_TO_POINTER (group.is_settled));

  return group.is_settled;
}

static gboolean
may_leave (ObDepartures *self, const ObUpload *upload)
{
  return upload->stored == OB_STORED_DONE && !upload->has_local_copy
         && is_confirmed (self, upload->destination, upload->receipt.rung)
         && !ob_arrived_is_open (self->database, upload->id) && !self->host->is_in_hand (upload, self->user_data);
}

static char *
dup_words (const ObUpload *upload)
{
  g_autoptr (GDateTime) done_at = g_date_time_new_from_unix_local (upload->done_at_ms / 1000);
  g_autofree char *day = done_at ? g_date_time_format (done_at, "%Y-%m-%d") : NULL;

  return day ? g_strdup_printf (S_ ("left the list, arrived on %s"), day)
             : g_strdup (S_ ("left the list, arrived on an unknown day"));
}

/* --- A pass --- */

static gboolean
look_at_one (ObDepartures *self, const ObArrived *arrived, GError **error)
{
  g_autoptr (GError) missing = NULL;
  g_autoptr (ObUpload) upload = ob_uploads_get (self->database, arrived->id, &missing);
  g_autofree char *words = NULL;
  gboolean leaves = arrived->done_at_ms <= get_until_ms (self);

  if (!upload && !g_error_matches (missing, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&missing));
      return FALSE;
    }
  if (!upload)
    return TRUE;
  if (upload->group)
    {
      leaves = does_group_leave (self, upload);
      self->n_begun -= leaves && self->n_begun > 0;
    }
  if (!leaves || !may_leave (self, upload))
    return TRUE;
  self->excess -= self->excess > 0;
  words = dup_words (upload);

  return self->host->forget (upload, words, error, self->user_data);
}

static gboolean
is_over (const ObDepartures *self, const ObArrived *last)
{
  return self->excess == 0 && self->n_begun == 0 && last->done_at_ms > self->age_until_ms;
}

/* The arguments and the result of leave_some(). */
typedef struct
{
  ObDepartures *departures;
  gboolean has_more;
} Slice;

static gboolean
leave_some (gpointer user_data, GError **error)
{
  Slice *slice = user_data;
  ObDepartures *self = slice->departures;
  g_autoptr (GPtrArray) list
      = ob_arrived_list (self->database, self->after_ms, self->after_number, self->day_until_ms, ROWS_A_TURN, error);

  if (!list)
    return FALSE;
  slice->has_more = list->len == ROWS_A_TURN;
  for (guint i = 0; i < list->len; i++)
    {
      const ObArrived *arrived = list->pdata[i];

      if (is_over (self, arrived))
        {
          slice->has_more = FALSE;
          break;
        }
      self->after_ms = arrived->done_at_ms;
      self->after_number = arrived->number;
      if (!look_at_one (self, arrived, error))
        return FALSE;
    }

  return TRUE;
}

static void
end_pass (ObDepartures *self)
{
  self->source = 0;
  g_hash_table_remove_all (self->groups);
  expect_pass (self, ob_queue_get_now_ms (self->queue) + DAY_MS, self->excess > 0);
  ob_queue_set_alarm (self->queue);
}

static gboolean
on_pass (gpointer data)
{
  ObDepartures *self = data;
  Slice slice = { self, FALSE };

  if (!self->host->is_away (self->user_data) && ob_queue_do (self->queue, OB_TURN_LATER, leave_some, &slice, NULL)
      && slice.has_more)
    return G_SOURCE_CONTINUE;
  end_pass (self);

  return G_SOURCE_REMOVE;
}

static void
begin_pass (ObDepartures *self)
{
  const ObKeeping *keeping = self->host->get_keeping (self->user_data);
  const gint64 now_ms = ob_queue_get_now_ms (self->queue);
  const guint64 n_arrived = count_arrived (self);

  self->list_ms = keeping->list_ms;
  self->list_most = keeping->list_most;
  self->n_new = 0;
  self->after_ms = self->after_number = 0;
  self->n_begun = 0;
  self->day_until_ms = now_ms - DAY_MS;
  self->age_until_ms = keeping->list_ms < now_ms ? now_ms - MAX (keeping->list_ms, DAY_MS) : 0;
  self->excess = n_arrived > self->list_most ? n_arrived - self->list_most : 0;
  ob_debug (OB_DEBUG_STORE, NULL,
            "%" G_GUINT64_FORMAT " have arrived, %" G_GUINT64_FORMAT " more than stay in the list", n_arrived,
            self->excess);
  self->source = g_idle_add_full (G_PRIORITY_LOW, on_pass, self, NULL);
}

/* --- A member of the queue --- */

static gboolean
has_list_grown (const ObDepartures *self)
{
  return self->n_new > 0 && self->list_most < G_MAXUINT64 && self->n_new >= MAX (self->list_most / 10, LEAST_EXCESS);
}

static void
count_new (ObDepartures *self, const ObChanges *changes)
{
  GHashTableIter iter;
  gpointer is_new;

  g_hash_table_iter_init (&iter, changes->touched);
  while (g_hash_table_iter_next (&iter, NULL, &is_new))
    self->n_new += is_new != NULL;
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObDepartures *self = member;
  const ObKeeping *keeping = self->host->get_keeping (self->user_data);
  const gint64 wait_ms = self->earliest_ms - ob_queue_get_boot_ms (self->queue);
  gboolean is_wanted = keeping->list_ms != self->list_ms || keeping->list_most != self->list_most;

  if (!self->is_started)
    return;
  count_new (self, changes);
  is_wanted |= has_list_grown (self);
  if (self->source != 0)
    return;
  if (is_wanted && wait_ms <= 0)
    begin_pass (self);
  else if (is_wanted)
    self->pass_ms = ob_sooner_ms (self->pass_ms, ob_queue_get_now_ms (self->queue) + wait_ms);
  else if (self->pass_ms == 0 && g_hash_table_size (changes->touched) > 0)
    expect_pass (self, ob_queue_get_now_ms (self->queue) + DAY_MS, FALSE);
}

/* Rows that have left may be back after a rollback: the next pass begins anew. */
static void
troubled (gpointer member)
{
  ObDepartures *self = member;

  if (self->source == 0)
    return;
  g_clear_handle_id (&self->source, g_source_remove);
  g_hash_table_remove_all (self->groups);
  self->pass_ms = ob_queue_get_now_ms (self->queue) + DAY_MS;
}

static gint64
next_ms (gpointer member)
{
  const ObDepartures *self = member;

  return self->is_started && self->source == 0 ? self->pass_ms : 0;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObDepartures *self = member;

  if (!self->is_started || self->source != 0)
    return;
  if (ABS (jump_ms) > HOUR_MS)
    {
      self->earliest_ms = ob_queue_get_boot_ms (self->queue) + DAY_MS;
      self->pass_ms = now_ms + DAY_MS;
    }
  if (self->pass_ms > 0 && self->pass_ms <= now_ms)
    begin_pass (self);
}

const ObMember ob_departures_member = { .flushed = flushed, .troubled = troubled, .next_ms = next_ms, .wake = wake };
