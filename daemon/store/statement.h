/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SQLite statements with our errors and our types. Private to the store. A value that cannot be bound (memory) is found
 * when the statement runs: a NOT NULL column refuses it.
 */
#pragma once

#include "dbus/status.h"
#include "store/database.h"
#include "store/limits.h"

G_BEGIN_DECLS

typedef struct
{
  sqlite3_stmt *handle; /* owned */
  ObDatabase *database; /* borrowed, as is the next */
  GHashTable *idle;
  GPtrArray *repaired; /* owned: texts of the present row that were bad; NULL: none was */
  gboolean is_bad;     /* something of the present row was */
} ObStatement;

/* Returns: (transfer full): a statement that may have been used before, without values. */
ObStatement *ob_statement_new (ObDatabase *database, const char *sql, GError **error);

/* Ends its reading and forgets its values; the database keeps it for the next that wants the same. */
void ob_statement_free (ObStatement *statement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ObStatement, ob_statement_free)

/* Returns: SQLite's code. */
int ob_statement_step (ObStatement *statement);

/* Of the row that the last step gave; the text lives until the next. It is always clean (base/text.h): bad bytes of a row are
 * repaired here and reported to the database, and are no damage. */
const char *ob_statement_get_text (ObStatement *statement, int column);
gint64 ob_statement_get_number (ObStatement *statement, int column);

/* The same of a column that may have anything: what is not within its limits is repaired here and reported, too. */
gint64 ob_statement_get_sound (ObStatement *statement, int column, ObLimit limit);

/* Whether the column has what is within its limits; nothing is reported. */
gboolean ob_statement_is_sound (ObStatement *statement, int column, ObLimit limit);

/* No row ever gets anything but clean text: what is not is repaired here. @text: (nullable). */
void ob_statement_bind_text (ObStatement *statement, const char *parameter, const char *text);

/* Of what a caller asks for: no row has text that is not clean, and one that is like the repaired is another. */
void ob_statement_bind_asked (ObStatement *statement, const char *parameter, const char *text);
void ob_statement_bind_number (ObStatement *statement, const char *parameter, gint64 number);
void ob_statement_bind_reason (ObStatement *statement, const char *parameter, OutboxReason reason);
/* @strings: a{ss}, stored as a JSON object. */
void ob_statement_bind_strings (ObStatement *statement, const char *parameter, GVariant *strings);

/* Returns: (transfer full): a{ss}, empty where the column holds none. */
GVariant *ob_statement_read_strings (ObStatement *statement, int column);

/* Runs a statement that gives no rows. */
gboolean ob_statement_run (ObDatabase *database, ObStatement *statement, GError **error);

G_END_DECLS
