/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What of an upload came with checksums, through every story of chunks and offsets that servers, kills and damaged rows can tell.
 */
#include "model/checked.h"

typedef struct
{
  const char *name;
  const char *story; /* b0-100: a chunk with a checksum begins; u0-100: one without; f100: the server has 100 */
  guint64 bytes;     /* that came with checksums then */
} Row;

static const Row rows[] = {
  { "nothing", "", 0 },
  { "nothing is there", "f0", 0 },
  { "a chunk", "b0-100 f100", 100 },
  { "two chunks", "b0-100 f100 b100-200 f200", 200 },
  { "a chunk without, and one with", "u0-100 f100 b100-200 f200", 0 },
  { "a chunk with, and one without", "b0-100 f100 u100-200 f200", 100 },
  { "a chunk without that ends where one with was to end", "b0-100 f0 u0-100 f100", 0 },
  { "a chunk that was cut and dropped, and sent again", "b0-100 f0 b0-100 f100", 100 },
  { "a chunk that was cut and dropped, and a smaller one", "b0-100 f0 b0-50 f50 b50-100 f100", 100 },
  { "a chunk of which the server keeps a part", "b0-100 f60 b60-100 f100", 0 },
  { "a part that the server drops after all", "b0-100 f60 f0 b0-100 f100", 100 },
  { "a chunk that arrives after a look that had not seen it", "b0-100 f0 f100 b100-200 f200", 200 },
  { "a larger one is begun, and the smaller arrives", "b0-100 f0 b0-200 f100", 0 },
  { "bytes that the server loses, to a chunk's end", "b0-100 f100 b100-200 f200 f100 b100-200 f200", 200 },
  { "bytes that the server loses, to the middle of a chunk", "b0-100 f100 f30 b30-100 f100", 100 },
  { "all bytes lost", "b0-100 f100 f0 b0-100 f100", 100 },
  { "all bytes lost, and sent without", "b0-100 f100 f0 u0-100 f100", 0 },
  { "more than was sent", "b0-100 f300", 0 },
};

static void
test_a_story (gconstpointer data)
{
  const Row *row = data;
  g_auto (GStrv) words = g_strsplit (row->story, " ", -1);
  ObChecked checked = { 0 };

  for (guint i = 0; words[i]; i++)
    {
      char *end = NULL;
      guint64 from_bytes = g_ascii_strtoull (words[i] + 1, &end, 10);

      if (words[i][0] == 'f')
        ob_checked_find (&checked, from_bytes);
      else
        ob_checked_begin (&checked, from_bytes, words[i][0] == 'b' ? g_ascii_strtoull (end + 1, NULL, 10) : 0);
    }
  g_assert_cmpuint (checked.bytes, ==, row->bytes);
}

static void
test_what_cannot_be_is_forgotten (void)
{
  ObChecked good = { 100, 200 }, beyond_offset = { 101, 0 }, beyond_end = { 100, 301 };

  g_assert_false (ob_checked_mend (&good, 100, 300));
  g_assert_cmpuint (good.bytes, ==, 100);
  g_assert_true (ob_checked_mend (&beyond_offset, 100, 300));
  g_assert_cmpuint (beyond_offset.bytes, ==, 0);
  g_assert_true (ob_checked_mend (&beyond_end, 100, 300));
  g_assert_cmpuint (beyond_end.bytes + beyond_end.begun_bytes, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/checked/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_a_story);
    }
  g_test_add_func ("/checked/what-cannot-be", test_what_cannot_be_is_forgotten);

  return g_test_run ();
}
