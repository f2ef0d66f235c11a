/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Plain HTTP against a server with faults: what is overcome, by how many requests and bytes, what a person hears of, and what is
 * never called stored.
 */
#include "attempt.h"

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
  { "/put/400", PUT_STATUS (400), 2, 2, 0 },
  { "/put/404", PUT_STATUS (404), 2, 2, 0 },
  { "/put/405", PUT_STATUS (405), 2, 2, 0 },
  { "/put/408", PUT_STATUS (408), 2, 2, 0 },
  { "/put/409", PUT_STATUS (409), 2, 2, 0 },
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

  test_peer_control (fixture->peer, PUT_STATUS (409));
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

/* A server of its own thread: takes PUT without a word of "100 Continue", and says 200 with the size to HEAD. */
typedef struct
{
  GSocketService *service;
  guint16 port;
  GMutex lock;
  guint64 stored_bytes;
  guint n_expecting;
  guint n_puts;
  gboolean floods; /* interim answers, one after another, before each that counts */
} Deaf;

/* Returns: the length of the body; -1: there are no more requests. */
static gint64
read_head (GDataInputStream *stream, char **method, gboolean *expects)
{
  gint64 length = 0;
  char *line;

  *expects = FALSE;
  *method = g_data_input_stream_read_line (stream, NULL, NULL, NULL);
  if (!*method)
    return -1;
  while ((line = g_data_input_stream_read_line (stream, NULL, NULL, NULL)) && *line)
    {
      if (g_ascii_strncasecmp (line, "Content-Length:", 15) == 0)
        length = g_ascii_strtoll (line + 15, NULL, 10);
      *expects |= g_ascii_strncasecmp (line, "Expect:", 7) == 0;
      g_free (line);
    }
  g_free (line);

  return length;
}

static gboolean
answer_put (Deaf *deaf, GInputStream *in, gint64 length, gboolean expects, GString *answer)
{
  gint64 left = length;
  gssize got = 1;

  g_mutex_lock (&deaf->lock);
  deaf->n_expecting += expects;
  deaf->n_puts++;
  g_mutex_unlock (&deaf->lock);
  while (left > 0 && got > 0)
    {
      got = g_input_stream_skip (in, (gsize) left, NULL, NULL);
      left -= got;
    }
  if (left > 0)
    return FALSE;
  g_mutex_lock (&deaf->lock);
  deaf->stored_bytes = (guint64) length;
  g_mutex_unlock (&deaf->lock);
  g_string_append (answer, "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");

  return TRUE;
}

static gboolean
on_run (GThreadedSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  Deaf *deaf = user_data;
  g_autoptr (GDataInputStream) in = g_data_input_stream_new (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  gboolean is_open = TRUE;

  g_data_input_stream_set_newline_type (in, G_DATA_STREAM_NEWLINE_TYPE_CR_LF);
  while (is_open)
    {
      g_autofree char *method = NULL;
      g_autoptr (GString) answer = g_string_new (NULL);
      gboolean expects;
      gint64 length = read_head (in, &method, &expects);

      if (length < 0)
        break;
      for (guint i = 0; deaf->floods && i < 1000; i++)
        g_string_append (answer, "HTTP/1.1 102 Processing\r\n\r\n");
      if (g_str_has_prefix (method, "PUT "))
        is_open = answer_put (deaf, G_INPUT_STREAM (in), length, expects, answer);
      else
        g_string_append_printf (answer, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GUINT64_FORMAT "\r\n\r\n",
                                deaf->stored_bytes);
      is_open = is_open
                && g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), answer->str,
                                              answer->len, NULL, NULL, NULL);
    }

  return TRUE;
}

static void
deaf_start (Deaf *deaf)
{
  deaf->service = g_threaded_socket_service_new (4);
  deaf->port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (deaf->service), NULL, NULL);
  g_assert_cmpuint (deaf->port, >, 0);
  g_mutex_init (&deaf->lock);
  g_signal_connect (deaf->service, "run", G_CALLBACK (on_run), deaf);
}

/* What an attempt on a thread of its own, as a worker's, came to, while the main loop accepts. */
typedef struct
{
  Attempt *fixture;
  ObAttemptResult *result;
  gint is_over;
} Errand;

static gpointer
run_errand (gpointer user_data)
{
  Errand *errand = user_data;

  errand->result = run (errand->fixture, 1);
  g_atomic_int_set (&errand->is_over, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

static ObAttemptResult *
run_beside_loop (Attempt *fixture)
{
  Errand errand = { fixture, NULL, FALSE };
  GThread *thread = g_thread_new ("attempt", run_errand, &errand);

  while (!g_atomic_int_get (&errand.is_over))
    g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);

  return errand.result;
}

static void
test_a_server_that_is_deaf_to_expect (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) first = NULL;
  g_autoptr (ObAttemptResult) second = NULL;
  Deaf deaf = { .floods = data != NULL };

  deaf_start (&deaf);
  g_free (fixture->job->url);
  fixture->job->url = g_strdup_printf ("http://127.0.0.1:%u/{id}", deaf.port);
  first = run_beside_loop (fixture);
  g_assert_true (first->is_done);
  g_assert_cmpuint (deaf.n_expecting, ==, 1);
  /* It is remembered. */
  fixture->offset_bytes = 0;
  second = run_beside_loop (fixture);
  g_assert_true (second->is_done);
  g_assert_cmpuint (deaf.n_expecting, ==, 1);
  g_assert_cmpuint (deaf.stored_bytes, ==, SIZE_BYTES);
  g_socket_service_stop (deaf.service);
  g_object_unref (deaf.service);
  g_mutex_clear (&deaf.lock);
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
#undef ADD

  return g_test_run ();
}
