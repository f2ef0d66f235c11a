/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The id of an upload: a UUIDv7 (RFC 9562 section 5.7), so that ids sort by the time at which they were made.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_ID_LENGTH 36

/* @now_ms: Unix milliseconds. Returns: (transfer full): a new id, greater than any made before in the same millisecond.
 * Any thread. */
char *ob_id_new (gint64 now_ms);

/* Returns: whether @id has exactly the form of ob_id_new(), and so is safe as a file name */
gboolean ob_id_is_valid (const char *id);

G_END_DECLS
