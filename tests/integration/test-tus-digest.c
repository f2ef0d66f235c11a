/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The digest as the receipt, where nobody can be asked for it: through faults that take several attempts it is known by the checksums
 * of the chunks, and is claimed only where the server compared them all.
 */
#include "attempt.h"

/* Whether the server drops what it has of a chunk that was cut. A checksum compares whole chunks alone, so what it keeps of one says
 * nothing. */
#define DROPS "{\"fault\":\"buffering\",\"on\":true}"

typedef struct
{
  const char *name;
  const char *habit;
  const char *json;
  const char *code; /* NULL: done, and the digest is the receipt */
} Row;

static const Row rows[] = {
  { "/tus-digest/a-cut-in-a-chunk", DROPS, "{\"fault\":\"cut-after\",\"bytes\":3000001,\"method\":\"PATCH\"}", NULL },
  { "/tus-digest/a-cut-in-a-chunk-that-is-kept", NULL,
    "{\"fault\":\"cut-after\",\"bytes\":3000001,\"method\":\"PATCH\"}", OB_CODE_UNCHECKED },
  { "/tus-digest/a-cut-at-the-last-byte", DROPS,
    "{\"fault\":\"cut-after\",\"bytes\":4194304,\"method\":\"PATCH\",\"count\":2}", NULL },
  { "/tus-digest/every-second-answer-is-lost", NULL, "{\"fault\":\"lost-answer\",\"method\":\"PATCH\",\"count\":3}",
    NULL },
  { "/tus-digest/answers-to-chunks-and-looks-are-lost", NULL, "{\"fault\":\"lost-answer\",\"skip\":2,\"count\":3}",
    NULL },
  { "/tus-digest/a-503-for-a-chunk", NULL,
    "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"retry_after\":1,\"skip\":1}", NULL },
  { "/tus-digest/a-reset-for-everything", NULL, "{\"fault\":\"reset\",\"count\":5}", NULL },
  { "/tus-digest/an-expired-upload-is-made-anew", NULL,
    "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":1}", NULL },
  { "/tus-digest/no-checksum-extension", NULL, "{\"fault\":\"checksum\",\"on\":false}", "no-digest" },
};

/* What the server cannot vouch for is not said to be vouched for, and is not sent again on a guess. */
static void
test_a_digest_through_a_fault (Attempt *fixture, gconstpointer data)
{
  const Row *row = data;
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  fixture->promise = OUTBOX_RUNG_DIGEST;
  if (row->habit)
    test_peer_control (fixture->peer, row->habit);
  test_peer_control (fixture->peer, row->json);
  for (guint attempt = 0; attempt < 8 && !(result && result->is_done) && fixture->n_stored == 0; attempt++)
    {
      g_clear_pointer (&result, ob_attempt_result_free);
      result = attempt_run (fixture);
      g_test_message ("%s: %s", result->code, result->message);
    }
  attempt_assert_arrived (fixture);
  g_assert_cmpint (result->is_done, ==, row->code == NULL);
  if (row->code)
    g_assert_cmpstr (result->code, ==, row->code);
  else
    g_assert_cmpint (result->receipt.rung, ==, OUTBOX_RUNG_DIGEST);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add (rows[i].name, Attempt, &rows[i], attempt_set_up, test_a_digest_through_a_fault, attempt_tear_down);

  return g_test_run ();
}
