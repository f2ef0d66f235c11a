/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callers ask of the broker by any door: reads, so that no door reaches into the store, and commands, each passed on
 * to the member that does it. Main thread.
 */
#include "broker/broker-private.h"

#include "broker/history.h"
#include "broker/paired-apps.h"
#include "broker/submission.h"
#include "dbus/error.h"
#include "store/journal.h"
#include "store/media-type.h"
#include "store/prune.h"
#include "store/short-id.h"

/* How many rows one answer has. */
#define LOG_ROWS 200
#define HISTORY_ROWS 1000

GPtrArray *
ob_broker_list_uploads (ObBroker *self, const ObUploadsFilter *filter, gint64 *after, guint limit, GError **error)
{
  return ob_uploads_list (self->members->database, filter, after, limit, error);
}

char *
ob_broker_find_id (ObBroker *self, const char *part, GError **error)
{
  return ob_short_id_find (self->members->database, part, error);
}

gboolean
ob_broker_read_log (ObBroker *self, ObJournalRead on_row, gpointer user_data, GError **error)
{
  return ob_journal_read (self->members->database, LOG_ROWS, on_row, user_data, error);
}

gboolean
ob_broker_read_log_after (ObBroker *self, gint64 after, guint limit, ObJournalRead on_row, gpointer user_data,
                          GError **error)
{
  return ob_journal_read_after (self->members->database, after, limit, on_row, user_data, error);
}

gboolean
ob_broker_read_history (ObBroker *self, const char *id, ObJournalRead on_row, gpointer user_data, GError **error)
{
  g_autoptr (ObUpload) upload = ob_broker_get (self, id, NULL);
  g_autoptr (ObHistory) history = ob_history_new (on_row, user_data);

  return ob_history_read (self->members->database, id, upload, HISTORY_ROWS, ob_history_add, history, error);
}

gboolean
ob_broker_was_of_app (ObBroker *self, const char *id, const char *app)
{
  return ob_journal_is_of_app (self->members->database, id, app);
}

gboolean
ob_broker_replay (ObBroker *self, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                  gboolean (*on_upload) (const char *id, gint64 sequence, gpointer user_data), gpointer user_data,
                  GError **error)
{
  return ob_journal_read_since (self->members->database, sequence, app, limit, is_end, on_upload, user_data, error);
}

gboolean
ob_broker_can_replay (ObBroker *self, gint64 epoch, gint64 sequence)
{
  return ob_broker_is_epoch (self, epoch) && sequence >= ob_prune_get_floor (self->members->database);
}

gboolean
ob_broker_is_epoch (ObBroker *self, gint64 epoch)
{
  return epoch == ob_database_get_epoch (self->members->database);
}

/* --- Asked of the status board --- */

guint
ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3])
{
  return ob_destination_table_get_holds (self->members->destinations, destination, holds);
}

ObStatus
ob_broker_get_status (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_get (self->members->board, upload);
}

GArray *
ob_broker_list_holds (ObBroker *self, const char *app)
{
  return ob_status_board_list_holds (self->members->board, app);
}

GArray *
ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload)
{
  return ob_status_board_list_holds_of (self->members->board, upload);
}

GArray *
ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error)
{
  return ob_status_board_find_kinds (self->members->board, state, error);
}

gboolean
ob_broker_count (ObBroker *self, ObStatistics *statistics, GError **error)
{
  return ob_status_board_count (self->members->board, statistics, error);
}

gboolean
ob_broker_count_all (ObBroker *self, ObGroupStatus *all, GError **error)
{
  return ob_status_board_count_all (self->members->board, all, error);
}

gboolean
ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES], GError **error)
{
  return ob_status_board_summarise (self->members->board, uploads, bytes, error);
}

ObUpload *
ob_broker_find_oldest (ObBroker *self)
{
  return ob_members_find_oldest (self->members);
}

guint64
ob_broker_count_arrived (ObBroker *self)
{
  return ob_arrivals_get (self->members->arrivals);
}

gboolean
ob_broker_count_use (ObBroker *self, const char *app, ObAppUse *use, GError **error)
{
  return ob_uploads_count_use (self->members->database, app, use, error);
}

gboolean
ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error)
{
  return ob_uploads_count_lost (self->members->database, uploads, bytes, error);
}

gboolean
ob_broker_count_untold (ObBroker *self, guint64 *asked, guint64 *missed, GError **error)
{
  return ob_uploads_count_untold (self->members->database, asked, missed, error);
}

void
ob_broker_count_unclaimed (ObBroker *self, guint64 *files, guint64 *bytes)
{
  ob_unclaimed_count (ob_recovery_get_unclaimed (self->members->recovery), files, bytes);
}

char **
ob_broker_list_unclaimed (ObBroker *self)
{
  return ob_unclaimed_list (ob_recovery_get_unclaimed (self->members->recovery));
}

gboolean
ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error)
{
  return ob_status_board_get_group (self->members->board, app, name, status, error);
}

GArray *
ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error)
{
  return ob_status_board_list_groups (self->members->board, filter, error);
}

/* --- Commands --- */

void
ob_broker_command (ObBroker *self, const char *app, ObCommand command, const char *const *ids, gint value,
                   ObCommandDone done, gpointer user_data)
{
  ob_commands_command (self->members->commands, app, command, ids, value, done, user_data);
}

void
ob_broker_pause_groups (ObBroker *self, const char *app, const char *const *names, gboolean is_paused,
                        ObCommandDone done, gpointer user_data)
{
  ob_commands_pause_groups (self->members->commands, app, names, is_paused, done, user_data);
}

void
ob_broker_send_groups_now (ObBroker *self, const char *const *names, ObCommandDone done, gpointer user_data)
{
  ob_commands_send_groups_now (self->members->commands, names, done, user_data);
}

void
ob_broker_set_paused (ObBroker *self, gboolean is_paused, ObCommandDone done, gpointer user_data)
{
  ob_commands_pause_queue (self->members->commands, is_paused, done, user_data);
}

void
ob_broker_set_destination (ObBroker *self, const char *name, const ObDestinationSettings *settings, ObCommandDone done,
                           gpointer user_data)
{
  ob_credentials_set (self->members->credentials, name, settings, done, user_data);
}

void
ob_broker_remove_destination (ObBroker *self, const char *name, ObCommandDone done, gpointer user_data)
{
  ob_destination_table_remove (self->members->destinations, name, done, user_data);
}

void
ob_broker_pause_destination (ObBroker *self, const char *name, gboolean is_paused, ObCommandDone done,
                             gpointer user_data)
{
  ob_commands_pause_destination (self->members->commands, name, is_paused, done, user_data);
}

void
ob_broker_amend (ObBroker *self, const char *id, const ObAmendment *amendment, ObCommandDone done, gpointer user_data)
{
  ob_commands_amend (self->members->commands, id, amendment, done, user_data);
}

void
ob_broker_resume_for (ObBroker *self, const ObResumeFor *what, ObCommandDone done, gpointer user_data)
{
  ob_commands_resume_for (self->members->commands, what, done, user_data);
}

const GPtrArray *
ob_broker_list_passes (ObBroker *self)
{
  return ob_passes_get_all (ob_gate_get_passes (self->members->gate));
}

void
ob_broker_read_sign_in (ObBroker *self, const char *destination, int fd, ObCommandDone done, gpointer user_data)
{
  ob_credentials_read (self->members->credentials, destination, fd, done, user_data);
}

gboolean
ob_broker_look_at_sign_in (ObBroker *self, const char *destination, ObSignInView *view)
{
  return ob_credentials_look (self->members->credentials, destination, view);
}

const char *
ob_broker_get_secret_place (ObBroker *self, const char *destination)
{
  return ob_credentials_get_place (self->members->credentials, destination);
}

void
ob_broker_sign_in (ObBroker *self, const char *destination, ObSignIn *sign_in, ObCommandDone done, gpointer user_data)
{
  ob_credentials_sign_in (self->members->credentials, destination, sign_in, done, user_data);
}

void
ob_broker_sign_out (ObBroker *self, const char *destination, ObCommandDone done, gpointer user_data)
{
  ob_credentials_sign_out (self->members->credentials, destination, done, user_data);
}

void
ob_broker_try_destination (ObBroker *self, const char *name, ObTrialDone done, gpointer user_data)
{
  ob_trials_begin (self->members->trials, name, done, user_data);
}

/* --- The queue --- */

GHashTable *
ob_broker_get_destinations (ObBroker *self)
{
  return ob_destination_table_get_all (self->members->destinations);
}

ObUpload *
ob_broker_get (ObBroker *self, const char *id, GError **error)
{
  return ob_uploads_get (self->members->database, id, error);
}

char *
ob_broker_dup_sequence (ObBroker *self, gint64 sequence)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT "-%" G_GINT64_FORMAT, ob_database_get_epoch (self->members->database),
                          sequence);
}

guint64
ob_broker_get_sent_bytes (ObBroker *self, const ObUpload *upload)
{
  return ob_runs_get_sent_bytes (self->members->runs, upload);
}

void
ob_broker_at_commit (ObBroker *self, void (*effect) (const GError *error, gpointer user_data), gpointer user_data)
{
  ob_queue_at_commit (self->members->queue, effect, user_data);
}

gint64
ob_broker_get_committed_sequence (ObBroker *self)
{
  return ob_queue_get_committed_sequence (self->members->queue);
}

gboolean
ob_broker_is_changing (ObBroker *self, const char *id)
{
  return ob_queue_is_changing (self->members->queue, id);
}

gint64
ob_broker_get_now_ms (ObBroker *self)
{
  return ob_clock_get_now_ms (self->clock);
}

/* --- The gate's, for those outside --- */

ObRules *
ob_broker_get_rules (ObBroker *self)
{
  return ob_gate_get_rules (self->members->gate);
}

void
ob_broker_set_rules (ObBroker *self, ObRules *rules)
{
  ob_gate_set_rules (self->members->gate, rules);
}

void
ob_broker_set_zone (ObBroker *self, GTimeZone *zone)
{
  ob_gate_set_zone (self->members->gate, zone);
}

const ObConditions *
ob_broker_get_conditions (ObBroker *self)
{
  return ob_gate_get_conditions (self->members->gate);
}

GStrv
ob_broker_list_sources (ObBroker *self)
{
  return ob_gate_list_sources (self->members->gate);
}

guint64
ob_broker_get_metered_bytes (ObBroker *self)
{
  return ob_gate_get_metered_bytes (self->members->gate);
}

void
ob_broker_allow_network (ObBroker *self, ObCommandDone done, gpointer user_data)
{
  ob_gate_allow_network (self->members->gate, done, user_data);
}

/* --- What it is started with --- */

gboolean
ob_broker_has_media_types (ObBroker *self)
{
  return ob_media_type_has_database ();
}

void
ob_broker_miss_queue (ObBroker *self, const char *words, void (*on_given_up) (gpointer user_data), gpointer user_data)
{
  ob_storage_miss_queue (self->members->storage, words, on_given_up, user_data);
}

void
ob_broker_set_in_memory (ObBroker *self, gboolean is_in_memory)
{
  if (is_in_memory)
    g_warning ("The data folder is in memory: what is handed over is lost when this device is switched off");
  self->is_in_memory = is_in_memory;
}

gboolean
ob_broker_is_in_memory (ObBroker *self)
{
  return self->is_in_memory;
}

gboolean
ob_broker_get_room (ObBroker *self, guint64 *free_bytes, guint64 *size_bytes)
{
  return ob_spool_get_room (self->members->spool, free_bytes, size_bytes);
}

/* --- Web apps --- */

/* A change of the web apps that is not on the disk yet. */
typedef struct
{
  ObBroker *broker; /* borrowed: it answers */
  ObCommandDone done;
  gpointer user_data; /* of it */
} AppsChange;

static AppsChange *
apps_change_new (ObBroker *self, ObCommandDone done, gpointer user_data)
{
  AppsChange *change = g_new (AppsChange, 1);

  *change = (AppsChange){ self, done, user_data };

  return change;
}

/* Whoever has revoked an app is answered when nothing of it goes on. */
static void
on_apps_changed (const GError *error, gpointer user_data)
{
  g_autofree AppsChange *change = user_data;

  if (!error)
    g_signal_emit_by_name (change->broker, "apps-changed");
  change->done (error, change->user_data);
}

void
ob_broker_let_in (ObBroker *self, const ObPairedApp *app, const char *by, ObCommandDone done, gpointer user_data)
{
  ob_paired_apps_add (self->members->queue, app, by, on_apps_changed, apps_change_new (self, done, user_data));
}

void
ob_broker_deny_app (ObBroker *self, const char *origin, const char *by, ObCommandDone done, gpointer user_data)
{
  ob_paired_apps_deny (self->members->queue, origin, by, done, user_data);
}

void
ob_broker_revoke_app (ObBroker *self, const char *origin, const char *by, ObCommandDone done, gpointer user_data)
{
  ob_paired_apps_revoke (self->members->queue, origin, by, on_apps_changed, apps_change_new (self, done, user_data));
}

GPtrArray *
ob_broker_list_apps (ObBroker *self, GError **error)
{
  return ob_apps_list (self->members->database, error);
}

GPtrArray *
ob_broker_list_apps_of (ObBroker *self, const char *origin, GError **error)
{
  return ob_apps_list_of (self->members->database, origin, error);
}

ObPairedApp *
ob_broker_find_app (ObBroker *self, const char *origin, const char *digest, GError **error)
{
  return ob_apps_find (self->members->database, origin, digest, error);
}

gint64
ob_broker_get_boot_ms (ObBroker *self)
{
  return ob_queue_get_boot_ms (self->members->queue);
}
