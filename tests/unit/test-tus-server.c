/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where a Location leads, and how large the next chunk is.
 */
#include "transfer/tus-server.h"
#include "transfer/tus.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

static void
test_a_table_of_locations (void)
{
  const struct
  {
    const char *base;
    const char *location;
    const char *expected;
  } rows[] = {
    { "http://a.test/files/", "1", "http://a.test/files/1" },
    { "http://a.test/files/", "./1?x=y", "http://a.test/files/1?x=y" },
    { "http://a.test/files/", "/up/1", "http://a.test/up/1" },
    { "http://a.test/files/", "//b.test/1", "http://b.test/1" },
    { "http://a.test/files/", "https://b.test/1", "https://b.test/1" },
    { "https://a.test/files/", "//b.test/1", "https://b.test/1" },
    { "https://a.test/files/", "http://a.test/files/1", "https://a.test/files/1" },
    { "https://a.test:8443/files/", "http://a.test:8080/files/1?x=y", "https://a.test:8443/files/1?x=y" },
    { "https://a.test/files/", "http://A.TEST/files/1", "https://a.test/files/1" },
    { "https://a.test/files/", "http://b.test/files/1", NULL },
    { "http://a.test/files/", "http://[", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *url = ob_tus_resolve_location (rows[i].base, rows[i].location);

      g_test_message ("%s at %s", rows[i].location, rows[i].base);
      g_assert_cmpstr (url, ==, rows[i].expected);
    }
}

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
    { 1 * MIB, G_USEC_PER_SEC, 64 * MIB, 8 * MIB },
    { 4 * MIB, 16 * G_USEC_PER_SEC, 64 * MIB, 2 * MIB },
    { 1000, G_USEC_PER_SEC, 64 * MIB, 256 * 1024 },
    { 64 * MIB, 1, 64 * MIB, 64 * MIB },
    { 64 * MIB, G_USEC_PER_SEC, 1 * MIB, 1 * MIB },
    { 64 * MIB, G_USEC_PER_SEC, 64 * 1024, 64 * 1024 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (ob_tus_next_chunk_bytes (rows[i].sent_bytes, rows[i].elapsed_us, rows[i].limit_bytes), ==,
                      rows[i].expected_bytes);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tus-server/a-table-of-locations", test_a_table_of_locations);
  g_test_add_func ("/tus-server/a-chunk-is-eight-seconds-of-the-rate", test_a_chunk_is_eight_seconds_of_the_rate);

  return g_test_run ();
}
