/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was heard to be stored, and is not confirmed: no answer of before makes it done, and nothing is sent or finished twice
 * that the server still has.
 */
#include "attempt.h"

/* What the receiver says, after the server was heard to have every byte, and the attempts and upload URLs that it takes. */
typedef struct
{
  const char *name;
  const char *json;     /* NULL: nothing amiss */
  gboolean has_confirm; /* a confirm URL can be asked */
  gboolean is_worked_on;
  gboolean is_done; /* at the end of one attempt */
  guint n_created;
  gint64 n_patches; /* asked of the server in that attempt */
} LookRow;

static const LookRow look_rows[] = {
  { "/look/whole-and-nobody-to-ask-is-finished-again", NULL, FALSE, FALSE, TRUE, 1, 1 },
  { "/look/whole-and-worked-on-is-its-word", NULL, FALSE, TRUE, TRUE, 1, 0 },
  { "/look/gone-and-nobody-to-ask-is-sent-again", "{\"fault\":\"expire\",\"count\":1}", FALSE, FALSE, TRUE, 2, 1 },
  { "/look/refused-again-stays-refused", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":422}", FALSE, FALSE,
    FALSE, 1, 1 },
  { "/look/no-answer-is-no-receipt", "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":503}", FALSE, FALSE, FALSE,
    1, 0 },
  { "/look/the-confirm-url-is-asked-alone", NULL, TRUE, FALSE, TRUE, 1, 0 },
  { "/look/not-yet-is-waited-for", "{\"fault\":\"confirm\",\"mode\":\"attaching\"}", TRUE, FALSE, FALSE, 1, 0 },
  { "/look/a-page-is-no-receipt", "{\"fault\":\"confirm\",\"mode\":\"html\"}", TRUE, FALSE, FALSE, 1, 0 },
};

static void
test_a_look_at_what_was_stored (Attempt *fixture, gconstpointer data)
{
  const LookRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;
  gint64 n_patches;

  attempt_write_file (fixture, 1000);
  if (!row->has_confirm)
    g_clear_pointer (&fixture->job->confirm_url, g_free);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  n_patches = test_peer_count_requests (fixture->peer, "PATCH");
  if (row->json)
    test_peer_control (fixture->peer, row->json);
  fixture->n_stored = 1;
  fixture->job->is_worked_on = row->is_worked_on;
  result = attempt_run (fixture);
  g_assert_cmpint (result->is_done, ==, row->is_done);
  g_assert_cmpuint (fixture->n_created, ==, row->n_created);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH") - n_patches, ==, row->n_patches);
}

/* A server clears the upload away once it has every byte, before it attaches it to its record: nothing is sent again, whether or
 * not it was heard to have every byte. */
static void
test_what_is_stored_outlives_its_url (Attempt *fixture, gconstpointer data)
{
  gboolean is_heard = GPOINTER_TO_INT (data);
  g_autoptr (ObAttemptResult) result = NULL;
  g_autoptr (ObAttemptResult) attached = NULL;

  attempt_write_file (fixture, 1000);
  test_peer_control (fixture->peer, "{\"fault\":\"confirm\",\"mode\":\"unattached\",\"count\":2}");
  ob_attempt_result_free (attempt_run (fixture));
  g_assert_cmpuint (fixture->n_stored, ==, 1);
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"HEAD,PATCH\",\"status\":404,\"count\":-1}");
  fixture->n_stored = is_heard;
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_NOT_YET);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "HEAD"), ==, is_heard ? 0 : 1);
  g_assert_cmpuint (fixture->n_stored, >=, 1);

  attached = attempt_run (fixture);
  g_assert_true (attached->is_done);
  g_assert_cmpuint (fixture->n_created, ==, 1);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "POST"), ==, 1);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 1);
}

/* A proxy waits for less long than the server works: its 504 says nothing, and the work is not begun a second time. */
static void
test_a_slow_finish_is_waited_for (Attempt *fixture, gconstpointer data)
{
  gboolean has_confirm = GPOINTER_TO_INT (data);
  g_autoptr (ObAttemptResult) slow = NULL;
  g_autoptr (ObAttemptResult) later = NULL;

  attempt_write_file (fixture, 1000);
  if (!has_confirm)
    g_clear_pointer (&fixture->job->confirm_url, g_free);
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":504}");
  test_peer_control (fixture->peer, "{\"fault\":\"wrong-offset\",\"method\":\"HEAD\",\"bytes\":1000,\"count\":3}");
  slow = attempt_run (fixture);
  g_assert_cmpuint (slow->outcome.verdict, ==, OB_VERDICT_WORKING);
  g_assert_cmpuint (slow->outcome.reason, ==, OUTBOX_REASON_SERVER_WORKING);
  g_assert_cmpuint (fixture->n_stored, ==, 1);

  fixture->job->is_worked_on = TRUE;
  fixture->job->heard_ms = 60 * 1000;
  later = attempt_run (fixture);
  g_assert_cmpint (later->is_done, ==, !has_confirm);
  if (has_confirm)
    g_assert_cmpuint (later->outcome.verdict, ==, OB_VERDICT_WORKING);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 1);
  if (!has_confirm)
    return;

  /* It has forgotten it after all: now it is asked to begin. */
  fixture->job->heard_ms = 15 * 60 * 1000;
  test_peer_control (fixture->peer, "{\"fault\":\"wrong-offset\",\"method\":\"HEAD\",\"bytes\":1000}");
  ob_attempt_result_free (attempt_run (fixture));
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), >=, 2);
}

/* It takes a chunk, and says at the next that it has no such upload: nobody's data volume is for that. */
static void
test_a_server_that_loses_what_it_has (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":1}");
  test_peer_control (fixture->peer, "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":2}");
  test_peer_control (fixture->peer, "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":3}");
  result = attempt_run (fixture);
  g_test_message ("%d made: %s", fixture->n_created, result->message);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_HOLD);
  g_assert_cmpuint (result->outcome.reason, ==, OUTBOX_REASON_LOSING_BYTES);
  g_assert_cmpuint (fixture->n_created, <=, 3);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), <, 2 * SIZE_BYTES);
}

/* --- An upload URL on another server, which is switched off --- */

/* Returns: (transfer full): an origin where nothing listens. */
static char *
make_dead_origin (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_socket_listener_close (listener);

  return g_strdup_printf ("http://127.0.0.1:%u", port);
}

static void
move_elsewhere (Attempt *fixture)
{
  const char *also[] = { NULL, NULL };
  g_autofree char *origin = make_dead_origin ();

  also[0] = origin;
  fixture->job->also = g_strdupv ((GStrv) also);
  fixture->server_url = g_strconcat (origin, "/files/1", NULL);
}

/* The destination answers: it is this upload's own trouble, and once it has lasted for long the upload is made anew. */
static void
test_a_silent_url_elsewhere (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;
  g_autoptr (ObAttemptResult) anew = NULL;
  g_autofree char *url = NULL;

  attempt_write_file (fixture, 1000);
  move_elsewhere (fixture);
  url = g_strdup (fixture->server_url);
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
  g_assert_cmpuint (result->outcome.scope, ==, OUTBOX_SCOPE_UPLOAD);
  g_assert_false (result->outcome.is_silent);
  g_assert_true (result->is_url_silent);
  g_assert_false (result->is_url_heard);
  g_assert_cmpstr (fixture->server_url, ==, url);

  fixture->job->leaves_url = TRUE;
  anew = attempt_run (fixture);
  g_assert_true (anew->is_done);
  g_assert_cmpstr (fixture->noted, ==, "given-up");
  g_assert_cmpstr (fixture->server_url, !=, url);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, 1000);
}

/* Nothing answers at all: that is the destination's, and no time counts. */
static void
test_a_silent_url_and_a_silent_destination (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;
  g_autofree char *origin = make_dead_origin ();
  g_autofree char *url = NULL;

  attempt_write_file (fixture, 1000);
  move_elsewhere (fixture);
  g_free (fixture->job->url);
  fixture->job->url = g_strconcat (origin, "/files/", NULL);
  fixture->job->leaves_url = TRUE;
  url = g_strdup (fixture->server_url);
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.scope, ==, OUTBOX_SCOPE_DESTINATION);
  g_assert_true (result->outcome.is_silent);
  g_assert_false (result->is_url_silent);
  g_assert_cmpstr (fixture->server_url, ==, url);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (look_rows); i++)
    g_test_add (look_rows[i].name, Attempt, &look_rows[i], attempt_set_up, test_a_look_at_what_was_stored,
                attempt_tear_down);

  g_test_add ("/look/gone-and-heard-to-be-stored-is-waited-for", Attempt, GINT_TO_POINTER (TRUE), attempt_set_up,
              test_what_is_stored_outlives_its_url, attempt_tear_down);
  g_test_add ("/look/gone-and-said-to-be-stored-is-waited-for", Attempt, GINT_TO_POINTER (FALSE), attempt_set_up,
              test_what_is_stored_outlives_its_url, attempt_tear_down);
  g_test_add ("/finish/a-slow-one-is-waited-for", Attempt, GINT_TO_POINTER (FALSE), attempt_set_up,
              test_a_slow_finish_is_waited_for, attempt_tear_down);
  g_test_add ("/finish/a-slow-one-is-asked-about", Attempt, GINT_TO_POINTER (TRUE), attempt_set_up,
              test_a_slow_finish_is_waited_for, attempt_tear_down);
  g_test_add ("/loss/a-server-that-loses-what-it-has", Attempt, NULL, attempt_set_up,
              test_a_server_that_loses_what_it_has, attempt_tear_down);

  g_test_add ("/silence/of-an-upload-url-elsewhere", Attempt, NULL, attempt_set_up, test_a_silent_url_elsewhere,
              attempt_tear_down);
  g_test_add ("/silence/of-the-destination-too", Attempt, NULL, attempt_set_up,
              test_a_silent_url_and_a_silent_destination, attempt_tear_down);

  return g_test_run ();
}
