/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Knocks at destinations where nothing answers. One at a time for each, however many uploads wait there; none while
 * nothing may go there anyway. The first that is answered starts an attempt at once. Main thread.
 */
#include "broker/broker-private.h"

#include "policy/health.h"
#include "policy/knock.h"
#include "transfer/knock.h"

struct _ObKnocking
{
  ObBroker *broker;
  char *destination; /* its name */
  ObSilence silence;
  GHashTable *ids;           /* of uploads whose attempt nothing answered: they wait by themselves */
  GCancellable *cancellable; /* of the knock that is under way; NULL: none is */
};

static void
knocking_free (ObKnocking *knocking)
{
  if (knocking->cancellable)
    g_cancellable_cancel (knocking->cancellable);
  g_clear_object (&knocking->cancellable);
  g_hash_table_unref (knocking->ids);
  g_free (knocking->destination);
  g_free (knocking);
}

GHashTable *
ob_broker_make_knockings (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) knocking_free);
}

void
ob_broker_note_silence (ObBroker *self, const ObUpload *upload, gboolean is_silent, gboolean has_moved)
{
  ObKnocking *knocking = g_hash_table_lookup (self->knockings, upload->destination);

  if (!is_silent)
    {
      (void) g_hash_table_remove (self->knockings, upload->destination);
      return;
    }
  if (!knocking)
    {
      knocking = g_new0 (ObKnocking, 1);
      knocking->broker = self;
      knocking->destination = g_strdup (upload->destination);
      knocking->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->knockings, knocking->destination, knocking);
    }
  g_hash_table_add (knocking->ids, g_strdup (upload->id));
  ob_silence_note_end (&knocking->silence, TRUE, has_moved, ob_broker_get_now_ms (self));
}

/* --- The answer --- */

/* Those that waited by themselves for this server need not wait any longer. */
static gboolean
wake_uploads (ObKnocking *knocking, GError **error)
{
  ObBroker *self = knocking->broker;
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, knocking->ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, id, NULL);

      if (!upload || upload->retry_at_ms == 0)
        continue;
      upload->retry_at_ms = 0;
      if (!ob_uploads_update (self->database, upload, error))
        return FALSE;
      ob_queue_touch (self->queue, id, FALSE);
    }

  return TRUE;
}

static gboolean
open_destination (gpointer user_data, GError **error)
{
  ObKnocking *knocking = user_data;
  ObBroker *self = knocking->broker;
  ObDestination *destination = ob_destination_table_find (self->destinations, knocking->destination);
  g_autofree char *words
      = g_strdup_printf ("it can be connected to again, which was tried %u times", knocking->silence.n_knocks);

  if (!destination)
    return TRUE;
  ob_health_hasten (&destination->health);

  return ob_destination_table_save (self->destinations, destination, words, error) && wake_uploads (knocking, error);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ObKnocking *knocking = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_answered = ob_knock_finish (result, &error);

  /* Then it may be gone. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&knocking->cancellable);
  if (!is_answered)
    return;
  ob_silence_note_answer (&knocking->silence, ob_broker_get_now_ms (knocking->broker));
  (void) ob_queue_do (knocking->broker->queue, OB_TURN_SOON, open_destination, knocking, NULL);
}

/* --- When --- */

static gboolean
has_attempt (ObBroker *self, const char *destination)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->active);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (g_str_equal (((const ObActive *) value)->destination, destination))
      return TRUE;

  return FALSE;
}

/* Something waits there that would start if the server answered. */
static gint64
next_ms (ObBroker *self, const ObKnocking *knocking)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, knocking->destination);

  if (!destination || destination->is_paused || !self->runner->knock || ob_broker_get_queue_reasons (self) != 0
      || !ob_broker_has_open_lane (self, destination->name) || has_attempt (self, destination->name))
    return 0;

  return ob_silence_next_ms (&knocking->silence, &self->latest, ob_broker_get_now_ms (self));
}

gint64
ob_broker_next_knock_ms (ObBroker *self)
{
  gint64 soonest_ms = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->knockings);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    soonest_ms = ob_sooner_ms (soonest_ms, next_ms (self, value));

  return soonest_ms;
}

void
ob_broker_knock (ObBroker *self)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->knockings);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ObKnocking *knocking = value;
      gint64 at_ms = next_ms (self, knocking);
      const ObDestination *destination;

      if (at_ms == 0 || at_ms > now_ms)
        continue;
      knocking->silence.last_ms = now_ms;
      if (knocking->cancellable)
        continue;
      destination = ob_destination_table_find (self->destinations, knocking->destination);
      knocking->silence.n_knocks++;
      knocking->cancellable = g_cancellable_new ();
      self->runner->knock (self->runner, destination->url, knocking->cancellable, on_answered, knocking);
    }
}
