/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far "outbox add" is with many files: one line on a terminal, which is written again and again, and one at the end. It goes
 * to standard error, so that standard output has the ids alone.
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
  gboolean is_silent; /* a person wants neither line */
  gboolean is_drawn;  /* a line stands on the terminal */
  gint64 drawn_us;    /* when, monotonic; 0: never */
} CliTally;

/* Draws the line anew, a few times a second at most; nothing for a single file, and where standard error is no terminal. */
void cli_tally_draw (CliTally *tally);

/* Takes the line away, before anything else is printed. */
void cli_tally_clear (CliTally *tally);

/* Says what became of them; nothing for a single file, nor for a few where standard error is no terminal. */
void cli_tally_end (CliTally *tally);

/* Pure. Returns: (transfer full): what the line at the end says. */
char *cli_tally_dup_end (const CliTally *tally);

G_END_DECLS
