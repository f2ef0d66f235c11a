/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callers ask of the broker by any door: reads, so that no door reaches into the store, and commands, each passed on
 * to the member that does it. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/lane-name.h"
#include "broker/submission.h"
#include "dbus/error.h"
#include "store/journal.h"
#include "store/prune.h"
#include "store/short-id.h"

/* How many rows one answer has. */
#define LOG_ROWS 200
#define HISTORY_ROWS 1000

GPtrArray *
ob_broker_list_uploads (ObBroker *self, const ObUploadsFilter *filter, gint64 *after, guint limit, GError **error)
{
  return ob_uploads_list (self->database, filter, after, limit, error);
}

char *
ob_broker_find_id (ObBroker *self, const char *part, GError **error)
{
  return ob_short_id_find (self->database, part, error);
}

gboolean
ob_broker_read_log (ObBroker *self, ObJournalRead on_row, gpointer user_data, GError **error)
{
  return ob_journal_read (self->database, LOG_ROWS, on_row, user_data, error);
}

gboolean
ob_broker_read_history (ObBroker *self, const char *id, ObJournalRead on_row, gpointer user_data, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (self, id, NULL);
  g_autofree char *lane = upload ? ob_lane_dup_key (upload->destination, upload->rule) : NULL;
  g_autofree char *group = upload && upload->group ? ob_group_dup_name (upload->group_app, upload->group) : NULL;
  const ObJournalCover cover = { .destination = upload ? upload->destination : NULL,
                                 .lane = lane,
                                 .group = group,
                                 .last = !upload                            ? 0
                                         : upload->stored == OB_STORED_DONE ? upload->sequence
                                                                            : G_MAXINT64 };

  return ob_journal_read_history (self->database, id, &cover, HISTORY_ROWS, on_row, user_data, error);
}

gboolean
ob_broker_was_of_app (ObBroker *self, const char *id, const char *app)
{
  return ob_journal_is_of_app (self->database, id, app);
}

gboolean
ob_broker_replay (ObBroker *self, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                  gboolean (*on_upload) (const char *id, gint64 sequence, gpointer user_data), gpointer user_data,
                  GError **error)
{
  return ob_journal_read_since (self->database, sequence, app, limit, is_end, on_upload, user_data, error);
}

gboolean
ob_broker_can_replay (ObBroker *self, gint64 epoch, gint64 sequence)
{
  return ob_broker_is_epoch (self, epoch) && sequence >= ob_prune_get_floor (self->database);
}

gboolean
ob_broker_is_epoch (ObBroker *self, gint64 epoch)
{
  return epoch == ob_database_get_epoch (self->database);
}

/* --- Asked of the status board --- */

guint
ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3])
{
  return ob_destination_table_get_holds (self->destinations, destination, holds);
}

ObStatus
ob_broker_get_status (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_get (self->board, upload);
}

GArray *
ob_broker_list_holds (ObBroker *self, const char *app)
{
  return ob_status_board_list_holds (self->board, app);
}

GArray *
ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_list_holds_of (self->board, upload);
}

GArray *
ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error)
{
  return ob_status_board_find_kinds (self->board, state, error);
}

gboolean
ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES], GError **error)
{
  return ob_status_board_summarise (self->board, uploads, bytes, error);
}

gboolean
ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error)
{
  return ob_uploads_count_lost (self->database, uploads, bytes, error);
}

void
ob_broker_count_unclaimed (ObBroker *self, guint64 *files, guint64 *bytes)
{
  ob_unclaimed_count (ob_recovery_get_unclaimed (self->recovery), files, bytes);
}

char **
ob_broker_list_unclaimed (ObBroker *self)
{
  return ob_unclaimed_list (ob_recovery_get_unclaimed (self->recovery));
}

gboolean
ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error)
{
  return ob_status_board_get_group (self->board, app, name, status, error);
}

GArray *
ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error)
{
  return ob_status_board_list_groups (self->board, filter, error);
}

/* --- Commands --- */

void
ob_broker_command_of_app (ObBroker *self, const char *app, ObCommand command, const char *const *ids, gint value,
                          ObCommandDone done, gpointer user_data)
{
  ob_commands_command (self->commands, app, command, ids, value, done, user_data);
}

void
ob_broker_command (ObBroker *self, ObCommand command, const char *const *ids, gint value, ObCommandDone done,
                   gpointer user_data)
{
  ob_commands_command (self->commands, NULL, command, ids, value, done, user_data);
}

void
ob_broker_pause_groups (ObBroker *self, const char *app, const char *const *names, gboolean is_paused,
                        ObCommandDone done, gpointer user_data)
{
  ob_commands_pause_groups (self->commands, app, names, is_paused, done, user_data);
}

void
ob_broker_send_groups_now (ObBroker *self, const char *const *names, ObCommandDone done, gpointer user_data)
{
  ob_commands_send_groups_now (self->commands, names, done, user_data);
}

void
ob_broker_set_paused (ObBroker *self, gboolean is_paused, ObCommandDone done, gpointer user_data)
{
  ob_commands_pause_queue (self->commands, is_paused, done, user_data);
}

void
ob_broker_set_destination (ObBroker *self, const char *name, const ObDestinationSettings *settings, ObCommandDone done,
                           gpointer user_data)
{
  ob_destination_table_set (self->destinations, name, settings, done, user_data);
}

void
ob_broker_remove_destination (ObBroker *self, const char *name, ObCommandDone done, gpointer user_data)
{
  ob_destination_table_remove (self->destinations, name, done, user_data);
}

void
ob_broker_pause_destination (ObBroker *self, const char *name, gboolean is_paused, ObCommandDone done,
                             gpointer user_data)
{
  ob_destination_table_pause (self->destinations, name, is_paused, done, user_data);
}

void
ob_broker_try_destination (ObBroker *self, const char *name, ObTrialDone done, gpointer user_data)
{
  ob_trials_begin (self->trials, name, done, user_data);
}

/* --- Recordings --- */

void
ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data)
{
  ob_intake_submit (self->intake, submission, fd, done, user_data);
}

static gboolean
check_creation (ObBroker *self, const ObSubmission *submission, GError **error)
{
  if (submission->sha256)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "sha256: is for Commit, when it is known");
  else if (submission->key && ob_intake_has_key (self->intake, submission->app, submission->key))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED, "The key is that of a file that is being saved");
  else
    return ob_submission_check (submission, ob_broker_get_now_ms (self), error);

  return FALSE;
}

void
ob_broker_create (ObBroker *self, const ObSubmission *submission, ObCreateDone done, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  ObDestination *destination = check_creation (self, submission, &error)
                                   ? ob_destination_table_demand (self->destinations, submission->destination, &error)
                                   : NULL;

  if (destination)
    ob_recordings_create (self->recordings,
                          ob_submission_make_upload (submission, destination->name, -1, ob_broker_get_now_ms (self)),
                          done, user_data);
  else
    done (NULL, -1, error, user_data);
}

void
ob_broker_commit (ObBroker *self, const char *id, const char *sha256, ObRecordingDone done, gpointer user_data)
{
  ob_recordings_commit (self->recordings, id, sha256, done, user_data);
}

gint64
ob_broker_get_saved_bytes (ObBroker *self, const char *id)
{
  return ob_recordings_has (self->recordings, id) ? (gint64) ob_recordings_get_bytes (self->recordings, id)
                                                  : ob_intake_get_bytes (self->intake, id);
}
