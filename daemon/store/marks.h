/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Marks beside the database that outlive a power cut: empty files named after it, as `queue.db.in-use`. Main thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean ob_mark_is_set (const char *path, const char *mark);

/* Survives a power cut, and so does what else is new in the folder. Errors: Storage, DiskFull. */
gboolean ob_mark_set (const char *path, const char *mark, GError **error);

void ob_mark_clear (const char *path, const char *mark);

G_END_DECLS
