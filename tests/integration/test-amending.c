/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Changes that are told to a server after it has the file: what counts as taken, by a table of servers that do not say what is so; and
 * outbox amend with the receiver, which takes them, refuses them, is killed for, and is told once what it has taken.
 */
#include "attempt.h"
#include "config.h"
#include "liar.h"
#include "support/command.h"
#include "support/document.h"

/* --- What counts as taken --- */

#define JSON "Content-Type: application/json||"
#define PAGE "Content-Type: text/html||<html>Sign in</html>"
#define MINE "\"outbox_id\":\"$ID\""
#define YES "{" MINE ",\"version\":2}"
#define ERROR JSON "{\"error\":\"closed\"}"

static const struct
{
  const char *name;
  const char *says;    /* see liar.h; NULL: the truth */
  const char *becomes; /* done, or the verdict */
} rows[] = {
  { "the truth", NULL, "done" },
  { "a later version", "200 OK|" JSON "{" MINE ",\"version\":17}", "done" },
  { "the id in capitals", "200 OK|" JSON "{\"outbox_id\":\"$BIGID\",\"version\":2}", "done" },
  { "an older version", "200 OK|" JSON "{" MINE ",\"version\":1}", "retry-upload" },
  { "no version", "200 OK|" JSON "{" MINE "}", "retry-upload" },
  { "a version in words", "200 OK|" JSON "{" MINE ",\"version\":\"two\"}", "retry-upload" },
  { "a part of a version", "200 OK|" JSON "{" MINE ",\"version\":2.5}", "retry-upload" },
  { "a version that is no number", "200 OK|" JSON "{" MINE ",\"version\":true}", "retry-upload" },
  { "another id", "200 OK|" JSON "{\"outbox_id\":\"018fd1a0-0000-7000-8000-000000000002\",\"version\":2}",
    "retry-upload" },
  { "no id", "200 OK|" JSON "{\"version\":2}", "retry-upload" },
  { "an error with 200", "200 OK|" ERROR, "retry-upload" },
  { "nothing with 200", "200 OK", "retry-upload" },
  { "a list", "200 OK|" JSON "[" YES "]", "retry-upload" },
  { "two answers in one", "200 OK|" JSON YES YES, "retry-upload" },
  { "a page", "200 OK|" PAGE, "retry-upload" },
  { "a page that claims to be JSON", "200 OK|" JSON "<html></html>", "retry-upload" },
  { "an answer that is cut", "200 OK|Connection: close|Content-Length: 500|" JSON YES, "retry-upload" },
  { "a huge answer", "200 OK|" JSON "$BLANKS" YES, "retry-upload" },
  { "204", "204 No Content", "retry-upload" },
  { "201", "201 Created|" JSON YES, "retry-upload" },
  { "203 of a proxy that changes answers", "203 Non-Authoritative|" JSON YES, "retry-upload" },
  { "206", "206 Partial Content|" JSON YES, "retry-upload" },
  { "202", "202 Accepted|" JSON YES, "not-yet" },
  { "303 to a yes", "303 See Other|Location: http://$HOST/amend", "retry-upload" },
  { "308 to itself", "308 Permanent Redirect|Location: http://$HOST/amend", "retry-upload" },
  { "400 in JSON", "400 Bad Request|" ERROR, "fail" },
  { "400 of a proxy", "400 Bad Request|" PAGE, "retry-upload" },
  { "401", "401 Unauthorized|WWW-Authenticate: Bearer|" ERROR, "sign-in" },
  { "401 of a portal", "401 Unauthorized|" PAGE, "retry-upload" },
  { "403 in JSON", "403 Forbidden|" ERROR, "forbidden" },
  { "404 of a proxy", "404 Not Found|" PAGE, "retry-upload" },
  { "404 of a router", "404 Not Found|" ERROR, "retry-upload" },
  { "404 with its own words", "404 Not Found|" JSON "{" MINE "}", "fail" },
  { "405 of a proxy", "405 Method Not Allowed|" PAGE, "retry-upload" },
  { "409 in JSON", "409 Conflict|" ERROR, "fail" },
  { "413 in JSON", "413 Content Too Large|" ERROR, "fail" },
  { "413 of a proxy", "413 Content Too Large|" PAGE, "retry-upload" },
  { "422 in JSON", "422 Unprocessable Content|" ERROR, "fail" },
  { "429", "429 Too Many Requests|" ERROR, "retry" },
  { "500", "500 Internal Server Error|" ERROR, "retry" },
  { "503 of a proxy", "503 Service Unavailable|" PAGE, "retry" },
  { "507", "507 Insufficient Storage|" ERROR, "retry" },
  { "511 of a portal", "511 Network Authentication Required|" PAGE, "retry-upload" },
};

static void
test_a_table_of_liars (Attempt *fixture, gconstpointer data)
{
  ObJob *job = fixture->job;
  guint n_wrong = 0;

  job->is_amendment = TRUE;
  job->amended = 2;
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const LiarLine script[] = { { "AMEND", 1, 0, LIAR_WORKS, rows[i].says }, { NULL } };
      g_autoptr (Liar) liar = liar_start (script, job->id, job->sha256, 1000);
      g_autoptr (ObAttemptResult) result = NULL;
      const char *became;

      ob_connection_rest (fixture->connection);
      g_free (job->url);
      g_free (job->amend_url);
      job->url = g_strdup_printf ("http://127.0.0.1:%u/files/", liar->port);
      job->amend_url = g_strdup_printf ("http://127.0.0.1:%u/amend?id={id}", liar->port);
      result = attempt_run_aside (fixture);
      became = result->is_done ? "done" : ob_verdict_get_name (result->outcome.verdict);
      if (g_strcmp0 (became, rows[i].becomes) != 0)
        g_test_message ("WRONG: %s: %s (%s: %s)", rows[i].name, became, result->code, result->message);
      n_wrong += g_strcmp0 (became, rows[i].becomes) != 0;
      g_assert_cmpuint (liar_count (liar, "AMEND"), ==, 1);
    }
  g_assert_cmpuint (n_wrong, ==, 0);
}

/* Neither is an answer; both are asked again. */
static void
test_no_answer (Attempt *fixture, gconstpointer data)
{
  const LiarLine script[] = { { "AMEND", 1, 0, LIAR_CUTS, NULL }, { NULL } };
  g_autoptr (Liar) liar = liar_start (script, fixture->job->id, fixture->job->sha256, 1000);
  g_autoptr (ObAttemptResult) cut = NULL;
  g_autoptr (ObAttemptResult) silent = NULL;

  fixture->job->is_amendment = TRUE;
  fixture->job->amend_url = g_strdup_printf ("http://127.0.0.1:%u/amend?id={id}", liar->port);
  cut = attempt_run_aside (fixture);
  g_assert_cmpint (cut->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_free (fixture->job->amend_url);
  fixture->job->amend_url = g_strdup ("http://127.0.0.1:1/amend");
  silent = attempt_run_aside (fixture);
  g_assert_cmpint (silent->outcome.verdict, ==, OB_VERDICT_RETRY);
}

/* --- With the receiver --- */

static void
set_amend_url (TestBroker *broker)
{
  g_autofree char *url = test_peer_dup_url (broker->peer, "/amend?id={id}");
  g_autofree char *words = g_strdup_printf ("destination set depot --amend-url '%s'", url);
  g_autofree char *output = test_command (broker, words, 0);
}

/* Returns: (transfer full): a file that has arrived */
static char *
add_done (TestBroker *broker)
{
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *added = test_command (broker, "add --wait photo.jpg", 0);
  g_autoptr (GVariant) documents = test_broker_list (broker);
  g_autoptr (GVariant) document = g_variant_get_child_value (documents, 0);

  return g_strdup (test_document_get_text (document, "id"));
}

typedef struct
{
  TestBroker *broker;
  const char *id;
  const char *result;
  guint version;
} Wanted;

static gboolean
has_become (gpointer user_data)
{
  const Wanted *wanted = user_data;
  g_autoptr (GVariant) document = test_broker_get (wanted->broker, wanted->id);
  g_autoptr (GVariant) amendment = g_variant_lookup_value (document, "amendment", G_VARIANT_TYPE_VARDICT);
  guint version = 0;

  return amendment && g_variant_lookup (amendment, "version", "u", &version) && version == wanted->version
         && g_strcmp0 (test_document_get_text (amendment, "result"), wanted->result) == 0;
}

static void
wait_for (TestBroker *broker, const char *id, const char *result, guint version)
{
  Wanted wanted = { broker, id, result, version };

  test_wait_until (has_become, &wanted, 20);
}

static void
run (TestBroker *broker, const char *words, const char *says)
{
  g_autofree char *output = test_command (broker, words, 0);

  test_assert_has (output, says);
}

static void
test_a_note_after_it_has_arrived (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *id = NULL;
  g_autoptr (JsonNode) described = NULL;
  g_autofree char *has = NULL;

  set_amend_url (broker);
  id = add_done (broker);
  test_peer_control (broker->peer,
                     "{\"fault\":\"status\",\"path\":\"/amend\",\"status\":409,\"count\":2,"
                     "\"content_type\":\"application/json\",\"body\":\"{\\\"error\\\":\\\"the case is closed\\\"}\"}");
  /* It says that its server is told next, unless the server has answered before it looks. */
  run (broker, "amend photo.jpg --note 'the left door'", "Changed");
  wait_for (broker, id, "refused", 1);
  run (broker, "show photo.jpg", "the server has refused it: {\"error\":\"the case is closed\"} (HTTP 409)");
  run (broker, "status", "1 change was not taken by its server:");
  run (broker, "amend photo.jpg --note 'the left door'", "Changed");
  wait_for (broker, id, "refused", 2);
  run (broker, "amend photo.jpg --note 'the left door' --name door.jpg", "Changed");
  wait_for (broker, id, "taken", 3);
  run (broker, "show door.jpg", "the server has taken it");
  run (broker, "log door.jpg", "taken: version 3");
  run (broker, "show --json door.jpg", "\"amendment\" : {");
  run (broker, "destination show depot", "/amend?id=");
  described = test_peer_describe (broker->peer);
  has = json_to_string (json_object_get_member (json_node_get_object (described), "amendments"), FALSE);
  test_assert_has (has, "\"version\":3,\"name\":\"door.jpg\",\"metadata\":{\"note\":\"the left door\"}");
}

static const struct
{
  const char *point;
  const char *name;
  guint n_requests;
} deaths[] = {
  { "amendment-answered", "between-answer-and-row", 2 },
  { "amendment-recorded", "after-the-row", 1 },
};

static void
test_a_death (gconstpointer data)
{
  const guint i = GPOINTER_TO_UINT (data);
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *id = NULL;
  gint64 n_patches;

  set_amend_url (broker);
  id = add_done (broker);
  test_broker_stop (broker);
  n_patches = test_peer_count_requests (broker->peer, "PATCH");
  test_broker_start (broker, deaths[i].point);
  {
    g_autofree char *output = test_command (broker, "amend photo.jpg --note left", 0);
  }
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  wait_for (broker, id, "taken", 1);
  g_assert_cmpint (test_peer_count_requests (broker->peer, "PATCH") - n_patches, ==, deaths[i].n_requests);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/amending/a-table-of-liars", Attempt, NULL, attempt_set_up, test_a_table_of_liars, attempt_tear_down);
  g_test_add ("/amending/no-answer", Attempt, NULL, attempt_set_up, test_no_answer, attempt_tear_down);
  g_test_add_func ("/amending/a-note-after-it-has-arrived", test_a_note_after_it_has_arrived);
  for (guint i = 0; OB_CRASH_POINTS && i < G_N_ELEMENTS (deaths); i++)
    {
      g_autofree char *path = g_strconcat ("/amending/a-death/", deaths[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_a_death);
    }

  return g_test_run ();
}
