/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The history of one upload, told from rows of the journal. An upload's own row says all of its moment. The row of a hold that it
 * shares with others has that hold alone, so that a change of network costs one row for thousands of uploads: here it gets
 * what else held this upload then. Pure.
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

G_END_DECLS
