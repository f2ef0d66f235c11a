/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tables and wrapped text, of any width in a pipe, and no wider than a terminal.
 */
#include "print.h"
#include "terminal.h"
#include "progress.h"

/* Enough for a short id or a size. */
#define CELL_MIN_COLUMNS 8

typedef struct
{
  CliStyle style;
  GStrv cells;
} Row;

struct _CliTable
{
  guint n_columns;
  GArray *rows; /* of Row; the first is the headings */
};

static void
row_clear (gpointer data)
{
  g_strfreev (((Row *) data)->cells);
}

CliTable *
cli_table_new (const char *const *headings)
{
  CliTable *table = g_new0 (CliTable, 1);
  Row row = { CLI_STYLE_DIM, g_strdupv ((GStrv) headings) };

  table->n_columns = g_strv_length ((GStrv) headings);
  table->rows = g_array_new (FALSE, FALSE, sizeof (Row));
  g_array_set_clear_func (table->rows, row_clear);
  g_array_append_val (table->rows, row);

  return table;
}

void
cli_table_free (CliTable *table)
{
  g_array_unref (table->rows);
  g_free (table);
}

void
cli_table_add (CliTable *table, CliStyle style, ...)
{
  Row row = { style, g_new0 (char *, table->n_columns + 1) };
  va_list cells;

  va_start (cells, style);
  for (guint i = 0; i < table->n_columns; i++)
    row.cells[i] = cli_text_dup_safe (va_arg (cells, const char *));
  va_end (cells);
  g_array_append_val (table->rows, row);
}

static guint
column_width (CliTable *table, guint column)
{
  guint columns = 0;

  for (guint i = 0; i < table->rows->len; i++)
    columns = MAX (columns, cli_text_width (g_array_index (table->rows, Row, i).cells[column]));

  return columns;
}

static guint
sum_up (const guint *widths, guint n_columns)
{
  guint sum = (n_columns - 1) * CLI_GAP_COLUMNS;

  for (guint i = 0; i < n_columns; i++)
    sum += widths[i];

  return sum;
}

/* Returns: the index of the widest column that can be narrowed, or 0. The first column tells rows apart and stays. */
static guint
find_widest (const guint *widths, guint n_columns)
{
  guint widest = 0;

  for (guint i = 1; i < n_columns; i++)
    if (widths[i] > CELL_MIN_COLUMNS && (widest == 0 || widths[i] > widths[widest]))
      widest = i;

  return widest;
}

static void
narrow (guint *widths, guint n_columns, guint columns)
{
  guint widest;

  for (guint sum = sum_up (widths, n_columns); sum > columns && (widest = find_widest (widths, n_columns)) > 0; sum--)
    widths[widest]--;
}

/* Returns: (transfer full): the cell cut or padded; the last one of a row is not padded */
static char *
dup_cell (const char *text, guint width, gboolean is_last)
{
  if (is_last && cli_text_width (text) <= width)
    return g_strdup (text);

  return cli_text_dup_fit (text, width);
}

static void
print_row (const Row *row, const guint *widths, guint n_columns)
{
  g_print ("%s", cli_style_begin (row->style));
  for (guint i = 0; i < n_columns; i++)
    {
      g_autofree char *cell = dup_cell (row->cells[i], widths[i], i + 1 == n_columns);

      g_print ("%s%s", i > 0 ? CLI_GAP : "", cell);
    }
  g_print ("%s\n", cli_style_end (row->style));
}

/* If a row does not fit into a line, prints each cell on its own line, the first further left. */
static void
print_stacked (const Row *row, guint n_columns, guint columns)
{
  g_print ("%s", cli_style_begin (row->style));
  for (guint i = 0; i < n_columns; i++)
    {
      guint width = i == 0 ? MAX (columns, CELL_MIN_COLUMNS)
                           : MAX (columns, CELL_MIN_COLUMNS + CLI_GAP_COLUMNS) - CLI_GAP_COLUMNS;
      g_autofree char *cell = dup_cell (row->cells[i], width, TRUE);

      if (*cell)
        g_print ("%s%s\n", i > 0 ? CLI_GAP : "", cell);
    }
  g_print ("%s", cli_style_end (row->style));
}

void
cli_table_print_in (CliTable *table, guint columns)
{
  g_autofree guint *widths = g_new (guint, table->n_columns);
  gboolean is_stacked;

  for (guint i = 0; i < table->n_columns; i++)
    widths[i] = column_width (table, i);
  if (columns > 0)
    narrow (widths, table->n_columns, columns);
  is_stacked = columns > 0 && sum_up (widths, table->n_columns) > columns;
  for (guint i = is_stacked ? 1 : 0; table->rows->len > 1 && i < table->rows->len; i++)
    {
      const Row *row = &g_array_index (table->rows, Row, i);

      if (is_stacked)
        print_stacked (row, table->n_columns, columns);
      else
        print_row (row, widths, table->n_columns);
    }
}

void
cli_table_print (CliTable *table)
{
  cli_table_print_in (table, cli_terminal_get_print_columns ());
}

char *
cli_text_dup_wrapped (const char *text, guint columns, guint indent)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GString *lines = g_string_new (NULL);
  guint taken = indent;

  for (guint i = 0; words[i]; i++)
    {
      guint width = cli_text_width (words[i]);

      if (i > 0 && columns > 0 && taken + 1 + width > columns)
        {
          g_string_append_printf (lines, "\n%*s", (int) indent, "");
          taken = indent;
        }
      else if (i > 0)
        {
          g_string_append_c (lines, ' ');
          taken++;
        }
      g_string_append (lines, words[i]);
      taken += width;
    }

  return g_string_free (lines, FALSE);
}
