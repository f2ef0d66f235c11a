/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker: the commands, and the only code that changes an upload. It knows no bus; adapters listen to its signals
 * and call its commands. Main thread.
 */
#pragma once

#include "broker/commands.h"
#include "broker/destinations.h"
#include "broker/recordings.h"
#include "broker/status-board.h"
#include "broker/submission.h"
#include "broker/trials.h"
#include "model/destination.h"
#include "policy/clock.h"
#include "policy/conditions.h"
#include "policy/rules.h"
#include "policy/status.h"
#include "store/database.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/spool.h"
#include "store/uploads.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

/**
 * ObBroker:
 *
 * Signals, each after the change is on the disk:
 * - `added` (ObUpload *), `changed` (ObUpload *), `removed` (ObUpload *, sequence: gint64)
 * - `holds-changed` ()
 * - `counts-changed` ()
 */
#define OB_TYPE_BROKER (ob_broker_get_type ())
G_DECLARE_FINAL_TYPE (ObBroker, ob_broker, OB, BROKER, GObject)

/* @watchers: of ObWatcher. All else is borrowed, and must outlive the broker. Errors: Storage. */
ObBroker *ob_broker_new (ObDatabase *database, ObSpool *spool, ObClock *clock, GPtrArray *watchers,
                         const ObRunner *runner, GError **error);

/* The data folder is in memory: no copy may be called safe. */
void ob_broker_set_in_memory (ObBroker *self, gboolean is_in_memory);
gboolean ob_broker_is_in_memory (ObBroker *self);

/* A queue that was in the data folder is not there: what is handed over is kept, and nothing is sent before a person resumes
 * the queue, whereupon @on_given_up is called. */
void ob_broker_miss_queue (ObBroker *self, const char *words, void (*on_given_up) (gpointer user_data),
                           gpointer user_data);

/* Puts rules in force: what they forbid is stopped at once. Until the first call everything may travel. */
void ob_broker_set_rules (ObBroker *self, ObRules *rules);
ObRules *ob_broker_get_rules (ObBroker *self);

/* The device is in another time zone: hours and months are in its local time. */
void ob_broker_set_zone (ObBroker *self, GTimeZone *zone);

/* Borrowed: network, power and session as they are now. */
const ObConditions *ob_broker_get_conditions (ObBroker *self);

/* Returns: (transfer full): the services that say so. */
GStrv ob_broker_list_sources (ObBroker *self);

/* Payload that metered networks have carried in this calendar month. */
guint64 ob_broker_get_metered_bytes (ObBroker *self);

/* Brings back what the last process left, starts uploads, and begins to compare spool and database in the background. */
void ob_broker_start (ObBroker *self);

/* Stops attempts at what the servers have, commits, and leaves everything to the next start. */
void ob_broker_stop (ObBroker *self);

/* @fd: (transfer full): the file. Errors: those of ob_intake_submit(). */
void ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data);

/* Begins an upload that its app writes itself; see ob_recordings_create(). Errors: also InvalidArgument (a digest is for Commit),
 * NoDestination, NotFound (destination). */
void ob_broker_create (ObBroker *self, const ObSubmission *submission, ObCreateDone done, gpointer user_data);

/* See ob_recordings_commit(). */
void ob_broker_commit (ObBroker *self, const char *id, const char *sha256, ObRecordingDone done, gpointer user_data);

/* See ob_commands_command(). The first for who may command all. */
void ob_broker_command (ObBroker *self, ObCommand command, const char *const *ids, gint value, ObCommandDone done,
                        gpointer user_data);
void ob_broker_command_of_app (ObBroker *self, const char *app, ObCommand command, const char *const *ids, gint value,
                               ObCommandDone done, gpointer user_data);

/* See commands.h. */
void ob_broker_set_paused (ObBroker *self, gboolean is_paused, ObCommandDone done, gpointer user_data);

void ob_broker_pause_groups (ObBroker *self, const char *app, const char *const *names, gboolean is_paused,
                             ObCommandDone done, gpointer user_data);
void ob_broker_send_groups_now (ObBroker *self, const char *const *names, ObCommandDone done, gpointer user_data);

/* Answers for everything that would ask on the present network, until it is left. Errors: WrongState where there is none,
 * Storage, DiskFull. */
void ob_broker_allow_network (ObBroker *self, ObCommandDone done, gpointer user_data);

void ob_broker_set_destination (ObBroker *self, const char *name, const ObDestinationSettings *settings,
                                ObCommandDone done, gpointer user_data);
void ob_broker_remove_destination (ObBroker *self, const char *name, ObCommandDone done, gpointer user_data);
void ob_broker_pause_destination (ObBroker *self, const char *name, gboolean is_paused, ObCommandDone done,
                                  gpointer user_data);

/* Asks a destination what an upload would meet there; see ob_trials_begin(). */
void ob_broker_try_destination (ObBroker *self, const char *name, ObTrialDone done, gpointer user_data);

/* O(lanes), whatever the size of the group. @app, @name: as ob_groups_find() has them. Errors: NotFound, InvalidArgument, Storage. */
gboolean ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error);

/* Returns: (transfer full) (element-type ObGroupStatus): those that match; where an uploader is asked for, they count what it
 * handed over. Errors: Storage. */
GArray *ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error);

/* Borrowed: name → ObDestination. */
GHashTable *ob_broker_get_destinations (ObBroker *self);

ObUpload *ob_broker_get (ObBroker *self, const char *id, GError **error);

/* --- Reads --- */

/* A page. @after: (inout): the number of its predecessor's last upload, and of its own; 0: there are no more. Returns:
 * (transfer full) (element-type ObUpload) (nullable). Errors: Storage. */
GPtrArray *ob_broker_list_uploads (ObBroker *self, const ObUploadsFilter *filter, gint64 *after, guint limit,
                                   GError **error);

/* Returns: (transfer full) (nullable): the id that begins or ends with @part. Errors: NotFound; InvalidArgument where there are
 * several; Storage. */
char *ob_broker_find_id (ObBroker *self, const char *part, GError **error);

/* The newest of what happened to everything; and what happened to one upload, with the holds that covered it. Oldest first.
 * Errors: Storage. */
gboolean ob_broker_read_log (ObBroker *self, ObJournalRead on_row, gpointer user_data, GError **error);
gboolean ob_broker_read_history (ObBroker *self, const char *id, ObJournalRead on_row, gpointer user_data,
                                 GError **error);

/* Whether an app handed it over; also when it is removed, as long as the journal knows of it. */
gboolean ob_broker_was_of_app (ObBroker *self, const char *id, const char *app);

/* As ob_journal_read_since(): after a commit, so that nothing is told that is taken back. */
gboolean ob_broker_replay (ObBroker *self, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                           gboolean (*on_upload) (const char *id, gint64 sequence, gpointer user_data),
                           gpointer user_data, GError **error);

/* Whether sequences of that epoch are those of this database; and whether the journal still has everything since one. */
gboolean ob_broker_is_epoch (ObBroker *self, gint64 epoch);
gboolean ob_broker_can_replay (ObBroker *self, gint64 epoch, gint64 sequence);

/* Returns: how much of a file that is being saved is on the disk, or -1 where it is not being saved. */
gint64 ob_broker_get_saved_bytes (ObBroker *self, const char *id);

/* Returns: up to which byte of an upload the peer's kernel has acknowledged: what is beyond the offset is on the way. In memory
 * alone. */
guint64 ob_broker_get_sent_bytes (ObBroker *self, const ObUpload *upload);

/* Whether a destination holds its uploads now, and why. Returns: how many. */
guint ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3]);

/* Returns: (transfer full) (element-type ObSharedHold): those that cover more than one upload.
 * @app: (nullable): of which it has any; NULL: all. */
GArray *ob_broker_list_holds (ObBroker *self, const char *app);

/* Returns: (transfer full) (element-type ObSharedHold): those that cover this one, its own included. */
GArray *ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload);

/* The public status of an upload, now. */
ObStatus ob_broker_get_status (ObBroker *self, const ObUpload *upload);

/* Returns: (transfer full) (element-type ObCount): the kinds of uploads whose public state is @state now; O(lanes).
 * Errors: Storage. */
GArray *ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error);

/* Number and bytes by public state; O(lanes). Errors: Storage. */
gboolean ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES],
                              GError **error);

/* Number and bytes of those whose saved copy is gone or damaged. Errors: Storage. */
gboolean ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error);

/* Number and bytes of files in the spool that belong to no upload, and paths of the oldest ten of them, (transfer full). */
void ob_broker_count_unclaimed (ObBroker *self, guint64 *files, guint64 *bytes);
char **ob_broker_list_unclaimed (ObBroker *self);

/* Runs after the commit of what was commanded last and its signals; at once where nothing waits for one. @error: it could not
 * be committed. */
void ob_broker_after_commit (ObBroker *self, void (*effect) (const GError *error, gpointer user_data),
                             gpointer user_data);

/* Returns: (transfer full): "epoch-number". */
char *ob_broker_dup_sequence (ObBroker *self, gint64 sequence);
gint64 ob_broker_get_last_sequence (ObBroker *self);

gint64 ob_broker_get_now_ms (ObBroker *self);

/* Whether the device has a database of media types, on which rules hang. */
gboolean ob_broker_has_media_types (ObBroker *self);

G_END_DECLS
