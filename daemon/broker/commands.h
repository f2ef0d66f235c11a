/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of people and apps: for uploads by id, for groups, and for the whole queue. A command for a few is one change,
 * answered after its commit. One for many would block everybody else: it is done in slices, each committed with its turn,
 * and answered after the last. A member of the queue; main thread.
 */
#pragma once

#include "broker/amendment.h"
#include "broker/destinations.h"
#include "broker/gate.h"
#include "broker/queue.h"
#include "broker/runs.h"
#include "broker/settings-file.h"
#include "broker/storage.h"
#include "model/upload.h"

G_BEGIN_DECLS

typedef struct _ObCommands ObCommands;

/* Commands for uploads, by their ids. */
typedef enum
{
  OB_COMMAND_PAUSE,
  OB_COMMAND_RESUME,
  OB_COMMAND_RETRY,
  OB_COMMAND_REMOVE,
  OB_COMMAND_SEND_NOW, /* once, on the present network, whatever holds it except the network */
  OB_COMMAND_SEND_FOR, /* the same on any network, by passes; of ob_commands_resume_for() alone */
  OB_COMMAND_VERIFY,   /* asks the server again whether it has what it confirmed */
  OB_COMMAND_FREE,     /* the same; if all is well, the copy on this device goes */
  OB_COMMAND_SET_PRIORITY,
} ObCommand;

/* Called once. */
typedef ObQueueDone ObCommandDone;

/* The objects that commands use. All borrowed. */
typedef struct
{
  ObQueue *queue;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObRuns *runs;
  ObSpool *spool;
  ObStorage *storage;
  ObSettingsFile *settings;
} ObCommandsTools;

/* The listener's function. */
typedef struct
{
  /* The removal of an upload is on the disk: everybody else must forget it too. @upload: as it was before */
  void (*removed) (const ObUpload *upload, gint64 sequence, gpointer user_data);
} ObCommandsEvents;

extern const ObMember ob_commands_member;
extern const ObMember ob_passing_member; /* of the same object: ends passes when they are over */

/* @events: static. */
ObCommands *ob_commands_new (const ObCommandsTools *tools, const ObCommandsEvents *events, gpointer user_data);
void ob_commands_free (ObCommands *commands);

/* Goes on with groups that not all of their uploads follow yet: at the start, and when the database can be written
 * again. */
void ob_commands_take_up (ObCommands *commands);

/* Commits, and answers callers of unfinished commands with how much is done. */
void ob_commands_stop (ObCommands *commands);

/* --- Uploads by id --- */

/**
 * ob_commands_command:
 * @app: (nullable): the app that must own the uploads, since those of others are NotFound; NULL: any may be commanded
 * @ids: repetitions count once
 * @value: the priority, for SET_PRIORITY
 *
 * Up to fifty are changed all together or not at all. More are all checked before any is changed, and then changed in slices,
 * each by a commit of its own. If a slice cannot be written, the error says how many are done.
 *
 * Errors: NotFound, WrongState, InvalidArgument, Storage, DiskFull, NoBroker.
 */
void ob_commands_command (ObCommands *commands, const char *app, ObCommand command, const char *const *ids, gint value,
                          ObCommandDone done, gpointer user_data);

/**
 * ob_commands_amend:
 *
 * Changes what was said of an upload, in its row and in the record of its copy. An attempt that is about to tell its server ends, and
 * begins anew with what is said now. Errors: NotFound, WrongState while it is saved, InvalidArgument, AlreadySent, Quota, Storage,
 * DiskFull.
 */
void ob_commands_amend (ObCommands *commands, const char *id, const ObAmendment *amendment, ObCommandDone done,
                        gpointer user_data);

/* --- Groups. @names, @app: as ob_groups_find() has them --- */

/* Pauses or resumes all of the groups by one commit, or none, unless they are more than fifty, as with ids above; what joins them from
 * then on follows at once. The uploads of a large group follow in slices, and the answer comes after the last. If a slice cannot be
 * written, the rest follows when the database can be written again, or at the next start. Errors: NotFound, InvalidArgument, Storage,
 * DiskFull, NoBroker. */
void ob_commands_pause_groups (ObCommands *commands, const char *app, const char *const *names, gboolean is_paused,
                               ObCommandDone done, gpointer user_data);

/* Sends what is in the groups once on the present network, as SEND_NOW does, and what joins them while that network lasts; in slices
 * as a pause. An upload that a person pauses before its turn stays so, and a pause of the group ends the sending of the rest. Errors:
 * NotFound, WrongState without a network, Storage, DiskFull, NoBroker. */
void ob_commands_send_groups_now (ObCommands *commands, const char *const *names, ObCommandDone done,
                                  gpointer user_data);

/* --- The queue as a whole --- */

void ob_commands_pause_queue (ObCommands *commands, gboolean is_paused, ObCommandDone done, gpointer user_data);
gboolean ob_commands_is_queue_paused (ObCommands *commands);

/* --- Destinations --- */

/* Errors: NotFound, Storage, DiskFull. */
void ob_commands_pause_destination (ObCommands *commands, const char *name, gboolean is_paused, ObCommandDone done,
                                    gpointer user_data);

/* --- For a time --- */

#define OB_RESUME_FOR_MAX_MS (7 * 24 * 3600 * G_GINT64_CONSTANT (1000))

/* What goes on for a time: the queue if nothing is named. */
typedef struct
{
  const char *const *ids;  /* of uploads, or NULL */
  const char *group;       /* as ob_groups_find() has it, or NULL */
  const char *destination; /* or NULL */
  gint64 duration_ms;      /* 1 to OB_RESUME_FOR_MAX_MS */
} ObResumeFor;

/**
 * ob_commands_resume_for:
 *
 * Lets it go on for that time by a pass: what its rule says of networks, data, power and hours holds nothing meanwhile, and a person's
 * pause is ended, which comes back afterwards. Anything else that holds it (no network, a sign-in, the disk) still does. Uploads also
 * lose a back-off and a time that was set for them, as with SEND_NOW. A pause, or a resume without a time, ends the pass at once.
 * Uploads that a person paused one by one stay paused where the pass is for their group, their destination or the queue.
 *
 * Errors: NotFound, WrongState, InvalidArgument, Storage, DiskFull, NoBroker.
 */
void ob_commands_resume_for (ObCommands *commands, const ObResumeFor *what, ObCommandDone done, gpointer user_data);

/* --- For others, inside a change --- */

/* Has the server delete the part that it has of an upload, before the upload is forgotten. Errors: Storage, DiskFull. */
gboolean ob_commands_want_termination (ObCommands *commands, const ObUpload *upload, GError **error);

/* Ends an upload in any state: its row and journal now, its copy and attempt after the commit. Errors: Storage,
 * DiskFull. */
gboolean ob_commands_forget (ObCommands *commands, const ObUpload *upload, const char *why, GError **error);

G_END_DECLS
