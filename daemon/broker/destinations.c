/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The table of destinations and the commands about them. Main thread.
 */
#include "broker/destinations.h"

#include "base/debug.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "policy/health.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/uploads.h"
#include "transfer/protocols.h"

struct _ObDestinationTable
{
  ObQueue *queue; /* borrowed, as is the next */
  ObDatabase *database;
  GHashTable *all;     /* name → ObDestination; NULL: not loaded yet */
  gint64 steady_at_ms; /* when a network that came back has lasted long enough; 0: none is waited for */
  gboolean is_renewed; /* the open turn has ended back-offs because of that network */
  const ObDestinationEvents *events;
  gpointer user_data;
};

ObDestinationTable *
ob_destination_table_new (ObQueue *queue, const ObDestinationEvents *events, gpointer user_data)
{
  ObDestinationTable *self = g_new0 (ObDestinationTable, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->events = events;
  self->user_data = user_data;

  return self;
}

void
ob_destination_table_free (ObDestinationTable *self)
{
  g_clear_pointer (&self->all, g_hash_table_unref);
  g_free (self);
}

static gboolean
load (gpointer member, GError **error)
{
  ObDestinationTable *self = member;
  GHashTable *all = ob_destinations_load (self->database, error);

  if (!all)
    return FALSE;
  g_clear_pointer (&self->all, g_hash_table_unref);
  self->all = all;
  self->is_renewed = FALSE;

  return TRUE;
}

GHashTable *
ob_destination_table_get_all (ObDestinationTable *self)
{
  return self->all;
}

ObDestination *
ob_destination_table_find (ObDestinationTable *self, const char *name)
{
  return g_hash_table_lookup (self->all, name);
}

ObDestination *
ob_destination_table_demand (ObDestinationTable *self, const char *name, GError **error)
{
  ObDestination *found = name ? ob_destination_table_find (self, name) : NULL;
  GHashTableIter iter;
  gpointer value;

  if (name && !found)
    ob_text_set_not_found (error, S_ ("There is no destination %s"), name);
  if (name)
    return found;
  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((ObDestination *) value)->is_default)
      return value;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_DESTINATION,
               S_ ("No destination is named and none is the default: outbox destination set NAME --url URL --default"));

  return NULL;
}

gboolean
ob_destination_table_may_resume (ObDestinationTable *self, const char *name, const char *resume)
{
  const ObDestination *destination = ob_destination_table_find (self, name);
  const ObProtocol *protocol = destination ? ob_protocol_find (destination->protocol) : NULL;

  return !protocol || protocol->is_resume (resume);
}

guint
ob_destination_table_get_holds (ObDestinationTable *self, const ObDestination *destination, ObHold holds[3])
{
  guint n_holds = 0;

  if (destination->is_paused)
    holds[n_holds++] = (ObHold){ OUTBOX_SCOPE_DESTINATION, OUTBOX_REASON_USER, 0, 0 };

  return n_holds + ob_health_get_holds (&destination->health, ob_queue_get_now_ms (self->queue), holds + n_holds);
}

/* --- Inside a change --- */

static void
debug_holds (const ObDestination *destination, OutboxReasonSet reasons, gint64 now_ms)
{
  const ObHealth *health = &destination->health;
  g_autofree char *names = outbox_reasons_to_names (reasons);

  ob_debug_write (OB_DEBUG_GATE, destination->name,
                  "the destination is %s%s; failed %u times, tried again in %" G_GINT64_FORMAT " ms",
                  reasons ? "held: " : "open", names, health->failures, MAX (health->retry_at_ms - now_ms, 0));
}

gboolean
ob_destination_table_save (ObDestinationTable *self, const ObDestination *destination, const char *message,
                           GError **error)
{
  ObHold holds[3];
  guint n_holds = ob_destination_table_get_holds (self, destination, holds);
  OutboxReasonSet reasons = 0;

  for (guint i = 0; i < n_holds; i++)
    reasons |= OUTBOX_REASON_BIT (holds[i].reason);
  ob_queue_touch_holds (self->queue);
  if (ob_debug_is_on (OB_DEBUG_GATE))
    debug_holds (destination, reasons, ob_queue_get_now_ms (self->queue));

  return ob_destinations_save (self->database, destination, error)
         && ob_journal_append_hold (self->database, ob_queue_get_now_ms (self->queue), OUTBOX_SCOPE_DESTINATION,
                                    destination->name, reasons, message, error)
                > 0;
}

gboolean
ob_destination_table_hasten (ObDestinationTable *self, ObDestination *destination, const char *message, GError **error)
{
  if (!destination || destination->health.retry_at_ms == 0)
    return TRUE;
  ob_health_hasten (&destination->health);

  return ob_destination_table_save (self, destination, message, error);
}

gboolean
ob_destination_table_sign_in (ObDestinationTable *self, const char *name, GVariant *shown, const char *message,
                              GError **error)
{
  ObDestination *destination = ob_destination_table_demand (self, name, error);

  if (!destination)
    return FALSE;
  ob_destination_set_sign_in (destination, shown);
  ob_health_renew (&destination->health);
  self->events->settings_changed (self->user_data);

  if (!shown)
    self->events->signed_out (name, self->user_data);

  return ob_destination_table_save (self, destination, message, error);
}

/* --- What ends by itself --- */

typedef struct
{
  ObDestinationTable *table;
  gint64 now_ms;
  gint64 jump_ms;
  gboolean is_network_back;
} Wake;

static gboolean
wake_one (const Wake *waking, ObDestination *destination, GError **error)
{
  ObHealth *health = &destination->health;
  gboolean is_renewed = waking->is_network_back && !ob_destination_is_local (destination);

  if (waking->jump_ms != 0 && ob_health_shift (health, waking->jump_ms)
      && !ob_destination_table_save (waking->table, destination, S_ ("the clock was set"), error))
    return FALSE;
  if (is_renewed && health->retry_at_ms > 0)
    return ob_destination_table_hasten (waking->table, destination, S_ ("the network is back"), error);

  return !ob_health_wake (health, waking->now_ms)
         || ob_destination_table_save (waking->table, destination, S_ ("the back-off is over"), error);
}

static gboolean
wake_all (gpointer user_data, GError **error)
{
  const Wake *waking = user_data;
  GHashTableIter iter;
  gpointer destination;

  g_hash_table_iter_init (&iter, waking->table->all);
  while (g_hash_table_iter_next (&iter, NULL, &destination))
    if (!wake_one (waking, destination, error))
      return FALSE;
  waking->table->is_renewed |= waking->is_network_back;

  return TRUE;
}

static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObDestinationTable *self = member;
  Wake waking = { self, now_ms, jump_ms, FALSE };

  /* A clock that was set must not make this wait longer. */
  if (jump_ms != 0 && self->steady_at_ms > 0)
    self->steady_at_ms = MIN (self->steady_at_ms + jump_ms, now_ms + OB_DESTINATIONS_STEADY_MS);
  waking.is_network_back = !self->is_renewed && self->steady_at_ms > 0 && self->steady_at_ms <= now_ms;
  /* Tell the holds again, since time alone changes what is told of some. */
  if (ob_queue_do (self->queue, OB_TURN_SOON, wake_all, &waking, NULL))
    ob_queue_touch_holds (self->queue);
}

static gint64
next_ms (gpointer member)
{
  ObDestinationTable *self = member;
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  gint64 soonest_ms = self->is_renewed ? 0 : self->steady_at_ms;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    soonest_ms = ob_sooner_ms (soonest_ms, ob_health_next_ms (&((const ObDestination *) value)->health, now_ms));

  return soonest_ms;
}

void
ob_destination_table_expect_network (ObDestinationTable *self, gint64 steady_at_ms)
{
  self->steady_at_ms = steady_at_ms;
  self->is_renewed = FALSE;
}

static void
flushed (gpointer member, const ObChanges *changes)
{
  ObDestinationTable *self = member;

  if (self->is_renewed)
    ob_destination_table_expect_network (self, 0);
}

const ObMember ob_destination_table_member = { .load = load, .flushed = flushed, .next_ms = next_ms, .wake = wake };

/* --- Commands --- */

/* Only one destination is the default. */
static gboolean
clear_other_defaults (ObDestinationTable *self, const char *name, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObDestination *other = value;

      if (!other->is_default || g_str_equal (other->name, name))
        continue;
      other->is_default = FALSE;
      if (!ob_destinations_save (self->database, other, error))
        return FALSE;
    }

  return TRUE;
}

/* Uploads begun at a server that has moved go on at its new address; if they are not there, the server says so. Attempts
 * with the old settings end. */
static gboolean
follow_server (ObDestinationTable *self, const ObDestination *destination, const char *old_protocol,
               const char *old_url, GError **error)
{
  g_autofree char *old_origin = ob_destination_dup_origin (old_url);
  g_autofree char *new_origin = ob_destination_dup_origin (destination->url);
  const ObProtocol *protocol = ob_protocol_find (destination->protocol);

  if (g_str_equal (old_url, destination->url) && g_str_equal (old_protocol, destination->protocol))
    return TRUE;
  self->events->left (destination->name, self->user_data);

  return g_str_equal (old_origin, new_origin) || !protocol || !protocol->moves_with_origin
         || ob_uploads_move_server (self->database, destination->name, old_origin, new_origin, error);
}

/* A change of one destination. */
typedef struct
{
  ObDestinationTable *table;
  const char *name;
  const ObDestinationSettings *settings; /* of `set` only */
} Change;

gboolean
ob_destination_table_apply (ObDestinationTable *self, const char *name, const ObDestinationSettings *settings,
                            GError **error)
{
  ObDestination *destination = ob_destination_table_find (self, name);
  g_autofree char *old_url = destination ? g_strdup (destination->url) : NULL;
  g_autofree char *old_protocol = destination ? g_strdup (destination->protocol) : NULL;
  gboolean is_new = !destination;
  gboolean is_bare, had_sign_in;

  if (is_new)
    {
      destination = ob_destination_new (name);
      destination->is_default = g_hash_table_size (self->all) == 0;
      g_hash_table_insert (self->all, destination->name, destination);
    }
  had_sign_in = ob_destination_has_sign_in (destination);
  is_bare = ob_destination_settings_apply (settings, destination);
  self->events->settings_changed (self->user_data);
  if (had_sign_in && !ob_destination_has_sign_in (destination))
    self->events->signed_out (name, self->user_data);

  return (!destination->is_default || clear_other_defaults (self, name, error))
         && ob_destination_table_save (
             self, destination,
             is_bare ? S_ ("set to another server: the headers and the sign-in of the old one were dropped")
                     : S_ ("it was set"),
             error)
         && (is_new || follow_server (self, destination, old_protocol, old_url, error));
}

static gboolean
set (gpointer user_data, GError **error)
{
  const Change *change = user_data;

  return ob_destination_table_apply (change->table, change->name, change->settings, error);
}

/* Which one is the default is said by the administrator, where a file says it. */
static gboolean
may_be_default (ObDestinationTable *self, const char *name, const ObDestinationSettings *settings, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  if (settings->is_administrators || !settings->sets_default || !settings->is_default)
    return TRUE;
  g_hash_table_iter_init (&iter, self->all);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const ObDestination *other = value;

      if (other->is_default && !g_str_equal (other->name, name) && !ob_destination_settings_check_owner (other, error))
        return FALSE;
    }

  return TRUE;
}

void
ob_destination_table_set (ObDestinationTable *self, const char *name, const ObDestinationSettings *settings,
                          ObQueueDone done, gpointer user_data)
{
  Change change = { self, name, settings };
  g_autoptr (GError) error = NULL;

  if (!ob_destination_settings_check (settings, name, ob_destination_table_find (self, name), &error)
      || !may_be_default (self, name, settings, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, set, &change, done, user_data);
}

/* Returns: whether an upload that has not arrived is for it, by the counters. */
static gboolean
is_in_use (ObDestinationTable *self, const char *name, GError **error)
{
  g_autoptr (GArray) counts = ob_uploads_count (self->database, error);
  guint64 n_uploads = 0;

  for (guint i = 0; counts && i < counts->len; i++)
    {
      const ObCount *count = &g_array_index (counts, ObCount, i);

      if (count->stored != OB_STORED_DONE && g_str_equal (count->lane.destination, name))
        n_uploads += count->uploads;
    }
  if (n_uploads == 1)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("An upload for %s has not arrived yet"), name);
  else if (n_uploads > 1)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("%llu uploads for %s have not arrived yet"),
                 (unsigned long long) n_uploads, name);

  return !counts || n_uploads > 0;
}

static gboolean
delete_one (gpointer user_data, GError **error)
{
  const Change *change = user_data;
  ObDestinationTable *self = change->table;

  if (!ob_destinations_delete (self->database, change->name, error))
    return FALSE;
  (void) g_hash_table_remove (self->all, change->name);
  self->events->settings_changed (self->user_data);
  self->events->signed_out (change->name, self->user_data);
  ob_queue_touch_holds (self->queue);

  return TRUE;
}

void
ob_destination_table_remove (ObDestinationTable *self, const char *name, ObQueueDone done, gpointer user_data)
{
  const ObDestination *destination;
  Change change = { self, name, NULL };
  g_autoptr (GError) error = NULL;

  destination = ob_destination_table_demand (self, name, &error);
  if (!destination || !ob_destination_settings_check_owner (destination, &error) || is_in_use (self, name, &error))
    {
      done (error, user_data);
      return;
    }
  ob_queue_command (self->queue, delete_one, &change, done, user_data);
}

gboolean
ob_destination_table_pause (ObDestinationTable *self, const char *name, gboolean is_paused, GError **error)
{
  ObDestination *destination = ob_destination_table_demand (self, name, error);

  if (!destination)
    return FALSE;
  destination->is_paused = is_paused;
  self->events->settings_changed (self->user_data);
  if (is_paused)
    self->events->left (name, self->user_data);
  else
    ob_health_renew (&destination->health);

  return ob_destination_table_save (self, destination, NULL, error);
}
