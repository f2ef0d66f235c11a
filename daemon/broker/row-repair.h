/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Puts rows right that turn out to have what was never written: soon after one of them was read, and before anything is sent
 * because of it. Main thread.
 */
#pragma once

#include "broker/settings-file.h"
#include "model/upload.h"

G_BEGIN_DECLS

typedef struct _ObRowRepair ObRowRepair;

/* What it asks of others. Each inside a change. */
typedef struct
{
  /* Gives an upload the lane for what is known of it now where its lane has a rule that there is none of: it would wait until the
   * rules change. */
  void (*mend_lane) (ObUpload *upload, gpointer user_data);

  /* Whether an attempt has the upload. */
  gboolean (*is_running) (const char *id, gpointer user_data);
} ObRowRepairHost;

/* Begins to watch the database for such rows. All are borrowed; @host: static. */
ObRowRepair *ob_row_repair_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations,
                                ObSettingsFile *settings, const ObRowRepairHost *host, gpointer user_data);
void ob_row_repair_free (ObRowRepair *repair);

/* Puts nothing right any more. */
void ob_row_repair_stop (ObRowRepair *repair);

/* Whether it is about to be put right: until then nothing follows from what its row says. */
gboolean ob_row_repair_awaits (ObRowRepair *repair, const ObUpload *upload);

G_END_DECLS
