/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An upload's progress for a person: a bar in two shades, and words. Only confirmed bytes count; bytes on the way show that
 * it moves.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

/* Pure. Returns: (transfer full): a bar of exactly @columns. Confirmed bytes are rounded down, so that only a complete
 * bar is full; a single byte on the way is visible. @sent_bytes: with less than @confirmed_bytes nothing is on the way.
 * @is_ascii: "##==----" instead of shaded blocks */
char *cli_bar_dup (guint64 confirmed_bytes, guint64 sent_bytes, guint64 size_bytes, guint columns, gboolean is_ascii);

/* Returns: (transfer full): the bar of an upload for this terminal; while it is being saved, of the bytes saved */
char *cli_bar_dup_upload (OutboxUpload *upload, guint columns);

/* Returns: confirmed bytes of an upload, and bytes on the way; neither exceeds its size */
guint64 cli_progress_get_confirmed (OutboxUpload *upload);
guint64 cli_progress_get_on_the_way (OutboxUpload *upload);

/* Returns: (transfer full): @text, with the bytes on the way if there are any */
char *cli_progress_dup_words (const char *text, guint64 on_the_way_bytes);

/* Returns: (transfer full): the label of an upload, with the bytes on the way if that fits into @columns */
char *cli_progress_dup_label (OutboxUpload *upload, guint columns);

/* The same for output with a line for each change: by tenths of the file, so that not every kilobyte is a line. */
char *cli_progress_dup_line (OutboxUpload *upload);

/* The columns of a line with a name, a bar and a label, CLI_GAP_COLUMNS between them. A part of 0 is left out with its
 * gap. */
typedef struct
{
  guint name;
  guint bar;
  guint label;
} CliLayout;

/* Pure. @columns: of the terminal, at least 1. @widest_name: the widest of the names to show */
CliLayout cli_layout (guint columns, guint widest_name);

G_END_DECLS
