/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the files of the commands share, and nobody else: one upload (commands.c), many (commands-batch.c), groups
 * (commands-groups.c).
 */
#pragma once

#include "broker/commands.h"

G_BEGIN_DECLS

struct _ObCommands
{
  ObQueue *queue; /* borrowed, as are the next six */
  ObDatabase *database;
  ObDestinationTable *destinations;
  ObGate *gate;
  ObRuns *runs;
  ObStorage *storage;
  ObSettingsFile *settings;
  const ObCommandsEvents *events;
  gpointer user_data;
  GQueue *batches;    /* of ObBatch: commands for many, the first of which is under way */
  guint batch_source; /* of its next slice */
  gboolean is_paused; /* the queue as a whole */
};

/* Whether its state allows it. Errors: WrongState. */
gboolean ob_commands_may (ObCommand command, const ObUpload *upload, GError **error);

/* To one that may be commanded so, as the next; both inside a change. Errors: Storage, DiskFull. */
gboolean ob_commands_do_one (ObCommands *commands, ObCommand command, ObUpload *upload, gint value, GError **error);
gboolean ob_commands_send_one_now (ObCommands *commands, ObUpload *upload, GError **error);

G_END_DECLS
