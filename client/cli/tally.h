/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far "outbox add" is with many files: on a terminal one line that is redrawn, and one at the end. On standard error,
 * so that standard output has only the ids.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint n_files;
  guint n_added;
  guint n_refused;
  guint64 added_bytes;
  gboolean is_silent; /* print neither line */
  gboolean is_drawn;  /* the line is on the terminal */
  gint64 drawn_us;    /* monotonic time of the last drawing; 0: never */
} CliTally;

/* Redraws the line, at most a few times a second. Nothing for a single file, or if standard error is no terminal. */
void cli_tally_draw (CliTally *tally);

/* Clears the line before anything else is printed. */
void cli_tally_clear (CliTally *tally);

/* Prints the outcome. Nothing for a single file, nor for a few if standard error is no terminal. */
void cli_tally_end (CliTally *tally);

/* Pure. Returns: (transfer full): the last line */
char *cli_tally_dup_end (const CliTally *tally);

G_END_DECLS
