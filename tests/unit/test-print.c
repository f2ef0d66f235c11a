/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the command prints below each other: by columns of a terminal, of which a character may take none, one or two.
 */
#include "client/cli/print.h"

#include <locale.h>
#include <string.h>

static void
test_width (void)
{
  const struct
  {
    const char *text;
    guint columns;
  } rows[] = {
    { "", 0 },
    { "Paused · no network", 19 },
    { "Größe", 5 },
    { "e\314\201", 1 }, /* an accent of its own */
    { "一時停止 · 圏外", 15 },
    { "已暂停 · 等待 Wi-Fi", 19 },
    { "ｶﾅ", 2 },
    { "📷", 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (cli_text_width (rows[i].text), ==, rows[i].columns);
}

static void
test_fits_exactly (void)
{
  const struct
  {
    const char *text;
    guint columns;
    const char *fit;
  } rows[] = {
    { "圏外", 6, "圏外  " },
    { "圏外", 4, "圏外" },
    { "写真写真写真", 8, "写真…真 " },
    { "写真写真写真", 7, "写真…真" },
    { "写真写真写真", 2, "… " },
    { "写真写真写真", 1, "…" },
    { "Brücke am Mühlbach.jpg", 9, "Brüc….jpg" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *fit = cli_text_dup_fit (rows[i].text, rows[i].columns);

      g_assert_cmpuint (cli_text_width (fit), ==, rows[i].columns);
      g_assert_cmpstr (fit, ==, rows[i].fit);
    }
}

static GString *
get_printed (void)
{
  static GString *printed = NULL;

  if (!printed)
    printed = g_string_new (NULL);

  return printed;
}

static void
on_print (const char *text)
{
  g_string_append (get_printed (), text);
}

/* What is printed, a string a line. */
static GStrv
catch_lines (void (*print) (void))
{
  GPrintFunc before = g_set_print_handler (on_print);
  GStrv lines;

  g_string_truncate (get_printed (), 0);
  print ();
  g_set_print_handler (before);
  lines = g_strsplit (get_printed ()->str, "\n", -1);

  return lines;
}

/* The column at which a word begins. */
static guint
column_of (const char *line, const char *word)
{
  const char *at = strstr (line, word);
  g_autofree char *before = NULL;

  g_assert_nonnull (at);
  before = g_strndup (line, (gsize) (at - line));

  return cli_text_width (before);
}

static void
print_table (void)
{
  const char *const headings[] = { "標識", "名稱", "狀態", NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);

  cli_table_add (table, CLI_STYLE_PLAIN, "0a1b2c3d", "橋の写真.jpg", "|1");
  cli_table_add (table, CLI_STYLE_PLAIN, "9f", "Brücke.jpg", "|2");
  cli_table_add (table, CLI_STYLE_PLAIN, "圏外", "e\314\201t\303\251.jpg", "|3");
  cli_table_print (table);
}

static void
test_table_is_aligned (void)
{
  g_auto (GStrv) lines = catch_lines (print_table);

  g_assert_cmpuint (g_strv_length (lines), ==, 5);
  g_assert_cmpuint (column_of (lines[0], "狀態"), ==, 24);
  for (guint i = 1; i <= 3; i++)
    g_assert_cmpuint (column_of (lines[i], "|"), ==, 24);
}

static guint table_columns; /* of the table that is printed next */

static void
print_narrow_table (void)
{
  const char *const headings[] = { "ID", "NAME", "SIZE", "STATUS", NULL };
  g_autoptr (CliTable) table = cli_table_new (headings);

  cli_table_add (table, CLI_STYLE_PLAIN, "0a1b2c3d", "a rather long name of a photo.jpg", "943.7 MB",
                 "Paused · waiting for a network without a data limit");
  cli_table_add (table, CLI_STYLE_PLAIN, "1a1b2c3d", "橋の写真橋の写真橋の写真橋の写真.jpg", "1 kB", "Uploaded");
  cli_table_add (table, CLI_STYLE_PLAIN, "2a1b2c3d", "x", "", "");
  cli_table_print_in (table, table_columns);
}

/* No line is wider than the terminal, and every id is there whole, at the beginning of its line, on any width that has room for
 * one; a size is never cut. */
static void
test_table_fits_every_width (void)
{
  for (table_columns = 10; table_columns <= 140; table_columns++)
    {
      g_auto (GStrv) lines = catch_lines (print_narrow_table);
      guint n_ids = 0, n_sizes = 0;

      for (guint i = 0; lines[i]; i++)
        {
          g_assert_cmpuint (cli_text_width (lines[i]), <=, table_columns);
          n_ids += strlen (lines[i]) >= 8 && g_str_has_prefix (lines[i] + 1, "a1b2c3d");
          n_sizes += strstr (lines[i], "943.7 MB") != NULL;
        }
      g_assert_cmpuint (n_ids, ==, 3);
      g_assert_cmpuint (n_sizes, ==, 1);
    }
}

#define LONG_ID "01a225bc-32c4-7000-96f8-11851c904a42"
#define SENTENCE "Waits for new credentials; keeps what the server has."

static void
print_narrow_facts (void)
{
  g_autoptr (CliFacts) facts = cli_facts_new ();

  cli_facts_add (facts, "id", LONG_ID);
  cli_facts_add (facts, "was Sie tun können", SENTENCE);
  cli_facts_add (facts, "size", "2 bytes");
  cli_facts_print_in (facts, table_columns);
}

/* No line is wider than the terminal but one that is a single word; an id is whole; no word is lost or broken. */
static void
test_facts_fit_every_width (void)
{
  g_auto (GStrv) words = g_strsplit ("id " LONG_ID " was Sie tun können " SENTENCE " size 2 bytes", " ", -1);

  for (table_columns = 20; table_columns <= 120; table_columns++)
    {
      g_auto (GStrv) lines = catch_lines (print_narrow_facts);
      g_autofree char *all = g_strjoinv (" ", lines);
      const char *at = all;

      for (guint i = 0; lines[i]; i++)
        if (strchr (g_strstrip (lines[i]), ' '))
          g_assert_cmpuint (cli_text_width (lines[i]), <=, table_columns);
      for (guint i = 0; words[i]; i++)
        {
          at = strstr (at, words[i]);
          g_assert_nonnull (at);
          at += strlen (words[i]);
        }
    }
}

static void
print_facts (void)
{
  g_autoptr (CliFacts) facts = cli_facts_new ();

  cli_facts_add (facts, "サイズ", "|1");
  cli_facts_add (facts, "was Sie tun können", "|2");
  cli_facts_add (facts, "nothing", NULL);
  cli_facts_add (facts, "id", "|3");
  cli_facts_print (facts);
}

static void
test_facts_are_aligned (void)
{
  g_auto (GStrv) lines = catch_lines (print_facts);

  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  for (guint i = 0; i < 3; i++)
    g_assert_cmpuint (column_of (lines[i], "|"), ==, 20);
}

/* Every character that there is: none that a terminal obeys, or that turns or hides what follows, gets through as itself, by
 * whichever way; and JSON still says the same. */
static void
test_no_character_is_obeyed (void)
{
  guint n_hidden = 0;

  for (gunichar c = 1; c <= 0x10ffff; c++)
    {
      char text[8] = { 0 };
      g_autofree char *safe = NULL;
      g_autofree char *json = NULL;
      GUnicodeType type = g_unichar_type (c);
      gboolean is_bad = type == G_UNICODE_CONTROL || type == G_UNICODE_LINE_SEPARATOR
                        || type == G_UNICODE_PARAGRAPH_SEPARATOR
                        || (type == G_UNICODE_FORMAT && c != 0x200c && c != 0x200d);

      if (!g_unichar_validate (c) || c == '"' || c == '\\')
        continue;
      (void) g_unichar_to_utf8 (c, text);
      safe = cli_text_dup_safe (text);
      json = cli_text_dup_json (text);
      g_assert_cmpint (g_str_equal (safe, text), ==, !is_bad);
      g_assert_cmpint (g_str_equal (json, text), ==, !is_bad || c == '\n');
      if (is_bad && c != '\n')
        {
          g_assert_true (g_str_is_ascii (json));
          g_assert_true (g_str_has_prefix (json, "\\u"));
        }
      n_hidden += is_bad;
    }
  g_test_message ("%u characters are hidden", n_hidden);
  g_assert_cmpuint (n_hidden, >, 200);
}

int
main (int argc, char *argv[])
{
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/print/width", test_width);
  g_test_add_func ("/print/fits-exactly", test_fits_exactly);
  g_test_add_func ("/print/table-is-aligned", test_table_is_aligned);
  g_test_add_func ("/print/table-fits-every-width", test_table_fits_every_width);
  g_test_add_func ("/print/facts-fit-every-width", test_facts_fit_every_width);
  g_test_add_func ("/print/no-character-is-obeyed", test_no_character_is_obeyed);
  g_test_add_func ("/print/facts-are-aligned", test_facts_are_aligned);

  return g_test_run ();
}
