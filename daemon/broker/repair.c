/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad text or absurd numbers in a row do not condemn the database: readers see them repaired, and the rows are repaired
 * soon after, before any of them is sent. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/record.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/repair.h"

#include <string.h>
#include <sys/stat.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* A row that cannot be repaired must not be walked over again and again. */
#define REPAIR_EVERY_US (G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC)

static void
on_upload (const char *id, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (id));
}

static gboolean
is_lost (const char *text)
{
  return !text || *text == '\0' || strstr (text, REPLACEMENT);
}

static void
restore_text (char **field, const char *kept)
{
  if (!kept || !is_lost (*field))
    return;
  g_free (*field);
  *field = g_strdup (kept);
}

/* A repaired digest or destination is worth nothing; the record in the spool has what was handed over. */
static void
restore_what_was_said (ObBroker *self, ObUpload *upload, const ObUpload *kept)
{
  g_autoptr (ObUpload) of_key = kept->key ? ob_uploads_get_by_key (self->database, kept->app, kept->key, NULL) : NULL;

  restore_text (&upload->app, kept->app);
  restore_text (&upload->name, kept->name);
  restore_text (&upload->media_type, kept->media_type);
  restore_text (&upload->sha256, kept->sha256);
  restore_text (&upload->group_title, kept->group_title);
  if (!ob_destination_table_find (self->destinations, upload->destination))
    g_clear_pointer (&upload->destination, g_free);
  restore_text (&upload->destination, kept->destination);
  if (!of_key)
    restore_text (&upload->key, kept->key);
  upload->is_form = kept->is_form;
  if (kept->created_at_ms > 0)
    upload->created_at_ms = kept->created_at_ms;
  if (upload->not_before_ms == 0 && kept->not_before_ms > ob_broker_get_now_ms (self))
    upload->not_before_ms = kept->not_before_ms;
}

/* The copy's size counts, if the record agrees or the row has none. */
static void
restore_size (ObBroker *self, ObUpload *upload, const ObUpload *kept)
{
  g_autofree char *path = ob_spool_get_path (self->spool, upload->id);
  struct stat info;

  upload->has_local_copy = lstat (path, &info) == 0 && S_ISREG (info.st_mode);
  if (upload->has_local_copy && (upload->size_bytes == 0 || (kept && kept->size_bytes == (guint64) info.st_size)))
    upload->size_bytes = (guint64) info.st_size;
  if (upload->stored == OB_STORED_CONFIRMING || upload->stored == OB_STORED_DONE)
    upload->offset_bytes = upload->size_bytes;
}

/* An upload whose rule does not exist would wait until the rules change. */
static void
restore_rule (ObBroker *self, ObUpload *upload)
{
  if (ob_gate_find_rule (self->gate, upload->rule))
    return;
  ob_gate_match (self->gate, upload);
}

static void
restore (ObBroker *self, ObUpload *upload)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  g_autoptr (ObUpload) kept
      = ob_spool_has (self->spool, upload->id) ? ob_record_load (self->spool, upload->id, NULL) : NULL;

  if (kept)
    restore_what_was_said (self, upload, kept);
  if (upload->stored != OB_STORED_SAVING)
    restore_size (self, upload, kept);
  restore_rule (self, upload);
  if (upload->created_at_ms == 0)
    upload->created_at_ms = now_ms;
  /* Giving up counts from this time. */
  if (upload->progress_at_ms == 0 || upload->progress_at_ms > now_ms)
    upload->progress_at_ms = now_ms;
  if (upload->stored == OB_STORED_QUEUED && ob_runs_has (self->runs, upload->id))
    upload->stored = OB_STORED_UPLOADING;
  /* Drop a resume text that no attempt could use, if the file can be sent again. */
  if (upload->server_url
      && !ob_destination_table_may_resume (self->destinations, upload->destination, upload->server_url)
      && (upload->stored == OB_STORED_QUEUED || upload->stored == OB_STORED_FAILED))
    {
      g_clear_pointer (&upload->server_url, g_free);
      upload->offset_bytes = 0;
    }
}

/* A destination that lost its URL gets it back from the settings beside the database. */
static gboolean
restore_destinations (ObBroker *self, GError **error)
{
  g_autoptr (ObSettings) settings = ob_settings_file_read (self->settings_file, NULL);
  g_autoptr (GHashTable) destinations = settings ? ob_destinations_load (self->database, NULL) : NULL;

  for (guint i = 0; destinations && i < settings->destinations->len; i++)
    {
      const ObDestination *kept = settings->destinations->pdata[i];
      const ObDestination *row = g_hash_table_lookup (destinations, kept->name);

      if (row && (!ob_destination_is_url (row->url) || is_lost (row->protocol))
          && !ob_destinations_save (self->database, kept, error))
        return FALSE;
    }

  return TRUE;
}

/* Their own values are sound by now. */
static gboolean
put_right (ObBroker *self, GPtrArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, ids->pdata[i], NULL);

      if (!upload)
        continue;
      restore (self, upload);
      upload->sequence
          = ob_journal_append (self->database, ob_broker_get_now_ms (self), upload, "repaired", upload->stored,
                               upload->reason, "its row had what was never written", error);
      if (upload->sequence == 0 || !ob_uploads_put_right (self->database, upload, error))
        return FALSE;
      ob_queue_touch (self->queue, upload->id, FALSE);
    }

  return TRUE;
}

static gboolean
repair_all (gpointer user_data, GError **error)
{
  ObBroker *self = user_data;
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);

  if (!ob_repair_rows (self->database, on_upload, ids, error) || !put_right (self, ids, error)
      || !restore_destinations (self, error))
    return FALSE;
  g_warning ("Rows of the database that had what was never written are repaired, of %u uploads among others", ids->len);

  return TRUE;
}

static gboolean
on_repair (gpointer user_data)
{
  ObBroker *self = user_data;
  g_autoptr (GError) error = NULL;

  self->repair_source = 0;
  if (ob_queue_do (self->queue, OB_TURN_SOON, repair_all, self, &error))
    {
      ob_queue_load_again (self->queue);
      ob_queue_want_flush (self->queue);
    }
  else
    g_warning ("Bad rows of the database could not be repaired: %s", error->message);

  return G_SOURCE_REMOVE;
}

/* A reader is in the middle of a statement: repair later. */
static void
on_bad_row (gpointer user_data)
{
  ObBroker *self = user_data;
  gint64 now_us = g_get_monotonic_time ();

  if (self->repair_source != 0 || (self->repaired_at_us > 0 && now_us < self->repaired_at_us + REPAIR_EVERY_US))
    return;
  self->repaired_at_us = now_us;
  self->repair_source = g_idle_add (on_repair, self);
}

gboolean
ob_broker_awaits_repair (ObBroker *self, const ObUpload *upload)
{
  return upload->needs_repair && self->repair_source != 0;
}

void
ob_broker_watch_rows (ObBroker *self)
{
  ob_database_watch_bad_rows (self->database, on_bad_row, self);
}

void
ob_broker_stop_watching_rows (ObBroker *self)
{
  g_clear_handle_id (&self->repair_source, g_source_remove);
  ob_database_watch_bad_rows (self->database, NULL, NULL);
}
