/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a person has set, kept in a file beside the database as well: a database that had to be made anew gets it back from
 * there. Has no memory of its own. Main thread.
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

/* Writes it after the commit of the turn that is open. */
void ob_settings_file_save_after (ObSettingsFile *file);

/* Returns: (transfer full) (nullable): what the file says; NULL without an error: there is none. Errors: InvalidArgument. */
ObSettings *ob_settings_file_read (ObSettingsFile *file, GError **error);

/* Takes from the file what a database lacks that was made anew, and has every member load that. */
void ob_settings_file_restore (ObSettingsFile *file);

G_END_DECLS
