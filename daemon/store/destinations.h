/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The rows of destinations. Main thread; transactions are the caller's.
 */
#pragma once

#include "model/destination.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Returns: (transfer full) (nullable) (element-type utf8 ObDestination): all destinations by name. Errors: Storage. */
GHashTable *ob_destinations_load (ObDatabase *database, GError **error);

/* Inserts or replaces. Errors: Storage, DiskFull. */
gboolean ob_destinations_save (ObDatabase *database, const ObDestination *destination, GError **error);
gboolean ob_destinations_delete (ObDatabase *database, const char *name, GError **error);

G_END_DECLS
