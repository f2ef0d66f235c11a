/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Submit: a row that is saving is committed while a thread of the pool copies and flushes the file; when both are on the
 * disk, the answer. That it is queued is committed after it. Main thread.
 */
#include "broker/broker-private.h"

#include "base/crash.h"
#include "base/identity.h"
#include "broker/record.h"
#include "dbus/error.h"
#include "store/journal.h"

#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_BYTES 255
#define ENDING_MAX_BYTES 16
#define TEXT_MAX_BYTES 4096
#define METADATA_MAX_BYTES (128 * 1024)
#define PRIORITY_MAX 1000
#define SNIFF_BYTES 4096

/* What is no larger is saved before anybody could look: it is told of when it is. */
#define BRIEF_MAX_BYTES (256 * 1024)

typedef struct
{
  ObSubmitDone done;
  gpointer user_data;
} Waiter;

struct _ObSaving
{
  ObBroker *broker; /* borrowed */
  ObUpload *upload; /* owned; the pool's thread uses it until the copy is done */
  GCancellable *cancellable;
  GArray *waiters; /* of Waiter: who asked, and who asked again with the same key */
  gint64 copied_bytes;
  GError *error;        /* of the answer, when it is time */
  gboolean is_told;     /* that it is saving */
  gboolean is_row_safe; /* committed */
  gboolean is_removed;  /* by a person, meanwhile */
};

void
ob_saving_free (ObSaving *saving)
{
  ob_upload_free (saving->upload);
  g_object_unref (saving->cancellable);
  g_array_unref (saving->waiters);
  g_clear_error (&saving->error);
  g_free (saving);
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s", what);

  return FALSE;
}

static gboolean
is_short (const char *text)
{
  return !text || strlen (text) <= TEXT_MAX_BYTES;
}

static gboolean
is_sha256 (const char *text)
{
  return strlen (text) == OB_SHA256_HEX_LENGTH && strspn (text, "0123456789abcdefABCDEF") == OB_SHA256_HEX_LENGTH;
}

static gboolean
check (const ObSubmission *submission, GError **error)
{
  const char *name = submission->name;

  if (name
      && (*name == '\0' || strlen (name) > NAME_MAX_BYTES || strchr (name, '/') || g_str_equal (name, ".")
          || g_str_equal (name, "..")))
    return refuse (error, "name: 1 to 255 bytes, without a slash, and a name");
  if (submission->key && *submission->key == '\0')
    return refuse (error, "key: must not be empty");
  if (submission->group && *submission->group == '\0')
    return refuse (error, "group: must not be empty");
  if (!is_short (submission->key) || !is_short (submission->group) || !is_short (submission->group_title)
      || !is_short (submission->media_type))
    return refuse (error, "key, group, group_title and media_type: at most 4096 bytes each");
  if (submission->sha256 && !is_sha256 (submission->sha256))
    return refuse (error, "sha256: 64 hexadecimal digits");
  if (submission->metadata && g_variant_get_size (submission->metadata) > METADATA_MAX_BYTES)
    return refuse (error, "metadata: at most 128 KiB in all");
  if (submission->priority < -PRIORITY_MAX || submission->priority > PRIORITY_MAX)
    return refuse (error, "priority: from -1000 to 1000");
  if (submission->not_before_ms < 0)
    return refuse (error, "not_before: Unix milliseconds");

  return TRUE;
}

static ObDestination *
find_destination (ObBroker *self, const char *name, GError **error)
{
  GHashTableIter iter;
  gpointer value;

  if (name)
    {
      value = g_hash_table_lookup (self->destinations, name);
      if (!value)
        g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, "There is no destination %s", name);
      return value;
    }
  g_hash_table_iter_init (&iter, self->destinations);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((ObDestination *) value)->is_default)
      return value;
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_DESTINATION,
               "No destination is named and none is the default: outbox destination set NAME --url URL --default");

  return NULL;
}

/* Drops from the middle what is too long, so that the ending still tells what kind of file it is. */
static char *
shorten_name (const char *name)
{
  gsize length = strlen (name);
  const char *dot = strrchr (name, '.');
  gsize ending = dot && strlen (dot) <= ENDING_MAX_BYTES ? strlen (dot) : 0;
  const char *end = name + NAME_MAX_BYTES - ending;

  if (length <= NAME_MAX_BYTES)
    return g_strdup (name);
  while ((*end & 0xc0) == 0x80)
    end--;

  return g_strdup_printf ("%.*s%s", (int) (end - name), name, name + length - ending);
}

/* On the disk a name is any bytes. What of them is no UTF-8 becomes U+FFFD, as GLib shows such a name to people; each byte
 * then takes three. */
static char *
name_of_descriptor (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *target = g_file_read_link (link, NULL);
  g_autofree char *name = target && *target == '/' ? g_path_get_basename (target) : NULL;
  g_autofree char *shown = name && !g_str_has_suffix (name, " (deleted)") ? g_utf8_make_valid (name, -1) : NULL;

  return shown ? shorten_name (shown) : g_strdup ("file");
}

static char *
sniff (const char *name, int fd)
{
  guchar bytes[SNIFF_BYTES];
  gssize got = pread (fd, bytes, sizeof bytes, 0);
  g_autofree char *type = g_content_type_guess (name, bytes, (gsize) MAX (got, 0), NULL);
  char *media_type = g_content_type_get_mime_type (type);

  return media_type ? media_type : g_strdup ("application/octet-stream");
}

static ObUpload *
make_upload (ObBroker *self, const ObSubmission *submission, const ObDestination *destination, int fd)
{
  ObUpload *upload = ob_upload_new ();
  struct stat info;

  upload->created_at_ms = upload->updated_at_ms = ob_broker_get_now_ms (self);
  upload->id = ob_id_new (upload->created_at_ms);
  upload->app = g_strdup (submission->app);
  upload->key = g_strdup (submission->key);
  upload->name = submission->name ? g_strdup (submission->name) : name_of_descriptor (fd);
  upload->media_type = submission->media_type ? g_strdup (submission->media_type) : sniff (upload->name, fd);
  upload->group = g_strdup (submission->group);
  upload->group_title = g_strdup (submission->group_title);
  upload->destination = g_strdup (destination->name);
  upload->size_bytes = fstat (fd, &info) == 0 && S_ISREG (info.st_mode) ? (guint64) info.st_size : 0;
  upload->priority = submission->priority;
  upload->is_form = submission->is_form;
  upload->not_before_ms = submission->not_before_ms > upload->created_at_ms ? submission->not_before_ms : 0;
  if (submission->metadata)
    {
      g_variant_unref (upload->metadata);
      upload->metadata = g_variant_ref_sink (submission->metadata);
    }

  return upload;
}

/* On a thread of the pool. */
static char *
on_make_record (const ObSpoolCopy *copy, gpointer user_data)
{
  ObSaving *saving = user_data;

  saving->upload->size_bytes = copy->size_bytes;
  g_free (saving->upload->sha256);
  saving->upload->sha256 = g_strdup (copy->sha256);

  return ob_record_write (saving->upload);
}

/* When it is on the disk. */
static void
on_answer (const GError *commit_error, gpointer user_data)
{
  ObSaving *saving = user_data;
  const GError *error = saving->error ? saving->error : commit_error;

  if (!error)
    ob_crash_point ("before-reply");
  else
    (void) ob_spool_remove (saving->broker->spool, saving->upload->id, NULL);
  for (guint i = 0; i < saving->waiters->len; i++)
    {
      const Waiter *waiter = &g_array_index (saving->waiters, Waiter, i);

      waiter->done (error ? NULL : saving->upload->id, error, waiter->user_data);
    }
  (void) g_hash_table_remove (saving->broker->saving, saving->upload->id);
}

/* By the rules of now: it may be made anew when there are others. */
static gboolean
add_row (ObBroker *self, ObUpload *upload, GError **error)
{
  g_free (upload->rule);
  upload->rule = ob_broker_dup_first_lane (self, upload);
  self->wants_review |= ob_broker_has_new_lane (self, upload->destination, upload->rule);
  upload->sequence = ob_journal_append (self->database, upload->created_at_ms, upload->id, "added", upload->stored,
                                        OUTBOX_REASON_NONE, NULL, error);

  return upload->sequence > 0 && ob_uploads_insert (self->database, upload, error);
}

/* A row that could not be committed is made anew. One that was removed is not: in this very turn, perhaps, and then that is
 * not on the disk yet. */
static gboolean
may_be_made_anew (ObBroker *self, ObSaving *saving, const GError *error)
{
  if (!g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    return FALSE;
  saving->is_removed = ob_journal_has_event (self->database, saving->upload->id, "removed");

  return !saving->is_removed;
}

/* The row becomes what the spool has; what was commanded meanwhile stays. */
static gboolean
keep (ObBroker *self, ObSaving *saving, GError **error)
{
  g_autoptr (GError) own_error = NULL;
  g_autoptr (ObUpload) row = ob_uploads_get (self->database, saving->upload->id, &own_error);
  ObUpload *upload = row ? row : saving->upload;

  if (row)
    {
      row->size_bytes = saving->upload->size_bytes;
      g_free (row->sha256);
      row->sha256 = g_strdup (saving->upload->sha256);
    }
  else if (!may_be_made_anew (self, saving, own_error))
    {
      g_propagate_error (error, g_steal_pointer (&own_error));
      return FALSE;
    }
  else if (!add_row (self, upload, error))
    return FALSE;
  upload->has_local_copy = TRUE;
  upload->saved_at_ms = upload->progress_at_ms = ob_broker_get_now_ms (self);

  return ob_journal_move (self->database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, upload->saved_at_ms,
                          error);
}

/* A row that cannot be deleted now is found again with the database, or at the next start. */
static void
forget_row (ObBroker *self, const ObUpload *upload, const char *why)
{
  g_autoptr (GError) error = NULL;
  gboolean is_good = FALSE;

  if (ob_turn_begin (self->turn, OB_TURN_SOON, &error))
    {
      is_good = ob_broker_forget (self, upload, why, &error);
      ob_turn_end (self->turn, is_good);
    }
  if (!is_good && !g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    ob_broker_note_trouble (self);
}

/* Takes back what was said of it, in the words of our own table. */
static void
give_up (ObBroker *self, ObSaving *saving)
{
  if (saving->is_removed || g_error_matches (saving->error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      g_clear_error (&saving->error);
      saving->error = saving->is_removed ? g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND,
                                                                "The upload was removed while it was being saved")
                                         : g_error_new_literal (OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER,
                                                                "Outbox is ending; hand the file over again");
    }
  if (g_error_matches (saving->error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE))
    ob_broker_probe_disk (self);
  forget_row (self, saving->upload, saving->error->message);
}

static void
on_taken (const ObSpoolCopy *copy, const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;
  ObBroker *self = saving->broker;
  gboolean is_kept = FALSE;

  if (error)
    saving->error = g_error_copy (error);
  else if (!saving->is_removed && ob_turn_begin (self->turn, OB_TURN_SOON, &saving->error))
    {
      is_kept = keep (self, saving, &saving->error);
      if (is_kept)
        ob_crash_point ("row-written");
      ob_turn_end (self->turn, is_kept);
    }
  if (!is_kept)
    give_up (self, saving);
  ob_broker_touch (self, saving->upload->id, !saving->is_told);
  /* A start makes queued what has bytes, record and row. */
  if (is_kept && saving->is_row_safe)
    on_answer (NULL, saving);
  else
    ob_turn_after (self->turn, on_answer, saving);
}

/* Before any answer: that one waits for this commit, or comes after it. */
static void
on_row_committed (const GError *error, gpointer user_data)
{
  ObSaving *saving = user_data;

  saving->is_row_safe = error == NULL;
}

/* An upload with that key is there already. Returns: whether the question is answered by it, or by a database that cannot
 * be asked: to take it for a new one could send it twice. */
static gboolean
answer_by_key (ObBroker *self, const ObSubmission *submission, int fd, const Waiter *waiter)
{
  g_autoptr (ObUpload) upload = NULL;
  g_autoptr (GError) error = NULL;
  ObSaving *saving;
  struct stat info;

  if (submission->key)
    upload = ob_uploads_get_by_key (self->database, submission->app, submission->key, &error);
  if (!upload && error && !g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND))
    {
      waiter->done (NULL, error, waiter->user_data);
      return TRUE;
    }
  if (!upload)
    return FALSE;
  g_clear_error (&error);
  saving = g_hash_table_lookup (self->saving, upload->id);
  if ((submission->name && !g_str_equal (submission->name, upload->name))
      || (!saving && fstat (fd, &info) == 0 && (guint64) info.st_size != upload->size_bytes))
    {
      g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED,
                   "The key was used for %s, a file of another name or size", upload->name);
      waiter->done (NULL, error, waiter->user_data);
    }
  else if (saving)
    g_array_append_val (saving->waiters, *waiter);
  else
    waiter->done (upload->id, NULL, waiter->user_data);

  return TRUE;
}

static gboolean
insert (ObBroker *self, ObUpload *upload, GError **error)
{
  gboolean is_good;

  if (!ob_turn_begin (self->turn, OB_TURN_SOON, error))
    return FALSE;
  is_good = add_row (self, upload, error);
  ob_turn_end (self->turn, is_good);

  return is_good;
}

void
ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  const Waiter waiter = { done, user_data };
  g_autoptr (GError) error = NULL;
  ObDestination *destination = NULL;
  ObSaving *saving;

  if (self->is_ending)
    g_set_error (&error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER, "Outbox is ending; hand the file over again");
  else if (check (submission, &error) && answer_by_key (self, submission, fd, &waiter))
    {
      (void) close (fd);
      return;
    }
  if (!error)
    destination = find_destination (self, submission->destination, &error);
  if (!destination)
    {
      (void) close (fd);
      done (NULL, error, user_data);
      return;
    }

  saving = g_new0 (ObSaving, 1);
  saving->broker = self;
  saving->upload = make_upload (self, submission, destination, fd);
  saving->cancellable = g_cancellable_new ();
  saving->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  if (!insert (self, saving->upload, &error))
    {
      (void) close (fd);
      done (NULL, error, user_data);
      ob_saving_free (saving);
      return;
    }
  if (!ob_ingest_add (self->ingest, saving->upload->id, fd, submission->sha256, saving->cancellable,
                      &saving->copied_bytes, on_make_record, on_taken, saving, &error))
    {
      forget_row (self, saving->upload, error->message);
      done (NULL, error, user_data);
      ob_saving_free (saving);
      return;
    }
  g_array_append_val (saving->waiters, waiter);
  g_hash_table_insert (self->saving, saving->upload->id, saving);
  saving->is_told = saving->upload->size_bytes > BRIEF_MAX_BYTES;
  if (saving->is_told)
    ob_broker_touch (self, saving->upload->id, TRUE);
  ob_turn_after (self->turn, on_row_committed, saving);
}

void
ob_broker_cancel_saving (ObBroker *self, const char *id)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, self->saving);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (!id || g_str_equal (key, id))
      {
        ObSaving *saving = value;

        saving->is_removed |= id != NULL;
        g_cancellable_cancel (saving->cancellable);
      }
}

gint64
ob_broker_get_saved_bytes (ObBroker *self, const char *id)
{
  ObSaving *saving = g_hash_table_lookup (self->saving, id);

  return saving ? __atomic_load_n (&saving->copied_bytes, __ATOMIC_RELAXED) : -1;
}
