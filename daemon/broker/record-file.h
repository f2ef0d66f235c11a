/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes to the record beside a copy, after the file was handed over: where a server has it, what was confirmed, what its app
 * changed. Any thread, also one that was given up: paths alone are used.
 */
#pragma once

#include "base/json.h"

G_BEGIN_DECLS

/* @copy_path: of the copy in the spool. Returns: (transfer full) (nullable): its record, an object */
JsonNode *ob_record_file_load (const char *copy_path, GError **error);

/* Returns: whether it has changed something */
typedef gboolean (*ObRecordChange) (JsonObject *record, gpointer user_data);

/**
 * ob_record_file_change:
 * @crash_point: when the new record is written, and does not have its name yet
 *
 * The changed record takes the place of the old one; it is on the disk when this returns. Changes come one after another, from
 * whichever thread. Returns: whether the record says it now
 */
gboolean ob_record_file_change (const char *copy_path, ObRecordChange change, gpointer user_data,
                                const char *crash_point, GError **error);

G_END_DECLS
