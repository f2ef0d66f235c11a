/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bars and the lines that they stand in: at every width, and only what is confirmed counts.
 */
#include "client/cli/progress.h"

#include "client/cli/print.h"

#include <locale.h>

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

typedef struct
{
  guint64 confirmed_bytes;
  guint64 sent_bytes;
  guint64 size_bytes;
  guint columns;
  const char *bar;
} BarRow;

static const BarRow bar_rows[] = {
  { 0, 0, 100, 10, "----------" },
  { 0, 1, 100, 10, "=---------" }, /* the first byte is seen to move */
  { 0, 55, 100, 10, "=====-----" },
  { 0, 100, 100, 10, "==========" }, /* all of it is on the way, and nothing has arrived */
  { 42, 42, 100, 10, "####------" },
  { 42, 43, 100, 10, "####=-----" },
  { 42, 78, 100, 10, "####===---" },
  { 99, 99, 100, 10, "#########-" }, /* full is what has arrived whole */
  { 99, 100, 100, 10, "#########=" },
  { 100, 100, 100, 10, "##########" },
  { 0, 0, 0, 10, "----------" },
  { 0, 7, 0, 10, "----------" },     /* more than there is */
  { 50, 20, 100, 10, "#####-----" }, /* less than is confirmed */
  { 70, 300, 100, 10, "#######===" },
  { 300, 400, 100, 10, "##########" },
  { G_MAXUINT64 - 1, G_MAXUINT64 - 1, G_MAXUINT64, 10, "#########-" },
  { G_MAXUINT64 - 1, G_MAXUINT64, G_MAXUINT64, 10, "#########=" },
  { 42, 78, 100, 1, "=" },
  { 42, 42, 100, 1, "-" },
  { 100, 100, 100, 1, "#" },
  { 42, 78, 100, 0, "" },
  { 1 * MIB, 5 * MIB, 1024 * MIB, 20, "=-------------------" },
};

static void
test_bars (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (bar_rows); i++)
    {
      const BarRow *row = &bar_rows[i];
      g_autofree char *bar = cli_bar_dup (row->confirmed_bytes, row->sent_bytes, row->size_bytes, row->columns, TRUE);

      g_assert_cmpstr (bar, ==, row->bar);
    }
}

static guint
count_cells (const char *bar, const char *cell)
{
  g_auto (GStrv) parts = g_strsplit (bar, cell, -1);

  return *bar ? g_strv_length (parts) - 1 : 0;
}

/* Both ways to draw it say the same, in as many columns as there are. */
static void
test_bars_of_every_width (void)
{
  for (guint columns = 0; columns <= 120; columns++)
    for (guint64 confirmed = 0; confirmed <= 50; confirmed++)
      for (guint64 sent = confirmed; sent <= 50; sent += 5)
        {
          g_autofree char *bar = cli_bar_dup (confirmed, sent, 50, columns, FALSE);
          g_autofree char *ascii = cli_bar_dup (confirmed, sent, 50, columns, TRUE);

          g_assert_cmpuint (cli_text_width (bar), ==, columns);
          g_assert_cmpuint (cli_text_width (ascii), ==, columns);
          g_assert_cmpuint (count_cells (bar, "█"), ==, count_cells (ascii, "#"));
          g_assert_cmpuint (count_cells (bar, "▒"), ==, count_cells (ascii, "="));
          g_assert_cmpint (count_cells (ascii, "#") == columns, ==, columns == 0 || confirmed == 50);
          g_assert_cmpint (count_cells (ascii, "=") > 0, ==, columns > 0 && sent > confirmed);
        }
}

static guint
width_of (const CliLayout *layout)
{
  return (layout->name > 0 ? layout->name + CLI_GAP_COLUMNS : 0) + (layout->bar > 0 ? layout->bar + CLI_GAP_COLUMNS : 0)
         + layout->label;
}

/* A line that is wider than the terminal wraps, and what is drawn over it the next time is another one. */
static void
test_lines_of_every_width (void)
{
  for (guint columns = 1; columns <= 400; columns++)
    for (guint name = 1; name <= 120; name += 7)
      {
        const CliLayout layout = cli_layout (columns, name);

        g_assert_cmpuint (width_of (&layout), <=, columns);
        g_assert_cmpuint (layout.name, <=, name);
        if (columns >= 39)
          {
            g_assert_cmpuint (layout.bar, >=, 6);
            g_assert_cmpuint (layout.label, >=, 16); /* "Uploading · 42 %" */
          }
      }
}

static OutboxUpload *
make_upload (const char *state, guint64 offset, guint64 sent)
{
  return outbox_upload_new_for_document (
      g_variant_new_parsed ("{'state': <%s>, 'size': <uint64 2000000>, 'offset': <%t>, 'sent_bytes': <%t>}", state,
                            offset, sent));
}

typedef struct
{
  const char *state;
  guint64 offset;
  guint64 sent;
  guint columns;
  const char *label;
} LabelRow;

static const LabelRow label_rows[] = {
  { "uploading", 0, 0, 80, "Uploading · 0 %" },
  { "uploading", 0, 524288, 80, "Uploading · 0 % · 524.3 kB on the way" },
  { "uploading", 0, 2000000, 80, "Uploading · 0 % · 2.0 MB on the way" },
  { "uploading", 1000000, 1500000, 80, "Uploading · 50 % · 500.0 kB on the way" },
  { "uploading", 1000000, 1500000, 38, "Uploading · 50 % · 500.0 kB on the way" },
  { "uploading", 1000000, 1500000, 37, "Uploading · 50 %" },
  { "uploading", 1000000, 9000000, 80, "Uploading · 50 % · 1.0 MB on the way" },
  { "paused", 1000000, 1500000, 80, "Paused" },
  { "done", 2000000, 2000000, 80, "Uploaded" },
};

static void
test_labels (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (label_rows); i++)
    {
      const LabelRow *row = &label_rows[i];
      g_autoptr (OutboxUpload) upload = make_upload (row->state, row->offset, row->sent);
      g_autofree char *label = cli_progress_dup_label (upload, row->columns);
      /* The one of a size does not break. */
      g_auto (GStrv) parts = g_strsplit (label, "\302\240", -1);
      g_autofree char *plain = g_strjoinv (" ", parts);

      g_assert_cmpstr (plain, ==, row->label);
    }
}

/* Nobody wants a line for each kilobyte. */
static void
test_lines_go_by_tenths (void)
{
  g_autoptr (GHashTable) lines = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint64 sent = 0; sent <= 2000000; sent += 1000)
    {
      g_autoptr (OutboxUpload) upload = make_upload ("uploading", 0, sent);

      g_hash_table_add (lines, cli_progress_dup_line (upload));
    }
  g_assert_cmpuint (g_hash_table_size (lines), ==, 11);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/progress/bars", test_bars);
  g_test_add_func ("/progress/bars-of-every-width", test_bars_of_every_width);
  g_test_add_func ("/progress/lines-of-every-width", test_lines_of_every_width);
  g_test_add_func ("/progress/labels", test_labels);
  g_test_add_func ("/progress/lines-go-by-tenths", test_lines_go_by_tenths);

  return g_test_run ();
}
