/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Prints text for people and JSON for programs. Names and servers' words come from outside: their control characters never
 * reach a terminal.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

/* --- Text --- */

/* Returns: the columns that @text takes on a terminal */
guint cli_text_width (const char *text);

/* Returns: (transfer full): @text (nullable) without control characters and line ends. */
char *cli_text_dup_safe (const char *text);

/* The same of a text of the service, in the person's language. */
char *cli_text_dup_message (const char *text);

/* What is said of something, such as "depot: Waiting for Wi-Fi". @whose: may be empty */
char *cli_text_dup_about (const char *whose, const char *words);

/* Returns: (transfer full): the same JSON without anything that a terminal would obey */
char *cli_text_dup_json (const char *json);

/* Returns: (transfer full): safe text of exactly @columns: cut in the middle, or padded. */
char *cli_text_dup_fit (const char *text, guint columns);

/* Returns: (transfer full): local time, such as 2026-04-17 09:42:03; empty for 0. */
char *cli_text_dup_time (gint64 at_ms);

/* Returns: (transfer none): what a person calls a network of that kind; empty for one that has no name. @kind: such as "wifi" */
const char *cli_text_network (const char *kind);

/* Returns: (transfer none): the last part of an id, which tells uploads apart and which the verbs accept */
const char *cli_text_short_id (const char *id);

/* --- Terminal --- */

/* The gap between cells, and before a remark about a line. */
#define CLI_GAP "  "
#define CLI_GAP_COLUMNS 2

/* How a state looks. */
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

/* Returns: an escape sequence; "" if standard output is no terminal or NO_COLOR is set */
const char *cli_style_begin (CliStyle style);
const char *cli_style_end (CliStyle style);

/* Returns: (transfer full): @text in lines of at most @columns (0: any), broken between words; a longer word has a line
 * of its own. @indent: of all lines but the first */
char *cli_text_dup_wrapped (const char *text, guint columns, guint indent);

/* --- Tables --- */

typedef struct _CliTable CliTable;

/* @headings: translated, ended by NULL. */
CliTable *cli_table_new (const char *const *headings);
void cli_table_free (CliTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliTable, cli_table_free)

/* Adds a row with as many cells (nullable) as there are headings. */
void cli_table_add (CliTable *table, CliStyle style, ...);

/* Prints the table, with headings if it has rows. On a terminal the widest cells are cut in the middle to fit, except
 * the first of a row, since an id or name is typed again. If that is not enough, each cell gets a line. */
void cli_table_print (CliTable *table);

/* The same for a given width; 0: any. */
void cli_table_print_in (CliTable *table, guint columns);

/* --- Facts --- */

/* Names and values in two columns. */
typedef struct _CliFacts CliFacts;

CliFacts *cli_facts_new (void);
void cli_facts_free (CliFacts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliFacts, cli_facts_free)

/* @name: translated. @value: (nullable): NULL prints nothing */
void cli_facts_add (CliFacts *facts, const char *name, const char *value);

void cli_facts_print (CliFacts *facts);

/* The same for a given width; 0: any. */
void cli_facts_print_in (CliFacts *facts, guint columns);

/* --- Quotas --- */

/* help.c. Returns: (transfer full) (nullable): the command that helps with what it waits for first, or failed for; NULL where there is
 * none, or it depends on who has said so */
char *cli_help_dup_command (OutboxUpload *upload);

/* Prints below its label why an upload has failed, what happens next, what a person can do, and the command that does it. */
void cli_help_print_failed (OutboxUpload *upload);

/* Prints what goes on for a time, whatever its rule says, and the command that ends it. @policy: of Policy.Get */
void cli_print_passes (GVariant *policy);

/* @quota: of Policy.Get. Returns: (transfer full): the limits that there are, as lines of outbox.conf */
GStrv cli_quota_list (GVariant *quota);

/* --- Holds --- */

/* Prints a hold: what it holds and why, the error behind it, what happens next, and what a person can do. */
void cli_print_hold (GVariant *hold);

/* The same without the first line, for a destination's document too. @reason: OUTBOX_REASON_NONE if nothing holds it */
void cli_print_trouble (GVariant *document, OutboxReason reason);

/* Prints uploads as a table. */
void cli_print_uploads (GPtrArray *uploads);

/* --- JSON --- */

/* @value: of any type with a JSON form; floating is consumed. */
void cli_print_json (GVariant *value, gboolean is_pretty);

/* Prints the documents as one array. */
void cli_print_json_uploads (GPtrArray *uploads);

G_END_DECLS
