/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callers ask of the broker about files, by any door: files that come in, whole or by pieces, and copies that are looked
 * at. Main thread.
 */
#include "broker/broker-private.h"

#include "base/files.h"
#include "broker/submission.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void
ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  ob_intake_submit (self->members->intake, submission, fd, done, user_data);
}

gboolean
ob_broker_check_submission (ObBroker *self, const ObSubmission *submission, GError **error)
{
  return ob_submission_check (submission, ob_broker_get_now_ms (self), error)
         && ob_destination_table_demand (self->members->destinations, submission->destination, error);
}

ObWriter *
ob_broker_begin_file (ObBroker *self, guint64 size_bytes, GError **error)
{
  return ob_writer_begin_once (self->members->spool, size_bytes, error);
}

ObSpool *
ob_broker_get_spool (ObBroker *self)
{
  return self->members->spool;
}

int
ob_broker_open_copy (ObBroker *self, const ObUpload *upload, goffset *size_bytes, GError **error)
{
  g_autofree char *path = ob_spool_get_path (self->members->spool, upload->id);
  gboolean has_copy = upload->has_local_copy && upload->stored != OB_STORED_SAVING;
  int fd = has_copy ? open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
  struct stat about;

  if (fd >= 0 && fstat (fd, &about) == 0 && S_ISREG (about.st_mode))
    {
      *size_bytes = about.st_size;
      return fd;
    }
  if (!has_copy)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, S_ ("There is no copy of it on this device"));
  else if (fd < 0 && errno == ENOENT)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, S_ ("The copy on this device is gone"));
  else
    ob_file_set_error (error, fd < 0 ? errno : EINVAL, S_ ("Cannot read %s: %s"), path);
  if (fd >= 0)
    (void) close (fd);

  return -1;
}

static gboolean
check_creation (ObBroker *self, const ObSubmission *submission, GError **error)
{
  if (submission->sha256)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "sha256: is for Commit, when it is known");
  else if (submission->key && ob_intake_has_key (self->members->intake, submission->app, submission->key))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The key is that of a file that is being saved");
  else
    return ob_submission_check (submission, ob_broker_get_now_ms (self), error);

  return FALSE;
}

void
ob_broker_create (ObBroker *self, const ObSubmission *submission, ObCreateDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  ObDestination *destination
      = check_creation (self, submission, &error)
            ? ob_destination_table_demand (self->members->destinations, submission->destination, &error)
            : NULL;

  if (destination)
    ob_recordings_create (self->members->recordings,
                          ob_submission_make_upload (submission, destination->name, -1, ob_broker_get_now_ms (self)),
                          submission->is_stream, done, user_data);
  else
    done (NULL, -1, error, user_data);
}

void
ob_broker_commit (ObBroker *self, const char *id, const char *sha256, ObWriter *writer, ObRecordingDone done,
                  gpointer user_data)
{
  ob_recordings_commit (self->members->recordings, id, sha256, writer, done, user_data);
}

gint64
ob_broker_get_expiry_ms (ObBroker *self, const char *id)
{
  return ob_recordings_get_expiry_ms (self->members->recordings, id);
}

gint64
ob_broker_get_saved_bytes (ObBroker *self, const char *id)
{
  return ob_recordings_has (self->members->recordings, id)
             ? (gint64) ob_recordings_get_bytes (self->members->recordings, id)
             : ob_intake_get_bytes (self->members->intake, id);
}
