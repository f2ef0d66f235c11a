/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is known here against a server's log: each line that can come through the door, and each difference.
 */
#include "client/cli/against.h"

#define SHA "aaaa"

static void
on_difference (const char *id, const char *kind, const char *here, const char *there, gpointer text)
{
  g_string_append_printf (text, "%s%s %s|%s", ((GString *) text)->len > 0 ? ", " : "", kind, here, there);
}

static const CliHere done = { "done", SHA, 100, 100, 2, FALSE };
static const CliHere half = { "retrying", SHA, 100, 50, 2, FALSE };
static const CliHere fresh = { "queued", SHA, 100, 0, 0, FALSE };
static const CliHere removed = { "done", NULL, 0, 100, 2, TRUE };

#define CREATED "{\"id\":\"a\",\"event\":\"created\",\"url\":\"u\",\"size\":100,\"attempt\":1}\n"
#define FINISHED "{\"id\":\"a\",\"event\":\"finished\",\"url\":\"u\",\"size\":100,\"sha256\":\"" SHA "\"}\n"

static void
test_the_differences (void)
{
  static const struct
  {
    const CliHere *here;
    const char *lines;
    const char *differences;
  } rows[] = {
    { &done, CREATED FINISHED, "" },
    { &half, CREATED "{\"id\":\"a\",\"event\":\"received\",\"offset\":50}\n", "" },
    /* It has more than it could confirm. */
    { &half, CREATED "{\"id\":\"a\",\"event\":\"received\",\"offset\":70}\n", "" },
    { &half,
      CREATED
      "{\"id\":\"a\",\"event\":\"received\",\"bytes\":20}\n{\"id\":\"a\",\"event\":\"received\",\"bytes\":30}\n",
      "" },
    { &fresh, "", "" },
    { &removed, CREATED FINISHED, "" },
    { &removed, CREATED FINISHED "{\"id\":\"a\",\"event\":\"removed\"}\n", "" },
    { &done, "", "not-there done|" },
    { &half, "", "not-there retrying|" },
    { NULL, CREATED, "unknown-here |created" },
    { &done, CREATED, "unfinished-there done|created, offset 100|0" },
    { &half, CREATED FINISHED, "unconfirmed-here retrying|finished" },
    { &done, CREATED FINISHED "{\"id\":\"a\",\"event\":\"removed\"}\n", "removed-there done|removed" },
    { &done, FINISHED "{\"id\":\"a\",\"event\":\"finished\",\"url\":\"v\",\"size\":100}\n", "twice |u v" },
    /* The same copy, told twice. */
    { &done, FINISHED FINISHED, "" },
    { &done, "{\"id\":\"a\",\"event\":\"finished\",\"size\":99}\n", "size 100|99, offset 100|99" },
    { &done, "{\"id\":\"a\",\"event\":\"finished\",\"size\":100,\"sha256\":\"bbbb\"}\n", "digest aaaa|bbbb" },
    { &done, FINISHED "{\"id\":\"a\",\"event\":\"finished\",\"url\":\"u\",\"size\":100,\"sha256\":\"bbbb\"}\n",
      "digest aaaa|bbbb" },
    { &done, "{\"id\":\"a\",\"event\":\"finished\",\"size\":100,\"sha256\":\"AAAA\"}\n", "" },
    { &half, CREATED "{\"id\":\"a\",\"event\":\"received\",\"offset\":40}\n", "offset 50|40" },
    { &done, FINISHED "{\"id\":\"a\",\"event\":\"received\",\"attempt\":3}\n", "attempt 2|3" },
    /* Of what a server does not write down, nothing is said. */
    { &done, "{\"id\":\"a\",\"event\":\"finished\"}\n", "" },
    { &half, "{\"id\":\"a\",\"event\":\"created\"}\n", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GHashTable) there = cli_against_new ();
      g_auto (GStrv) lines = g_strsplit (rows[i].lines, "\n", -1);
      g_autoptr (GString) told = g_string_new (NULL);

      for (guint j = 0; lines[j]; j++)
        g_assert_true (cli_against_read_line (there, lines[j], NULL));
      cli_against_compare ("a", rows[i].here, g_hash_table_lookup (there, "a"), on_difference, told);
      g_test_message ("%u: %s", i, told->str);
      g_assert_cmpstr (told->str, ==, rows[i].differences);
    }
}

/* Half a log proves nothing: what cannot be read is an error, and what is about something else is not. */
static void
test_the_lines (void)
{
  g_autofree char *deep = g_strnfill (50000, '[');
  const struct
  {
    const char *line;
    gboolean is_good;
    guint n_uploads;
  } rows[] = {
    { "", TRUE, 0 },
    { "{}", TRUE, 0 },
    { "{\"id\":\"a\"}", TRUE, 0 },
    { "{\"event\":\"created\"}", TRUE, 0 },
    { "{\"id\":\"\",\"event\":\"created\"}", TRUE, 0 },
    { "{\"id\":null,\"event\":\"created\"}", TRUE, 0 },
    { "{\"id\":\"a\",\"event\":\"connection-open\"}", TRUE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"size\":null,\"sha256\":null,\"more\":[1,{}]}", TRUE, 1 },
    { "{\"id\":\"a\",\"event\":\"created\",\"at\":\"2026-04-17T09:42:03Z\"}", TRUE, 1 },
    { "created", FALSE, 0 },
    { "[]", FALSE, 0 },
    { "null", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\"", FALSE, 0 },
    { "{\"id\":1,\"event\":\"created\"}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":[\"created\"]}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"size\":\"100\"}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"size\":-1}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"size\":1.5}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"attempt\":true}", FALSE, 0 },
    { "{\"id\":\"a\",\"event\":\"created\",\"url\":{}}", FALSE, 0 },
    { deep, FALSE, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GHashTable) there = cli_against_new ();
      g_autoptr (GError) error = NULL;

      g_test_message ("%.60s", rows[i].line);
      g_assert_cmpint (cli_against_read_line (there, rows[i].line, &error), ==, rows[i].is_good);
      g_assert_cmpint (error == NULL, ==, rows[i].is_good);
      g_assert_cmpuint (g_hash_table_size (there), ==, rows[i].n_uploads);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/against/the-differences", test_the_differences);
  g_test_add_func ("/against/the-lines", test_the_lines);

  return g_test_run ();
}
