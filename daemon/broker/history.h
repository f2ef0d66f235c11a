/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The history of one upload, told from rows of the journal. An upload's own row says all of its moment. The row of a hold that it
 * shares with others has that hold alone, so that a change of network costs one row for thousands of uploads: here it gets
 * what else held this upload then. Pure, but for what reads the rows.
 */
#pragma once

#include "store/journal.h"

G_BEGIN_DECLS

typedef struct _ObHistory ObHistory;

/* @on_row: told each row, completed; valid for the call */
ObHistory *ob_history_new (ObJournalRead on_row, gpointer user_data);
void ob_history_free (ObHistory *history);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObHistory, ob_history_free)

/* The next row, of the upload or of a hold that covered it; the oldest first. An ObJournalRead. */
void ob_history_add (const ObJournalRow *row, gpointer history);

/* Calls @on_row for the newest @limit rows of an upload and of the holds that covered it, as they are. @upload: (nullable): its row; NULL: it
 * is removed, and its holds are not known. Errors: Storage. */
gboolean ob_history_read (ObDatabase *database, const char *id, const ObUpload *upload, guint limit,
                          ObJournalRead on_row, gpointer user_data, GError **error);

G_END_DECLS
