/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The broker: its commands are the only code that changes an upload. It knows no bus; adapters listen to its signals and
 * call its commands. Main thread.
 */
#pragma once

#include "broker/commands.h"
#include "broker/destinations.h"
#include "broker/recordings.h"
#include "broker/status-board.h"
#include "broker/submission.h"
#include "broker/trials.h"
#include "model/destination.h"
#include "model/sign-in.h"
#include "policy/clock.h"
#include "policy/conditions.h"
#include "policy/rules.h"
#include "policy/status.h"
#include "store/apps.h"
#include "store/database.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/news.h"
#include "broker/sign-ins.h"
#include "store/secrets.h"
#include "store/spool.h"
#include "store/uploads.h"
#include "store/writer.h"
#include "transfer/attempt.h"

G_BEGIN_DECLS

/**
 * ObBroker:
 *
 * Signals, each after the change is on the disk:
 * - `added` (ObUpload *), `changed` (ObUpload *), `removed` (ObUpload *, sequence: gint64)
 * - `holds-changed` ()
 * - `counts-changed` (): the last of each commit
 * - `remind` (kind: gint, an ObReminderKind): a person is to be reminded; NONE: of nothing any more
 * - `news` (has_news: gboolean): there is something to tell of what has arrived (ob_broker_get_news()), or what was told is true no more
 * - `apps-changed` (): a web app was let in, which may have ended its oldest token, or revoked
 */
#define OB_TYPE_BROKER (ob_broker_get_type ())
G_DECLARE_FINAL_TYPE (ObBroker, ob_broker, OB, BROKER, GObject)

/* @watchers: of ObWatcher. The rest is borrowed and must outlive the broker. Errors: Storage. */
ObBroker *ob_broker_new (ObDatabase *database, ObSpool *spool, ObSecrets *secrets, ObTokens *tokens, ObClock *clock,
                         GPtrArray *watchers, const ObRunner *runner, GError **error);

/* Says whether the data folder is in memory, where no copy may be called safe. */
void ob_broker_set_in_memory (ObBroker *self, gboolean is_in_memory);
gboolean ob_broker_is_in_memory (ObBroker *self);

/* @free_bytes, @size_bytes: (out): of the disk with the copies. Returns: whether it is known */
gboolean ob_broker_get_room (ObBroker *self, guint64 *free_bytes, guint64 *size_bytes);

/* The queue that was in the data folder is missing. New files are kept, and nothing is sent until a person resumes the
 * queue; then @on_given_up is called. */
void ob_broker_miss_queue (ObBroker *self, const char *words, void (*on_given_up) (gpointer user_data),
                           gpointer user_data);

/* Puts rules in force, and stops what they forbid at once. Until the first call everything may travel. */
void ob_broker_set_rules (ObBroker *self, ObRules *rules);
ObRules *ob_broker_get_rules (ObBroker *self);

/* The device is in another time zone, by which hours and months of rules count. */
void ob_broker_set_zone (ObBroker *self, GTimeZone *zone);

/* Returns: borrowed: the present network, power and session */
const ObConditions *ob_broker_get_conditions (ObBroker *self);

/* Returns: (transfer full): the services that the conditions come from */
GStrv ob_broker_list_sources (ObBroker *self);

/* Returns: bytes that metered networks carried in this calendar month */
guint64 ob_broker_get_metered_bytes (ObBroker *self);

/* Takes up what the last process left, starts uploads, and begins to compare spool and database in the background. */
void ob_broker_start (ObBroker *self);

/* Stops the attempts, commits, and leaves the rest to the next start. */
void ob_broker_stop (ObBroker *self);

/* @fd: (transfer full): the file. Errors: those of ob_intake_submit(). */
void ob_broker_submit (ObBroker *self, const ObSubmission *submission, int fd, ObSubmitDone done, gpointer user_data);

/* Returns: whether a submission would be taken, before its bytes are here. Errors: InvalidArgument, NoDestination, NotFound
 * (destination). */
gboolean ob_broker_check_submission (ObBroker *self, const ObSubmission *submission, GError **error);

/* A file for bytes that are to be submitted when all have come; see ob_writer_begin_once(). */
ObWriter *ob_broker_begin_file (ObBroker *self, guint64 size_bytes, GError **error);

/* Returns: borrowed: where a door writes what comes in by pieces (store/writer.h), between Create and Commit */
ObSpool *ob_broker_get_spool (ObBroker *self);

/* @size_bytes: (out). Returns: the upload's copy, to be read from its beginning; -1 on failure. Errors: WrongState (it has none),
 * NotFound (it is gone), Storage. */
int ob_broker_open_copy (ObBroker *self, const ObUpload *upload, goffset *size_bytes, GError **error);

/* Begins an upload that its app writes itself; see ob_recordings_create(). Errors: also InvalidArgument (a digest
 * belongs to Commit), NoDestination, NotFound (destination). */
void ob_broker_create (ObBroker *self, const ObSubmission *submission, ObCreateDone done, gpointer user_data);

/* See ob_recordings_get_expiry_ms(). */
gint64 ob_broker_get_expiry_ms (ObBroker *self, const char *id);

/* See ob_recordings_commit(). */
void ob_broker_commit (ObBroker *self, const char *id, const char *sha256, ObWriter *writer, ObRecordingDone done,
                       gpointer user_data);

/* See ob_commands_command(). */
void ob_broker_command (ObBroker *self, const char *app, ObCommand command, const char *const *ids, gint value,
                        ObCommandDone done, gpointer user_data);

/* See commands.h. */
void ob_broker_set_paused (ObBroker *self, gboolean is_paused, ObCommandDone done, gpointer user_data);

void ob_broker_pause_groups (ObBroker *self, const char *app, const char *const *names, gboolean is_paused,
                             ObCommandDone done, gpointer user_data);
void ob_broker_send_groups_now (ObBroker *self, const char *const *names, ObCommandDone done, gpointer user_data);

/* Answers "yes" for everything that would ask on the present network, until it is left. Errors: WrongState without a
 * network, Storage, DiskFull. */
void ob_broker_allow_network (ObBroker *self, ObCommandDone done, gpointer user_data);

void ob_broker_set_destination (ObBroker *self, const char *name, const ObDestinationSettings *settings,
                                ObCommandDone done, gpointer user_data);
void ob_broker_remove_destination (ObBroker *self, const char *name, ObCommandDone done, gpointer user_data);
void ob_broker_pause_destination (ObBroker *self, const char *name, gboolean is_paused, ObCommandDone done,
                                  gpointer user_data);

/* See ob_commands_amend(). */
void ob_broker_amend (ObBroker *self, const char *id, const ObAmendment *amendment, ObCommandDone done,
                      gpointer user_data);

/* See ob_commands_resume_for(). */
void ob_broker_resume_for (ObBroker *self, const ObResumeFor *what, ObCommandDone done, gpointer user_data);

/* Borrowed: (element-type ObPass): what goes on for a time, and what has just ended. */
const GPtrArray *ob_broker_list_passes (ObBroker *self);

/* @fd: (transfer full): what the secret is read from. See ob_credentials_read(). */
void ob_broker_read_sign_in (ObBroker *self, const char *destination, int fd, ObCommandDone done, gpointer user_data);

/* See ob_credentials_look(). */
gboolean ob_broker_look_at_sign_in (ObBroker *self, const char *destination, ObSignInView *view);

/* See ob_credentials_get_place(). */
const char *ob_broker_get_secret_place (ObBroker *self, const char *destination);

/* @sign_in: (transfer full). See ob_credentials_sign_in(). */
void ob_broker_sign_in (ObBroker *self, const char *destination, ObSignIn *sign_in, ObCommandDone done,
                        gpointer user_data);

/* See ob_credentials_sign_out(). */
void ob_broker_sign_out (ObBroker *self, const char *destination, ObCommandDone done, gpointer user_data);

/* Finds out what an upload would meet at a destination; see ob_trials_begin(). */
void ob_broker_try_destination (ObBroker *self, const char *name, ObTrialDone done, gpointer user_data);

/* Lets a web app in, notes that it was not, and ends what was approved of it; see paired-apps.h. */
void ob_broker_let_in (ObBroker *self, const ObPairedApp *app, const char *by, ObCommandDone done, gpointer user_data);
void ob_broker_deny_app (ObBroker *self, const char *origin, const char *by, ObCommandDone done, gpointer user_data);
void ob_broker_revoke_app (ObBroker *self, const char *origin, const char *by, ObCommandDone done, gpointer user_data);

/* Returns: (transfer full) (element-type ObPairedApp) (nullable): all; and those of one origin. Errors: Storage. */
GPtrArray *ob_broker_list_apps (ObBroker *self, GError **error);
GPtrArray *ob_broker_list_apps_of (ObBroker *self, const char *origin, GError **error);

/* As ob_apps_find(). */
ObPairedApp *ob_broker_find_app (ObBroker *self, const char *origin, const char *digest, GError **error);

/* O(lanes), however large the group is. @app, @name: as in ob_groups_find(). Errors: NotFound, InvalidArgument, Storage. */
gboolean ob_broker_get_group (ObBroker *self, const char *app, const char *name, ObGroupStatus *status, GError **error);

/* Returns: (transfer full) (element-type ObGroupStatus): the groups that match; with an uploader, they count only its
 * uploads. Errors: Storage. */
GArray *ob_broker_list_groups (ObBroker *self, const ObGroupsFilter *filter, GError **error);

/* Borrowed: name → ObDestination. */
GHashTable *ob_broker_get_destinations (ObBroker *self);

ObUpload *ob_broker_get (ObBroker *self, const char *id, GError **error);

/* --- Reads --- */

/* Reads a page. @after: (inout): the number of the last page's last upload, then of this page's; 0: there are no more.
 * Returns: (transfer full) (element-type ObUpload) (nullable). Errors: Storage. */
GPtrArray *ob_broker_list_uploads (ObBroker *self, const ObUploadsFilter *filter, gint64 *after, guint limit,
                                   GError **error);

/* Returns: (transfer full) (nullable): the id that begins or ends with @part. Errors: NotFound; InvalidArgument if
 * several do; Storage. */
char *ob_broker_find_id (ObBroker *self, const char *part, GError **error);

/* The next @limit entries of the whole log after a sequence. Errors: Storage. */
gboolean ob_broker_read_log_after (ObBroker *self, gint64 after, guint limit, ObJournalRead on_row, gpointer user_data,
                                   GError **error);

/* Reads the newest rows about everything, and all rows about one upload with the holds that covered it, the oldest
 * first. Errors: Storage. */
gboolean ob_broker_read_log (ObBroker *self, ObJournalRead on_row, gpointer user_data, GError **error);
gboolean ob_broker_read_history (ObBroker *self, const char *id, ObJournalRead on_row, gpointer user_data,
                                 GError **error);

/* Returns: whether the app handed the upload over, even if it is removed, as long as the journal knows of it. */
gboolean ob_broker_was_of_app (ObBroker *self, const char *id, const char *app);

/* As ob_journal_read_since(). Call it after a commit, so that it tells nothing that is rolled back. */
gboolean ob_broker_replay (ObBroker *self, gint64 *sequence, const char *app, guint limit, gboolean *is_end,
                           gboolean (*on_upload) (const char *id, gint64 sequence, gpointer user_data),
                           gpointer user_data, GError **error);

/* Returns: whether sequences of that epoch are this database's; and whether the journal still has everything since
 * @sequence. */
gboolean ob_broker_is_epoch (ObBroker *self, gint64 epoch);
gboolean ob_broker_can_replay (ObBroker *self, gint64 epoch, gint64 sequence);

/* Returns: how many bytes of a file that is being saved are on the disk; -1 if it is not being saved */
gint64 ob_broker_get_saved_bytes (ObBroker *self, const char *id);

/* Returns: up to which byte the peer's kernel has acknowledged; what is beyond the offset is on the way. In memory
 * alone. */
guint64 ob_broker_get_sent_bytes (ObBroker *self, const ObUpload *upload);

/* Returns: how many of the destination's own holds it sets */
guint ob_broker_get_destination_holds (ObBroker *self, const ObDestination *destination, ObHold holds[3]);

/* Returns: (transfer full) (element-type ObSharedHold): holds of more than one upload. @app: (nullable): only those that
 * cover an upload of that app */
GArray *ob_broker_list_holds (ObBroker *self, const char *app);

/* Returns: (transfer full) (element-type ObSharedHold): the holds that cover the upload, its own included */
GArray *ob_broker_list_holds_of (ObBroker *self, const ObUpload *upload);

/* Returns: the present public status of an upload */
ObStatus ob_broker_get_status (ObBroker *self, const ObUpload *upload);

/* Returns: (transfer full) (element-type ObCount): the kinds of uploads in the public state @state now; O(lanes).
 * Errors: Storage. */
GArray *ob_broker_find_kinds (ObBroker *self, OutboxState state, GError **error);

/* The queue in numbers; O(lanes and failures). Errors: Storage. */
gboolean ob_broker_count (ObBroker *self, ObStatistics *statistics, GError **error);

/* Of the whole queue, as if it was one group without a name; O(lanes). Errors: Storage. */
gboolean ob_broker_count_all (ObBroker *self, ObGroupStatus *all, GError **error);

/* Number and bytes of uploads by public state; O(lanes). Errors: Storage. */
gboolean ob_broker_summarise (ObBroker *self, guint64 uploads[OUTBOX_N_STATES], guint64 bytes[OUTBOX_N_STATES],
                              GError **error);

/* Returns: (transfer full) (nullable): the oldest of what has not arrived and waits for no time that was set */
ObUpload *ob_broker_find_oldest (ObBroker *self);

/* What there is to tell of what has arrived; who shows it says where, and when it is seen. See herald.h. */
void ob_broker_tell_news_again (ObBroker *self);
gboolean ob_broker_get_news (ObBroker *self, ObNews *news);
void ob_broker_note_news_shown (ObBroker *self, const char *place);
char *ob_broker_dup_news_place (ObBroker *self);
void ob_broker_note_news_seen (ObBroker *self);

/* Returns: how many of what is on its way together have arrived; see ob_arrivals_get() */
guint64 ob_broker_count_arrived (ObBroker *self);

/* Counts what an app has here that has not arrived. Errors: Storage. */
gboolean ob_broker_count_use (ObBroker *self, const char *app, ObAppUse *use, GError **error);

/* Number and bytes of uploads whose saved copy is gone or damaged. Errors: Storage. */
gboolean ob_broker_count_lost (ObBroker *self, guint64 *uploads, guint64 *bytes, GError **error);

/* Amendments of which servers are still to be told, and that they did not take. Errors: Storage. */
gboolean ob_broker_count_untold (ObBroker *self, guint64 *asked, guint64 *missed, GError **error);

/* Number and bytes of files in the spool that belong to no upload; and (transfer full) the paths of the oldest ten. */
void ob_broker_count_unclaimed (ObBroker *self, guint64 *files, guint64 *bytes);
char **ob_broker_list_unclaimed (ObBroker *self);

/* Runs @effect at the commit of the last command, before its signals, while nothing is there but what is committed; at once if nothing
 * waits for a commit. It may read alone. @error: the commit failed */
void ob_broker_at_commit (ObBroker *self, void (*effect) (const GError *error, gpointer user_data), gpointer user_data);

/* Returns: (transfer full): "epoch-number". */
char *ob_broker_dup_sequence (ObBroker *self, gint64 sequence);

/* Returns: the sequence up to which all is on the disk, and no more: it is that of the commit which signals tell of */
gint64 ob_broker_get_committed_sequence (ObBroker *self);

/* Returns: whether what is known of the upload is not on the disk yet; signals of that commit, or of its failure, follow */
gboolean ob_broker_is_changing (ObBroker *self, const char *id);

gint64 ob_broker_get_now_ms (ObBroker *self);

/* Milliseconds since the device was started; see ob_clock_get_boot_ms(). */
gint64 ob_broker_get_boot_ms (ObBroker *self);

/* Returns: whether the device has a database of media types, without which no rule matches by type */
gboolean ob_broker_has_media_types (ObBroker *self);

G_END_DECLS
