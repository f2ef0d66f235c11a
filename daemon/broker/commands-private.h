/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the commands share, and nobody else: one upload (commands.c), what is said of it (commands-amend.c), many (commands-batch.c), the word for one
 * group (commands-word.c), commands for groups (commands-groups.c), and uploads that follow their group (commands-sweep.c).
 */
#pragma once

#include "broker/commands.h"
#include "store/groups.h"

G_BEGIN_DECLS

struct _ObCommands
{
  ObQueue *queue; /* borrowed, as are the next seven */
  ObDatabase *database;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObRuns *runs;
  ObSpool *spool;
  ObStorage *storage;
  ObSettingsFile *settings;
  const ObCommandsEvents *events;
  gpointer user_data;
  GQueue *batches;         /* of ObBatch: commands for many uploads, the first of which is under way */
  guint batch_source;      /* of its next slice */
  GArray *waiters;         /* of ObWaiter */
  guint sweep_source;      /* of the next slice of groups */
  gint64 ending_pass;      /* the number of the pass whose pause is being brought back; 0: none */
  gint64 pass_retry_at_ms; /* when that is tried again; 0: at once */
  gboolean is_paused;      /* of the queue as a whole */
  gboolean is_ending;
};

/* A caller that waits until all uploads follow their group. */
typedef struct
{
  ObCommands *commands; /* borrowed */
  ObCommandDone done;
  gpointer user_data;
} ObWaiter;

/* Inside a change: sweeps a group, that is, has uploads follow its pause or the end of that: a hundred, and more until
 * @end_us (monotonic; 0: all of them). Errors: Storage, DiskFull. */
gboolean ob_commands_sweep (ObCommands *commands, ObGroup *group, gint64 end_us, GError **error);

/* Inside a change, after a sweep of the group's pause: sends its next uploads now, as its row says, until @end_us
 * (monotonic). Errors: Storage, DiskFull. */
gboolean ob_commands_send_some (ObCommands *commands, ObGroup *group, gint64 end_us, GError **error);

/* Lower than the bus, as a commit is: calls that have arrived meanwhile come before the next slice. */
#define OB_COMMANDS_SLICE_PRIORITY (G_PRIORITY_DEFAULT + 10)

/* commands-sweep.c: when a slice that begins now must end. */
gint64 ob_commands_get_slice_end_us (void);

/* Sweeps the groups that are left once the open turn is on the disk, and answers when all are swept; or with that turn's
 * error, since after a rollback no group has its word. */
void ob_commands_sweep_after (ObCommands *commands, ObCommandDone done, gpointer user_data);

/* The same where that turn is on the disk already. */
void ob_commands_wait_for_sweep (ObCommands *commands, ObCommandDone done, gpointer user_data);

/* Ends the sweeping, and answers those that wait with NoBroker. */
void ob_commands_stop_sweeping (ObCommands *commands);

/* The word of a person or an app for a group. */
typedef enum
{
  OB_WORD_NONE,
  OB_WORD_PAUSE,
  OB_WORD_RESUME,
  OB_WORD_SEND_NOW,
} ObWord;

/* commands-batch.c: gives a word to many groups in slices, and answers when their uploads follow. */
void ob_commands_tell_groups (ObCommands *commands, const char *app, ObWord word, const char *const *names,
                              ObCommandDone done, gpointer user_data);

/* Returns: whether commands wait for others, which they must not overtake. */
gboolean ob_commands_have_to_wait (ObCommands *commands);

/* commands-word.c. Returns: (transfer full) (nullable): the group, if the word can be given to it. Errors: NotFound,
 * InvalidArgument, WrongState without a network, Storage. */
ObGroup *ob_commands_find_group (ObCommands *commands, const char *app, ObWord word, const char *name, GError **error);

/* Inside a change: writes the word; the group's uploads have yet to follow. Errors: Storage, DiskFull. */
gboolean ob_commands_tell_group (ObCommands *commands, ObGroup *group, ObWord word, GError **error);

/* Returns: whether the command applies to the upload in its state. Errors: WrongState. */
gboolean ob_commands_may (ObCommand command, const ObUpload *upload, GError **error);

/* Does it to an upload that it applies to, as the next does; both inside a change. Errors: Storage, DiskFull. */
gboolean ob_commands_do_one (ObCommands *commands, ObCommand command, ObUpload *upload, gint value, GError **error);

/* Inside a change: pauses or resumes the queue. Errors: Storage, DiskFull. */
gboolean ob_commands_tell_queue (ObCommands *commands, gboolean is_paused, GError **error);

/* The same as SEND_NOW for an upload that follows its group. @network: on which it is sent. */
gboolean ob_commands_send_one_of_group (ObCommands *commands, ObUpload *upload, const char *network, GError **error);

G_END_DECLS
