/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines of "outbox add" for many files.
 */
#include "tally.h"

#include "print.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#define DRAW_EVERY_US (100 * 1000)
/* With at least so many files, a log gets the last line too. */
#define MANY 100

static gboolean
is_wanted (const CliTally *tally)
{
  return tally->n_files > 1 && !tally->is_silent;
}

void
cli_tally_draw (CliTally *tally)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autofree char *size = NULL;
  g_autofree char *text = NULL;
  g_autofree char *fit = NULL;
  guint columns;

  if (!is_wanted (tally) || (tally->is_drawn && now_us - tally->drawn_us < DRAW_EVERY_US)
      || !cli_terminal_is_on (STDERR_FILENO))
    return;
  tally->drawn_us = now_us;
  tally->is_drawn = TRUE;
  columns = cli_terminal_get_line_columns (STDERR_FILENO, NULL);
  size = g_format_size (tally->added_bytes);
  /* Translators: how far it is: files that are done, of so many, and their size */
  text = g_strdup_printf (_ ("Adding: %'u of %'u · %s"), tally->n_added + tally->n_refused, tally->n_files, size);
  if (cli_text_width (text) > columns)
    {
      g_free (text);
      text = g_strdup_printf ("%'u / %'u", tally->n_added + tally->n_refused, tally->n_files);
    }
  fit = cli_text_dup_fit (text, columns);
  (void) fprintf (stderr, "\r%s", fit);
  (void) fflush (stderr);
}

void
cli_tally_clear (CliTally *tally)
{
  if (!tally->is_drawn)
    return;
  tally->is_drawn = FALSE;
  (void) fputs ("\r\033[K", stderr);
  (void) fflush (stderr);
}

char *
cli_tally_dup_end (const CliTally *tally)
{
  g_autofree char *size = g_format_size (tally->added_bytes);

  if (tally->n_refused == 0)
    return g_strdup_printf (ngettext ("Added %'u file (%s).", "Added %'u files (%s).", tally->n_added), tally->n_added,
                            size);

  return g_strdup_printf (ngettext ("Added %'u file (%s), %'u refused.", "Added %'u files (%s), %'u refused.",
                                    tally->n_added),
                          tally->n_added, size, tally->n_refused);
}

void
cli_tally_end (CliTally *tally)
{
  g_autofree char *text = NULL;

  cli_tally_clear (tally);
  if (!is_wanted (tally) || (tally->n_files < MANY && !cli_terminal_is_on (STDERR_FILENO)))
    return;
  text = cli_tally_dup_end (tally);
  g_printerr ("%s\n", text);
}
