/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How large the next chunk is, and how it is asked for.
 */
#include "transfer/tus.h"

#include "transfer/tus-server.h"

#define MIB (G_GUINT64_CONSTANT (1024) * 1024)

static void
test_a_chunk_is_eight_seconds_of_the_rate (void)
{
  const struct
  {
    guint64 moved_bytes;
    gint64 elapsed_us;
    guint64 limit_bytes;
    guint64 expected_bytes;
  } rows[] = {
    { 1 * MIB, G_USEC_PER_SEC, 64 * MIB, 8 * MIB }, { 4 * MIB, 16 * G_USEC_PER_SEC, 64 * MIB, 2 * MIB },
    { 1000, G_USEC_PER_SEC, 64 * MIB, 256 * 1024 }, { 64 * MIB, 1, 64 * MIB, 64 * MIB },
    { 64 * MIB, G_USEC_PER_SEC, 1 * MIB, 1 * MIB }, { 64 * MIB, G_USEC_PER_SEC, 64 * 1024, 64 * 1024 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpuint (ob_tus_next_chunk_bytes (rows[i].moved_bytes, rows[i].elapsed_us, rows[i].limit_bytes), ==,
                      rows[i].expected_bytes);
}

/* What refuses PATCH gets the same as a POST that names it (tus 1.0, X-HTTP-Method-Override). */
static void
test_a_patch_goes_by_post_where_it_must (void)
{
  g_autoptr (ObJob) job = g_new0 (ObJob, 1);
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();

  job->url = g_strdup ("http://depot.example/files/");
  job->headers = g_variant_ref_sink (g_variant_new_parsed ("{'X-Api-Key': 'secret'}"));
  for (guint is_post = 0; is_post < 2; is_post++)
    {
      g_autoptr (SoupMessage) message = ob_tus_patch_new ("http://depot.example/files/1", job, 7, is_post, result);
      SoupMessageHeaders *headers = soup_message_get_request_headers (message);

      g_assert_cmpstr (soup_message_get_method (message), ==, is_post ? "POST" : "PATCH");
      g_assert_cmpstr (soup_message_headers_get_one (headers, "X-HTTP-Method-Override"), ==, is_post ? "PATCH" : NULL);
      g_assert_cmpstr (soup_message_headers_get_one (headers, "Upload-Offset"), ==, "7");
      g_assert_cmpstr (soup_message_headers_get_one (headers, "X-Api-Key"), ==, "secret");
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tus-server/a-chunk-is-eight-seconds-of-the-rate", test_a_chunk_is_eight_seconds_of_the_rate);

  g_test_add_func ("/tus-server/a-patch-goes-by-post-where-it-must", test_a_patch_goes_by_post_where_it_must);

  return g_test_run ();
}
