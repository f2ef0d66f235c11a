/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Servers that do not say what is so: nothing is called done that has not arrived, nothing is sent a second time that may be there,
 * and what is done names the rung that the server's word reaches.
 */
#include "attempt.h"
#include "liar.h"

#define SMALL_BYTES 1000
#define OTHER "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define OTHER_REPR "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

#define ALWAYS 1, 0
#define ONCE 1, 1
#define JSON "Content-Type: application/json||"
#define SAYS(body) "200 OK|" JSON "{" body "}"
#define YES "\"stored\":true,\"attached\":true"
#define NOT_ATTACHED "\"stored\":true,\"attached\":false"
#define NEVER_HEARD "\"stored\":false"
#define PAGE "Content-Type: text/html||<html>Sign in</html>"
#define TUS "|Tus-Resumable: 1.0.0"
#define CHECKS "204 No Content" TUS "|Tus-Version: 1.0.0|Tus-Extension: creation,checksum|Tus-Checksum-Algorithm: "

typedef struct
{
  const char *name;
  const char *how;     /* "tus", "tus alone" and "http" have no confirm URL but the first; "http asks" has one */
  OutboxRung promise;  /* none: what it can give */
  guint n_attempts;    /* that are made, unless it is done before */
  const char *becomes; /* done and the rung, or the verdict of the last attempt */
  LiarLine script[LIAR_MOST_LINES];
} Row;

static const Row rows[] = {
  { "the truth", "tus", 0, 1, "done attached", { { NULL } } },
  { "the truth of PUT", "http asks", 0, 1, "done attached", { { NULL } } },
  { "the truth without a confirm URL", "tus alone", 0, 1, "done stored", { { NULL } } },
  { "the truth of PUT without one", "http", 0, 1, "done stored", { { NULL } } },

  /* What answers in place of the confirm URL. */
  { "a page", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "200 OK|" PAGE } } },
  { "a page that claims to be JSON",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "200 OK|" JSON "<html></html>" } } },
  { "an error with 200", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS ("\"error\":\"full\"") } } },
  { "201", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "201 Created|" JSON "{" YES "}" } } },
  { "203 of a proxy that changes answers",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "203 Non-Authoritative|" JSON "{" YES "}" } } },
  { "204 of a proxy", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "204 No Content" } } },
  { "206", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "206 Partial Content|" JSON "{" YES "}" } } },
  { "202 with a yes", "tus", 0, 2, "not-yet", { { "ASK", ALWAYS, 0, "202 Accepted|" JSON "{" YES "}" } } },
  { "302 to a yes", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "302 Found|Location: http://$HOST/put/yes" } } },
  { "307 to itself",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "307 Temporary Redirect|Location: http://$HOST/confirm" } } },
  { "304", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "304 Not Modified|ETag: \"1\"" } } },
  { "a bare 404", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "404 Not Found" } } },
  { "404 of a router",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "404 Not Found|" JSON "{\"detail\":\"Not Found\"}" } } },
  { "404 with a yes", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "404 Not Found|" JSON "{" YES "}" } } },
  { "404 with its own words, at last",
    "tus",
    0,
    2,
    "done attached",
    { { "ASK", ONCE, 0, "404 Not Found|" JSON "{" NEVER_HEARD "}" } } },
  { "an answer that is cut",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "200 OK|Connection: close|Content-Length: 500|" JSON "{" YES "}" } } },
  { "an answer that never ends in time", "tus", 0, 1, "retry", { { "ASK", ALWAYS, LIAR_CUTS, NULL } } },

  /* What it says. */
  { "two answers in one", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS (YES) "{" YES "}" } } },
  { "two records in a list",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "200 OK|" JSON "[{" YES "},{" YES "}]" } } },
  { "yes and no at once", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS (YES "," NEVER_HEARD) } } },
  { "attached, as text",
    "tus",
    0,
    2,
    "not-yet",
    { { "ASK", ALWAYS, 0, SAYS ("\"stored\":true,\"attached\":\"true\"") } } },
  { "not attached, as text",
    "tus",
    0,
    2,
    "not-yet",
    { { "ASK", ALWAYS, 0, SAYS ("\"stored\":true,\"attached\":\"false\"") } } },
  { "attached, as a number",
    "tus",
    0,
    2,
    "not-yet",
    { { "ASK", ALWAYS, 0, SAYS ("\"stored\":true,\"attached\":1") } } },
  { "attached without stored", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS ("\"attached\":true") } } },
  { "the digest of other bytes",
    "tus",
    0,
    1,
    "fail",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"sha256\":\"" OTHER "\"") } } },
  { "the digest of other bytes, not attached",
    "tus",
    0,
    1,
    "fail",
    { { "ASK", ALWAYS, 0, SAYS (NOT_ATTACHED ",\"sha256\":\"" OTHER "\"") } } },
  { "the digest in capitals",
    "tus",
    0,
    1,
    "done attached",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"sha256\":\"$BIGSHA\"") } } },
  { "the digest in Base64", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS (YES ",\"sha256\":\"$REPR\"") } } },
  { "a digest that is cut",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"sha256\":\"9f86d0\"") } } },
  { "a wrong size", "tus", 0, 1, "fail", { { "ASK", ALWAYS, 0, SAYS (YES ",\"size\":999") } } },
  { "a wrong size, as text", "tus", 0, 1, "fail", { { "ASK", ALWAYS, 0, SAYS (YES ",\"size\":\"999\"") } } },
  { "the size, as text", "tus", 0, 1, "done attached", { { "ASK", ALWAYS, 0, SAYS (YES ",\"size\":\"$SIZE\"") } } },
  { "a size that doubles cannot hold",
    "tus",
    0,
    1,
    "fail",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"size\":9007199254740993") } } },
  { "a receipt for another id",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"outbox_id\":\"018fd1a0-0000-7000-8000-000000000002\"") } } },
  { "the id in capitals",
    "tus",
    0,
    1,
    "done attached",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"outbox_id\":\"$BIGID\"") } } },
  { "a number for the id", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS (YES ",\"outbox_id\":17") } } },
  { "a list of ids", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, SAYS (YES ",\"outbox_id\":[\"$ID\"]") } } },

  /* Caches. */
  { "an old yes", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "200 OK|Age: 3600|" JSON "{" YES "}" } } },
  { "an old yes with an ETag",
    "tus",
    0,
    2,
    "retry-upload",
    { { "ASK", ALWAYS, 0, "200 OK|Age: 1|ETag: \"$SHA\"|" JSON "{" YES "}" } } },
  { "a yes that a cache has just asked for",
    "tus",
    0,
    1,
    "done attached",
    { { "ASK", ALWAYS, 0, "200 OK|Age: 0|" JSON "{" YES "}" } } },
  { "an age that is none", "tus", 0, 2, "retry-upload", { { "ASK", ALWAYS, 0, "200 OK|Age: old|" JSON "{" YES "}" } } },

  /* What it says changes. */
  { "attached, then gone",
    "tus",
    0,
    3,
    "not-yet",
    { { "ASK", ONCE, 0, SAYS (NOT_ATTACHED) }, { "ASK", 2, 0, 0, SAYS (NEVER_HEARD) } } },
  { "slow assembly that times out and arrives",
    "tus",
    0,
    4,
    "done attached",
    { { "PATCH", ONCE, 0, "504 Gateway Timeout|" PAGE }, { "ASK", 1, 3, 0, "202 Accepted" } } },
  { "slow assembly without a confirm URL",
    "tus alone",
    0,
    3,
    "done stored",
    { { "PATCH", ONCE, 0, "504 Gateway Timeout|" PAGE }, { "HEAD", ONCE, 0, "423 Locked" TUS } } },
  { "the last answer is lost, and the confirm URL is a proxy's",
    "tus",
    0,
    4,
    "retry-upload",
    { { "PATCH", ONCE, LIAR_CUTS, NULL },
      { "HEAD", ALWAYS, LIAR_LOSES, NULL },
      { "ASK", ALWAYS, 0, "404 Not Found|" PAGE } } },
  { "the last answer is lost, and a cache never heard of it",
    "tus",
    0,
    4,
    "retry-upload",
    { { "PATCH", ONCE, LIAR_CUTS, NULL },
      { "HEAD", ALWAYS, LIAR_LOSES, NULL },
      { "ASK", ALWAYS, 0, "200 OK|Age: 60|" JSON "{" NEVER_HEARD "}" } } },
  { "the last answer is lost, and the confirm URL is down for a while",
    "tus",
    0,
    4,
    "done attached",
    { { "PATCH", ONCE, LIAR_CUTS, NULL }, { "HEAD", ALWAYS, LIAR_LOSES, NULL }, { "ASK", 1, 2, 0, "404 Not Found" } } },
  { "the last answer is lost, stored and not attached yet",
    "tus",
    0,
    4,
    "done attached",
    { { "PATCH", ONCE, LIAR_CUTS, NULL },
      { "HEAD", ALWAYS, LIAR_LOSES, NULL },
      { "ASK", 1, 2, 0, SAYS (NOT_ATTACHED) } } },
  { "the last chunk is refused as unknown, and nobody says more",
    "tus",
    0,
    1,
    "done attached",
    { { "PATCH", ONCE, LIAR_IDLES, "404 Not Found" TUS }, { "ASK", ONCE, 0, "404 Not Found" } } },

  /* tus that is none. */
  { "201 without a place", "tus", 0, 2, "hold", { { "POST", ALWAYS, LIAR_IDLES, "201 Created" TUS } } },
  { "201 of something else",
    "tus",
    0,
    2,
    "hold",
    { { "POST", ALWAYS, LIAR_IDLES, "201 Created|Location: /files/0" } } },
  { "201 for the destination itself",
    "tus",
    0,
    2,
    "hold",
    { { "POST", ALWAYS, LIAR_IDLES, "201 Created" TUS "|Location: /files/" } } },
  { "201 elsewhere",
    "tus",
    0,
    2,
    "hold",
    { { "POST", ALWAYS, LIAR_IDLES, "201 Created" TUS "|Location: http://other.invalid/1" } } },
  { "200 with a page for the bytes", "tus", 0, 1, "hold", { { "PATCH", ALWAYS, LIAR_IDLES, "200 OK|" PAGE } } },
  { "204 without an offset", "tus", 0, 1, "hold", { { "PATCH", ALWAYS, LIAR_IDLES, "204 No Content" TUS } } },
  { "204 with an offset, of something else",
    "tus",
    0,
    1,
    "hold",
    { { "PATCH", ALWAYS, LIAR_IDLES, "204 No Content|Upload-Offset: $SIZE" } } },
  { "204 for nothing",
    "tus",
    0,
    2,
    "not-yet",
    { { "PATCH", ALWAYS, LIAR_IDLES, "204 No Content" TUS "|Upload-Offset: $SIZE" } } },
  { "an offset beyond the end, once",
    "tus",
    0,
    1,
    "done attached",
    { { "PATCH", ONCE, 0, "204 No Content" TUS "|Upload-Offset: 2000" } } },
  { "an offset with a sign, once",
    "tus",
    0,
    2,
    "done attached",
    { { "PATCH", ONCE, 0, "204 No Content" TUS "|Upload-Offset: +$SIZE" } } },

  /* Rungs of tus. */
  { "checksums of every chunk", "tus alone", 0, 1, "done digest", { { "OPTIONS", ALWAYS, 0, CHECKS "sha1" } } },
  { "checksums, and a record", "tus", 0, 1, "done attached", { { "OPTIONS", ALWAYS, 0, CHECKS "sha1,md5" } } },
  { "checksums that are not ours", "tus alone", 0, 1, "done stored", { { "OPTIONS", ALWAYS, 0, CHECKS "crc32" } } },
  { "checksums, and an answer that is lost",
    "tus alone",
    0,
    2,
    "done digest",
    { { "OPTIONS", ALWAYS, 0, CHECKS "sha1" }, { "PATCH", ONCE, LIAR_CUTS, NULL } } },
  { "checksums, an answer that is lost, and a record",
    "tus",
    0,
    2,
    "done attached",
    { { "OPTIONS", ALWAYS, 0, CHECKS "sha1" }, { "PATCH", ONCE, LIAR_CUTS, NULL } } },
  { "a digest is promised, and not told", "tus alone", OUTBOX_RUNG_DIGEST, 1, "not-yet", { { NULL } } },
  { "a digest is promised, and stored is said",
    "tus",
    OUTBOX_RUNG_DIGEST,
    2,
    "not-yet",
    { { "ASK", ALWAYS, 0, SAYS (NOT_ATTACHED) } } },
  { "a digest is promised and told",
    "tus",
    OUTBOX_RUNG_DIGEST,
    1,
    "done digest",
    { { "ASK", ALWAYS, 0, SAYS (NOT_ATTACHED ",\"sha256\":\"$SHA\"") } } },
  { "stored is promised, and a part is said",
    "tus",
    OUTBOX_RUNG_STORED,
    2,
    "not-yet",
    { { "ASK", ALWAYS, 0, SAYS (NOT_ATTACHED ",\"size\":500") } } },
  { "stored is promised and said",
    "tus",
    OUTBOX_RUNG_STORED,
    1,
    "done stored",
    { { "ASK", ALWAYS, 0, SAYS (NOT_ATTACHED) } } },

  /* Rungs and lies of PUT. */
  { "a digest with HEAD",
    "http",
    0,
    1,
    "done digest",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Repr-Digest: sha-256=:$REPR:" } } },
  { "a digest among others",
    "http",
    OUTBOX_RUNG_DIGEST,
    1,
    "done digest",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Repr-Digest: md5=:AA==:, sha-256=:$REPR:;q=1" } } },
  { "the digest of other bytes with HEAD",
    "http",
    0,
    1,
    "fail",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Repr-Digest: sha-256=:" OTHER_REPR ":" } } },
  { "two digests",
    "http",
    0,
    1,
    "done stored",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Repr-Digest: sha-256=:" OTHER_REPR ":,sha-256=:$REPR:" } } },
  { "a digest that is no byte sequence",
    "http",
    0,
    1,
    "done stored",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Repr-Digest: sha-256=$SHA" } } },
  { "an ETag that looks like the digest",
    "http",
    0,
    1,
    "done stored",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|ETag: \"$SHA\"" } } },
  { "an ETag in place of the digest that is promised",
    "http",
    OUTBOX_RUNG_DIGEST,
    1,
    "not-yet",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|ETag: \"$SHA\"" } } },
  { "200 for nothing", "http", 0, 1, "hold", { { "PUT", ALWAYS, LIAR_IDLES, "200 OK" } } },
  { "200 with an error for nothing",
    "http",
    0,
    1,
    "hold",
    { { "PUT", ALWAYS, LIAR_IDLES, "200 OK|" JSON "{\"error\":\"quota\"}" } } },
  { "204 of a proxy for nothing", "http", 0, 1, "hold", { { "PUT", ALWAYS, LIAR_IDLES, "204 No Content" } } },
  { "202 for nothing", "http", 0, 1, "retry-upload", { { "PUT", ALWAYS, LIAR_IDLES, "202 Accepted" } } },
  { "201 for nothing, and asked", "http asks", 0, 1, "not-yet", { { "PUT", ALWAYS, LIAR_IDLES, "201 Created" } } },
  { "201 of other bytes, and asked",
    "http asks",
    0,
    1,
    "fail",
    { { "ASK", ALWAYS, 0, SAYS (YES ",\"sha256\":\"" OTHER "\"") } } },
  { "a page of the file's size",
    "http",
    0,
    1,
    "hold",
    { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: $SIZE|Content-Type: text/html" } } },
  { "a file of another size", "http", 0, 1, "hold", { { "HEAD", ALWAYS, 0, "200 OK|Content-Length: 999" } } },
  { "a redirect of the bytes",
    "http",
    0,
    1,
    "hold",
    { { "PUT", ALWAYS, LIAR_IDLES, "302 Found|Location: http://$HOST/login" } } },
};

static void
prepare (Attempt *fixture, const Row *row, const Liar *liar)
{
  ObJob *job = fixture->job;
  gboolean is_http = g_str_has_prefix (row->how, "http");
  gboolean asks = g_str_equal (row->how, "tus") || g_str_equal (row->how, "http asks");

  attempt_connect (fixture);
  g_free (job->protocol);
  g_free (job->url);
  g_free (job->confirm_url);
  g_clear_pointer (&fixture->server_url, g_free);
  job->protocol = g_strdup (is_http ? "http" : "tus");
  job->url = g_strdup_printf ("http://127.0.0.1:%u/%s", liar->port, is_http ? "put/{id}" : "files/");
  job->confirm_url = asks ? g_strdup_printf ("http://127.0.0.1:%u/confirm?id={id}", liar->port) : NULL;
  fixture->promise = row->promise;
  fixture->offset_bytes = fixture->wire_bytes = 0;
  fixture->checked = (ObChecked){ 0 };
  fixture->n_stored = fixture->n_created = 0;
}

/* Returns: (transfer full): what has become of it after so many attempts */
static char *
run_row (Attempt *fixture, const Row *row)
{
  char *became = NULL;

  for (guint i = 0; i < row->n_attempts; i++)
    {
      g_autoptr (ObAttemptResult) result = NULL;

      fixture->job->is_again = i > 0;
      result = attempt_run_aside (fixture);
      g_free (became);
      if (result->is_done)
        return g_strdup_printf ("done %s", outbox_rung_get_info (result->receipt.rung)->name);
      g_test_message ("  %s: %s", result->code, result->message);
      became = g_strdup (ob_verdict_get_name (result->outcome.verdict));
    }

  return became;
}

static void
test_a_table_of_liars (Attempt *fixture, gconstpointer data)
{
  guint n_wrong = 0;

  attempt_write_file (fixture, SMALL_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (Liar) liar = liar_start (rows[i].script, fixture->job->id, fixture->job->sha256, SMALL_BYTES);
      g_autofree char *became = NULL;

      g_test_message ("%s (%s)", rows[i].name, rows[i].how);
      prepare (fixture, &rows[i], liar);
      became = run_row (fixture, &rows[i]);
      if (g_strcmp0 (became, rows[i].becomes) != 0)
        g_test_message ("WRONG: %s, and not %s", became, rows[i].becomes);
      n_wrong += g_strcmp0 (became, rows[i].becomes) != 0;
      g_assert_cmpuint (liar->n_whole, <=, 1);
      if (g_str_has_prefix (became, "done"))
        g_assert_cmpuint (liar->n_whole, ==, 1);
    }
  g_test_message ("%u rows", (guint) G_N_ELEMENTS (rows));
  g_assert_cmpuint (n_wrong, ==, 0);
  g_assert_cmpuint (G_N_ELEMENTS (rows), >=, 60);
}

/* --- When it is asked again --- */

static const struct
{
  const char *name;
  const char *says;
  gint64 least_ms, most_ms; /* of what it wants to be left alone; -1: it does not say */
} again_rows[] = {
  { "no word of it", "202 Accepted", -1, -1 },
  { "seconds", "202 Accepted|Retry-After: 120", 120000, 120000 },
  { "seconds with a 200", SAYS ("\"stored\":true"), -1, -1 },
  { "a date, by its own clock of years ago",
    "202 Accepted|Date: Mon, 01 Jan 2001 00:00:00 GMT|Retry-After: Mon, 01 Jan 2001 00:02:00 GMT", 120000, 120000 },
  { "at once", "202 Accepted|Retry-After: 0", 0, 0 },
  { "what is no time", "202 Accepted|Retry-After: soon", -1, -1 },
  { "a negative one", "202 Accepted|Retry-After: -5", -1, -1 },
  { "that it has kept the question, at once", "202 Accepted|Preference-Applied: wait", -1, -1 },
};

/* The question that comes with the bytes is answered as things are; each later one may be kept. */
static void
test_when_to_ask_again (Attempt *fixture, gconstpointer data)
{
  attempt_write_file (fixture, SMALL_BYTES);
  for (guint i = 0; i < G_N_ELEMENTS (again_rows); i++)
    {
      const Row row = { again_rows[i].name, "tus", 0, 1, "not-yet", { { "ASK", ALWAYS, 0, again_rows[i].says } } };
      g_autoptr (Liar) liar = liar_start (row.script, fixture->job->id, fixture->job->sha256, SMALL_BYTES);

      g_test_message ("%s", row.name);
      prepare (fixture, &row, liar);
      for (guint n_asked = 1; n_asked <= 2; n_asked++)
        {
          g_autoptr (ObAttemptResult) result = attempt_run_aside (fixture);

          g_assert_cmpstr (ob_verdict_get_name (result->outcome.verdict), ==, row.becomes);
          g_assert_cmpint (result->outcome.retry_after_ms, >=, again_rows[i].least_ms);
          g_assert_cmpint (result->outcome.retry_after_ms, <=, again_rows[i].most_ms);
          g_assert_false (result->is_waited_for);
          g_assert_cmpuint (liar_count (liar, "ASK"), ==, n_asked);
          g_assert_cmpuint (liar->n_kept, ==, n_asked - 1);
        }
      g_assert_cmpuint (liar->n_whole, ==, 1);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/liars/a-table-of-them", Attempt, NULL, attempt_set_up, test_a_table_of_liars, attempt_tear_down);
  g_test_add ("/liars/when-to-ask-again", Attempt, NULL, attempt_set_up, test_when_to_ask_again, attempt_tear_down);

  return g_test_run ();
}
