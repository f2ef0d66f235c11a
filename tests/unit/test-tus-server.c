/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How large the next chunk is.
 */
#include "transfer/tus.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

static void
test_a_chunk_is_eight_seconds_of_the_rate (void)
{
  const struct
  {
    guint64 sent_bytes;
    gint64 elapsed_us;
    guint64 limit_bytes;
    guint64 expected_bytes;
  } rows[] = {
    { 1 * MIB, G_USEC_PER_SEC, 64 * MIB, 8 * MIB }, { 4 * MIB, 16 * G_USEC_PER_SEC, 64 * MIB, 2 * MIB },
    { 1000, G_USEC_PER_SEC, 64 * MIB, 256 * 1024 }, { 64 * MIB, 1, 64 * MIB, 64 * MIB },
    { 64 * MIB, G_USEC_PER_SEC, 1 * MIB, 1 * MIB }, { 64 * MIB, G_USEC_PER_SEC, 64 * 1024, 64 * 1024 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (ob_tus_next_chunk_bytes (rows[i].sent_bytes, rows[i].elapsed_us, rows[i].limit_bytes), ==,
                      rows[i].expected_bytes);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tus-server/a-chunk-is-eight-seconds-of-the-rate", test_a_chunk_is_eight_seconds_of_the_rate);

  return g_test_run ();
}
