/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every fault of a server leads to: which are overcome, in how many attempts and bytes, and which a person hears of.
 */
#include "attempt.h"
#include "transfer/tus-verdict.h"

#include <sys/socket.h>
#include <unistd.h>

/* A fault, how many attempts it may cost, and how much may be sent twice. */
typedef struct
{
  const char *name;
  const char *json;
  guint most_attempts;
  guint64 most_again_bytes;
  guint n_created;
} FaultRow;

static const FaultRow fault_rows[] = {
  { "/tus/a-cut-at-the-first-byte", "{\"fault\":\"cut-after\",\"bytes\":0}", 1, 5 << 20, 1 },
  { "/tus/a-cut-in-a-chunk", "{\"fault\":\"cut-after\",\"bytes\":3000001,\"method\":\"PATCH\"}", 1, 5 << 20, 1 },
  { "/tus/a-cut-at-the-last-byte", "{\"fault\":\"cut-after\",\"bytes\":4194304,\"method\":\"PATCH\",\"count\":2}", 1,
    5 << 20, 1 },
  { "/tus/a-short-204", "{\"fault\":\"short-204\",\"bytes\":1000}", 1, 5 << 20, 1 },
  { "/tus/a-short-204-of-nothing", "{\"fault\":\"short-204\",\"bytes\":0,\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/an-answer-to-a-chunk-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}", 1, 0, 1 },
  { "/tus/every-second-answer-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PATCH\",\"count\":3}", 1, 0, 1 },
  { "/tus/an-answer-to-the-creation-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/an-answer-to-a-look-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"HEAD\"}", 2, 0, 1 },
  { "/tus/a-503-for-a-chunk", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"retry_after\":1}", 2,
    5 << 20, 1 },
  { "/tus/a-423-for-a-chunk", "{\"fault\":\"lock\",\"method\":\"PATCH\",\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/a-lock-that-is-let-go", "{\"fault\":\"lock\",\"skip\":1,\"count\":3}", 1, 5 << 20, 1 },
  { "/tus/a-409-for-a-chunk", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":409}", 1, 5 << 20, 1 },
  { "/tus/versions-on-two-lines",
    "{\"fault\":\"garbage\",\"method\":\"OPTIONS\",\"body\":\"HTTP/1.1 204 No Content\\r\\nTus-Version: "
    "1.0.0\\r\\nTus-Version: "
    "0.2.2\\r\\n\\r\\n\"}",
    1, 0, 1 },
  { "/tus/an-html-page-for-a-chunk", "{\"fault\":\"html-200\",\"method\":\"PATCH\"}", 2, 5 << 20, 1 },
  { "/tus/a-redirect-for-the-creation", "{\"fault\":\"redirect\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/an-html-page-for-the-creation", "{\"fault\":\"html-200\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/garbage-for-the-creation", "{\"fault\":\"garbage\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/endless-headers-for-the-creation", "{\"fault\":\"endless-headers\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/a-reset-for-everything", "{\"fault\":\"reset\",\"count\":3}", 4, 0, 1 },
  { "/tus/an-offset-that-was-never-sent", "{\"fault\":\"wrong-offset\",\"method\":\"PATCH\",\"bytes\":99999999}", 1, 0,
    1 },
  { "/tus/an-expired-upload-is-made-anew", "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":1}", 1,
    9 << 20, 2 },
  { "/tus/431-for-all-of-the-metadata", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":431}", 1, 0, 1 },
  { "/tus/400-for-all-of-the-metadata", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":400}", 1, 0, 1 },
  { "/tus/a-relative-location", "{\"fault\":\"location\",\"mode\":\"path\"}", 1, 0, 1 },
  { "/tus/a-location-without-a-path", "{\"fault\":\"location\",\"mode\":\"bare\"}", 1, 0, 1 },
  { "/tus/a-location-without-a-scheme", "{\"fault\":\"location\",\"mode\":\"host\"}", 1, 0, 1 },
  { "/tus/no-checksum-extension", "{\"fault\":\"checksum\",\"on\":false}", 1, 0, 1 },
  { "/tus/a-buffering-proxy", "{\"fault\":\"buffering\",\"on\":true}", 1, 0, 1 },
  { "/tus/a-413-for-a-chunk-that-a-proxy-does-not-take",
    "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/a-413-that-comes-before-the-chunk-is-sent",
    "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"early\":true}", 1, 9 << 20, 1 },
  { "/tus/options-are-answered-for-ever", "{\"fault\":\"endless-headers\",\"method\":\"OPTIONS\",\"delay_ms\":200}", 1,
    0, 1 },
  { "/tus/options-are-refused", "{\"fault\":\"status\",\"method\":\"OPTIONS\",\"status\":405}", 1, 0, 1 },
  { "/tus/not-confirmed-yet", "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":2}", 3, 0, 1 },
  { "/tus/still-attaching", "{\"fault\":\"confirm\",\"mode\":\"attaching\",\"count\":1}", 2, 0, 1 },
  { "/tus/garbage-for-the-confirmation", "{\"fault\":\"confirm\",\"mode\":\"garbage\"}", 2, 0, 1 },
  { "/tus/a-portal-for-the-confirmation", "{\"fault\":\"confirm\",\"mode\":\"html\"}", 2, 0, 1 },
};

static void
test_a_fault_is_overcome (Attempt *fixture, gconstpointer data)
{
  const FaultRow *row = data;

  test_peer_control (fixture->peer, row->json);
  g_assert_cmpuint (attempt_run_until_done (fixture, row->most_attempts), >=, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpuint (fixture->n_created, ==, row->n_created);
  g_assert_cmpint (attempt_get_number (fixture, "body_bytes"), <=, SIZE_BYTES + row->most_again_bytes);
}

/* --- Metadata that is too much for a server --- */

/* The next file of an app, about which it says @note_bytes. */
static void
take_next (Attempt *fixture, guint number, gsize note_bytes)
{
  g_autofree char *note = g_strnfill (note_bytes, 'x');

  g_clear_pointer (&fixture->noted, g_free);
  g_clear_pointer (&fixture->server_url, g_free);
  fixture->offset_bytes = 0;
  fixture->n_stored = 0;
  g_free (fixture->job->id);
  fixture->job->id = g_strdup_printf ("018fd1a0-0000-7000-8000-%012u", number);
  g_variant_unref (fixture->job->metadata);
  fixture->job->metadata = g_variant_ref_sink (g_variant_new_parsed ("{'note': %s}", note));
}

typedef struct
{
  const char *name;
  guint status;
  gsize note_bytes;
  gboolean is_remembered;
} MetadataRow;

/* A 400 about short metadata is about a word of it: another upload's is tried in full. */
static const MetadataRow metadata_rows[] = {
  { "/tus/431-is-remembered-by-length", 431, 6000, TRUE },
  { "/tus/431-for-little-metadata-is-remembered-by-length", 431, 100, TRUE },
  { "/tus/400-for-long-metadata-is-remembered-by-length", 400, 6000, TRUE },
  { "/tus/400-for-little-metadata-is-that-upload-s-own", 400, 100, FALSE },
};

static void
test_too_much_metadata (Attempt *fixture, gconstpointer data)
{
  const MetadataRow *row = data;
  g_autofree char *fault = g_strdup_printf ("{\"fault\":\"status\",\"method\":\"POST\",\"status\":%u}", row->status);

  attempt_write_file (fixture, 1000);
  test_peer_control (fixture->peer, fault);
  take_next (fixture, 1, row->note_bytes);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, "metadata");
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "POST"), ==, 2);
  /* As long: not tried in full again, and told of all the same. */
  take_next (fixture, 2, row->note_bytes);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, row->is_remembered ? "metadata" : NULL);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "POST"), ==, 3);
  /* Less goes in full. */
  take_next (fixture, 3, row->note_bytes / 2);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, NULL);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "POST"), ==, 4);
}

/* --- A firewall that does not know PATCH --- */

#define REFUSES_PATCH(status, headers) \
  "{\"fault\":\"status\",\"method\":\"PATCH\",\"count\":-1,\"status\":" #status ",\"headers\":{" headers "}}"
#define NOT_OF_TUS "\"Tus-Resumable\":null"

static const char *const firewalls[] = {
  REFUSES_PATCH (400, NOT_OF_TUS),
  REFUSES_PATCH (403, NOT_OF_TUS),
  REFUSES_PATCH (405, NOT_OF_TUS),
  REFUSES_PATCH (501, NOT_OF_TUS),
};

/* Chunks go by POST from then on, also those of the next upload. */
static void
test_a_firewall_that_refuses_patch (Attempt *fixture, gconstpointer data)
{
  test_peer_control (fixture->peer, data);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, "method");
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 1);
  g_assert_cmpuint (fixture->n_created, ==, 1);
  g_clear_pointer (&fixture->noted, g_free);
  attempt_assert_arrived (fixture);

  take_next (fixture, 2, 10);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpstr (fixture->noted, ==, NULL);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 1);
  g_assert_cmpint (attempt_get_number (fixture, "finished"), ==, 2);
}

static void
test_a_firewall_that_refuses_head (Attempt *fixture, gconstpointer data)
{
  test_peer_control (fixture->peer, "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}");
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"HEAD\",\"count\":-1,\"status\":405,"
                                    "\"headers\":{" NOT_OF_TUS "}}");
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
}

typedef struct
{
  const char *name;
  const char *json;
  gint64 n_posts; /* the creation is one */
} RefusalRow;

static const RefusalRow refusal_rows[] = {
  { "/tus/a-firewall-that-refuses-the-override-too",
    "{\"fault\":\"status\",\"method\":\"PATCH,POST\",\"skip\":1,\"count\":-1,\"status\":405,"
    "\"headers\":{" NOT_OF_TUS "}}",
    2 },
  { "/tus/a-server-that-refuses-patch-itself", REFUSES_PATCH (405, ""), 1 },
  { "/tus/a-server-that-asks-for-a-sign-in", REFUSES_PATCH (403, NOT_OF_TUS ",\"WWW-Authenticate\":\"Basic\""), 1 },
};

/* POST is tried once an attempt at most, and not remembered where it did not help. */
static void
test_a_refusal_that_post_does_not_pass (Attempt *fixture, gconstpointer data)
{
  const RefusalRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;
  g_autoptr (ObAttemptResult) again = NULL;

  test_peer_control (fixture->peer, row->json);
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 1);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "POST"), ==, row->n_posts);
  again = attempt_run (fixture);
  g_assert_cmpint (test_peer_count_requests (fixture->peer, "PATCH"), ==, 2);
}

/* --- What a server has at the upload URL, and is not this upload's --- */

typedef struct
{
  const char *name;
  const char *headers; /* of the answer to a look */
  guint n_created;
} OthersRow;

static const OthersRow others_rows[] = {
  { "/tus/another-size-is-another-upload", "{\"Upload-Offset\":\"77\",\"Upload-Length\":\"77\"}", 2 },
  { "/tus/another-size-and-nothing-of-it", "{\"Upload-Offset\":\"0\",\"Upload-Length\":\"99999999\"}", 2 },
  { "/tus/more-than-was-ever-sent-is-another-upload", "{\"Upload-Offset\":\"9000000\"}", 2 },
  { "/tus/another-size-without-the-protocol-s-header",
    "{\"Upload-Offset\":\"0\",\"Upload-Length\":\"77\",\"Tus-Resumable\":null}", 1 },
  { "/tus/an-offset-beyond-the-end-is-nobody-s", "{\"Upload-Offset\":\"99999999\"}", 1 },
};

/* Its address is given up, before a byte of this one is mixed into it, and another one is asked for. */
static void
test_what_is_anothers_is_given_up (Attempt *fixture, gconstpointer data)
{
  const OthersRow *row = data;
  g_autofree char *look
      = g_strdup_printf ("{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":200,\"headers\":%s}", row->headers);
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"cut-after\",\"bytes\":0,\"method\":\"PATCH\"}");
  test_peer_control (fixture->peer, look);
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_HOLD);
  g_assert_cmpuint (result->outcome.reason, ==, OUTBOX_REASON_WRONG_ADDRESS);
  g_assert_true ((fixture->server_url == NULL) == (row->n_created == 2));
  /* Its journal tells of it. */
  g_assert_true ((fixture->noted != NULL) == (row->n_created == 2));
  g_clear_pointer (&fixture->noted, g_free);
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
  g_assert_cmpuint (fixture->n_created, ==, row->n_created);
}

/* A server that lost an upload once too often is left alone; once it is mended, what is gone there is no reason to leave it
 * alone again. */
static void
test_what_is_gone_at_the_last_loss_is_made_anew (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  fixture->job->n_lost = OB_TUS_LOSSES_MOST - 1;
  fixture->job->furthest_bytes = SIZE_BYTES;
  test_peer_control (fixture->peer, "{\"fault\":\"expire\",\"method\":\"PATCH\",\"skip\":1,\"count\":1}");
  result = attempt_run (fixture);
  g_assert_cmpuint (result->outcome.reason, ==, OUTBOX_REASON_LOSING_BYTES);
  g_assert_null (fixture->server_url);
  fixture->job->n_lost = OB_TUS_LOSSES_MOST;
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  attempt_assert_arrived (fixture);
}

/* A server that clears an upload away when it has finished it may lose its last answer, and know of the file only later. */
static void
test_what_is_gone_at_its_end_is_not_sent_twice_at_once (Attempt *fixture, gconstpointer data)
{
  g_autofree char *confirm_url = g_steal_pointer (&fixture->job->confirm_url);
  g_autoptr (ObAttemptResult) result = NULL;

  attempt_write_file (fixture, 100000);
  test_peer_control (fixture->peer, "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}");
  test_peer_control (fixture->peer, "{\"fault\":\"expire\",\"method\":\"HEAD\",\"count\":-1}");
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
  g_assert_cmpstr (result->code, ==, "gone");
  g_assert_null (fixture->server_url);
  fixture->job->confirm_url = g_steal_pointer (&confirm_url);
  fixture->job->n_lost = 1;
  g_assert_cmpuint (attempt_run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (test_peer_count_requests (fixture->peer, "POST"), ==, 1);
}

/* Faults that a person must hear of. */
typedef struct
{
  const char *name;
  const char *json;
  ObVerdict verdict;
  OutboxReason reason;
  const char *words; /* part of the message */
} VerdictRow;

#define RAW(method, head) "{\"fault\":\"garbage\",\"method\":\"" method "\",\"body\":\"HTTP/1.1 " head "\\r\\n\\r\\n\"}"
#define RAW_ENDLESS(method, head, body, more)                                                      \
  "{\"fault\":\"garbage\",\"method\":\"" method "\",\"body\":\"HTTP/1.1 " head "\\r\\n\\r\\n" body \
  "\",\"mode\":\"" more "\"}"
#define OWN "\\r\\nTus-Resumable: 1.0.0"
#define ENDLESS OWN "\\r\\nWWW-Authenticate: Bearer\\r\\nTransfer-Encoding: chunked"

static const VerdictRow verdict_rows[] = {
  { "/tus/401-asks-for-a-sign-in", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401}", OB_VERDICT_SIGN_IN,
    OUTBOX_REASON_SIGN_IN, "401" },
  { "/tus/401-for-a-chunk-asks-for-a-sign-in", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":401}",
    OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN, "401" },
  { "/tus/403-is-told", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":403,\"body\":\"not your job\"}",
    OB_VERDICT_FORBIDDEN, OUTBOX_REASON_REJECTED, "not your job" },
  { "/tus/413-is-too-large", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":413}", OB_VERDICT_FAIL,
    OUTBOX_REASON_TOO_LARGE, "413" },
  { "/tus/a-known-limit-is-too-large", "{\"fault\":\"max-size\",\"bytes\":1000000}", OB_VERDICT_FAIL,
    OUTBOX_REASON_TOO_LARGE, "too large" },
  { "/tus/507-is-full", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":507}", OB_VERDICT_FULL,
    OUTBOX_REASON_DESTINATION_FULL, "507" },
  { "/tus/418-is-rejected-with-its-words",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"body\":\"a\\nteapot\"}", OB_VERDICT_FAIL,
    OUTBOX_REASON_REJECTED, "a teapot" },
  { "/tus/507-that-comes-before-the-chunk-is-sent-is-full",
    "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":507,\"early\":true,\"count\":-1}", OB_VERDICT_FULL,
    OUTBOX_REASON_DESTINATION_FULL, "507" },
  { "/tus/413-for-the-smallest-chunk-is-too-large",
    "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"count\":-1}", OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE,
    "413" },
  { "/tus/another-version-is-told-by-412",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":412,\"headers\":{\"Tus-Version\":\"0.2.2\"}}",
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "0.2.2" },
  { "/tus/another-version-is-told-by-400",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":400,\"headers\":{\"Tus-Version\":\"0.2.2\"}}",
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "0.2.2" },
  { "/tus/another-version-is-told-by-options",
    "{\"fault\":\"status\",\"method\":\"OPTIONS\",\"status\":204,\"headers\":{\"Tus-Version\":\"2.0.0\"}}",
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "2.0.0" },
  { "/tus/an-empty-location-is-none",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":201,\"headers\":{\"Location\":\"\"}}", OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS, "not its alone" },
  { "/tus/a-location-that-is-everybody-s-is-none",
    "{\"fault\":\"status\",\"method\":\"POST\",\"status\":201,\"headers\":{\"Location\":\"#new\"}}", OB_VERDICT_HOLD,
    OUTBOX_REASON_WRONG_ADDRESS, "not its alone" },
  /* What contradicts itself says nothing. */
  { "/tus/two-locations-are-none",
    RAW ("POST", "201 Created" OWN "\\r\\nLocation: /files/one\\r\\nLocation: /files/two\\r\\nContent-Length: 0"),
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "no tus server" },
  /* Of the address, not of any upload. */
  { "/tus/404-where-uploads-are-made-is-the-address", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":404}",
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "404" },
  { "/tus/405-where-uploads-are-made-is-the-address", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":405}",
    OB_VERDICT_HOLD, OUTBOX_REASON_WRONG_ADDRESS, "405" },
  /* What libsoup would answer by itself, with a body that is used up, or read to an end that never comes. */
  { "/tus/421-for-a-chunk-is-tried-again", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":421}",
    OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "421" },
  { "/tus/421-for-the-creation-is-tried-again", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":421}",
    OB_VERDICT_RETRY, OUTBOX_REASON_NONE, "421" },
  { "/tus/an-endless-421-is-cut",
    RAW_ENDLESS ("POST", "421 Misdirected Request" ENDLESS, "fffffff\\r\\n", "and so on, "), OB_VERDICT_RETRY,
    OUTBOX_REASON_NONE, "421" },
  { "/tus/an-endless-401-is-cut", RAW_ENDLESS ("POST", "401 Unauthorized" ENDLESS, "fffffff\\r\\n", "and so on, "),
    OB_VERDICT_SIGN_IN, OUTBOX_REASON_SIGN_IN, "and so on" },
  { "/tus/an-endless-407-is-cut",
    RAW_ENDLESS ("POST", "407 Proxy Authentication Required" ENDLESS, "fffffff\\r\\n", "and so on, "), OB_VERDICT_HOLD,
    OUTBOX_REASON_PROXY, "and so on" },
  { "/tus/interim-answers-without-an-end-are-cut",
    RAW_ENDLESS ("POST", "103 Early Hints", "", "HTTP/1.1 103 Early Hints\\r\\n\\r\\n"), OB_VERDICT_RETRY,
    OUTBOX_REASON_NONE, "in time" },
  { "/tus/a-server-that-tells-the-offset-and-takes-nothing-gets-the-back-off",
    "{\"fault\":\"lock\",\"method\":\"PATCH\",\"count\":-1}", OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE, "locked" },
  { "/tus/a-refused-confirmation-is-told", "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"status\":422}",
    OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, "closed" },
  { "/tus/another-digest-is-a-failure", "{\"fault\":\"confirm\",\"mode\":\"wrong-digest\"}", OB_VERDICT_FAIL,
    OUTBOX_REASON_NOT_ATTACHED, "other bytes" },
};

static void
test_a_fault_is_told (Attempt *fixture, gconstpointer data)
{
  const VerdictRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, row->json);
  result = attempt_run (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, row->verdict);
  g_assert_cmpuint (result->outcome.reason, ==, row->reason);
  g_assert_nonnull (strstr (result->message, row->words));
}

/* --- What an answer leaves --- */

/* Whether a body still counts as under way. Its socket stands for the server's, and has taken everything. */
static gboolean
is_on_the_way (ObTransit *transit)
{
  int fds[2];
  guint64 sent_bytes;

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
  ob_transit_note_taken (transit, 1000, 0);
  ob_transit_look (transit, fds[0], 1);
  sent_bytes = ob_transit_get_sent_bytes (transit);
  (void) close (fds[0]);
  (void) close (fds[1]);

  return sent_bytes > 0;
}

#define PATCH_STATUS(status) "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":" #status ",\"count\":-1}"

/* One of each way that a chunk may end. */
static const char *const ends[] = {
  "{\"fault\":\"none\"}",
  "{\"fault\":\"html-200\",\"method\":\"PATCH\"}",
  "{\"fault\":\"redirect\",\"method\":\"PATCH\"}",
  "{\"fault\":\"wrong-offset\",\"method\":\"PATCH\",\"bytes\":99999999,\"count\":-1}",
  "{\"fault\":\"wrong-offset\",\"method\":\"PATCH,HEAD\",\"bytes\":0,\"count\":-1}",
  "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}",
  "{\"fault\":\"short-204\",\"bytes\":1000}",
  "{\"fault\":\"cut-after\",\"bytes\":3000001,\"method\":\"PATCH\"}",
  "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1}",
  PATCH_STATUS (204),
  PATCH_STATUS (400),
  PATCH_STATUS (401),
  PATCH_STATUS (403),
  PATCH_STATUS (405),
  PATCH_STATUS (409),
  PATCH_STATUS (413),
  PATCH_STATUS (460),
  PATCH_STATUS (500),
  PATCH_STATUS (504),
  PATCH_STATUS (507),
};

/* Whatever became of a chunk, all that went out is counted, and none of it is on the way any more. */
static void
test_every_end_of_a_chunk_is_counted (Attempt *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, data);
  result = attempt_run (fixture);
  g_assert_cmpint ((gint64) fixture->wire_bytes, >=, attempt_get_number (fixture, "body_bytes"));
  g_assert_cmpint (fixture->wire_bytes, >, 0);
  g_assert_false (is_on_the_way (fixture->transit));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (fault_rows); i++)
    g_test_add (fault_rows[i].name, Attempt, &fault_rows[i], attempt_set_up, test_a_fault_is_overcome,
                attempt_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (metadata_rows); i++)
    g_test_add (metadata_rows[i].name, Attempt, &metadata_rows[i], attempt_set_up, test_too_much_metadata,
                attempt_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (firewalls); i++)
    {
      g_autofree char *path = g_strdup_printf ("/tus/a-firewall-that-refuses-patch/%u", i);

      g_test_add (path, Attempt, firewalls[i], attempt_set_up, test_a_firewall_that_refuses_patch, attempt_tear_down);
    }
  for (guint i = 0; i < G_N_ELEMENTS (refusal_rows); i++)
    g_test_add (refusal_rows[i].name, Attempt, &refusal_rows[i], attempt_set_up, test_a_refusal_that_post_does_not_pass,
                attempt_tear_down);
  g_test_add ("/tus/a-firewall-that-refuses-head", Attempt, NULL, attempt_set_up, test_a_firewall_that_refuses_head,
              attempt_tear_down);
  g_test_add ("/tus/what-is-gone-at-the-last-loss-is-made-anew", Attempt, NULL, attempt_set_up,
              test_what_is_gone_at_the_last_loss_is_made_anew, attempt_tear_down);
  g_test_add ("/tus/what-is-gone-at-its-end-is-not-sent-twice-at-once", Attempt, NULL, attempt_set_up,
              test_what_is_gone_at_its_end_is_not_sent_twice_at_once, attempt_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (others_rows); i++)
    g_test_add (others_rows[i].name, Attempt, &others_rows[i], attempt_set_up, test_what_is_anothers_is_given_up,
                attempt_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (verdict_rows); i++)
    g_test_add (verdict_rows[i].name, Attempt, &verdict_rows[i], attempt_set_up, test_a_fault_is_told,
                attempt_tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      g_autofree char *path = g_strdup_printf ("/tus/every-end-of-a-chunk-is-counted/%u", i);

      g_test_add (path, Attempt, ends[i], attempt_set_up, test_every_end_of_a_chunk_is_counted, attempt_tear_down);
    }

  return g_test_run ();
}
