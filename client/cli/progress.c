/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bars, the words beside them, and the room that each gets.
 */
#include "progress.h"

#include "print.h"
#include "terminal.h"

#include "config.h"

#include <glib/gi18n.h>

#define NAME_MAX_COLUMNS 40
#define STEPS 10
#define BAR_COLUMNS 20
#define BAR_LEAST_COLUMNS 4
/* "Uploading · 42 % · 524.3 kB on the way" */
#define LABEL_COLUMNS 38

/* --- Bars --- */

static guint
count_full (guint64 bytes, guint64 size_bytes, guint columns)
{
  guint full;

  if (bytes >= size_bytes)
    return size_bytes > 0 ? columns : 0;
  full = (guint) ((double) bytes / (double) size_bytes * columns);

  return MIN (full, columns > 0 ? columns - 1 : 0);
}

static void
append (GString *bar, const char *cell, guint n_cells)
{
  for (guint i = 0; i < n_cells; i++)
    g_string_append (bar, cell);
}

char *
cli_bar_dup (guint64 confirmed_bytes, guint64 sent_bytes, guint64 size_bytes, guint columns, gboolean is_ascii)
{
  guint full = count_full (confirmed_bytes, size_bytes, columns);
  guint reached = count_full (sent_bytes, size_bytes, columns);
  gboolean is_on_the_way = MIN (sent_bytes, size_bytes) > confirmed_bytes;
  guint moving = is_on_the_way && columns > 0 ? MAX (reached, full + 1) - full : 0;
  GString *bar = g_string_new (NULL);

  append (bar, is_ascii ? "#" : "█", full);
  append (bar, is_ascii ? "=" : "▒", moving);
  append (bar, is_ascii ? "-" : "░", columns - full - moving);

  return g_string_free (bar, FALSE);
}

char *
cli_bar_dup_upload (OutboxUpload *upload, guint columns)
{
  OutboxState state = outbox_upload_get_state (upload);
  guint64 size = outbox_upload_get_size (upload);
  guint64 confirmed = cli_progress_get_confirmed (upload);
  guint64 sent = confirmed + cli_progress_get_on_the_way (upload);

  /* An upload without a byte is either done or has not begun. */
  if (state == OUTBOX_STATE_DONE)
    size = confirmed = sent = 1;
  else if (state == OUTBOX_STATE_SAVING)
    confirmed = sent = MIN (outbox_upload_get_saved (upload), size);

  return cli_bar_dup (confirmed, sent, size, columns, !g_get_charset (NULL) || cli_terminal_is_dumb ());
}

/* --- Words --- */

guint64
cli_progress_get_confirmed (OutboxUpload *upload)
{
  guint64 size = outbox_upload_get_size (upload);

  return outbox_upload_get_state (upload) == OUTBOX_STATE_DONE ? size : MIN (outbox_upload_get_offset (upload), size);
}

guint64
cli_progress_get_on_the_way (OutboxUpload *upload)
{
  guint64 sent = MIN (outbox_upload_get_sent (upload), outbox_upload_get_size (upload));
  guint64 confirmed = cli_progress_get_confirmed (upload);

  return outbox_upload_get_state (upload) == OUTBOX_STATE_UPLOADING && sent > confirmed ? sent - confirmed : 0;
}

char *
cli_progress_dup_words (const char *text, guint64 on_the_way_bytes)
{
  g_autofree char *size = g_format_size (on_the_way_bytes);

  if (on_the_way_bytes == 0)
    return g_strdup (text);

  /* Translators: how it stands, such as "Uploading · 42 %", and a size: sent, and not confirmed by the server yet */
  return g_strdup_printf (_ ("%s · %s on the way"), text, size);
}

char *
cli_progress_dup_label (OutboxUpload *upload, guint columns)
{
  g_autofree char *label = outbox_upload_dup_label (upload);
  g_autofree char *words = cli_progress_dup_words (label, cli_progress_get_on_the_way (upload));

  if (cli_text_width (words) > columns)
    return g_steal_pointer (&label);

  return g_steal_pointer (&words);
}

char *
cli_progress_dup_line (OutboxUpload *upload)
{
  guint64 step = MAX (outbox_upload_get_size (upload) / STEPS, 1);
  guint64 on_the_way = cli_progress_get_on_the_way (upload);
  g_autofree char *label = outbox_upload_dup_label (upload);

  return cli_progress_dup_words (label, on_the_way - on_the_way % step);
}

/* --- Room --- */

/* @part: a column and the gap after it; 0: left out */
static guint
take_off (guint columns, guint part)
{
  guint taken = part > 0 ? part + CLI_GAP_COLUMNS : 0;

  return columns > taken ? columns - taken : 0;
}

CliLayout
cli_layout (guint columns, guint widest_name)
{
  guint name = MIN (widest_name, MIN (NAME_MAX_COLUMNS, columns / 3));
  guint room = take_off (columns, name);
  guint small = MIN (columns / 6, BAR_COLUMNS / 2);
  guint bar = take_off (room, BAR_COLUMNS) >= LABEL_COLUMNS ? BAR_COLUMNS : small;

  if (bar < BAR_LEAST_COLUMNS)
    bar = 0;

  return (CliLayout){ name, bar, take_off (room, bar) };
}
