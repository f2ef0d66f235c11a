/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every answer of a confirm URL has one meaning: nothing but the plain word for this file confirms it, and nothing but the plain
 * word that its bytes are others fails it.
 */
#include "transfer/confirm.h"

#define OURS "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define OURS_LOUD "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
#define OTHER "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define OUR_ID "018fd1a0-0000-7000-8000-000000000001"

#define DONE "done"
#define NOT_YET "not-yet"
#define UNKNOWN "not-yet unknown"
#define NO_ANSWER "bad-answer"
#define WRONG OB_CODE_DIGEST_MISMATCH

static const struct
{
  const char *body;
  const char *meaning;
} rows[] = {
  { "{\"stored\":true,\"attached\":true}", DONE },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OURS "\"}", DONE },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OURS_LOUD "\"}", DONE },
  { "{\"stored\":true,\"attached\":true,\"sha256\":null}", DONE },
  { "{\"stored\":true,\"attached\":true,\"record\":7,\"more\":[1,{}]}", DONE },
  { "{\"stored\":true,\"attached\":true,\"size\":1e999999}", DONE },
  { "{\"stored\":true,\"attached\":true,\"record\":\"caf\xe9\"}", DONE },
  { "\xef\xbb\xbf{\"stored\":true,\"attached\":true}", DONE },
  { "{\"stored\":true,\"attached\":true,\"size\":1000}", DONE },
  { "{\"stored\":true,\"attached\":true,\"size\":\"10 kB\",\"id\":17}", DONE },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":\"" OUR_ID "\"}", DONE },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":\"018FD1A0-0000-7000-8000-000000000001\"}", DONE },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":null}", DONE },
  { "{\"stored\":true,\"attached\":true,\"size\":\"1000\"}", DONE },
  { "{\"stored\":true}", NOT_YET },
  { "{\"stored\":true,\"attached\":false,\"size\":10}", NOT_YET },
  { "{\"stored\":true,\"attached\":false}", NOT_YET },
  { "{\"stored\":true,\"attached\":false,\"sha256\":\"" OURS "\"}", NOT_YET },
  { "{\"stored\":true,\"attached\":\"true\"}", NOT_YET },
  { "{\"stored\":true,\"attached\":1}", NOT_YET },
  { "{\"stored\":true,\"attached\":{}}", NOT_YET },
  { "{\"stored\":false}", UNKNOWN },
  { "{\"stored\":false,\"attached\":true}", UNKNOWN },
  { "{\"stored\":\"true\",\"attached\":true}", UNKNOWN },
  { "{\"stored\":1,\"attached\":true}", UNKNOWN },
  { "{\"stored\":null,\"attached\":null}", UNKNOWN },
  /* Of what is not there it has no digest yet, or that of a part. */
  { "{\"stored\":false,\"sha256\":\"\"}", UNKNOWN },
  { "{\"stored\":false,\"sha256\":\"" OTHER "\"}", UNKNOWN },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OTHER "\"}", WRONG },
  { "{\"stored\":true,\"attached\":false,\"sha256\":\"" OTHER "\"}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"size\":10}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"size\":0}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"size\":-1,\"sha256\":\"" OURS "\"}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":\"018fd1a0-0000-7000-8000-000000000002\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":17}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"outbox_id\":[\"" OUR_ID "\"]}", NO_ANSWER },
  { "{\"stored\":false,\"outbox_id\":\"\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"size\":\"999\"}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"size\":\"\"}", WRONG },
  { "{\"stored\":true,\"attached\":true,\"size\":\"99999999999999999999999\"}", WRONG },
  /* In another spelling than was agreed on, bytes are neither right nor wrong. */
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:\"}",
    NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OURS "00\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\" " OURS "\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":12}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":[\"" OURS "\"]}", NO_ANSWER },
  { "{\"stored\":false,\"attached\":false,\"stored\":true,\"attached\":true}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OTHER "\",\"sha256\":\"" OURS "\"}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true}{\"stored\":false}", NO_ANSWER },
  { "[{\"stored\":true,\"attached\":true}]", NO_ANSWER },
  { "{\"attached\":true}", NO_ANSWER },
  { "{\"stored\":NaN,\"attached\":true}", NO_ANSWER },
  { "{\"stored\":true,\"attached\":true", NO_ANSWER },
  { "{\"stored\":tr\xffue,\"attached\":true}", NO_ANSWER },
  { "true", NO_ANSWER },
  { "\"stored\"", NO_ANSWER },
  { "<html>Sign in</html>", NO_ANSWER },
  { "", NO_ANSWER },
};

static void
test_a_table_of_answers (void)
{
  const ObJob job
      = { .id = (char *) OUR_ID, .sha256 = (char *) OURS, .size_bytes = 1000, .promise = OUTBOX_RUNG_ATTACHED };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
      g_autofree char *meaning = NULL;

      g_test_message ("row %u", i);
      ob_confirm_read (rows[i].body, strlen (rows[i].body), &job, result);
      meaning = g_strconcat (result->is_done ? DONE : result->code, result->is_unknown ? " unknown" : "", NULL);
      g_assert_cmpstr (meaning, ==, rows[i].meaning);
      /* Only other bytes are a failure; all else is asked again. */
      g_assert_true ((result->outcome.verdict == OB_VERDICT_FAIL) == g_str_equal (meaning, WRONG));
    }
}

/* What the server says, what it has said of the bytes while they were sent, what the destination promises, and the rung of the
 * receipt; NULL: not yet. */
static const struct
{
  const char *body;
  OutboxRung before;
  OutboxRung promise;
  const char *rung;
} rung_rows[] = {
  { "{\"stored\":true,\"attached\":true}", 0, OUTBOX_RUNG_ATTACHED, "attached" },
  { "{\"stored\":true,\"attached\":true}", 0, OUTBOX_RUNG_DIGEST, "attached" },
  { "{\"stored\":true,\"attached\":true}", 0, OUTBOX_RUNG_STORED, "attached" },
  { "{\"stored\":true,\"attached\":true,\"sha256\":\"" OURS "\"}", 0, OUTBOX_RUNG_STORED, "attached" },
  { "{\"stored\":true,\"sha256\":\"" OURS "\"}", 0, OUTBOX_RUNG_ATTACHED, NULL },
  { "{\"stored\":true,\"sha256\":\"" OURS "\"}", 0, OUTBOX_RUNG_DIGEST, "digest" },
  { "{\"stored\":true,\"sha256\":\"" OURS_LOUD "\"}", 0, OUTBOX_RUNG_STORED, "digest" },
  { "{\"stored\":true,\"size\":1000}", 0, OUTBOX_RUNG_DIGEST, NULL },
  { "{\"stored\":true,\"size\":1000}", 0, OUTBOX_RUNG_STORED, "stored" },
  { "{\"stored\":true}", 0, OUTBOX_RUNG_STORED, "stored" },
  { "{\"stored\":true,\"attached\":false}", OUTBOX_RUNG_DIGEST, OUTBOX_RUNG_DIGEST, "digest" },
  { "{\"stored\":true,\"attached\":false}", OUTBOX_RUNG_DIGEST, OUTBOX_RUNG_ATTACHED, NULL },
  { "{\"stored\":true,\"attached\":\"true\"}", 0, OUTBOX_RUNG_STORED, "stored" },
  /* A part proves nothing, and neither does what is not stored. */
  { "{\"stored\":true,\"size\":999}", 0, OUTBOX_RUNG_STORED, NULL },
  { "{\"stored\":true,\"size\":\"999\"}", OUTBOX_RUNG_DIGEST, OUTBOX_RUNG_STORED, NULL },
  { "{\"stored\":true,\"size\":9007199254740993}", 0, OUTBOX_RUNG_STORED, NULL },
  { "{\"stored\":false}", OUTBOX_RUNG_DIGEST, OUTBOX_RUNG_STORED, NULL },
  { "{\"stored\":false,\"attached\":true,\"sha256\":\"" OURS "\"}", 0, OUTBOX_RUNG_STORED, NULL },
};

static void
test_the_rung_of_an_answer (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rung_rows); i++)
    {
      const ObJob job
          = { .id = (char *) OUR_ID, .sha256 = (char *) OURS, .size_bytes = 1000, .promise = rung_rows[i].promise };
      g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();

      g_test_message ("row %u", i);
      result->receipt.rung = rung_rows[i].before;
      ob_confirm_read (rung_rows[i].body, strlen (rung_rows[i].body), &job, result);
      g_assert_cmpint (result->is_done, ==, rung_rows[i].rung != NULL);
      if (result->is_done)
        g_assert_cmpstr (outbox_rung_get_info (result->receipt.rung)->name, ==, rung_rows[i].rung);
      else
        g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_NOT_YET);
    }
}

static const struct
{
  const char *applied; /* NULL: it does not say */
  guint kept_s;
  gboolean is_kept;
} kept_rows[] = {
  { NULL, 10, FALSE },
  { "", 10, FALSE },
  { "wait", 10, TRUE },
  { "wait=10", 10, TRUE },
  { "Wait = 10", 10, TRUE },
  { "respond-async, wait=10", 10, TRUE },
  { "wait=10; foo=1", 5, TRUE },
  { "wait=10", 4, FALSE },
  { "wait", 0, FALSE },
  { "waiting", 10, FALSE },
  { "respond-async", 10, FALSE },
};

static void
test_a_question_that_was_kept (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (kept_rows); i++)
    {
      g_test_message ("row %u", i);
      g_assert_cmpint (ob_confirm_is_kept (kept_rows[i].applied, kept_rows[i].kept_s * G_USEC_PER_SEC), ==,
                       kept_rows[i].is_kept);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/confirm/a-table-of-answers", test_a_table_of_answers);

  g_test_add_func ("/confirm/the-rung-of-an-answer", test_the_rung_of_an_answer);
  g_test_add_func ("/confirm/a-question-that-was-kept", test_a_question_that_was_kept);

  return g_test_run ();
}
