/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the broker does when network, power or session change: it looks at the lanes anew, ends back-offs that a new
 * network makes pointless, and lets the device sleep or end when everything is recorded. Main thread.
 */
#include "broker/broker-private.h"

#include "base/debug.h"
#include "store/journal.h"
#include "store/media-type.h"
#include "store/meta.h"

/* One real change of network passes through many states that are half true: a permission is believed after this. */
#define SETTLE_MS 250

static ObConditions
read_conditions (ObBroker *self)
{
  ObConditions conditions;

  ob_conditions_init (&conditions);
  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_read (self->watchers->pdata[i], &conditions);

  return conditions;
}

const char *
ob_broker_get_network_key (const ObConditions *conditions)
{
  if (!conditions->is_network_available)
    return "";
  if (*conditions->network_uuid)
    return conditions->network_uuid;

  return *conditions->network_id ? conditions->network_id : ob_link_get_name (conditions->link);
}

static gboolean
is_same_network (const ObConditions *a, const ObConditions *b)
{
  return g_str_equal (ob_broker_get_network_key (a), ob_broker_get_network_key (b));
}

static void
on_forgotten (const GError *error, gpointer user_data)
{
  if (!error)
    ((ObBroker *) user_data)->is_answer_over = FALSE;
}

/* An answer is good for one network, until there is another: a basement is no other. */
static void
end_answer_of_another_network (ObBroker *self)
{
  const char *network = ob_broker_get_network_key (&self->settled);

  if (!self->answered_network || *network == '\0' || g_str_equal (self->answered_network, network))
    return;
  g_clear_pointer (&self->answered_network, g_free);
  self->is_answer_over = TRUE;
}

static gboolean
forget_answer (gpointer user_data, GError **error)
{
  ObBroker *self = user_data;

  ob_queue_after (self->queue, on_forgotten, self);

  return ob_meta_set_text (self->database, "answered_network", NULL, error);
}

void
ob_broker_forget_answer (ObBroker *self)
{
  end_answer_of_another_network (self);
  if (self->is_answer_over)
    (void) ob_queue_do (self->queue, OB_TURN_LATER, forget_answer, self, NULL);
}

/* An answer that is over stays so, though the database may not know it yet: to come back to that network is no answer. */
void
ob_broker_load_answer (ObBroker *self)
{
  g_free (self->answered_network);
  self->answered_network = self->is_answer_over ? NULL : ob_meta_dup_text (self->database, "answered_network");
  end_answer_of_another_network (self);
}

/* --- The queue as a whole --- */

OutboxReasonSet
ob_broker_get_queue_reasons (ObBroker *self)
{
  return ob_broker_get_reasons_but_storage (self)
         | (ob_storage_get_words (self->storage) ? OUTBOX_REASON_BIT (OUTBOX_REASON_STORAGE) : 0);
}

OutboxReasonSet
ob_broker_get_reasons_but_storage (ObBroker *self)
{
  return (self->is_paused ? OUTBOX_REASON_BIT (OUTBOX_REASON_QUEUE) : 0)
         | (self->latest.is_sleeping ? OUTBOX_REASON_BIT (OUTBOX_REASON_SLEEP) : 0)
         | (self->latest.is_shutting_down ? OUTBOX_REASON_BIT (OUTBOX_REASON_SHUTDOWN) : 0);
}

gboolean
ob_broker_record_queue_holds (ObBroker *self, const char *message, GError **error)
{
  ob_queue_touch_holds (self->queue);

  return ob_journal_append_hold (self->database, ob_broker_get_now_ms (self), OUTBOX_SCOPE_QUEUE, NULL,
                                 ob_broker_get_queue_reasons (self), message, error)
         > 0;
}

static gboolean
record_session (gpointer user_data, GError **error)
{
  return ob_broker_record_queue_holds (user_data, NULL, error);
}

static void
note_session (ObBroker *self, const ObConditions *old)
{
  gboolean was_ending = old->is_sleeping || old->is_shutting_down;
  gboolean is_ending = self->latest.is_sleeping || self->latest.is_shutting_down;

  if (old->is_sleeping == self->latest.is_sleeping && old->is_shutting_down == self->latest.is_shutting_down)
    return;
  if (is_ending)
    ob_actives_stop_for (self->active, NULL, OB_STOP_GENTLY);
  /* What failed before the device slept says nothing of now. */
  else if (was_ending)
    ob_destination_table_expect_network (self->destinations, ob_broker_get_now_ms (self));
  if (!ob_queue_do (self->queue, OB_TURN_SOON, record_session, self, NULL))
    ob_queue_touch_holds (self->queue);
}

void
ob_broker_let_go (ObBroker *self)
{
  if ((!self->latest.is_sleeping && !self->latest.is_shutting_down) || ob_actives_count (self->active) > 0
      || g_hash_table_size (self->saving) > 0)
    return;
  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_let_go (self->watchers->pdata[i]);
}

/* --- Changes --- */

/* A network that has just come up has to stay before back-offs end that it makes pointless. */
static void
note_network (ObBroker *self, const ObConditions *old)
{
  gboolean is_gained = ob_ways_review (self->ways);

  if (is_same_network (old, &self->latest) && !is_gained)
    return;
  ob_destination_table_expect_network (self->destinations, self->latest.is_network_available
                                                               ? ob_broker_get_now_ms (self) + OB_DESTINATIONS_STEADY_MS
                                                               : 0);
}

static void
debug_conditions (const ObConditions *now, gboolean has_to_settle)
{
  ob_debug_write (OB_DEBUG_GATE, NULL, "conditions: network %s, link %s, metered %s, connectivity %s%s%s%s%s",
                  now->is_network_available ? "available" : "not available", ob_link_get_name (now->link),
                  ob_metered_get_name (now->metered), ob_connectivity_get_name (now->connectivity),
                  now->is_on_battery ? ", on battery" : "", now->is_sleeping ? ", about to sleep" : "",
                  now->is_shutting_down ? ", about to shut down" : "",
                  has_to_settle ? "; what they permit has to last for a moment" : "");
}

static void
on_watcher_changed (ObWatcher *watcher, gpointer user_data)
{
  ObBroker *self = user_data;
  const ObConditions old = self->latest;
  const ObConditions now = read_conditions (self);

  /* The end may have to wait for somebody who still has a reference. */
  if (self->is_ending || ob_conditions_equal (&old, &now))
    return;
  self->latest = now;
  self->settle_at_ms = ob_conditions_equal (&now, &self->settled) ? 0 : ob_broker_get_now_ms (self) + SETTLE_MS;
  if (ob_debug_is_on (OB_DEBUG_GATE))
    debug_conditions (&now, self->settle_at_ms > 0);
  note_network (self, &old);
  note_session (self, &old);
  ob_broker_review_lanes (self);
  ob_queue_set_alarm (self->queue);
}

static void
settle (ObBroker *self)
{
  self->settle_at_ms = 0;
  self->settled = self->latest;
  ob_ways_settle (self->ways);
  ob_broker_forget_answer (self);
}

void
ob_broker_wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObBroker *self = member;

  /* A clock that was set back puts nothing off. */
  if (self->settle_at_ms > 0 && (self->settle_at_ms <= now_ms || self->settle_at_ms > now_ms + SETTLE_MS))
    settle (self);
  ob_broker_review_lanes (self);
}

gint64
ob_broker_next_ms (gpointer member)
{
  const ObBroker *self = member;

  return ob_sooner_ms (self->review_at_ms, self->settle_at_ms);
}

gboolean
ob_broker_awaits_word (ObBroker *self)
{
  return self->latest.is_awaited || (self->settle_at_ms > 0 && self->settled.is_awaited);
}

void
ob_broker_watch_conditions (ObBroker *self)
{
  for (guint i = 0; i < self->watchers->len; i++)
    g_signal_connect_object (self->watchers->pdata[i], "changed", G_CALLBACK (on_watcher_changed), self, 0);
  self->latest = self->settled = read_conditions (self);
}

const ObConditions *
ob_broker_get_conditions (ObBroker *self)
{
  return &self->latest;
}

GStrv
ob_broker_list_sources (ObBroker *self)
{
  g_autoptr (GStrvBuilder) sources = g_strv_builder_new ();

  for (guint i = 0; i < self->watchers->len; i++)
    ob_watcher_list_sources (self->watchers->pdata[i], sources);

  return g_strv_builder_end (sources);
}

void
ob_broker_set_zone (ObBroker *self, GTimeZone *zone)
{
  ob_budget_set_zone (self->budget, zone);
  if (!self->is_started)
    return;
  ob_broker_review_lanes (self);
  ob_queue_set_alarm (self->queue);
}

/* --- What costs --- */

guint64
ob_broker_get_metered_bytes (ObBroker *self)
{
  return ob_budget_get_bytes (self->budget);
}

gboolean
ob_broker_count_metered (ObBroker *self, const char *destination_name, guint64 wire_bytes, GError **error)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, destination_name);
  guint64 before_bytes = ob_broker_get_metered_bytes (self);

  if (wire_bytes == 0 || !destination || ob_destination_is_local (destination)
      || !ob_conditions_is_metered (&self->latest))
    return TRUE;
  self->wants_review
      |= before_bytes < self->rules->budget_bytes && before_bytes + wire_bytes >= self->rules->budget_bytes;

  return ob_budget_add (self->budget, wire_bytes, error);
}

gboolean
ob_broker_has_media_types (ObBroker *self)
{
  return ob_media_type_has_database ();
}
