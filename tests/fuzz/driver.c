/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Runs a fuzz target where there is no libFuzzer: every file of the corpus whose name begins with the target's, then
 * seeded changes to them. FUZZ_RUNS says how many, FUZZ_SEED repeats a run. GLib's criticals end it, as do the
 * sanitizers. Output is TAP.
 */
#include "fuzz.h"

#include <gio/gio.h>
#include <stdlib.h>

#define RUNS 5000
#define MOST_BYTES 4096

static guint
read_number (const char *variable, guint otherwise)
{
  const char *text = g_getenv (variable);

  return text && *text ? (guint) g_ascii_strtoull (text, NULL, 10) : otherwise;
}

static GPtrArray *
load_corpus (const char *folder, const char *target)
{
  GPtrArray *seeds = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_prefix (name, target))
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);
        char *text;
        gsize size;

        if (g_file_get_contents (path, &text, &size, NULL))
          g_ptr_array_add (seeds, g_bytes_new_take (text, size));
      }

  return seeds;
}

/* Tries a copy of its own, so that a sanitizer sees one byte too many. */
static void
try (GByteArray *input)
{
  /* g_memdup2() has nothing of nothing, and no target expects that. */
  g_autofree guint8 *copy = input->len > 0 ? g_memdup2 (input->data, input->len) : g_malloc0 (1);

  (void) LLVMFuzzerTestOneInput (copy, input->len);
}

static void
insert (GByteArray *input, guint at, const guint8 *bytes, guint length)
{
  g_autofree guint8 *tail = g_memdup2 (input->data + at, input->len - at);
  guint tail_length = input->len - at;

  g_byte_array_set_size (input, at);
  g_byte_array_append (input, bytes, length);
  g_byte_array_append (input, tail, tail_length);
}

static void
change (GByteArray *input, GRand *random, GPtrArray *seeds)
{
  static const char *const words[] = { "{", "}", "[", "]", "\"", ":", ",", "\\u0000", "\\ud800", "null", "true", "-1",
                                       "18446744073709551616", "9223372036854775807", "1e999", "0x10", "\xff\xfe", "\r\n",
                                       "sha256", "metadata", "stored", " ", "{id}", "%" };
  static const char *const texts[] = { "\x1b[", "\xc2\x9b", "\xe2\x80\xae", "\xe9", "//", "%0d%0a", "<", ">", "'", "int64 ",
                                       "@a{ss} {}", "\r\nLocation: ", "-", "9223372036854775808" };
  guint at = input->len > 0 ? (guint) g_rand_int_range (random, 0, (gint) input->len) : 0;
  guint8 byte = (guint8) g_rand_int (random);
  const char *word;
  GBytes *other;
  gsize length;

  switch (g_rand_int_range (random, 0, 6))
    {
    case 0:
      if (input->len > 0)
        input->data[at] ^= (guint8) (1u << (byte & 7));
      break;
    case 1:
      if (input->len > 0)
        input->data[at] = byte;
      break;
    case 2:
      insert (input, at, &byte, 1);
      break;
    case 3:
      if (input->len > 0)
        g_byte_array_remove_range (input, at, MIN (input->len - at, 1u + byte % 16));
      break;
    case 4:
      word = byte & 1 ? words[byte / 2 % G_N_ELEMENTS (words)] : texts[byte / 2 % G_N_ELEMENTS (texts)];
      insert (input, at, (const guint8 *) word, (guint) strlen (word));
      break;
    default:
      other = seeds->pdata[byte % seeds->len];
      length = g_bytes_get_size (other);
      insert (input, at, g_bytes_get_data (other, NULL), (guint) MIN (length, byte));
      break;
    }
}

int
main (int argc, char *argv[])
{
  guint seed = read_number ("FUZZ_SEED", g_random_int ());
  guint n_runs = read_number ("FUZZ_RUNS", RUNS);
  g_autoptr (GPtrArray) seeds = argc == 3 ? load_corpus (argv[1], argv[2]) : NULL;
  GRand *random = g_rand_new_with_seed (seed);

  if (!seeds || seeds->len == 0)
    {
      g_printerr ("usage: %s CORPUS TARGET, where CORPUS has files that begin with TARGET\n", argv[0]);
      return 2;
    }
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_print ("1..2\n# FUZZ_SEED=%u FUZZ_RUNS=%u\n", seed, n_runs);
  for (guint i = 0; i < seeds->len; i++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();

      g_byte_array_append (input, g_bytes_get_data (seeds->pdata[i], NULL), (guint) g_bytes_get_size (seeds->pdata[i]));
      try (input);
    }
  g_print ("ok 1 %u files of the corpus\n", seeds->len);
  for (guint i = 0; i < n_runs; i++)
    {
      GBytes *origin = seeds->pdata[g_rand_int_range (random, 0, (gint) seeds->len)];
      g_autoptr (GByteArray) input = g_byte_array_new ();
      gint n_changes = g_rand_int_range (random, 1, 12);

      g_byte_array_append (input, g_bytes_get_data (origin, NULL), (guint) MIN (g_bytes_get_size (origin), MOST_BYTES));
      for (gint j = 0; j < n_changes; j++)
        change (input, random, seeds);
      try (input);
    }
  g_print ("ok 2 %u changed inputs\n", n_runs);
  g_rand_free (random);

  return EXIT_SUCCESS;
}
