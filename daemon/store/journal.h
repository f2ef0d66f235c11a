/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The append-only log of what happened to uploads and holds. Main thread. A row is written in the transaction of the
 * change that it tells of.
 */
#pragma once

#include "model/upload.h"
#include "store/database.h"

G_BEGIN_DECLS

/* Returns: the row's sequence, or 0 with @error. @message: (nullable): for a person, such as a server's words. */
gint64 ob_journal_append (ObDatabase *database, gint64 now_ms, const char *upload_id, const char *event,
                          ObStored stored, OutboxReason reason, const char *message, GError **error);

/**
 * ob_journal_move:
 * @database: a database with a transaction open
 * @upload: the upload; its state, reason, time and sequence change
 * @to: its next stored state
 * @reason: why, for failed and confirming
 * @message: (nullable): for a person
 * @error: WrongState for an edge that the table does not have; NotFound, Storage, DiskFull
 *
 * The one way in which a stored state changes: record, row and journal together. On failure @upload is as it was.
 */
gboolean ob_journal_move (ObDatabase *database, ObUpload *upload, ObStored to, OutboxReason reason,
                          const char *message, gint64 now_ms, GError **error);

G_END_DECLS
