/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Keeps a person's settings in a file beside the database too, from which a rebuilt database gets them back. No memory of
 * its own. Main thread.
 */
#pragma once

#include "broker/destinations.h"
#include "broker/settings.h"
#include "store/spool.h"

G_BEGIN_DECLS

typedef struct _ObSettingsFile ObSettingsFile;

/* All are borrowed. */
ObSettingsFile *ob_settings_file_new (ObQueue *queue, ObSpool *spool, ObDestinationTable *destinations);
void ob_settings_file_free (ObSettingsFile *file);

/* Writes it after the commit of the open turn. */
void ob_settings_file_save_after (ObSettingsFile *file);

/* Returns: (transfer full) (nullable): the file's settings; %NULL without an error if there is no file. Errors:
 * InvalidArgument. */
ObSettings *ob_settings_file_read (ObSettingsFile *file, GError **error);

/* Adds settings from the file that a rebuilt database lacks, and has every member load them; destinations alone to one that has lost
 * some of them with the end of its log. */
void ob_settings_file_restore (ObSettingsFile *file);

G_END_DECLS
