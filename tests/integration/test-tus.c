/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus attempts against the receiver, as a worker would run them: what is done in order, at ends, after restarts, and when
 * somebody stops them.
 */
#include "attempt.h"

#include <glib/gstdio.h>

static void
test_it_arrives (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = attempt_run (fixture);

  g_assert_true (result->is_done);
  g_assert_cmpstr (result->receipt.confirmed_by, ==, "confirm-url");
  g_assert_cmpstr (result->receipt.record, ==, "rec-018fd1a0-0000-7000-8000-000000000001");
  g_assert_cmpstr (result->receipt.url, ==, fixture->server_url);
  /* The heads of its requests come on top, and what TCP takes for lost on a busy machine. */
  g_assert_cmpuint (fixture->wire_bytes, >, SIZE_BYTES);
  g_assert_cmpuint (fixture->wire_bytes, <, SIZE_BYTES + SIZE_BYTES / 4);
  attempt_assert_arrived (fixture);
  /* The attempt's own connection, and one of the test's. */
  g_assert_cmpint (attempt_get_number (fixture, "connections"), ==, 1);
}

static void
test_without_a_confirm_url (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  result = attempt_run (fixture);
  g_assert_true (result->is_done);
  g_assert_cmpstr (result->receipt.confirmed_by, ==, "tus");
  attempt_assert_arrived (fixture);
}

static void
test_an_empty_file (Attempt *fixture, gconstpointer data)
{
  attempt_write_file (fixture, 0);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
}

/* The creation of an empty file finishes it: when its answer is lost, it must not be created twice. */
static void
test_an_empty_file_whose_creation_is_not_answered (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  attempt_write_file (fixture, 0);
  test_peer_control (fixture->peer, "{\"fault\":\"lost-answer\",\"method\":\"POST\"}");
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  fixture->job->is_again = TRUE;
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (fixture->n_created, ==, 0);
  attempt_assert_arrived (fixture);
}

static void
test_the_server_is_killed_and_comes_back (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  /* The chunk is stored, then nobody is there any more. */
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  test_peer_kill (fixture->peer);
  g_clear_pointer (&result, ob_attempt_result_free);
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpstr (result->code, ==, "connection");
  test_peer_restart (fixture->peer);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, SIZE_BYTES - (4 << 20));
}

static void
test_an_offset_that_moved_back_is_followed (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = attempt_run (fixture);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  test_peer_control (fixture->peer, "{\"fault\":\"backwards\",\"bytes\":1000000}");
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (fixture->backwards, ==, 1);
  attempt_assert_arrived (fixture);
}

static void
test_a_copy_that_is_gone_or_damaged (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) shorter = NULL;
  g_autoptr (ObAttemptResult) missing = NULL;

  g_assert_true (g_file_set_contents (fixture->job->path, "short", -1, NULL));
  shorter = attempt_run (fixture);
  g_assert_cmpuint (shorter->outcome.reason, ==, OUTBOX_REASON_FILE_CHANGED);
  g_assert_cmpint (g_unlink (fixture->job->path), ==, 0);
  missing = attempt_run (fixture);
  g_assert_cmpuint (missing->outcome.reason, ==, OUTBOX_REASON_FILE_MISSING);
  g_assert_cmpuint (fixture->n_created, ==, 0);
}

static void
test_termination (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;
  g_autoptr (ObAttemptResult) busy = NULL;
  g_autoptr (ObAttemptResult) ended = NULL;
  g_autoptr (ObAttemptResult) again = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = attempt_run (fixture);
  fixture->job->resume = g_strdup (fixture->server_url);
  fixture->job->is_termination = TRUE;
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"DELETE\",\"status\":423}");
  busy = attempt_run (fixture);
  g_assert_false (busy->is_done);
  g_assert_cmpuint (busy->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
  ended = attempt_run (fixture);
  g_assert_true (ended->is_done);
  /* What the server does not know any more is given up as well. */
  again = attempt_run (fixture);
  g_assert_true (again->is_done);
  g_assert_cmpuint (test_peer_count_uploads (fixture->peer), ==, 0);
}

/* A dead connection may hold an upload for minutes. That holds up this upload, and no other. */
static void
test_a_stale_lock_holds_that_upload_alone (Attempt *fixture, gconstpointer data)
{
  static const gint statuses[] = { 423, 409, 500 };

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  ob_attempt_result_free (attempt_run (fixture));
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *json
          = g_strdup_printf ("{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":%d,\"retry_after\":7}", statuses[i]);
      g_autoptr (ObAttemptResult) result = NULL;

      test_peer_control (fixture->peer, json);
      result = attempt_run (fixture);
      g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
      g_assert_cmpint (result->outcome.retry_after_ms, ==, 7000);
      /* A try without progress is no reason to try again sooner. */
      g_assert_false (result->has_moved);
    }
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, SIZE_BYTES);
}

/* Every byte is there, and the connection was cut before the server did what it does at the end. */
static void
arrange_an_end_that_never_was (Attempt *fixture)
{
  attempt_write_file (fixture, 1000);
  test_peer_control (fixture->peer, "{\"fault\":\"cut-after\",\"method\":\"PATCH\",\"bytes\":1000,"
                                    "\"mode\":\"unfinished\"}");
}

static void
test_an_end_that_never_was_is_made_up_for (Attempt *fixture, gconstpointer data)
{
  arrange_an_end_that_never_was (fixture);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, 1000);
}

static void
test_an_end_that_never_was_without_a_confirm_url (Attempt *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->job->confirm_url, g_free);
  test_an_end_that_never_was_is_made_up_for (fixture, data);
}

/* What the server says at the end counts, also where the offset is whole already. */
static void
test_an_end_that_is_refused_is_told (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  arrange_an_end_that_never_was (fixture);
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":422,\"skip\":1,"
                                    "\"body\":\"no such job\"}");
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_FAIL);
  g_assert_nonnull (strstr (result->message, "no such job"));
}

/* A receipt outlives the upload URL: servers clear it away when they are done. */
static void
test_what_is_confirmed_is_not_sent_again (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  test_peer_control (fixture->peer, "{\"fault\":\"expire\"}");
  result = attempt_run (fixture);
  g_assert_true (result->is_done);
  g_assert_cmpuint (fixture->n_created, ==, 1);
}

static void
test_a_raised_limit_is_seen_at_once (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"max-size\",\"bytes\":1000}");
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.reason, ==, OUTBOX_REASON_TOO_LARGE);
  test_peer_control (fixture->peer, "{\"fault\":\"max-size\",\"bytes\":0}");
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
}

static void
test_a_server_is_asked_once_what_it_can (Attempt *fixture, gconstpointer data)
{

  attempt_write_file (fixture, 1000);
  for (guint i = 0; i < 3; i++)
    {
      g_free (fixture->job->id);
      fixture->job->id = g_uuid_string_random ();
      g_clear_pointer (&fixture->server_url, g_free);
      fixture->n_stored = 0;
      fixture->offset_bytes = 0;
      g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
    }
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "OPTIONS"), ==, 1);
  g_assert_cmpint (attempt_get_number (fixture, "connections"), ==, 1);
  g_assert_cmpint (attempt_get_number (fixture, "finished"), ==, 3);
}

/* A proxy that gathers a whole request loses all of it with the connection: only chunks that are short enough get through. */
static void
test_a_chunk_shrinks_until_it_sticks (Attempt *fixture, gconstpointer data)
{
  gint64 first_bytes;

  test_peer_control (fixture->peer, "{\"fault\":\"buffering\",\"on\":true}");
  test_peer_control (fixture->peer, "{\"fault\":\"cut-after\",\"method\":\"PATCH\",\"bytes\":300000,\"count\":-1}");
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpuint (fixture->backwards, ==, 0);
  first_bytes = attempt_get_number (fixture, "body_bytes");
  g_assert_cmpint (first_bytes, >, SIZE_BYTES);

  /* The next upload need not find it out again. */
  g_free (fixture->job->id);
  fixture->job->id = g_uuid_string_random ();
  g_clear_pointer (&fixture->server_url, g_free);
  fixture->offset_bytes = fixture->n_stored = 0;
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes") - first_bytes, ==, SIZE_BYTES);
}

/* A Location may name another host: it gets the upload only where a person says so, and no headers ever. */
static void
test_headers_stay_at_their_origin (Attempt *fixture, gconstpointer data)
{
  const char *const also[] = { fixture->job->url, NULL };
  g_autoptr (GString) url = g_string_new (fixture->job->url);
  g_autoptr (ObAttemptResult) elsewhere = NULL;
  g_autoptr (ObAttemptResult) refused = NULL;
  g_auto (GStrv) list = g_strdupv ((GStrv) also);

  g_string_replace (url, "127.0.0.1", "localhost", 1);
  g_free (fixture->job->url);
  fixture->job->url = g_strdup (url->str);
  g_variant_unref (fixture->job->headers);
  fixture->job->headers = g_variant_ref_sink (g_variant_new_parsed ("{'X-Api-Key': 'secret'}"));
  g_clear_pointer (&fixture->job->confirm_url, g_free);
  test_peer_control (fixture->peer, "{\"fault\":\"require-header\",\"name\":\"X-Api-Key\",\"value\":\"secret\"}");
  elsewhere = attempt_run (fixture);
  g_assert_cmpuint (fixture->n_created, ==, 0);
  g_assert_cmpuint (elsewhere->outcome.verdict, ==, OB_VERDICT_HOLD);
  g_assert_cmpuint (elsewhere->outcome.reason, ==, OUTBOX_REASON_WRONG_ADDRESS);
  g_assert_nonnull (strstr (elsewhere->message, "--also"));

  fixture->job->also = g_steal_pointer (&list);
  refused = attempt_run (fixture);
  g_assert_cmpuint (fixture->n_created, ==, 1);
  g_assert_cmpuint (refused->outcome.verdict, ==, OB_VERDICT_SIGN_IN);

  /* What was begun there is given up when nobody lists it any more. */
  g_clear_pointer (&fixture->job->also, g_strfreev);
  test_peer_control (fixture->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (fixture->n_created, ==, 2);
  g_assert_cmpstr (fixture->noted, ==, "given-up");
}

/* --- Ends from outside --- */

static gpointer
run_in_thread (gpointer user_data)
{
  return attempt_run (user_data);
}

/* Starts an attempt at a pace, and stops it when some of its first chunk is there. */
static ObAttemptResult *
stop_in_a_chunk (Attempt *fixture, gint rate, ObStopKind kind)
{
  g_autofree char *json = g_strdup_printf ("{\"fault\":\"rate\",\"bytes\":%d}", rate);
  GThread *thread;

  test_peer_control (fixture->peer, json);
  fixture->stop = ob_stop_new ();
  thread = g_thread_new ("worker", run_in_thread, fixture);
  while (attempt_get_number (fixture, "body_bytes") == 0)
    g_usleep (10 * 1000);
  ob_stop_ask (fixture->stop, kind);
  while (!g_cancellable_is_cancelled (G_CANCELLABLE (fixture->stop)))
    g_main_context_iteration (NULL, TRUE);

  return g_thread_join (thread);
}

/* How much came in before the cut, once that is written down. */
static gint64
get_bytes_before_cut (Attempt *fixture)
{
  for (;;)
    {
      g_autofree char *ledger = NULL;
      g_auto (GStrv) lines = NULL;

      g_assert_true (g_file_get_contents (fixture->ledger_path, &ledger, NULL, NULL));
      lines = g_strsplit (ledger, "\n", -1);
      for (guint i = 0; lines[i]; i++)
        if (strstr (lines[i], "patch-end"))
          {
            g_autoptr (JsonNode) node = json_from_string (lines[i], NULL);

            return json_object_get_int_member (json_node_get_object (node), "received");
          }
      g_usleep (10 * 1000);
    }
}

/* The kernel had megabytes to send: they never leave. */
static void
test_stopped_now_nothing_queued_leaves (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 500 * 1000, OB_STOP_NOW);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 0);
  g_test_message ("%" G_GUINT64_FORMAT " bytes went out, %" G_GINT64_FORMAT " arrived", fixture->wire_bytes,
                  get_bytes_before_cut (fixture));
  g_assert_cmpint (get_bytes_before_cut (fixture), <, 1 << 20);
  /* They are counted all the same. */
  g_assert_cmpuint (fixture->wire_bytes, >=, (guint64) get_bytes_before_cut (fixture));
}

static void
test_stopped_gently_a_chunk_is_finished (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 10 * 1000 * 1000, OB_STOP_GENTLY);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, 4 << 20);
}

static void
test_stopped_gently_a_long_chunk_is_cut (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 200 * 1000, OB_STOP_GENTLY);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 0);
  g_assert_cmpint (get_bytes_before_cut (fixture), <, 2 << 20);
}

static gint64
run_for_us (Attempt *fixture)
{
  gint64 begin_us = g_get_monotonic_time ();
  g_autoptr (ObAttemptResult) result = attempt_run (fixture);

  g_assert_true (result->is_done);

  return g_get_monotonic_time () - begin_us;
}

/* So slow that nothing is acknowledged for longer than a live connection may be silent. */
static void
test_a_rate_is_no_stall (Attempt *fixture, gconstpointer data)
{
  fixture->job->pace = ob_pace_new (128);
  attempt_write_file (fixture, 1000);
  g_assert_cmpint (run_for_us (fixture), >, 3500 * 1000);
  attempt_assert_arrived (fixture);
  g_assert_cmpint (attempt_get_number (fixture, "connections"), ==, 1);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, 1000);
}

static void
test_two_share_a_rate (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObPace) pace = ob_pace_new (500 * 1000);
  g_autoptr (ObAttemptResult) result = NULL;
  gint64 begin_us = g_get_monotonic_time ();
  Attempt other = { 0 };
  GThread *thread;

  attempt_set_up (&other, NULL);
  attempt_write_file (fixture, 600 * 1000);
  attempt_write_file (&other, 600 * 1000);
  fixture->job->pace = ob_pace_ref (pace);
  other.job->pace = ob_pace_ref (pace);
  thread = g_thread_new ("worker", run_in_thread, &other);
  /* Each would take 1.2 s. */
  (void) run_for_us (fixture);
  result = g_thread_join (thread);
  g_assert_true (result->is_done);
  g_test_message ("1200000 bytes in %" G_GINT64_FORMAT " us", g_get_monotonic_time () - begin_us);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, >, 2000 * 1000);
  attempt_assert_arrived (fixture);
  attempt_assert_arrived (&other);
  attempt_tear_down (&other, NULL);
}

static void
test_a_slow_one_is_stopped_at_once (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;
  gint64 begin_us;
  GThread *thread;

  fixture->job->pace = ob_pace_new (8);
  fixture->stop = ob_stop_new ();
  thread = g_thread_new ("worker", run_in_thread, fixture);
  while (attempt_get_number (fixture, "body_bytes") == 0)
    g_usleep (10 * 1000);
  begin_us = g_get_monotonic_time ();
  ob_stop_ask (fixture->stop, OB_STOP_NOW);
  result = g_thread_join (thread);
  g_assert_true (result->is_cancelled);
  g_assert_cmpint (g_get_monotonic_time () - begin_us, <, 1000 * 1000);
  g_assert_cmpuint (fixture->wire_bytes, >, 512);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (Attempt *, gconstpointer);
  } tests[] = {
    { "/tus/it-arrives-over-one-connection", test_it_arrives },
    { "/tus/without-a-confirm-url", test_without_a_confirm_url },
    { "/tus/an-empty-file", test_an_empty_file },
    { "/tus/an-empty-file-whose-creation-is-not-answered", test_an_empty_file_whose_creation_is_not_answered },
    { "/tus/the-server-is-killed-and-comes-back", test_the_server_is_killed_and_comes_back },
    { "/tus/an-offset-that-moved-back-is-followed", test_an_offset_that_moved_back_is_followed },
    { "/tus/a-copy-that-is-gone-or-damaged", test_a_copy_that_is_gone_or_damaged },
    { "/tus/termination", test_termination },
    { "/tus/a-stale-lock-holds-that-upload-alone", test_a_stale_lock_holds_that_upload_alone },
    { "/tus/an-end-that-never-was-is-made-up-for", test_an_end_that_never_was_is_made_up_for },
    { "/tus/an-end-that-never-was-without-a-confirm-url", test_an_end_that_never_was_without_a_confirm_url },
    { "/tus/an-end-that-is-refused-is-told", test_an_end_that_is_refused_is_told },
    { "/tus/what-is-confirmed-is-not-sent-again", test_what_is_confirmed_is_not_sent_again },
    { "/tus/a-raised-limit-is-seen-at-once", test_a_raised_limit_is_seen_at_once },
    { "/tus/a-server-is-asked-once-what-it-can", test_a_server_is_asked_once_what_it_can },
    { "/tus/a-chunk-shrinks-until-it-sticks", test_a_chunk_shrinks_until_it_sticks },
    { "/tus/headers-stay-at-their-origin", test_headers_stay_at_their_origin },
    { "/tus/stopped-now-nothing-queued-leaves", test_stopped_now_nothing_queued_leaves },
    { "/tus/stopped-gently-a-chunk-is-finished", test_stopped_gently_a_chunk_is_finished },
    { "/tus/stopped-gently-a-long-chunk-is-cut", test_stopped_gently_a_long_chunk_is_cut },
    { "/tus/a-rate-is-no-stall", test_a_rate_is_no_stall },
    { "/tus/two-share-a-rate", test_two_share_a_rate },
    { "/tus/a-slow-one-is-stopped-at-once", test_a_slow_one_is_stopped_at_once },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Attempt, NULL, attempt_set_up, tests[i].run, attempt_tear_down);

  return g_test_run ();
}
