/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every HTTP status at every stage has one verdict.
 */
#include "transfer/outcome.h"

#include <libsoup/soup.h>

#define NOW_MS G_GINT64_CONSTANT (1792836000000) /* Sat, 24 Oct 2026 10:00:00 GMT */

static void
test_a_table_of_answers (void)
{
  const struct
  {
    guint status;
    /* In the order create, look, send, confirm. */
    ObVerdict verdicts[OB_N_STAGES];
  } rows[] = {
#define ALL(v) { OB_VERDICT_##v, OB_VERDICT_##v, OB_VERDICT_##v, OB_VERDICT_##v }
#define EACH(c, l, s, f) { OB_VERDICT_##c, OB_VERDICT_##l, OB_VERDICT_##s, OB_VERDICT_##f }
    { 200, ALL (UNDECIDED) },
    { 201, ALL (UNDECIDED) },
    { 202, EACH (UNDECIDED, UNDECIDED, UNDECIDED, NOT_YET) },
    { 204, ALL (UNDECIDED) },
    { 301, ALL (PORTAL) },
    { 302, ALL (PORTAL) },
    { 400, ALL (FAIL) },
    { 401, ALL (SIGN_IN) },
    { 403, ALL (FORBIDDEN) },
    { 404, EACH (FAIL, GONE, GONE, NOT_YET) },
    { 408, ALL (RETRY) },
    { 409, EACH (FAIL, RETRY_UPLOAD, LOOK, FAIL) },
    { 410, EACH (FAIL, GONE, GONE, FAIL) },
    { 413, ALL (FAIL) },
    { 422, ALL (FAIL) },
    { 423, EACH (RETRY, RETRY_UPLOAD, RETRY_UPLOAD, RETRY) },
    { 425, ALL (RETRY) },
    { 429, ALL (RETRY) },
    { 460, EACH (FAIL, FAIL, RESEND, FAIL) },
    { 500, EACH (RETRY, RETRY_UPLOAD, RETRY, RETRY) },
    { 503, ALL (RETRY) },
    { 507, ALL (FULL) },
    { 511, ALL (PORTAL) },
    { 599, ALL (RETRY) },
#undef ALL
#undef EACH
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    for (guint stage = 0; stage < OB_N_STAGES; stage++)
      {
        ObOutcome outcome = ob_outcome_from_status (stage, rows[i].status, NULL, NOW_MS);

        g_test_message ("%u at stage %u", rows[i].status, stage);
        g_assert_cmpuint (outcome.verdict, ==, rows[i].verdicts[stage]);
      }
}

static void
test_what_holds_for_every_status (void)
{
  for (guint stage = 0; stage < OB_N_STAGES; stage++)
    for (guint status = 100; status < 600; status++)
      {
        ObOutcome outcome = ob_outcome_from_status (stage, status, NULL, NOW_MS);

        g_assert_cmpint (outcome.verdict == OB_VERDICT_FAIL, ==, outcome.reason != OUTBOX_REASON_NONE);
        /* The URL is dropped for nothing but 404 and 410. */
        if (outcome.verdict == OB_VERDICT_GONE)
          g_assert_true (status == 404 || status == 410);
        /* An error is never left to be taken for a success. */
        if (status >= 300)
          g_assert_cmpuint (outcome.verdict, !=, OB_VERDICT_UNDECIDED);
        if (status >= 500)
          g_assert_cmpuint (outcome.verdict, !=, OB_VERDICT_FAIL);
      }
}

static void
test_reasons_of_failures (void)
{
  g_assert_cmpuint (ob_outcome_from_status (OB_STAGE_SEND, 413, NULL, 0).reason, ==, OUTBOX_REASON_TOO_LARGE);
  g_assert_cmpuint (ob_outcome_from_status (OB_STAGE_CREATE, 415, NULL, 0).reason, ==, OUTBOX_REASON_REJECTED);
  g_assert_cmpuint (ob_outcome_from_status (OB_STAGE_CONFIRM, 409, NULL, 0).reason, ==, OUTBOX_REASON_NOT_ATTACHED);
}

static void
test_retry_after (void)
{
  const struct
  {
    const char *value;
    gint64 delay_ms;
  } rows[] = {
    { NULL, -1 },
    { "", -1 },
    { "soon", -1 },
    { "-5", -1 },
    { "1e3", -1 },
    { "99999999999999999999", -1 },
    { "0", 0 },
    { "120", 120000 },
    { "Sat, 24 Oct 2026 10:01:00 GMT", 60000 },
    { "Sat, 24 Oct 2026 09:00:00 GMT", 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_assert_cmpint (ob_outcome_parse_retry_after (rows[i].value, NOW_MS), ==, rows[i].delay_ms);
  g_assert_cmpint (ob_outcome_from_status (OB_STAGE_SEND, 503, "7", NOW_MS).retry_after_ms, ==, 7000);
  g_assert_cmpint (ob_outcome_from_status (OB_STAGE_SEND, 400, "7", NOW_MS).retry_after_ms, ==, -1);
}

static void
test_errors_without_an_answer (void)
{
  g_autoptr (GError) certificate = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, "expired");
  g_autoptr (GError) handshake = g_error_new_literal (G_TLS_ERROR, G_TLS_ERROR_EOF, "cut");
  g_autoptr (GError) reset = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED, "reset");
  ObOutcome outcome = ob_outcome_from_error (certificate);

  g_assert_cmpuint (outcome.verdict, ==, OB_VERDICT_FAIL);
  g_assert_cmpuint (outcome.reason, ==, OUTBOX_REASON_CERTIFICATE);
  g_assert_cmpuint (ob_outcome_from_error (handshake).verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpuint (ob_outcome_from_error (reset).verdict, ==, OB_VERDICT_RETRY);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/outcome/a-table-of-answers", test_a_table_of_answers);
  g_test_add_func ("/outcome/what-holds-for-every-status", test_what_holds_for_every_status);
  g_test_add_func ("/outcome/reasons-of-failures", test_reasons_of_failures);
  g_test_add_func ("/outcome/retry-after", test_retry_after);
  g_test_add_func ("/outcome/errors-without-an-answer", test_errors_without_an_answer);

  return g_test_run ();
}
