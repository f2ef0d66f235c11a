/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The identity of an upload: a UUIDv7 (RFC 9562 section 5.7), so that ids sort by their time of birth.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define OB_ID_LENGTH 36

/* @now_ms: Unix milliseconds. Returns: (transfer full): a new id; thread-safe, and later than any before it in the
 * same millisecond. */
char *ob_id_new (gint64 now_ms);

/* Whether @id has exactly the form that ob_id_new() writes: safe as a file name. */
gboolean ob_id_is_valid (const char *id);

G_END_DECLS
