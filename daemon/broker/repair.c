/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad text in a row is no damage: readers see it repaired, and the rows are put right soon after. Main thread.
 */
#include "broker/broker-private.h"

#include "store/journal.h"
#include "store/repair.h"

#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* What cannot be put right is not walked through again and again. */
#define REPAIR_EVERY_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static void
on_upload (const char *id, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (id));
}

static void
restore_text (char **field, const char *kept)
{
  if (!*field || !strstr (*field, REPLACEMENT) || !kept)
    return;
  g_free (*field);
  *field = g_strdup (kept);
}

/* A digest or a destination that was repaired is none: the record in the spool still has what was handed over. */
static void
restore (ObBroker *self, ObUpload *upload)
{
  g_autoptr (ObUpload) kept
      = ob_spool_has (self->spool, upload->id) ? ob_broker_read_record (self, upload->id, NULL) : NULL;

  if (kept)
    {
      restore_text (&upload->name, kept->name);
      restore_text (&upload->media_type, kept->media_type);
      restore_text (&upload->sha256, kept->sha256);
      restore_text (&upload->group_title, kept->group_title);
      restore_text (&upload->destination, kept->destination);
    }
  /* What is no address is forgotten where the file can be sent again. */
  if (upload->server_url && !ob_destination_is_url (upload->server_url)
      && (upload->stored == OB_STORED_QUEUED || upload->stored == OB_STORED_FAILED))
    {
      g_clear_pointer (&upload->server_url, g_free);
      upload->offset_bytes = 0;
    }
}

/* Their own texts are clean by now. */
static gboolean
record (ObBroker *self, GPtrArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, ids->pdata[i], NULL);

      if (!upload)
        continue;
      restore (self, upload);
      upload->sequence
          = ob_journal_append (self->database, ob_broker_get_now_ms (self), upload, "repaired", upload->stored,
                               upload->reason, "its row had text that cannot be read", error);
      if (upload->sequence == 0 || !ob_uploads_update (self->database, upload, error))
        return FALSE;
      ob_broker_touch (self, upload->id, FALSE);
    }

  return TRUE;
}

static gboolean
on_repair (gpointer user_data)
{
  ObBroker *self = user_data;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  gboolean is_good;

  self->repair_source = 0;
  if (!ob_turn_begin (self->turn, OB_TURN_SOON, &error))
    {
      ob_broker_note_trouble (self);
      return G_SOURCE_REMOVE;
    }
  is_good = ob_repair_texts (self->database, on_upload, ids, &error) && record (self, ids, &error);
  ob_turn_end (self->turn, is_good);
  if (is_good)
    {
      g_warning ("Text in the database that could not be read was repaired, of %u uploads among others", ids->len);
      ob_broker_read_memory (self);
    }
  else
    g_warning ("Text in the database could not be repaired: %s", error->message);

  return G_SOURCE_REMOVE;
}

/* Whoever reads is in the middle of a statement. */
static void
on_bad_text (gpointer user_data)
{
  ObBroker *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (self->repair_source != 0 || (self->repaired_at_us > 0 && now_us < self->repaired_at_us + REPAIR_EVERY_US))
    return;
  self->repaired_at_us = now_us;
  self->repair_source = g_idle_add (on_repair, self);
}

void
ob_broker_watch_texts (ObBroker *self)
{
  ob_database_watch_bad_text (self->database, on_bad_text, self);
}

void
ob_broker_stop_watching_texts (ObBroker *self)
{
  g_clear_handle_id (&self->repair_source, g_source_remove);
  ob_database_watch_bad_text (self->database, NULL, NULL);
}
