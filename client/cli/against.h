/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Compares what is known here of uploads with the log of a server: JSON lines, as docs/history.md has them. Pure.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What is known here. Strings are borrowed. */
typedef struct
{
  const char *state;
  const char *sha256; /* NULL: not known */
  guint64 size_bytes;
  guint64 offset_bytes; /* that the server confirmed */
  guint attempts;
  gboolean is_removed; /* the log alone still knows it: neither size nor digest */
} CliHere;

/* What a server's log says of one upload. */
typedef struct _CliThere CliThere;

/* Returns: (transfer full) (element-type utf8 CliThere): by id; empty. */
GHashTable *cli_against_new (void);

/* Reads a line of the server's log; one about something else is passed over. Errors: G_IO_ERROR_INVALID_DATA for one that is no
 * JSON object, or has a member of another type. */
gboolean cli_against_read_line (GHashTable *there, const char *line, GError **error);

/* A difference. @kind: one word for programs. @here, @there: what each says; empty: nothing */
typedef void (*CliDifference) (const char *id, const char *kind, const char *here, const char *there,
                               gpointer user_data);

/* Calls @on_difference for each. @here, @there: (nullable): the upload is not known there */
void cli_against_compare (const char *id, const CliHere *here, const CliThere *there, CliDifference on_difference,
                          gpointer user_data);

/* Returns: (transfer none): the words of a kind, for a person */
const char *cli_against_get_words (const char *kind);

G_END_DECLS
