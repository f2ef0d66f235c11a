/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad text or absurd numbers in a row do not condemn the database: readers see them repaired, and the rows are repaired
 * soon after, before any of them is sent. Main thread.
 */
#include "broker/row-repair.h"

#include "base/debug.h"
#include "broker/record.h"
#include "dbus/mark.h"
#include "store/destinations.h"
#include "store/journal.h"
#include "store/repair.h"
#include "store/uploads.h"

#include <string.h>
#include <sys/stat.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* A row that cannot be repaired must not be walked over again and again. */
#define REPAIR_EVERY_MS (G_GINT64_CONSTANT (3600) * 1000)

struct _ObRowRepair
{
  ObQueue *queue; /* borrowed, as are the next four */
  ObDatabase *database;
  ObSpool *spool;
  ObDestinationTable *destinations;
  ObSettingsFile *settings;
  const ObRowRepairHost *host;
  gpointer user_data;
  guint source;         /* of a repair that is about to run */
  gint64 not_before_ms; /* no repair before this time since boot */
  gboolean is_watching;
};

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
restore_what_was_said (ObRowRepair *self, ObUpload *upload, const ObUpload *kept)
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
  if (upload->not_before_ms == 0 && kept->not_before_ms > ob_queue_get_now_ms (self->queue))
    upload->not_before_ms = kept->not_before_ms;
}

/* The copy's size counts, if the record agrees or the row has none. */
static void
restore_size (ObRowRepair *self, ObUpload *upload, const ObUpload *kept)
{
  g_autofree char *path = ob_spool_get_path (self->spool, upload->id);
  struct stat info;

  upload->has_local_copy = lstat (path, &info) == 0 && S_ISREG (info.st_mode);
  if (upload->has_local_copy && (upload->size_bytes == 0 || (kept && kept->size_bytes == (guint64) info.st_size)))
    upload->size_bytes = (guint64) info.st_size;
  if (upload->stored == OB_STORED_CONFIRMING || upload->stored == OB_STORED_DONE)
    upload->offset_bytes = upload->size_bytes;
}

static void
restore (ObRowRepair *self, ObUpload *upload)
{
  gint64 now_ms = ob_queue_get_now_ms (self->queue);
  g_autoptr (ObUpload) kept
      = ob_spool_has (self->spool, upload->id) ? ob_record_load (self->spool, upload->id, NULL) : NULL;

  if (kept)
    restore_what_was_said (self, upload, kept);
  if (upload->stored != OB_STORED_SAVING)
    restore_size (self, upload, kept);
  self->host->mend_lane (upload, self->user_data);
  if (upload->created_at_ms == 0)
    upload->created_at_ms = now_ms;
  /* Giving up counts from this time. */
  if (upload->progress_at_ms == 0 || upload->progress_at_ms > now_ms)
    upload->progress_at_ms = now_ms;
  if (upload->stored == OB_STORED_QUEUED && self->host->is_running (upload->id, self->user_data))
    upload->stored = OB_STORED_UPLOADING;
  /* Drop a resume text that no attempt could use, if the file can be sent again. */
  if (upload->server_url
      && !ob_destination_table_may_resume (self->destinations, upload->destination, upload->server_url)
      && (upload->stored == OB_STORED_QUEUED || upload->stored == OB_STORED_FAILED))
    {
      g_clear_pointer (&upload->server_url, g_free);
      upload->offset_bytes = 0;
      upload->checked = (ObChecked){ 0 };
    }
}

/* A destination that lost its URL gets it back from the settings beside the database. */
static gboolean
restore_destinations (ObRowRepair *self, GError **error)
{
  g_autoptr (ObSettings) settings = ob_settings_file_read (self->settings, NULL);
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

/* ob_repair_rows() has made the values possible; the record knows better ones. */
static gboolean
put_right (ObRowRepair *self, GPtrArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (self->database, ids->pdata[i], NULL);

      if (!upload)
        continue;
      restore (self, upload);
      ob_debug (OB_DEBUG_STORE, upload->id, "its row is repaired: it is %s", ob_stored_get_name (upload->stored));
      upload->sequence
          = ob_journal_append (self->database, ob_queue_get_now_ms (self->queue), upload, "repaired", upload->stored,
                               upload->reason, S_ ("its row had what was never written"), error);
      if (upload->sequence == 0 || !ob_uploads_put_right (self->database, upload, error))
        return FALSE;
      ob_queue_touch (self->queue, upload->id, FALSE);
    }

  return TRUE;
}

static gboolean
repair_all (gpointer user_data, GError **error)
{
  ObRowRepair *self = user_data;
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
  ObRowRepair *self = user_data;
  g_autoptr (GError) error = NULL;

  self->source = 0;
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
  ObRowRepair *self = user_data;
  gint64 now_ms = ob_queue_get_boot_ms (self->queue);

  if (self->source != 0 || now_ms < self->not_before_ms)
    return;
  self->not_before_ms = now_ms + REPAIR_EVERY_MS;
  /* Not below anything that could start an attempt, and is put off until this is done. */
  self->source = g_idle_add_full (G_PRIORITY_HIGH, on_repair, self, NULL);
}

gboolean
ob_row_repair_awaits (ObRowRepair *self, const ObUpload *upload)
{
  return upload->needs_repair && self->source != 0;
}

static gboolean
note_mended (ObDatabase *database, ObUpload *upload, const char *words, gint64 now_ms, GError **error)
{
  upload->sequence
      = ob_journal_append (database, now_ms, upload, "repaired", upload->stored, upload->reason, words, error);

  return upload->sequence > 0 && ob_uploads_put_right (database, upload, error);
}

gboolean
ob_row_repair_mend_bytes (ObDatabase *database, ObSpool *spool, ObUpload *upload, gint64 now_ms, gboolean *is_mended,
                          GError **error)
{
  *is_mended = ob_record_mend_bytes (spool, upload);

  return !*is_mended
         || note_mended (database, upload, S_ ("its row had another size or digest than the copy and its record"),
                         now_ms, error);
}

gboolean
ob_row_repair_mend_destination (ObDatabase *database, ObUpload *upload, const char *destination, gint64 now_ms,
                                GError **error)
{
  g_free (upload->destination);
  upload->destination = g_strdup (destination);

  return note_mended (database, upload,
                      S_ ("its row had a destination that there is not, and its record has one that there is"), now_ms,
                      error);
}

ObRowRepair *
ob_row_repair_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations, ObSettingsFile *settings,
                   const ObRowRepairHost *host, gpointer user_data)
{
  ObRowRepair *self = g_new0 (ObRowRepair, 1);

  self->queue = queue;
  self->database = ob_queue_get_database (queue);
  self->spool = spool;
  self->destinations = destinations;
  self->settings = settings;
  self->host = host;
  self->user_data = user_data;
  self->is_watching = TRUE;
  ob_database_watch_bad_rows (self->database, on_bad_row, self);

  return self;
}

void
ob_row_repair_stop (ObRowRepair *self)
{
  /* The database may be closed by the time that this one is freed. */
  if (!self->is_watching)
    return;
  self->is_watching = FALSE;
  g_clear_handle_id (&self->source, g_source_remove);
  ob_database_watch_bad_rows (self->database, NULL, NULL);
}

void
ob_row_repair_free (ObRowRepair *self)
{
  ob_row_repair_stop (self);
  g_free (self);
}
