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

/* For whoever finds a copy that is not what its row says: if it is what its record says, the row is put right instead, with a row in
 * the journal. @is_mended: (out): whether it was; the file may be sent then. Returns: FALSE: the database cannot be written */
gboolean ob_row_repair_mend_bytes (ObDatabase *database, ObSpool *spool, ObUpload *upload, gint64 now_ms,
                                   gboolean *is_mended, GError **error);

/* The same for a row that names a destination which there is not. @destination: of its record, which there is */
gboolean ob_row_repair_mend_destination (ObDatabase *database, ObUpload *upload, const char *destination, gint64 now_ms,
                                         GError **error);

G_END_DECLS
