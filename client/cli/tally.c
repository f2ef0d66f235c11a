/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The lines of "outbox add" about many files.
 */
#include "tally.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DRAW_EVERY_US (100 * 1000)
#define COLUMNS_DEFAULT 80
/* From so many on a log wants the line at the end as well. */
#define MANY 100

static gboolean
is_wanted (const CliTally *tally)
{
  return tally->n_files > 1 && !tally->is_silent;
}

static gboolean
is_terminal (void)
{
  return isatty (STDERR_FILENO) && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

/* A line that is wrapped could not be taken away again; the last column stays free. */
static guint
get_columns (void)
{
  struct winsize size = { 0 };

  if (ioctl (STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return COLUMNS_DEFAULT - 1;

  return MAX (size.ws_col, 2) - 1;
}

void
cli_tally_draw (CliTally *tally)
{
  gint64 now_us = g_get_monotonic_time ();
  g_autofree char *size = NULL;
  g_autofree char *text = NULL;
  g_autofree char *fit = NULL;

  if (!is_wanted (tally) || (tally->is_drawn && now_us - tally->drawn_us < DRAW_EVERY_US) || !is_terminal ())
    return;
  tally->drawn_us = now_us;
  tally->is_drawn = TRUE;
  size = g_format_size (tally->added_bytes);
  /* Translators: how far it is: files that are done, of so many, and their size */
  text = g_strdup_printf (_ ("Adding: %'u of %'u · %s"), tally->n_added + tally->n_refused, tally->n_files, size);
  if (cli_text_width (text) > get_columns ())
    {
      g_free (text);
      text = g_strdup_printf ("%'u / %'u", tally->n_added + tally->n_refused, tally->n_files);
    }
  fit = cli_text_dup_fit (text, get_columns ());
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
  if (!is_wanted (tally) || (tally->n_files < MANY && !is_terminal ()))
    return;
  text = cli_tally_dup_end (tally);
  g_printerr ("%s\n", text);
}
