/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Single values of the queue as a whole. Main thread.
 */
#pragma once

#include "store/database.h"

G_BEGIN_DECLS

/* Returns: the number of that name, or 0. */
gint64 ob_meta_get_number (ObDatabase *database, const char *name);

/* Returns: (transfer full) (nullable): the text of that name. */
char *ob_meta_dup_text (ObDatabase *database, const char *name);

/* 0 and NULL delete it. Errors: Storage, DiskFull. */
gboolean ob_meta_set_number (ObDatabase *database, const char *name, gint64 number, GError **error);
gboolean ob_meta_set_text (ObDatabase *database, const char *name, const char *text, GError **error);

G_END_DECLS
