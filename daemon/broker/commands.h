/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Commands of people and apps: for uploads by id, for groups, and for the whole queue. A command for a few is one change,
 * answered after its commit. One for many would block everybody else: it is done in slices, each committed with its turn,
 * and answered after the last. A member of the queue; main thread.
 */
#pragma once

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

/* --- For others, inside a change --- */

/* Has the server delete the part that it has of an upload, before the upload is forgotten. Errors: Storage, DiskFull. */
gboolean ob_commands_want_termination (ObCommands *commands, const ObUpload *upload, GError **error);

/* Ends an upload in any state: its row and journal now, its copy and attempt after the commit. Errors: Storage,
 * DiskFull. */
gboolean ob_commands_forget (ObCommands *commands, const ObUpload *upload, const char *why, GError **error);

G_END_DECLS
