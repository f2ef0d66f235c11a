/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How far an upload is, for a person: a bar in two shades, and words. Only what the server has confirmed counts; what is on the
 * way shows that something moves.
 */
#pragma once

#include <outbox.h>

G_BEGIN_DECLS

/* Pure. What is confirmed is rounded down, so that a bar is full only when all of it is; what is on the way has a place as soon
 * as there is any. @sent_bytes: at least @confirmed_bytes, or nothing is on the way. @is_ascii: "##==----" in place of shaded
 * blocks. Returns: (transfer full): exactly @columns wide */
char *cli_bar_dup (guint64 confirmed_bytes, guint64 sent_bytes, guint64 size_bytes, guint columns, gboolean is_ascii);

/* Returns: (transfer full): the bar of an upload as this terminal can show it; of one that is being saved, how much is. */
char *cli_bar_dup_upload (OutboxUpload *upload, guint columns);

/* What the server has confirmed of an upload, and what is on the way, in bytes; neither is more than its size. */
guint64 cli_progress_get_confirmed (OutboxUpload *upload);
guint64 cli_progress_get_on_the_way (OutboxUpload *upload);

/* Adds how much is on the way, where anything is. Returns: (transfer full) */
char *cli_progress_dup_words (const char *text, guint64 on_the_way_bytes);

/* Returns: (transfer full): the label of an upload; with what is on the way, where that fits into @columns */
char *cli_progress_dup_label (OutboxUpload *upload, guint columns);

/* The same where each change is a line of its own, and must not be one for every kilobyte: in tenths of the file. */
char *cli_progress_dup_line (OutboxUpload *upload);

/* The columns of a line that has a name, a bar and a label, with CLI_GAP_COLUMNS between them. A part of 0 is left out, with
 * its gap. */
typedef struct
{
  guint name;
  guint bar;
  guint label;
} CliLayout;

/* Pure. @columns: that there are, at least 1. @widest_name: of those to be shown */
CliLayout cli_layout (guint columns, guint widest_name);

G_END_DECLS
