/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite statements with our errors and types. Private to the store. A value that could not be bound for lack of memory
 * shows when the statement runs: its column is NOT NULL.
 */
#pragma once

#include "model/lane.h"
#include "store/database.h"
#include "store/limits.h"

G_BEGIN_DECLS

typedef struct
{
  sqlite3_stmt *handle; /* owned */
  ObDatabase *database; /* borrowed, as is the next */
  GHashTable *idle;
  GPtrArray *repaired; /* owned: repaired texts of the present row; NULL: none */
  gboolean is_bad;     /* the present row has a bad value */
} ObStatement;

/* Returns: (transfer full): a statement without values, new or used before */
ObStatement *ob_statement_new (ObDatabase *database, const char *sql, GError **error);

/* Ends its reading and clears its values; the database keeps it for the next use of the same SQL. */
void ob_statement_free (ObStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObStatement, ob_statement_free)

/* Returns: SQLite's result code */
int ob_statement_step (ObStatement *statement);

/* Returns: the text of the present row, valid until the next step. It is always clean (base/text.h): bad bytes are
 * repaired, and reported to the database as a bad row. */
const char *ob_statement_get_text (ObStatement *statement, int column);
gint64 ob_statement_get_number (ObStatement *statement, int column);

/* The same for a number: one outside of its limits is repaired and reported. */
gint64 ob_statement_get_sound (ObStatement *statement, int column, ObLimit limit);

/* Returns: whether the column's number is within its limits; reports nothing. */
gboolean ob_statement_is_sound (ObStatement *statement, int column, ObLimit limit);

/* Returns: the lane in the first three columns: destination, rule, sent_on; of a damaged row perhaps not whole */
ObLane ob_statement_get_lane (ObStatement *statement);

/* Binds text, repaired if it is not clean: no row ever gets any other. @text: (nullable) */
void ob_statement_bind_text (ObStatement *statement, const char *parameter, const char *text);

/* Binds text that a caller searches for, as it is: no row has text that is not clean, and a repaired one could match
 * another row. */
void ob_statement_bind_asked (ObStatement *statement, const char *parameter, const char *text);
void ob_statement_bind_number (ObStatement *statement, const char *parameter, gint64 number);
void ob_statement_bind_reason (ObStatement *statement, const char *parameter, OutboxReason reason);
/* Binds @destination, @rule and @sent_on. */
void ob_statement_bind_lane (ObStatement *statement, const ObLane *lane);
/* @strings: a{ss}, stored as a JSON object */
void ob_statement_bind_strings (ObStatement *statement, const char *parameter, GVariant *strings);

/* Returns: (transfer full): a{ss}, empty if the column holds none */
GVariant *ob_statement_read_strings (ObStatement *statement, int column);

/* Runs a statement without a result. */
gboolean ob_statement_run (ObDatabase *database, ObStatement *statement, GError **error);

G_END_DECLS
