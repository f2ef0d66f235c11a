/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Moves secrets that older versions had among the settings of destinations to where secrets are kept, and then takes them out of
 * the files in which they were: the database and its log, databases that were set aside, and, with the next commit of a
 * setting, settings.json. What cannot be moved yet (a locked keyring, a full disk) stays where it is and works, until the next
 * start. Main thread.
 */
#pragma once

#include "broker/credentials.h"

G_BEGIN_DECLS

typedef struct _ObMovingSecrets ObMovingSecrets;

/* All are borrowed. @data_folder: the broker's own */
ObMovingSecrets *ob_moving_secrets_new (ObQueue *queue, ObDestinationTable *destinations, ObCredentials *credentials,
                                        const char *data_folder);
void ob_moving_secrets_free (ObMovingSecrets *moving);

/* Once, at the start. */
void ob_moving_secrets_start (ObMovingSecrets *moving);

G_END_DECLS
