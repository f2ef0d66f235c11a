/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Repairs values that no version of Outbox has written to a row. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/**
 * ob_repair_rows:
 * @database: inside a transaction
 * @on_upload: called with the id of each upload whose row is changed
 * @error: Storage, DiskFull
 *
 * Makes every text in every table clean (base/text.h), brings every number within its limits (store/limits.h), and counts anew.
 * It walks through all rows, so it runs only once a bad one was found. An upload that has not arrived and has lost its id is
 * deleted: its copy in the spool still has the id, and is adopted.
 */
gboolean ob_repair_rows (ObDatabase *database, void (*on_upload) (const char *id, gpointer user_data),
                         gpointer user_data, GError **error);

/* Asks with SQL, on any connection: 1 where counters differ from the rows that they count, which hides uploads from whoever starts
 * attempts. ob_repair_rows() counts anew. */
extern const char ob_repair_ask_counts[];

G_END_DECLS
