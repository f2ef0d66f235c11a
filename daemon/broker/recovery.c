/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After a start: what the last process was in the middle of is taken up at once, by index; the spool is compared with
 * the database in the background, a few files a turn. Main thread; the folder is read on another.
 */
#include "broker/broker-private.h"

#include "base/blocks.h"
#include "base/files.h"
#include "base/identity.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "store/journal.h"

#include <sys/stat.h>

/* Of the folder's entries, which are not all kept in memory; and of those, with one look into the database for each. */
#define FILES_A_READ 1024
#define FILES_A_TURN 128

/* A record that does not say how much it is of, or something absurd: the copy says it, and its digests say whether it is whole. */
static void
read_size (ObUpload *upload, const char *path)
{
  g_autofree char *of_nothing = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "", 0);
  struct stat info;

  if (upload->size_bytes == 0 && !g_str_equal (upload->sha256, of_nothing) && lstat (path, &info) == 0
      && S_ISREG (info.st_mode))
    upload->size_bytes = (guint64) info.st_size;
}

ObUpload *
ob_broker_read_record (ObBroker *self, const char *id, GError **error)
{
  g_autofree char *path = ob_spool_get_path (self->spool, id);
  g_autofree char *record_path = g_strconcat (path, ".json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (ObUpload) upload = NULL;
  gsize size_bytes;

  text = ob_file_read_own (record_path, OB_RECORD_MAX_BYTES, &size_bytes, error);
  upload = text ? ob_record_read (text, size_bytes, error) : NULL;
  if (!upload)
    return NULL;
  read_size (upload, path);
  if (g_str_equal (upload->id, id))
    return g_steal_pointer (&upload);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "It is of another upload");

  return NULL;
}

static void
replace (char **field, char **value)
{
  g_free (*field);
  *field = g_steal_pointer (value);
}

/* An upload that is taken up. */
typedef struct
{
  ObBroker *broker;
  ObUpload *upload;
} Recovery;

static gboolean
recover_one (gpointer user_data, GError **error)
{
  const Recovery *recovery = user_data;
  ObBroker *self = recovery->broker;
  ObUpload *upload = recovery->upload;
  gint64 now_ms = ob_broker_get_now_ms (self);
  g_autoptr (ObUpload) record = NULL;

  if (upload->stored == OB_STORED_SAVING)
    {
      /* Nobody was told that it is safe. With bytes and record in the spool it is all the same; without, the app hands it
       * over again. */
      record = ob_spool_has (self->spool, upload->id) ? ob_broker_read_record (self, upload->id, NULL) : NULL;
      /* But a person was told of what an app recorded. */
      if (!record && upload->reason != OUTBOX_REASON_NONE)
        return !ob_recordings_is_gone (self->recordings, upload->id)
               || ob_broker_forget (self, upload, "the file that was recorded is gone", error);
      if (!record)
        return ob_uploads_delete (self->database, upload->id, error);
      upload->size_bytes = record->size_bytes;
      replace (&upload->media_type, &record->media_type);
      g_free (upload->rule);
      upload->rule = ob_broker_dup_first_lane (self, upload);
      self->wants_review = TRUE;
      replace (&upload->sha256, &record->sha256);
      upload->has_local_copy = TRUE;
      upload->saved_at_ms = upload->progress_at_ms = now_ms;
    }

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, "the broker was interrupted",
                          now_ms, error);
}

void
ob_broker_recover (ObBroker *self)
{
  g_autoptr (GPtrArray) interrupted = ob_uploads_find (self->database, OB_UPLOADS_INTERRUPTED, 0, G_MAXINT, NULL);
  g_autoptr (GPtrArray) to_clear = ob_uploads_find (self->database, OB_UPLOADS_TO_CLEAR, 0, G_MAXINT, NULL);

  for (guint i = 0; interrupted && i < interrupted->len; i++)
    {
      ObUpload *upload = interrupted->pdata[i];
      Recovery recovery = { self, upload };
      g_autoptr (GError) error = NULL;

      if (g_hash_table_contains (self->active, upload->id) || g_hash_table_contains (self->saving, upload->id)
          || ob_recordings_has (self->recordings, upload->id))
        continue;
      if (!ob_queue_do (self->queue, OB_TURN_SOON, recover_one, &recovery, &error))
        {
          g_warning ("Upload %s could not be taken up: %s", upload->id, error->message);
          return;
        }
      ob_queue_touch (self->queue, upload->id, FALSE);
    }
  for (guint i = 0; to_clear && i < to_clear->len; i++)
    ob_retention_clear_copy (self->retention, ((ObUpload *) to_clear->pdata[i])->id);
}

/* --- Files without a row --- */

typedef struct
{
  ObBroker *broker; /* a reference */
  GDir *folder;     /* NULL: read to its end */
  GPtrArray *ids;   /* of the files to look at now */
  guint next;
} Comparison;

static void
comparison_free (Comparison *comparison)
{
  g_clear_pointer (&comparison->folder, g_dir_close);
  g_ptr_array_unref (comparison->ids);
  g_object_unref (comparison->broker);
  g_free (comparison);
}

static gboolean
insert_adopted (gpointer user_data, GError **error)
{
  const Recovery *recovery = user_data;
  ObBroker *self = recovery->broker;
  ObUpload *upload = recovery->upload;

  g_free (upload->rule);
  upload->rule = ob_broker_dup_rule_for (self, upload);
  self->wants_review = TRUE;
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_broker_get_now_ms (self);

  /* Tells an attempt to ask before it makes anything: what an earlier one did at the server is not known. */
  return ob_journal_append (self->database, upload->saved_at_ms, upload, "adopted", upload->stored, OUTBOX_REASON_NONE,
                            NULL, error)
             > 0
         && ob_uploads_insert (self->database, upload, error)
         && ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE,
                             "found in the spool, without a row", upload->saved_at_ms, error);
}

/* Takes from a row of the damaged database what no record has: how far the server is, and what a person has commanded. Only
 * where the row tells of the very same bytes. */
static void
salvage (ObBroker *self, ObUpload *upload)
{
  g_autoptr (ObUpload) row = ob_uploads_get (self->aside, upload->id, NULL);

  if (!row || g_strcmp0 (row->sha256, upload->sha256) != 0 || row->size_bytes != upload->size_bytes
      || !g_str_equal (row->name, upload->name)
      || (row->server_url && !ob_broker_may_resume (self, upload, row->server_url)))
    return;
  replace (&upload->server_url, &row->server_url);
  upload->wire_bytes = row->wire_bytes;
  ob_upload_set_offset (upload, MIN (row->offset_bytes, row->size_bytes));
  upload->attempts = row->attempts;
  upload->priority = row->priority;
  upload->is_paused = row->is_paused != 0;
}

/* A file whose row could not be committed stays in doubt, and is looked at again after the next commit. */
static void
on_adopted (const GError *error, gpointer user_data)
{
  g_autoptr (ObPending) pending = user_data;

  if (error)
    g_hash_table_add (pending->broker->doubtful, g_steal_pointer (&pending->id));
}

/* Makes the row again from the record. Returns: FALSE where it has to be tried again when the disk works. */
static gboolean
adopt (ObBroker *self, ObUpload *upload)
{
  Recovery recovery = { self, upload };
  g_autoptr (GError) error = NULL;

  if (self->aside)
    salvage (self, upload);
  if (!ob_queue_do (self->queue, OB_TURN_SOON, insert_adopted, &recovery, &error))
    {
      g_warning ("The file %s in the spool could not be taken up: %s", upload->id, error->message);
      return ob_database_get_trouble (self->database) == NULL;
    }
  ob_queue_after (self->queue, on_adopted, ob_pending_new (self, upload->id));
  ob_queue_touch (self->queue, upload->id, TRUE);

  return TRUE;
}

typedef enum
{
  COPY_OF_ITS_OWN,
  COPY_TOO_MANY,
  COPY_IN_DOUBT,
} Copy;

/* What the copy of an upload without a row is. It is too many where the upload was removed when the process ended; or where
 * its key is taken, since the app, which was never told that this one is safe, has handed the same bytes over anew, and they
 * are here or have arrived. Other bytes than those are an upload of their own, without the key. Which it is is not known
 * while those are being saved: a submit that looks at its file has the key already, and no row yet. */
static Copy
judge (ObBroker *self, const ObUpload *upload, gboolean *has_twin)
{
  g_autoptr (ObUpload) twin
      = upload->key ? ob_uploads_get_by_key (self->database, upload->app, upload->key, NULL) : NULL;

  *has_twin = twin != NULL;
  if (ob_journal_has_event (self->database, upload->id, "removed"))
    return COPY_TOO_MANY;
  if ((twin && (g_hash_table_contains (self->saving, twin->id) || ob_broker_awaits_repair (self, twin)))
      || (upload->key && ob_broker_find_saving (self, upload->app, upload->key)))
    return COPY_IN_DOUBT;

  return twin && g_strcmp0 (twin->sha256, upload->sha256) == 0
                 && (twin->stored == OB_STORED_DONE || ob_spool_has (self->spool, twin->id))
             ? COPY_TOO_MANY
             : COPY_OF_ITS_OWN;
}

/* Returns: FALSE where it has to be looked at again. */
static gboolean
settle (ObBroker *self, const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = ob_broker_read_record (self, id, &error);
  gboolean has_twin;
  Copy copy;

  if (!upload)
    {
      g_warning ("The file %s in the spool has no good record and is left there: %s", id, error->message);
      return TRUE;
    }
  copy = judge (self, upload, &has_twin);
  if (copy == COPY_TOO_MANY)
    (void) ob_spool_remove (self->spool, id, NULL);
  else if (copy == COPY_OF_ITS_OWN)
    {
      if (has_twin)
        g_clear_pointer (&upload->key, g_free);
      return adopt (self, upload);
    }

  return copy != COPY_IN_DOUBT;
}

void
ob_broker_settle_doubts (ObBroker *self)
{
  GHashTableIter iter;
  gpointer id;

  if (!self->is_started)
    return;
  g_hash_table_iter_init (&iter, self->doubtful);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    if (settle (self, id))
      g_hash_table_iter_remove (&iter);
}

/* Something in the spool. A file that is being saved has its row already; one that was removed meanwhile has no file. */
static void
look_at (ObBroker *self, const char *id)
{
  if (g_hash_table_contains (self->saving, id) || ob_uploads_has (self->database, id))
    return;
  if (!ob_spool_has (self->spool, id))
    ob_spool_drop_lone_record (self->spool, id);
  else if (!settle (self, id))
    g_hash_table_add (self->doubtful, g_strdup (id));
}

static void read_on (Comparison *comparison);

static gboolean
on_compare (gpointer data)
{
  Comparison *comparison = data;
  ObBroker *self = comparison->broker;
  guint end = MIN (comparison->next + FILES_A_TURN, comparison->ids->len);

  if (g_cancellable_is_cancelled (self->background))
    {
      comparison_free (comparison);
      return G_SOURCE_REMOVE;
    }
  for (; comparison->next < end; comparison->next++)
    look_at (self, comparison->ids->pdata[comparison->next]);
  if (comparison->next < comparison->ids->len)
    return G_SOURCE_CONTINUE;
  read_on (comparison);

  return G_SOURCE_REMOVE;
}

static gint
by_id (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *) a, *(char *const *) b);
}

/* A folder has no order, and a queue has one: ids begin with the time at which they were made. */
static void
sort (Comparison *comparison)
{
  g_ptr_array_sort (comparison->ids, by_id);
}

static void
compare (Comparison *comparison)
{
  comparison->next = 0;
  sort (comparison);
  (void) g_idle_add_full (G_PRIORITY_LOW, on_compare, comparison, NULL);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Comparison *comparison = user_data;

  if (comparison->ids->len > 0)
    compare (comparison);
  else
    comparison_free (comparison);
}

/* Bytes are noted, and records that have none. */
static void
note_name (Comparison *comparison, const char *name)
{
  g_autofree char *id = g_str_has_suffix (name, ".json") ? g_strndup (name, strlen (name) - strlen (".json")) : NULL;

  if (ob_id_is_valid (name))
    g_ptr_array_add (comparison->ids, g_strdup (name));
  else if (id && ob_id_is_valid (id) && !ob_spool_has (comparison->broker->spool, id))
    g_ptr_array_add (comparison->ids, g_steal_pointer (&id));
}

/* On a thread of its own; nobody else uses the comparison meanwhile. */
static void
read_folder (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Comparison *comparison = task_data;
  const char *name;

  while (comparison->folder && comparison->ids->len < FILES_A_READ && !g_cancellable_is_cancelled (cancellable))
    {
      name = g_dir_read_name (comparison->folder);
      if (!name)
        g_clear_pointer (&comparison->folder, g_dir_close);
      else
        note_name (comparison, name);
    }
  g_task_return_boolean (task, TRUE);
}

static void
read_on (Comparison *comparison)
{
  g_autoptr (GTask) task = g_task_new (NULL, comparison->broker->background, on_read, comparison);

  g_ptr_array_set_size (comparison->ids, 0);
  g_task_set_task_data (task, comparison, NULL);
  g_task_run_in_thread (task, read_folder);
}

static void
compare_at_once (Comparison *comparison)
{
  const char *name;

  while (comparison->folder && (name = g_dir_read_name (comparison->folder)))
    note_name (comparison, name);
  sort (comparison);
  for (guint i = 0; i < comparison->ids->len; i++)
    look_at (comparison->broker, comparison->ids->pdata[i]);
  comparison_free (comparison);
}

void
ob_broker_compare_spool (ObBroker *self)
{
  g_autofree char *path = ob_spool_get_path (self->spool, "");
  Comparison *comparison = g_new0 (Comparison, 1);

  self->aside = ob_database_open_aside (self->database);
  comparison->broker = g_object_ref (self);
  comparison->folder = g_dir_open (path, 0, NULL);
  comparison->ids = g_ptr_array_new_with_free_func (g_free);
  /* A database without a past stands for one that was lost: what the spool has was answered for, and must be found again
   * before an app asks for it by its key. */
  if (ob_journal_get_last (self->database) == 0)
    compare_at_once (comparison);
  else
    read_on (comparison);
}
