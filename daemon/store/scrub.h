/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes secrets that were in the database out of the files of the data folder: those that no row has any more, too. What a disk
 * keeps of blocks that a file has left is out of reach here.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* Has SQLite write the database anew, with what its rows have and nothing else, and empties its log. Not inside a transaction.
 * Main thread; takes about a second for 100,000 uploads. Errors: Storage, DiskFull. */
gboolean ob_scrub_database (ObDatabase *database, GError **error);

/* Adds a secret, and each longer part of it that may stand alone, such as what follows "Bearer", to such a list. */
void ob_scrub_add (GPtrArray *secrets, const char *value);

/* Overwrites the secrets where they occur in databases that were set aside, in place; those that such a database has itself, where
 * it can be read, are added. @secrets: (transfer full) (element-type utf8): freed by ob_secret_free(). A thread does it, and
 * warns where it cannot. */
void ob_scrub_asides (const char *data_folder, GPtrArray *secrets);

G_END_DECLS
