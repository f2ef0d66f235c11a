/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain HTTP against a server with faults: what is overcome, by how many requests and bytes, what a person hears of, and what is
 * never called stored.
 */
#include "attempt.h"
#include "odd-server.h"

#include "transfer/put.h"

static void
set_up (Attempt *fixture, gconstpointer data)
{
  attempt_set_up (fixture, data);
  g_free (fixture->job->protocol);
  fixture->job->protocol = g_strdup ("http");
  g_free (fixture->job->url);
  fixture->job->url = test_peer_dup_url (fixture->peer, "/put/{id}");
  g_clear_pointer (&fixture->job->confirm_url, g_free);
}

/* Exactly one file, whole, under its id. */
static void
assert_arrived (Attempt *fixture)
{
  g_autoptr (JsonNode) node = test_peer_describe (fixture->peer);
  JsonArray *uploads = json_object_get_array_member (json_node_get_object (node), "uploads");
  JsonObject *upload = json_array_get_object_element (uploads, 0);

  g_assert_cmpuint (json_array_get_length (uploads), ==, 1);
  g_assert_true (json_object_get_boolean_member (upload, "finished"));
  g_assert_cmpstr (json_object_get_string_member (upload, "id"), ==, fixture->job->id);
  g_assert_cmpstr (json_object_get_string_member (upload, "key"), ==, fixture->job->id);
  g_assert_cmpstr (json_object_get_string_member (upload, "sha256"), ==, fixture->job->sha256);
}

/* --- What is overcome --- */

typedef struct
{
  const char *name;
  const char *json; /* NULL: no fault */
  guint n_attempts;
  guint n_puts;
  gsize size_bytes; /* 0: SIZE_BYTES, which is asked about by Expect */
} Row;

#define PUT_STATUS(n) "{\"fault\":\"status\",\"method\":\"PUT\",\"status\":" #n "}"
#define HEAD_STATUS(n) "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":" #n ",\"count\":-1}"

static const Row rows[] = {
  { "/put/it-arrives", NULL, 1, 1, 0 },
  { "/put/an-empty-file", NULL, 1, 1, 1 },
  { "/put/a-small-file", NULL, 1, 1, 1000 },
  { "/put/a-cut-before-the-first-byte", "{\"fault\":\"cut-after\",\"bytes\":0}", 1, 2, 0 },
  { "/put/a-cut-in-the-middle", "{\"fault\":\"cut-after\",\"bytes\":6000001}", 2, 2, 0 },
  { "/put/a-cut-after-the-last-byte", "{\"fault\":\"cut-after\",\"bytes\":9437505}", 2, 1, 0 },
  { "/put/a-cut-twice", "{\"fault\":\"cut-after\",\"bytes\":6000001,\"count\":2}", 3, 3, 0 },
  { "/put/a-cut-of-a-small-file", "{\"fault\":\"cut-after\",\"bytes\":10}", 1, 2, 1000 },
  { "/put/a-reset", "{\"fault\":\"reset\",\"method\":\"PUT\"}", 1, 2, 0 },
  { "/put/a-reset-of-everything", "{\"fault\":\"reset\",\"count\":4}", 4, 2, 0 },
  { "/put/the-answer-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PUT\"}", 2, 1, 0 },
  { "/put/the-answer-to-a-small-file-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PUT\"}", 1, 1, 1000 },
  { "/put/the-answer-to-the-question-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"HEAD\"}", 1, 1, 0 },
  { "/put/garbage", "{\"fault\":\"garbage\",\"method\":\"PUT\"}", 1, 2, 0 },
  { "/put/garbage-for-the-question", "{\"fault\":\"garbage\",\"method\":\"HEAD\",\"count\":2}", 2, 1, 0 },
  { "/put/a-page-with-200", "{\"fault\":\"html-200\",\"method\":\"PUT\"}", 2, 2, 0 },
  { "/put/a-page-with-200-for-the-question", "{\"fault\":\"html-200\",\"method\":\"HEAD\"}", 2, 1, 0 },
  { "/put/a-redirect", "{\"fault\":\"redirect\",\"method\":\"PUT\"}", 2, 2, 0 },
  { "/put/a-redirect-for-the-question", "{\"fault\":\"redirect\",\"method\":\"HEAD\"}", 2, 1, 0 },
  { "/put/204-before-a-byte-was-sent", PUT_STATUS (204), 2, 2, 0 },
  { "/put/201-before-a-byte-was-sent", PUT_STATUS (201), 2, 2, 0 },
  { "/put/a-server-that-reads-slowly", "{\"fault\":\"rate\",\"bytes\":6000000}", 1, 1, 0 },
  { "/put/a-server-that-stops-reading", "{\"fault\":\"stall-after\",\"bytes\":3000001}", 1, 2, 0 },
  { "/put/400", PUT_STATUS (400), 1, 2, 0 },
  { "/put/404", PUT_STATUS (404), 2, 2, 0 },
  { "/put/405", PUT_STATUS (405), 2, 2, 0 },
  { "/put/408", PUT_STATUS (408), 2, 2, 0 },
  { "/put/409", PUT_STATUS (409), 1, 2, 0 },
  { "/put/412-where-nothing-is", PUT_STATUS (412), 1, 2, 0 },
  { "/put/414", PUT_STATUS (414), 2, 2, 0 },
  { "/put/417", PUT_STATUS (417), 1, 2, 0 },
  { "/put/423", PUT_STATUS (423), 2, 2, 0 },
  { "/put/429", PUT_STATUS (429), 2, 2, 0 },
  { "/put/500", PUT_STATUS (500), 2, 2, 0 },
  { "/put/503", PUT_STATUS (503), 2, 2, 0 },
  { "/put/504", PUT_STATUS (504), 2, 2, 0 },
  { "/put/the-question-is-forbidden", HEAD_STATUS (403), 1, 1, 0 },
  { "/put/the-question-is-of-no-method", HEAD_STATUS (405), 1, 1, 0 },
  { "/put/the-question-is-not-implemented", HEAD_STATUS (501), 1, 1, 0 },
  { "/put/files-are-taken-away-as-they-come", HEAD_STATUS (404), 1, 1, 0 },
};

static ObAttemptResult *
run (Attempt *fixture, guint attempt)
{
  fixture->job->is_again = attempt > 1;

  return attempt_run (fixture);
}

/* As the broker would after its back-off. Returns: how many attempts it took. */
static guint
run_until_done (Attempt *fixture, guint most_attempts)
{
  for (guint attempt = 1; attempt <= most_attempts; attempt++)
    {
      g_autoptr (ObAttemptResult) result = run (fixture, attempt);

      if (result->is_done)
        {
          g_assert_cmpuint (fixture->offset_bytes, ==, fixture->job->size_bytes);
          g_assert_true (g_str_has_suffix (result->receipt.url, fixture->job->id));
          return attempt;
        }
      g_test_message ("attempt %u: %s: %s", attempt, result->code, result->message);
      g_assert_cmpuint (result->outcome.verdict, !=, OB_VERDICT_FAIL);
      /* No byte counts that the server has not confirmed. */
      g_assert_cmpuint (fixture->offset_bytes, ==, 0);
    }
  g_assert_not_reached ();
}

static void
test_a_fault_is_overcome (Attempt *fixture, gconstpointer data)
{
  const Row *row = data;

  if (row->size_bytes > 0)
    attempt_write_file (fixture, row->size_bytes - (row->size_bytes == 1));
  if (row->json)
    test_peer_control (fixture->peer, row->json);
  g_assert_cmpuint (run_until_done (fixture, 4), ==, row->n_attempts);
  assert_arrived (fixture);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, row->n_puts);
  g_assert_cmpuint (fixture->backwards, ==, 0);
}

/* --- What ends an attempt --- */

typedef struct
{
  const char *name;
  const char *json;
  ObVerdict verdict;
  OutboxReason reason;
  const char *code;
} EndRow;

#define ALWAYS(n) "{\"fault\":\"status\",\"status\":" #n ",\"count\":-1}"
#define ALWAYS_PUT(n) "{\"fault\":\"status\",\"method\":\"PUT\",\"status\":" #n ",\"count\":-1}"

static const EndRow end_rows[] = {
  { "/put/too-large", "{\"fault\":\"status\",\"method\":\"PUT\",\"status\":413,\"early\":true,\"count\":-1}",
    OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "http-413" },
  { "/put/full", ALWAYS_PUT (507), OB_VERDICT_FULL, OUTBOX_REASON_DESTINATION_FULL, "http-507" },
  { "/put/sign-in",
    "{\"fault\":\"status\",\"status\":401,\"count\":-1,\"headers\":{\"WWW-Authenticate\":\"Basic realm=x\"}}",
    OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN, "http-401" },
  { "/put/401-of-anybody", ALWAYS (401), OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "http-401" },
  { "/put/no-put-there", ALWAYS_PUT (405), OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "http-405" },
  { "/put/412-again-and-again", ALWAYS_PUT (412), OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "http-412" },
  { "/put/a-portal-says-200-to-everything", "{\"fault\":\"html-200\",\"count\":-1}", OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS, "bad-answer" },
  { "/put/a-portal-says-204-to-everything", ALWAYS (204), OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer" },
  { "/put/a-portal-says-201-to-everything", ALWAYS (201), OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "bad-answer" },
  { "/put/a-portal-redirects-everything", "{\"fault\":\"redirect\",\"count\":-1}", OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS, "http-302" },
  { "/put/a-portal-of-the-network", ALWAYS (511), OB_VERDICT_HOLD, OUTBOX_REASON_CAPTIVE_PORTAL, "http-511" },
};

/* A file of which nothing is known at the server is announced before a byte of it is sent, whatever its size. */
static void
test_an_end (Attempt *fixture, gconstpointer data)
{
  const EndRow *row = data;

  test_peer_control (fixture->peer, row->json);
  for (guint attempt = 1; attempt <= 2; attempt++)
    {
      g_autoptr (ObAttemptResult) result = run (fixture, attempt);

      g_assert_false (result->is_done);
      g_assert_cmpint (result->outcome.verdict, ==, row->verdict);
      g_assert_cmpint (result->outcome.reason, ==, row->reason);
      g_assert_cmpstr (result->code, ==, row->code);
    }
  g_assert_cmpuint (fixture->offset_bytes, ==, 0);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, 0);
  g_assert_cmpuint (test_peer_count_uploads (fixture->peer), ==, 0);
}

static void
test_a_folder_that_is_not_there (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, ALWAYS_PUT (409));
  result = run (fixture, 1);
  g_assert_nonnull (strstr (result->message, "folder"));
}

static void
test_a_token_that_has_expired (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_variant_unref (fixture->job->headers);
  fixture->job->headers = g_variant_ref_sink (g_variant_new_parsed ("{'Authorization': 'Bearer x'}"));
  test_peer_control (fixture->peer, PUT_STATUS (403));
  result = run (fixture, 1);
  g_assert_cmpint (result->outcome.verdict, ==, OB_VERDICT_FORBIDDEN);
  g_assert_cmpint (result->outcome.reason, ==, OUTBOX_REASON_SIGN_IN);
}

/* Its name and password come from the URL, before they are asked for. */
static void
test_a_name_in_the_url (Attempt *fixture, gconstpointer data)
{
  const char *host = strstr (fixture->job->url, "://") + 3;
  g_autofree char *url = g_strdup_printf ("http://me:s%%20t@%s", host);

  test_peer_control (fixture->peer,
                     "{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Basic bWU6cyB0\"}");
  g_free (fixture->job->url);
  fixture->job->url = g_steal_pointer (&url);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
}

/* --- What is there already --- */

static void
test_nothing_is_sent_twice (Attempt *fixture, gconstpointer data)
{
  /* The queue may have lost its memory, or the file is the first time that it asks. */
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  fixture->job->asks_first = TRUE;
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), ==, SIZE_BYTES);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, 2);
}

/* Its URL is this upload's alone: what is there is an old part of it. */
static void
test_another_size_is_replaced (Attempt *fixture, gconstpointer data)
{
  attempt_write_file (fixture, 1000);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  attempt_write_file (fixture, SIZE_BYTES);
  fixture->offset_bytes = 0;
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
}

/* --- With a confirm URL --- */

static void
test_it_is_confirmed (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  fixture->job->confirm_url = test_peer_dup_url (fixture->peer, "/confirm?id={id}");
  test_peer_control (fixture->peer, "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":1}");
  result = run (fixture, 1);
  g_assert_cmpint (result->outcome.verdict, ==, OB_VERDICT_NOT_YET);
  g_assert_cmpuint (fixture->n_stored, ==, 1);
  g_clear_pointer (&result, ob_attempt_result_free);
  result = run (fixture, 2);
  g_assert_true (result->is_done);
  g_assert_cmpstr (result->receipt.confirmed_by, ==, "confirm-url");
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, 1);
}

/* The confirm URL finds other bytes, and a person has them sent anew. */
static void
test_other_bytes_are_sent_anew (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  fixture->job->confirm_url = test_peer_dup_url (fixture->peer, "/confirm?id={id}&sha256={sha256}");
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  attempt_write_file (fixture, SIZE_BYTES - 1);
  fixture->n_stored = 0;
  fixture->offset_bytes = 0;
  result = run (fixture, 2);
  g_test_message ("%s: %s", result->code, result->message);
  g_assert_true (result->is_done);
  assert_arrived (fixture);
}

/* --- What the queue believes, and is not so --- */

/* Another protocol, or a server that was set back. */
static void
test_claims_are_dropped (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  fixture->server_url = g_strdup ("http://depot.example/files/1");
  fixture->offset_bytes = 4000;
  result = run (fixture, 1);
  g_assert_true (result->is_done);
  g_assert_null (fixture->server_url);
  assert_arrived (fixture);
}

static void
test_metadata_is_told_of (Attempt *fixture, gconstpointer data)
{
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, "metadata");
}

static void
test_a_copy_that_was_damaged (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_assert_true (g_file_set_contents (fixture->job->path, "short", 5, NULL));
  result = run (fixture, 1);
  g_assert_cmpint (result->outcome.reason, ==, OUTBOX_REASON_FILE_CHANGED);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, 0);
}

static void
test_a_stop (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  fixture->stop = ob_stop_new ();
  ob_stop_ask (fixture->stop, OB_STOP_NOW);
  result = run (fixture, 1);
  g_assert_true (result->is_cancelled);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, 0);
}

/* --- Trials --- */

typedef struct
{
  const char *name;
  const char *json; /* NULL: no fault */
  gboolean is_good;
  ObVerdict verdict;
  OutboxReason reason;
} TrialRow;

static const TrialRow trial_rows[] = {
  { "/put/a-trial", NULL, TRUE, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE },
  { "/put/a-trial-where-no-question-is-answered", HEAD_STATUS (405), TRUE, OB_VERDICT_UNDECIDED, OUTBOX_REASON_NONE },
  { "/put/a-trial-of-a-server-without-put",
    "{\"fault\":\"status\",\"method\":\"OPTIONS\",\"status\":200,\"headers\":{\"Allow\":\"GET, HEAD\"}}", FALSE,
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS },
  { "/put/a-trial-of-a-portal", "{\"fault\":\"html-200\",\"count\":-1}", FALSE, OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS },
  { "/put/a-trial-of-what-says-204-to-everything", ALWAYS (204), FALSE, OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS },
  { "/put/a-trial-of-a-redirect", "{\"fault\":\"redirect\",\"count\":-1}", FALSE, OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS },
  { "/put/a-trial-without-a-sign-in",
    "{\"fault\":\"status\",\"status\":401,\"count\":-1,\"headers\":{\"WWW-Authenticate\":\"Basic realm=x\"}}", FALSE,
    OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN },
  { "/put/a-trial-of-a-dead-server", "{\"fault\":\"reset\",\"count\":-1}", FALSE, OB_VERDICT_RETRY,
    OUTBOX_REASON_NONE },
};

static void
test_a_trial (Attempt *fixture, gconstpointer data)
{
  const TrialRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;

  if (row->json)
    test_peer_control (fixture->peer, row->json);
  fixture->job->is_trial = TRUE;
  result = run (fixture, 1);
  g_test_message ("%s: %s", result->code, result->message);
  g_assert_cmpint (result->is_done, ==, row->is_good);
  if (!row->is_good)
    {
      g_assert_cmpint (result->outcome.verdict, ==, row->verdict);
      g_assert_cmpint (result->outcome.reason, ==, row->reason);
      g_assert_nonnull (result->message);
    }
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PUT"), ==, 0);
  g_assert_cmpuint (test_peer_count_uploads (fixture->peer), ==, 0);
}

/* --- Servers that do not answer as they should --- */

/* What an attempt on a thread of its own, as a worker's, came to, while the main loop accepts. */
typedef struct
{
  Attempt *fixture;
  guint attempt;
  ObAttemptResult *result;
  gint is_over;
} Errand;

static gpointer
run_errand (gpointer user_data)
{
  Errand *errand = user_data;

  errand->result = run (errand->fixture, errand->attempt);
  g_atomic_int_set (&errand->is_over, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static ObAttemptResult *
run_beside_loop (Attempt *fixture, guint attempt)
{
  Errand errand = { fixture, attempt, NULL, FALSE };
  GThread *thread = g_thread_new ("attempt", run_errand, &errand);

  while (!g_atomic_int_get (&errand.is_over))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);

  return errand.result;
}

static OddServer *
use_odd_server (Attempt *fixture, const OddHabits *habits)
{
  OddServer *server = odd_server_start (habits);

  g_free (fixture->job->url);
  fixture->job->url = g_strdup_printf ("http://127.0.0.1:%u/{id}", server->port);

  return server;
}

static void
test_a_server_that_is_deaf_to_expect (Attempt *fixture, gconstpointer data)
{
  const OddHabits habits = { .floods = data != NULL, .is_deaf = TRUE };
  g_autoptr (OddServer) server = use_odd_server (fixture, &habits);
  g_autoptr (ObAttemptResult) first = run_beside_loop (fixture, 1);
  g_autoptr (ObAttemptResult) second = NULL;

  g_assert_true (first->is_done);
  g_assert_cmpuint (server->n_expecting, ==, 1);
  /* It is remembered. */
  fixture->offset_bytes = 0;
  second = run_beside_loop (fixture, 1);
  g_assert_true (second->is_done);
  g_assert_cmpuint (server->n_expecting, ==, 1);
  g_assert_cmpuint (server->file->len, ==, SIZE_BYTES);
}

/* libsoup would send it again, with an empty body, over the file that is there. */
static void
test_a_kept_connection_ends_after_the_body (Attempt *fixture, gconstpointer data)
{
  const OddHabits habits = { .cut_put = 2 };
  g_autoptr (OddServer) server = use_odd_server (fixture, &habits);
  g_autofree char *sha256 = NULL;

  attempt_write_file (fixture, 1000);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (ObAttemptResult) result = run_beside_loop (fixture, 1);

      g_assert_true (result->is_done);
      fixture->offset_bytes = 0;
    }
  g_assert_cmpuint (server->n_puts, ==, 2);
  g_assert_cmpuint (server->n_empty, ==, 0);
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, server->file->data, server->file->len);
  g_assert_cmpstr (sha256, ==, fixture->job->sha256);
}

/* A server that works on what it got is not sent the same again at once. */
static void
test_a_slow_server_does_not_answer (Attempt *fixture, gconstpointer data)
{
  const OddHabits habits = { .cut_put = 2, .is_slow = TRUE };
  g_autoptr (OddServer) server = use_odd_server (fixture, &habits);
  g_autoptr (ObAttemptResult) first = run_beside_loop (fixture, 1);
  g_autoptr (ObAttemptResult) lost = NULL;
  g_autoptr (ObAttemptResult) found = NULL;

  g_assert_true (first->is_done);
  fixture->offset_bytes = 0;
  lost = run_beside_loop (fixture, 1);
  g_assert_cmpstr (lost->code, ==, "unanswered");
  g_assert_cmpint (lost->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
  found = run_beside_loop (fixture, 2);
  g_assert_true (found->is_done);
  g_assert_cmpuint (server->n_puts, ==, 2);
}

/* How HEAD is answered where a file is, and by how many PUTs it arrives all the same. */
typedef struct
{
  const char *name;
  OddHabits habits;
  gboolean is_again; /* the answer to an earlier attempt was lost */
  guint n_puts;      /* 0: the server is not believed */
  gsize size_bytes;  /* 0: SIZE_BYTES */
} OddRow;

#define OK "HTTP/1.1 200 OK\r\n"
#define REFUSAL(n) "HTTP/1.1 " #n " X\r\nContent-Length: 0\r\n"
#define RANGES .get = ODD_GET_RANGES
#define ALL .get = ODD_GET_ALL
#define NONE .get = ODD_GET_REFUSED

/* The condition of a PUT, refused by this status, as of stores that do not know it. */
#define NO_CONDITION(n) .condition_status = n

static const OddRow odd_rows[] = {
  { "/put/no-condition-is-taken-400", { NO_CONDITION (400) }, FALSE, 2, 0 },
  { "/put/no-condition-is-taken-409", { NO_CONDITION (409) }, FALSE, 2, 0 },
  { "/put/no-condition-is-taken-412", { NO_CONDITION (412) }, FALSE, 2, 0 },
  { "/put/no-condition-is-taken-501", { NO_CONDITION (501) }, FALSE, 2, 0 },
  { "/put/head-without-a-length", { .head = OK, RANGES }, FALSE, 1, 0 },
  { "/put/head-without-a-length-and-get-without-ranges", { .head = OK, ALL }, FALSE, 1, 0 },
  { "/put/head-without-a-length-of-a-small-file", { .head = OK, ALL }, FALSE, 1, 1000 },
  { "/put/head-with-a-length-of-zero", { .head = OK "Content-Length: 0\r\n", RANGES }, FALSE, 1, 0 },
  { "/put/head-with-another-length", { .head = OK "Content-Length: 77\r\n", RANGES }, FALSE, 1, 0 },
  { "/put/head-of-it-compressed",
    { .head = OK "Content-Encoding: gzip\r\nContent-Length: 77\r\n", RANGES },
    FALSE,
    1,
    0 },
  { "/put/head-is-refused-and-get-is-not", { .head = REFUSAL (405), RANGES }, TRUE, 1, 0 },
  { "/put/head-breaks-the-server", { .head = REFUSAL (500), RANGES }, FALSE, 1, 0 },
  { "/put/head-is-for-others", { .head = REFUSAL (401), NONE }, FALSE, 1, 0 },
  { "/put/a-cache-that-remembers", { .caches = TRUE, .cut_put = 1 }, FALSE, 1, 0 },
  { "/put/nobody-tells-a-length", { .head = OK, NONE }, FALSE, 0, 0 },
  { "/put/room-for-all-and-half-of-it-there", { .allots = TRUE }, FALSE, 2, 0 },
};

/* The size that HEAD tells is not what proves that all is there. */
static void
test_an_odd_head (Attempt *fixture, gconstpointer data)
{
  const OddRow *row = data;
  g_autoptr (OddServer) server = use_odd_server (fixture, &row->habits);
  gboolean is_done = FALSE;
  g_autofree char *sha256 = NULL;

  if (row->size_bytes > 0)
    attempt_write_file (fixture, row->size_bytes);
  for (guint attempt = 1; attempt <= 2 && !is_done; attempt++)
    {
      g_autoptr (ObAttemptResult) result = run_beside_loop (fixture, attempt);

      is_done = result->is_done;
      g_test_message ("attempt %u: %s: %s", attempt, result->code, result->message);
    }
  g_assert_cmpint (is_done, ==, row->n_puts > 0);
  if (!is_done)
    return;
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, server->file->data, server->file->len);
  g_assert_cmpstr (sha256, ==, fixture->job->sha256);
  g_assert_cmpuint (server->n_puts, ==, row->n_puts);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, data, test) g_test_add (name, Attempt, data, set_up, test, attempt_tear_down)
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    ADD (rows[i].name, &rows[i], test_a_fault_is_overcome);
  for (guint i = 0; i < G_N_ELEMENTS (end_rows); i++)
    ADD (end_rows[i].name, &end_rows[i], test_an_end);
  for (guint i = 0; i < G_N_ELEMENTS (trial_rows); i++)
    ADD (trial_rows[i].name, &trial_rows[i], test_a_trial);
  ADD ("/put/a-folder-that-is-not-there", NULL, test_a_folder_that_is_not_there);
  ADD ("/put/a-token-that-has-expired", NULL, test_a_token_that_has_expired);
  ADD ("/put/a-name-in-the-url", NULL, test_a_name_in_the_url);
  ADD ("/put/nothing-is-sent-twice", NULL, test_nothing_is_sent_twice);
  ADD ("/put/another-size-is-replaced", NULL, test_another_size_is_replaced);
  ADD ("/put/it-is-confirmed", NULL, test_it_is_confirmed);
  ADD ("/put/other-bytes-are-sent-anew", NULL, test_other_bytes_are_sent_anew);
  ADD ("/put/claims-are-dropped", NULL, test_claims_are_dropped);
  ADD ("/put/metadata-is-told-of", NULL, test_metadata_is_told_of);
  ADD ("/put/a-copy-that-was-damaged", NULL, test_a_copy_that_was_damaged);
  ADD ("/put/a-stop", NULL, test_a_stop);
  ADD ("/put/a-server-that-is-deaf-to-expect", NULL, test_a_server_that_is_deaf_to_expect);
  ADD ("/put/a-flood-of-interim-answers", "floods", test_a_server_that_is_deaf_to_expect);
  ADD ("/put/a-slow-server-does-not-answer", NULL, test_a_slow_server_does_not_answer);
  ADD ("/put/a-kept-connection-ends-after-the-body", NULL, test_a_kept_connection_ends_after_the_body);
  for (guint i = 0; i < G_N_ELEMENTS (odd_rows); i++)
    ADD (odd_rows[i].name, &odd_rows[i], test_an_odd_head);
#undef ADD

  return g_test_run ();
}
