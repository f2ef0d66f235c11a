/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the verbs print: text for people, JSON for programs. Names and servers' words come from outside: control
 * characters in them never reach a terminal.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

/* --- Text --- */

/* Columns of a terminal that @text takes. */
guint cli_text_width (const char *text);

/* Returns: (transfer full): @text (nullable) without control characters and line ends. */
char *cli_text_dup_safe (const char *text);

/* Returns: (transfer full): the same JSON with nothing in it that a terminal would obey. */
char *cli_text_dup_json (const char *json);

/* Returns: (transfer full): safe text of exactly @columns: cut in the middle, or padded. */
char *cli_text_dup_fit (const char *text, guint columns);

/* Returns: (transfer full): local time, such as 2026-04-17 09:42:03; empty for 0. */
char *cli_text_dup_time (gint64 at_ms);

/* Returns: (transfer full): such as "3 minutes ago". */
char *cli_text_dup_ago (gint64 at_ms);

/* Returns: (transfer none): the part of an id that the verbs take for it and that tells uploads apart. */
const char *cli_text_short_id (const char *id);

/* --- Terminal --- */

/* Between cells, and before what is said of a line. */
#define CLI_GAP "  "
#define CLI_GAP_COLUMNS 2

/* What a state looks like. */
typedef enum
{
  CLI_STYLE_PLAIN,
  CLI_STYLE_BOLD,
  CLI_STYLE_DIM,
  CLI_STYLE_GOOD,
  CLI_STYLE_WAITS,
  CLI_STYLE_BAD,
} CliStyle;

CliStyle cli_style_of (OutboxState state, gboolean needs_user);

/* Escape sequences; empty strings where standard output is no terminal, or NO_COLOR is set. */
const char *cli_style_begin (CliStyle style);
const char *cli_style_end (CliStyle style);

/* Breaks a line between words, so that none is wider than @columns where a word is not (0: any). @indent: of all lines but the
 * first, which the caller has indented. Returns: (transfer full). */
char *cli_text_dup_wrapped (const char *text, guint columns, guint indent);

/* --- Tables --- */

typedef struct _CliTable CliTable;

/* @headings: translated, ended by NULL. */
CliTable *cli_table_new (const char *const *headings);
void cli_table_free (CliTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliTable, cli_table_free)

/* A row: as many cells (nullable) as headings. */
void cli_table_add (CliTable *table, CliStyle style, ...);

/* Prints all; headings only where there is a row. On a terminal no line is wider than that: the widest cells are cut in their
 * middle, but the first of a row, an id or a name that is typed again; where even that does not fit, each cell has a line. */
void cli_table_print (CliTable *table);

/* The same for a width; 0: any. */
void cli_table_print_in (CliTable *table, guint columns);

/* --- Facts --- */

/* Names and values below each other, the values aligned. */
typedef struct _CliFacts CliFacts;

CliFacts *cli_facts_new (void);
void cli_facts_free (CliFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliFacts, cli_facts_free)

/* @name: translated. @value: (nullable): nothing is printed where there is none. */
void cli_facts_add (CliFacts *facts, const char *name, const char *value);

void cli_facts_print (CliFacts *facts);

/* The same for a width; 0: any. */
void cli_facts_print_in (CliFacts *facts, guint columns);

/* --- Holds --- */

/* A hold's document: what it holds and why, the words of the error behind it, what happens next and what a person can do. */
void cli_print_hold (GVariant *hold);

/* The same without its first line, also of a destination's document. @reason: OUTBOX_REASON_NONE: nothing holds it */
void cli_print_trouble (GVariant *document, OutboxReason reason);

/* Uploads as a table. */
void cli_print_uploads (GPtrArray *uploads);

/* --- JSON --- */

/* @value: of any type with a JSON form; floating is consumed. */
void cli_print_json (GVariant *value, gboolean is_pretty);

/* The documents as one array. */
void cli_print_json_uploads (GPtrArray *uploads);

G_END_DECLS
