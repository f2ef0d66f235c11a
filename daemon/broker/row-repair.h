/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Repairs rows with values that no version of Outbox writes, as after damage to the disk: soon after such a row was read, and
 * before anything is sent because of it. Main thread.
 */
#pragma once

#include "broker/settings-file.h"
#include "model/upload.h"

G_BEGIN_DECLS

typedef struct _ObRowRepair ObRowRepair;

/* What it asks others, and has them do, inside a change. */
typedef struct
{
  /* Sets the lane of an upload whose rule does not exist, by what is known of it now: in a lane without a rule it would wait
   * until the rules change. */
  void (*mend_lane) (ObUpload *upload, gpointer user_data);

  /* Returns: whether an attempt works on the upload. */
  gboolean (*is_running) (const char *id, gpointer user_data);
} ObRowRepairHost;

/* Begins to watch the database for such rows. All are borrowed; @host: static. */
ObRowRepair *ob_row_repair_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations,
                                ObSettingsFile *settings, const ObRowRepairHost *host, gpointer user_data);
void ob_row_repair_free (ObRowRepair *repair);

/* From now on repairs nothing. */
void ob_row_repair_stop (ObRowRepair *repair);

/* Returns: whether the row is about to be repaired, and means nothing until then */
gboolean ob_row_repair_awaits (ObRowRepair *repair, const ObUpload *upload);

G_END_DECLS
