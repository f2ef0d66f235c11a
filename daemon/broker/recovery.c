/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * After a start: what the last process was in the middle of is taken up at once, by index; the spool is compared with
 * the database in the background, a few files a turn. Main thread; the folder is read on another.
 */
#include "broker/broker-private.h"

#include "base/identity.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "store/journal.h"

#define FILES_A_TURN 128
#define LOOK_AGAIN_MS 1000

static ObUpload *
read_record (ObBroker *self, const char *id, GError **error)
{
  g_autofree char *path = ob_spool_get_path (self->spool, id);
  g_autofree char *record_path = g_strconcat (path, ".json", NULL);
  g_autofree char *text = NULL;
  g_autoptr (ObUpload) upload = NULL;
  gsize size_bytes;

  if (!g_file_get_contents (record_path, &text, &size_bytes, error)
      || !(upload = ob_record_read (text, size_bytes, error)))
    return NULL;
  if (g_str_equal (upload->id, id))
    return g_steal_pointer (&upload);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "It is of another upload");

  return NULL;
}

static gboolean
recover_one (ObBroker *self, ObUpload *upload, GError **error)
{
  gint64 now_ms = ob_broker_get_now_ms (self);
  g_autoptr (ObUpload) record = NULL;

  if (upload->stored == OB_STORED_SAVING)
    {
      /* Nobody was told that it is safe. With bytes and record in the spool it is all the same; without, the app hands it
       * over again. */
      record = ob_spool_has (self->spool, upload->id) ? read_record (self, upload->id, NULL) : NULL;
      if (!record)
        return ob_uploads_delete (self->database, upload->id, error);
      upload->size_bytes = record->size_bytes;
      g_free (upload->sha256);
      upload->sha256 = g_steal_pointer (&record->sha256);
      upload->has_local_copy = TRUE;
      upload->saved_at_ms = upload->progress_at_ms = now_ms;
    }

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, "the broker was interrupted",
                          now_ms, error);
}

void
ob_broker_recover (ObBroker *self)
{
  g_autoptr (GPtrArray) interrupted
      = ob_uploads_find (self->database, OB_UPLOADS_INTERRUPTED, 0, G_MAXINT, NULL);
  g_autoptr (GPtrArray) to_clear = ob_uploads_find (self->database, OB_UPLOADS_TO_CLEAR, 0, G_MAXINT, NULL);

  for (guint i = 0; interrupted && i < interrupted->len; i++)
    {
      ObUpload *upload = interrupted->pdata[i];
      g_autoptr (GError) error = NULL;
      gboolean is_good = FALSE;

      if (g_hash_table_contains (self->active, upload->id) || g_hash_table_contains (self->saving, upload->id))
        continue;
      if (ob_turn_begin (self->turn, OB_TURN_SOON, &error))
        {
          is_good = recover_one (self, upload, &error);
          ob_turn_end (self->turn, is_good);
        }
      if (!is_good)
        {
          g_warning ("Upload %s could not be taken up: %s", upload->id, error->message);
          ob_broker_note_trouble (self);
          return;
        }
      ob_broker_touch (self, upload->id, FALSE);
    }
  for (guint i = 0; to_clear && i < to_clear->len; i++)
    ob_broker_clear_copy (self, ((ObUpload *) to_clear->pdata[i])->id);
}

/* --- Files without a row --- */

typedef struct
{
  ObBroker *broker;
  GPtrArray *ids; /* of the files in the spool when the comparison began */
  GPtrArray *later; /* of those that cannot be judged yet */
  guint next;
} Comparison;

static gboolean on_compare (gpointer data);

static Comparison *
comparison_new (ObBroker *self, GPtrArray *ids)
{
  Comparison *comparison = g_new0 (Comparison, 1);

  comparison->broker = g_object_ref (self);
  comparison->ids = ids;
  comparison->later = g_ptr_array_new_with_free_func (g_free);

  return comparison;
}

static void
comparison_free (gpointer data)
{
  Comparison *comparison = data;

  g_ptr_array_unref (comparison->ids);
  g_ptr_array_unref (comparison->later);
  g_object_unref (comparison->broker);
  g_free (comparison);
}

static gboolean
insert_adopted (ObBroker *self, ObUpload *upload, GError **error)
{
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_broker_get_now_ms (self);

  return ob_uploads_insert (self->database, upload, error)
         && ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE,
                             "found in the spool, without a row", upload->saved_at_ms, error);
}

/* Whether the copy of an upload without a row is too many: it was removed when the process ended; or its key is taken, since
 * the app, which was never told that this one is safe, has handed the same bytes over anew. Other bytes than those are an
 * upload of their own, without the key. */
static gboolean
is_too_many (ObBroker *self, ObUpload *upload)
{
  g_autoptr (ObUpload) twin = NULL;

  if (upload->key)
    twin = ob_uploads_get_by_key (self->database, upload->app, upload->key, NULL);
  if (twin && g_strcmp0 (twin->sha256, upload->sha256) != 0)
    g_clear_pointer (&upload->key, g_free);
  else if (twin)
    return TRUE;

  return ob_journal_has_event (self->database, upload->id, "removed");
}

/* The app is handing over the same key anew at this moment: only when that is done can the bytes be compared. */
static gboolean
is_being_saved_anew (ObBroker *self, const ObUpload *upload)
{
  g_autoptr (ObUpload) twin
      = upload->key ? ob_uploads_get_by_key (self->database, upload->app, upload->key, NULL) : NULL;

  return twin && g_hash_table_contains (self->saving, twin->id);
}

/* Makes the row again from the record. */
static void
adopt (Comparison *comparison, const char *id)
{
  ObBroker *self = comparison->broker;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = read_record (self, id, &error);
  gboolean is_good;

  if (!upload)
    {
      g_warning ("The file %s in the spool has no good record and is left there: %s", id, error->message);
      return;
    }
  if (is_being_saved_anew (self, upload))
    {
      g_ptr_array_add (comparison->later, g_strdup (id));
      return;
    }
  if (is_too_many (self, upload))
    {
      (void) ob_spool_remove (self->spool, id, NULL);
      return;
    }
  if (!ob_turn_begin (self->turn, OB_TURN_SOON, &error))
    return;
  is_good = insert_adopted (self, upload, &error);
  ob_turn_end (self->turn, is_good);
  if (is_good)
    ob_broker_touch (self, id, TRUE);
  else
    g_warning ("The file %s in the spool could not be taken up: %s", id, error->message);
}

static gboolean
on_compare (gpointer data)
{
  Comparison *comparison = data;
  ObBroker *self = comparison->broker;
  guint end = MIN (comparison->next + FILES_A_TURN, comparison->ids->len);

  if (g_cancellable_is_cancelled (self->background))
    return G_SOURCE_REMOVE;
  for (; comparison->next < end; comparison->next++)
    {
      const char *id = comparison->ids->pdata[comparison->next];
      g_autoptr (ObUpload) upload = NULL;

      /* A file that is being saved has its row already; one that was removed meanwhile has no file. */
      if (g_hash_table_contains (self->saving, id))
        continue;
      upload = ob_uploads_get (self->database, id, NULL);
      if (!upload && ob_spool_has (self->spool, id))
        adopt (comparison, id);
    }
  if (comparison->next < comparison->ids->len)
    return G_SOURCE_CONTINUE;
  if (comparison->later->len > 0)
    (void) g_timeout_add_full (G_PRIORITY_LOW, LOOK_AGAIN_MS, on_compare,
                               comparison_new (self, g_ptr_array_ref (comparison->later)), comparison_free);

  return G_SOURCE_REMOVE;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ObBroker *self = OB_BROKER (source);
  GPtrArray *ids = g_task_propagate_pointer (G_TASK (result), NULL);

  if (ids)
    g_idle_add_full (G_PRIORITY_LOW, on_compare, comparison_new (self, ids), comparison_free);
}

static void
list_files (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GDir) folder = g_dir_open (task_data, 0, NULL);
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (folder && (name = g_dir_read_name (folder)) && !g_cancellable_is_cancelled (cancellable))
    if (ob_id_is_valid (name))
      g_ptr_array_add (ids, g_strdup (name));
  g_task_return_pointer (task, ids, (GDestroyNotify) g_ptr_array_unref);
}

void
ob_broker_compare_spool (ObBroker *self)
{
  g_autoptr (GTask) task = g_task_new (self, self->background, on_listed, NULL);
  g_autofree char *path = ob_spool_get_path (self->spool, "");

  g_task_set_task_data (task, g_steal_pointer (&path), g_free);
  g_task_run_in_thread (task, list_files);
}
