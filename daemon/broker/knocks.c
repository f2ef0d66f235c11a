/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A record of silence for each destination where nothing answers, until something does. Main thread.
 */
#include "broker/knocks.h"

#include "base/debug.h"
#include "dbus/mark.h"
#include "policy/health.h"
#include "policy/knock.h"
#include "store/uploads.h"
#include "transfer/knock.h"

struct _ObKnocks
{
  ObQueue *queue; /* borrowed, as are the next three */
  ObDatabase *database;
  ObDestinationTable *destinations;
  const ObRunner *runner;
  const ObKnocksFacts *facts;
  gpointer user_data;
  GHashTable *silent; /* name of a destination → Knocking */
};

typedef struct
{
  ObKnocks *knocks;
  char *destination; /* its name */
  ObSilence silence;
  GHashTable *ids;           /* of uploads whose attempts were not answered, and which wait by themselves */
  GCancellable *cancellable; /* of the knock under way; NULL: none */
} Knocking;

static void
knocking_free (Knocking *knocking)
{
  if (knocking->cancellable)
    g_cancellable_cancel (knocking->cancellable);
  g_clear_object (&knocking->cancellable);
  g_hash_table_unref (knocking->ids);
  g_free (knocking->destination);
  g_free (knocking);
}

ObKnocks *
ob_knocks_new (ObQueue *queue, ObDestinationTable *destinations, const ObRunner *runner, const ObKnocksFacts *facts,
               gpointer user_data)
{
  ObKnocks *self = g_new0 (ObKnocks, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->destinations = destinations;
  self->runner = runner;
  self->facts = facts;
  self->user_data = user_data;
  self->silent = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, (GDestroyNotify) knocking_free);

  return self;
}

void
ob_knocks_free (ObKnocks *self)
{
  g_hash_table_unref (self->silent);
  g_free (self);
}

void
ob_knocks_stop (ObKnocks *self)
{
  g_hash_table_remove_all (self->silent);
}

void
ob_knocks_note_end (ObKnocks *self, const ObUpload *upload, gboolean is_silent, gboolean has_moved)
{
  Knocking *knocking = g_hash_table_lookup (self->silent, upload->destination);

  if (!is_silent)
    {
      (void) g_hash_table_remove (self->silent, upload->destination);
      return;
    }
  if (!knocking)
    {
      knocking = g_new0 (Knocking, 1);
      knocking->knocks = self;
      knocking->destination = g_strdup (upload->destination);
      knocking->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_insert (self->silent, knocking->destination, knocking);
    }
  g_hash_table_add (knocking->ids, g_strdup (upload->id));
  ob_silence_note_end (&knocking->silence, TRUE, has_moved, ob_queue_get_now_ms (self->queue));
}

/* --- The answer --- */

/* Uploads that waited by themselves for this server need not wait any longer. */
static gboolean
wake_uploads (Knocking *knocking, GError **error)
{
  ObKnocks *self = knocking->knocks;
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
  Knocking *knocking = user_data;
  ObKnocks *self = knocking->knocks;
  ObDestination *destination = ob_destination_table_find (self->destinations, knocking->destination);
  g_autofree char *words
      = g_strdup_printf (S_ ("it can be connected to again, which was tried %u times"), knocking->silence.n_knocks);

  if (!destination)
    return TRUE;
  ob_health_hasten (&destination->health);

  return ob_destination_table_save (self->destinations, destination, words, error) && wake_uploads (knocking, error);
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Knocking *knocking = user_data;
  g_autoptr (GError) error = NULL;
  gboolean is_answered = ob_knock_finish (result, &error);

  /* The object may be gone when a cancelled knock ends. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  g_clear_object (&knocking->cancellable);
  ob_debug (OB_DEBUG_GATE, knocking->destination, "the knock is %s", is_answered ? "answered" : "not answered");
  if (!is_answered)
    return;
  ob_silence_note_answer (&knocking->silence, ob_queue_get_now_ms (knocking->knocks->queue));
  (void) ob_queue_do (knocking->knocks->queue, OB_TURN_SOON, open_destination, knocking, NULL);
}

/* --- When --- */

static gint64
get_next_ms (ObKnocks *self, const Knocking *knocking)
{
  const ObDestination *destination = ob_destination_table_find (self->destinations, knocking->destination);

  if (!destination || destination->is_paused || !self->runner->knock
      || !self->facts->is_wanted (destination, self->user_data))
    return 0;

  return ob_silence_next_ms (&knocking->silence, self->facts->get_conditions (self->user_data),
                             ob_queue_get_now_ms (self->queue));
}

static gint64
next_ms (gpointer member)
{
  ObKnocks *self = member;
  gint64 soonest_ms = 0;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->silent);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    soonest_ms = ob_sooner_ms (soonest_ms, get_next_ms (self, value));

  return soonest_ms;
}

/* Knocks at each destination whose time has come. */
static void
wake (gpointer member, gint64 now_ms, gint64 jump_ms)
{
  ObKnocks *self = member;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->silent);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Knocking *knocking = value;
      gint64 at_ms = get_next_ms (self, knocking);
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

const ObMember ob_knocks_member = { .next_ms = next_ms, .wake = wake };
