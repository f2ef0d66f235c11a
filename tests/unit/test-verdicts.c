/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a server's word does to an upload and its destination: the broker with a clock, a network and a server that do what
 * the test says.
 */
#include "support/rig.h"

/* --- What needs a person --- */

static void
test_verdicts_that_block_a_destination (TestRig *rig, gconstpointer data)
{
  const struct
  {
    ObVerdict verdict;
    const char *status;
  } rows[] = { { OB_VERDICT_SIGN_IN, "paused sign-in" }, { OB_VERDICT_FULL, "paused destination-full" } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = test_rig_submit (rig, NULL, 0);
      g_autofree char *next = test_rig_submit (rig, NULL, 0);

      test_rig_end (rig, id, rows[i].verdict, OUTBOX_REASON_NONE);
      test_rig_assert_status (rig, id, rows[i].status);
      test_rig_finish (rig, next); /* it ran already */
      test_rig_advance (rig, 30 * RIG_DAY);
      test_rig_assert_status (rig, id, rows[i].status);
      test_rig_stop (rig);
      test_rig_start (rig);
      test_rig_assert_status (rig, id, rows[i].status);
      g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
      test_rig_finish (rig, id);
    }
}

static void
test_a_second_403_asks_to_sign_in (TestRig *rig, gconstpointer data)
{
  g_autofree char *first = test_rig_submit (rig, NULL, 0);
  g_autofree char *good = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;

  test_rig_end (rig, first, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, first, "failed rejected");
  /* The same one again is still the one. */
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, first, 0, NULL));
  test_rig_end (rig, first, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, first, "failed rejected");
  /* One that goes through in between: then it was about the upload. */
  good = test_rig_submit (rig, NULL, 0);
  test_rig_finish (rig, good);
  second = test_rig_submit (rig, NULL, 0);
  test_rig_end (rig, second, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, second, "failed rejected");
  test_rig_stop (rig);
  test_rig_start (rig);
  third = test_rig_submit (rig, NULL, 0);
  test_rig_end (rig, third, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
  test_rig_assert_status (rig, third, "paused sign-in");
  /* So it was not about the second one alone, which goes on with the others. */
  test_rig_assert_status (rig, second, "paused sign-in");
  test_rig_assert_status (rig, first, "failed rejected");
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  test_rig_finish (rig, second);
  test_rig_finish (rig, third);
}

/* Where there are credentials: a file that is not for them fails alone, and nobody is asked to sign in again. */
static void
test_a_403_with_good_credentials_is_that_files (TestRig *rig, gconstpointer data)
{
  g_autofree char *poison = test_rig_submit (rig, NULL, 0);
  char *others[4];

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    others[i] = test_rig_submit (rig, NULL, 0);
  test_rig_end (rig, poison, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_SIGN_IN);
  test_rig_assert_status (rig, poison, "retrying retrying");
  test_rig_finish (rig, others[0]); /* it was on its way already: no proof */
  for (guint i = 1; i < G_N_ELEMENTS (others); i++)
    {
      const char *next = NULL;

      for (guint j = 1; j < G_N_ELEMENTS (others); j++)
        next = test_rig_is_active (rig, others[j]) ? others[j] : next;
      test_rig_finish (rig, next);
    }
  test_rig_advance (rig, 20 * RIG_SECOND);
  test_rig_end (rig, poison, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_SIGN_IN);
  test_rig_assert_status (rig, poison, "failed rejected");
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      test_rig_assert_status (rig, others[i], "done");
      g_free (others[i]);
    }
}

/* A token that ends while some are under way: all of it goes on after a new one, none has failed. */
static void
test_a_403_that_all_get_asks_to_sign_in (TestRig *rig, gconstpointer data)
{
  g_autoptr (GVariant) headers = g_variant_ref_sink (g_variant_new_parsed ("{'Authorization': 'Bearer two'}"));
  const ObDestinationSettings settings = { .headers = headers };
  char *ids[5];
  guint n_refused = 0;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, NULL, 0);
  for (guint round = 0; round < 2; round++)
    for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
      if (test_rig_is_active (rig, ids[i]))
        {
          test_rig_end (rig, ids[i], OB_VERDICT_FORBIDDEN, OUTBOX_REASON_SIGN_IN);
          n_refused++;
        }
  g_assert_cmpuint (n_refused, ==, 3);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    test_rig_assert_status (rig, ids[i], "paused sign-in");
  g_assert_true (test_rig_set_destination (rig, "depot", &settings, NULL));
  for (guint left = G_N_ELEMENTS (ids); left > 0; left--)
    {
      const char *next = NULL;

      for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
        next = test_rig_is_active (rig, ids[i]) ? ids[i] : next;
      test_rig_finish (rig, next);
    }
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      test_rig_assert_status (rig, ids[i], "done");
      g_free (ids[i]);
    }
}

/* --- Confirming --- */

static void
reach_confirming (TestRig *rig, const char *id)
{
  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 1000);
  test_server_report_stored (rig->server, id);
  test_rig_settle (rig);
  test_rig_assert_status (rig, id, "confirming");
}

static void
test_not_yet_is_asked_for_a_day (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  gint64 begin_ms = ob_broker_get_now_ms (rig->broker);

  reach_confirming (rig, id);
  for (;;)
    {
      g_autofree char *status = NULL;

      test_rig_end (rig, id, OB_VERDICT_NOT_YET, OUTBOX_REASON_NONE);
      status = test_rig_describe (rig, id);
      if (g_str_equal (status, "failed gave-up"))
        break;
      g_assert_cmpstr (status, ==, "confirming not-confirmed-yet");
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
      /* Nothing is sent again. */
      g_assert_true (test_server_wait_for (rig->server, id)->is_stored);
    }
  g_assert_cmpint (ob_broker_get_now_ms (rig->broker) - begin_ms, >=, RIG_DAY);
  g_assert_cmpint (ob_broker_get_now_ms (rig->broker) - begin_ms, <, RIG_DAY + RIG_HOUR);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  g_assert_true (test_server_wait_for (rig->server, id)->is_stored);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
}

/* What the server says with "not yet", one after the other, and how long it is left alone then. */
static const struct
{
  gboolean is_kept;      /* it has held the question */
  gint64 retry_after_ms; /* -1: it does not say */
  gint64 least_ms, most_ms;
} patience_rows[] = {
  { FALSE, -1, 13 * RIG_SECOND, 17 * RIG_SECOND },
  /* It lengthens the wait, and shortens none. */
  { FALSE, RIG_SECOND, 26 * RIG_SECOND, 34 * RIG_SECOND },
  { FALSE, RIG_HOUR, RIG_HOUR, RIG_HOUR + RIG_MINUTE },
  /* Whoever holds the question is asked again at once, however often. */
  { TRUE, -1, RIG_SECOND, RIG_SECOND },
  { TRUE, 0, RIG_SECOND, RIG_SECOND },
  { TRUE, -1, RIG_SECOND, RIG_SECOND },
  { TRUE, RIG_HOUR, RIG_HOUR, RIG_HOUR + RIG_MINUTE },
  { TRUE, -1, RIG_SECOND, RIG_SECOND },
};

static void
test_a_server_says_when_to_ask_again (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  reach_confirming (rig, id);
  for (guint i = 0; i < G_N_ELEMENTS (patience_rows); i++)
    {
      g_test_message ("row %u", i);
      if (patience_rows[i].is_kept)
        test_rig_end_kept (rig, id, patience_rows[i].retry_after_ms);
      else
        test_rig_end_after (rig, id, OB_VERDICT_NOT_YET, patience_rows[i].retry_after_ms);
      test_rig_assert_status (rig, id, "confirming not-confirmed-yet");
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), >=, patience_rows[i].least_ms);
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), <=, patience_rows[i].most_ms);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
      g_assert_true (test_server_wait_for (rig->server, id)->is_stored);
    }
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
}

static void
test_retry_of_not_attached_only_asks (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  reach_confirming (rig, id);
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED);
  test_rig_assert_status (rig, id, "failed not-attached");
  g_assert_true (ob_spool_has (rig->spool, id));
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  test_rig_assert_status (rig, id, "confirming");
  g_assert_true (test_server_wait_for (rig->server, id)->is_stored);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
  g_assert_false (ob_spool_has (rig->spool, id));
}

static void
test_a_server_that_works_is_left_to_it (TestRig *rig, gconstpointer data)
{
  static const gint64 minutes[] = { 1, 2, 4, 8, 15, 15 };
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *other = NULL;

  reach_confirming (rig, id);
  for (guint i = 0; i < G_N_ELEMENTS (minutes); i++)
    {
      test_rig_end (rig, id, OB_VERDICT_WORKING, OUTBOX_REASON_SERVER_WORKING);
      test_rig_assert_status (rig, id, "confirming server-working");
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), >=, minutes[i] * RIG_MINUTE * 9 / 10);
      g_assert_cmpint (test_rig_get_wait_ms (rig, id), <=, minutes[i] * RIG_MINUTE * 11 / 10);
      test_rig_advance (rig, test_rig_get_wait_ms (rig, id));
      g_assert_true (test_server_wait_for (rig->server, id)->is_worked_on);
    }
  other = test_rig_submit (rig, NULL, 0);
  test_rig_finish (rig, other);
  test_rig_assert_status (rig, other, "done");
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
}

/* What a server lost and gets again is no progress; what goes beyond is. */
static void
test_losses_are_counted_until_it_gets_further (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 500);
  test_server_report_created (rig->server, id, NULL);
  test_server_report_created (rig->server, id, "http://depot.example/files/2");
  test_server_report_progress (rig->server, id, 500);
  test_server_report_progress (rig->server, id, 400);
  test_rig_settle (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT losses FROM uploads"), ==, 2);
  g_assert_cmpint (test_rig_ask (rig, "SELECT furthest FROM uploads"), ==, 500);
  test_rig_end (rig, id, OB_VERDICT_HOLD, OUTBOX_REASON_LOSING_BYTES);
  test_rig_assert_status (rig, id, "paused losing-bytes");
  test_rig_advance (rig, RIG_HOUR);
  g_assert_cmpuint (test_server_wait_for (rig->server, id)->n_lost, ==, 2);
  test_server_report_progress (rig->server, id, 600);
  test_rig_settle (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT losses FROM uploads"), ==, 0);
  test_rig_finish (rig, id);
}

static void
assert_address_is_refused (TestRig *rig)
{
  gint64 n_known = test_rig_ask (rig, "SELECT count (*) FROM uploads WHERE server_url IS NOT NULL");
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_rig_wait_for_end (rig, id);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM uploads WHERE server_url IS NOT NULL"), ==, n_known);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  test_rig_settle (rig);
}

/* The bytes that a server has there are another's: taken for this one's, they would be called arrived. */
static void
test_an_address_is_one_uploads (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_server_report_progress (rig->server, id, 500);
  assert_address_is_refused (rig);
  /* The same one may be told of it again. */
  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED);
  assert_address_is_refused (rig);
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
  assert_address_is_refused (rig);
}

static void
test_an_address_that_is_given_up_is_no_others (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  (void) test_server_wait_for_termination (rig->server, id);
  test_rig_end (rig, id, OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
  assert_address_is_refused (rig);
}

/* Asked again, the server would say the same for ever. */
static void
assert_retry_sends_anew (TestRig *rig, const char *code)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  reach_confirming (rig, id);
  test_server_refuse (rig->server, id, OUTBOX_REASON_NOT_ATTACHED, code);
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "failed not-attached");
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM journal WHERE event = 'anew'"), ==, 1);
  g_assert_null (test_server_wait_for (rig->server, id)->resume);
  g_assert_false (test_server_wait_for (rig->server, id)->is_stored);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
  /* And the server lets go of the wrong ones. */
  g_assert_true (test_server_wait_for (rig->server, id)->is_termination);
  g_assert_cmpstr (test_server_wait_for (rig->server, id)->resume, ==, "http://depot.example/files/1");
  test_server_finish (rig->server, id);
  test_rig_wait_for_end (rig, id);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM follow_ups WHERE kind = 'termination'"), ==, 0);
}

static void
test_retry_of_wrong_bytes_sends_anew (TestRig *rig, gconstpointer data)
{
  assert_retry_sends_anew (rig, OB_CODE_DIGEST_MISMATCH);
}

static void
test_retry_of_unchecked_bytes_sends_anew (TestRig *rig, gconstpointer data)
{
  assert_retry_sends_anew (rig, OB_CODE_UNCHECKED);
}

static void
test_a_pause_during_the_finish (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  reach_confirming (rig, id);
  g_assert_true (test_rig_command (rig, OB_COMMAND_PAUSE, id, 0, NULL));
  test_rig_wait_for_end (rig, id);
  test_rig_assert_status (rig, id, "confirming user");
  g_assert_true (test_rig_command (rig, OB_COMMAND_RESUME, id, 0, NULL));
  g_assert_true (test_server_wait_for (rig->server, id)->is_stored);
  test_rig_finish (rig, id);
}

int
main (int argc, char *argv[])
{
  const TestRigCase tests[] = {
    { "/person/verdicts-that-block-a-destination", test_verdicts_that_block_a_destination },
    { "/person/a-second-403-asks-to-sign-in", test_a_second_403_asks_to_sign_in },
    { "/person/a-403-with-good-credentials-is-that-files", test_a_403_with_good_credentials_is_that_files },
    { "/person/a-403-that-all-get-asks-to-sign-in", test_a_403_that_all_get_asks_to_sign_in },
    { "/confirm/not-yet-is-asked-for-a-day", test_not_yet_is_asked_for_a_day },
    { "/confirm/a-server-says-when-to-ask-again", test_a_server_says_when_to_ask_again },
    { "/confirm/retry-of-not-attached-only-asks", test_retry_of_not_attached_only_asks },
    { "/confirm/a-server-that-works-is-left-to-it", test_a_server_that_works_is_left_to_it },
    { "/confirm/losses-are-counted-until-it-gets-further", test_losses_are_counted_until_it_gets_further },
    { "/confirm/retry-of-wrong-bytes-sends-anew", test_retry_of_wrong_bytes_sends_anew },
    { "/confirm/retry-of-unchecked-bytes-sends-anew", test_retry_of_unchecked_bytes_sends_anew },
    { "/server/an-address-is-one-upload-s", test_an_address_is_one_uploads },
    { "/server/an-address-that-is-given-up-is-no-other-s", test_an_address_that_is_given_up_is_no_others },
    { "/confirm/a-pause-during-the-finish", test_a_pause_during_the_finish },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
