/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * tus attempts against the receiver, as a worker would run them: what every fault of a server leads to, and that the
 * bytes arrive exactly, once, whatever happens.
 */
#include "support/peer.h"
#include "transfer/attempt.h"

#include <glib/gstdio.h>

#define SIZE_BYTES (9 * 1024 * 1024 + 321)

typedef struct
{
  char *folder;
  char *ledger_path;
  TestPeer *peer;
  ObConnection *connection;
  ObJob *job;
  ObStop *stop;     /* or NULL */
  char *server_url; /* what the checkpoints made durable */
  guint64 offset_bytes;
  guint64 sent_bytes;
  guint backwards;
  guint n_created;
  guint n_stored;
} Fixture;

static gboolean
on_created (const char *server_url, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_free (fixture->server_url);
  fixture->server_url = g_strdup (server_url);
  fixture->n_created += server_url != NULL;

  return TRUE;
}

static void
on_progress (guint64 offset_bytes, guint64 sent_bytes, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->backwards += offset_bytes < fixture->offset_bytes;
  fixture->offset_bytes = offset_bytes;
  fixture->sent_bytes += sent_bytes;
}

static gboolean
on_stored (gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_stored++;

  return TRUE;
}

static void
write_file (Fixture *fixture, gsize size_bytes)
{
  g_autofree guint8 *bytes = g_malloc (size_bytes + 1);

  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) ((i * 2654435761u) >> 13);
  g_assert_true (g_file_set_contents (fixture->job->path, (char *) bytes, (gssize) size_bytes, NULL));
  fixture->job->size_bytes = size_bytes;
  g_free (fixture->job->sha256);
  fixture->job->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, size_bytes);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *store = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  store = g_build_filename (fixture->folder, "store", NULL);
  g_assert_cmpint (g_mkdir (store, 0700), ==, 0);
  fixture->ledger_path = g_build_filename (fixture->folder, "ledger", NULL);
  {
    const char *argv[]
        = { g_getenv ("RECEIVER"), "--port", "0", "--folder", store, "--ledger", fixture->ledger_path, NULL };

    fixture->peer = test_peer_start (argv);
  }
  fixture->connection = ob_connection_new ();
  fixture->job = g_new0 (ObJob, 1);
  fixture->job->id = g_strdup ("018fd1a0-0000-7000-8000-000000000001");
  fixture->job->path = g_build_filename (fixture->folder, "copy", NULL);
  fixture->job->name = g_strdup ("写真 «1».jpg");
  fixture->job->media_type = g_strdup ("image/jpeg");
  fixture->job->url = g_strdup (test_peer_get_url (fixture->peer));
  fixture->job->confirm_url = test_peer_dup_url (fixture->peer, "/confirm?id={id}&group={group}&sha256={sha256}");
  fixture->job->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  fixture->job->metadata = g_variant_ref_sink (g_variant_new_parsed ("{'job': 'Brücke', 'bad key': 'x'}"));
  write_file (fixture, SIZE_BYTES);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  test_peer_free (fixture->peer);
  ob_connection_free (fixture->connection);
  ob_job_free (fixture->job);
  g_clear_object (&fixture->stop);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
  g_free (fixture->ledger_path);
  g_free (fixture->server_url);
}

static ObAttemptResult *
run_once (Fixture *fixture)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_stored };

  g_free (fixture->job->server_url);
  fixture->job->server_url = g_strdup (fixture->server_url);
  fixture->job->offset_bytes = fixture->offset_bytes;
  fixture->job->is_stored = fixture->n_stored > 0;

  return ob_attempt_run (fixture->connection, fixture->job, &checkpoints, fixture, fixture->stop);
}

/* Runs attempts, as the broker would after its back-off. Returns: how many it took. */
static guint
run_until_done (Fixture *fixture, guint most_attempts)
{
  for (guint attempt = 1; attempt <= most_attempts; attempt++)
    {
      g_autoptr (ObAttemptResult) result = run_once (fixture);

      if (result->is_done)
        return attempt;
      g_test_message ("attempt %u: %s: %s", attempt, result->code, result->message);
      g_assert_cmpuint (result->outcome.verdict, !=, OB_VERDICT_FAIL);
    }
  g_assert_not_reached ();
}

static gint64
get_number (Fixture *fixture, const char *name)
{
  g_autoptr (JsonNode) node = test_peer_describe (fixture->peer);

  return json_object_get_int_member (json_node_get_object (node), name);
}

/* Exactly one finished upload, byte-exact, with its metadata. */
static void
assert_arrived (Fixture *fixture)
{
  g_autoptr (JsonNode) node = test_peer_describe (fixture->peer);
  JsonObject *facts = json_node_get_object (node);
  JsonArray *uploads = json_object_get_array_member (facts, "uploads");
  guint n_finished = 0;

  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);
      JsonObject *metadata = json_object_get_object_member (upload, "metadata");

      if (!json_object_get_boolean_member (upload, "finished"))
        continue;
      n_finished++;
      g_assert_cmpstr (json_object_get_string_member (upload, "sha256"), ==, fixture->job->sha256);
      g_assert_cmpstr (json_object_get_string_member (upload, "key"), ==, fixture->job->id);
      g_assert_cmpstr (json_object_get_string_member (metadata, "filename"), ==, fixture->job->name);
      g_assert_cmpstr (json_object_get_string_member (metadata, "job"), ==, "Brücke");
      g_assert_false (json_object_has_member (metadata, "bad key"));
    }
  g_assert_cmpuint (n_finished, ==, 1);
  g_assert_cmpint (json_object_get_int_member (facts, "duplicate_finishes"), ==, 0);
}

static void
test_it_arrives (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = run_once (fixture);

  g_assert_true (result->is_done);
  g_assert_cmpstr (result->receipt.confirmed_by, ==, "confirm-url");
  g_assert_cmpstr (result->receipt.record, ==, "rec-018fd1a0-0000-7000-8000-000000000001");
  g_assert_cmpstr (result->receipt.url, ==, fixture->server_url);
  g_assert_cmpuint (fixture->sent_bytes, ==, SIZE_BYTES);
  assert_arrived (fixture);
  /* The attempt's own connection, and one of the test's. */
  g_assert_cmpint (get_number (fixture, "connections"), ==, 1);
}

static void
test_without_a_confirm_url (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  result = run_once (fixture);
  g_assert_true (result->is_done);
  g_assert_cmpstr (result->receipt.confirmed_by, ==, "tus");
  assert_arrived (fixture);
}

static void
test_an_empty_file (Fixture *fixture, gconstpointer data)
{
  write_file (fixture, 0);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
}

/* The creation of an empty file finishes it: when its answer is lost, it must not be created twice. */
static void
test_an_empty_file_whose_creation_is_not_answered (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  write_file (fixture, 0);
  test_peer_control (fixture->peer, "{\"fault\":\"lost-answer\",\"method\":\"POST\"}");
  result = run_once (fixture);
  g_assert_false (result->is_done);
  fixture->job->is_again = TRUE;
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (fixture->n_created, ==, 0);
  assert_arrived (fixture);
}

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
  { "/tus/a-cut-at-the-last-byte", "{\"fault\":\"cut-after\",\"bytes\":4194304,\"method\":\"PATCH\",\"count\":2}", 1, 5 << 20, 1 },
  { "/tus/a-short-204", "{\"fault\":\"short-204\",\"bytes\":1000}", 1, 5 << 20, 1 },
  { "/tus/a-short-204-of-nothing", "{\"fault\":\"short-204\",\"bytes\":0,\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/an-answer-to-a-chunk-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}", 1, 0, 1 },
  { "/tus/every-second-answer-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"PATCH\",\"count\":3}", 1, 0, 1 },
  { "/tus/an-answer-to-the-creation-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/an-answer-to-a-look-is-lost", "{\"fault\":\"lost-answer\",\"method\":\"HEAD\"}", 2, 0, 1 },
  { "/tus/a-503-for-a-chunk", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"retry_after\":1}", 2, 5 << 20, 1 },
  { "/tus/a-423-for-a-chunk", "{\"fault\":\"lock\",\"method\":\"PATCH\",\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/a-lock-that-is-let-go", "{\"fault\":\"lock\",\"skip\":1,\"count\":3}", 1, 5 << 20, 1 },
  { "/tus/a-409-for-a-chunk", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":409}", 1, 5 << 20, 1 },
  { "/tus/an-html-page-for-a-chunk", "{\"fault\":\"html-200\",\"method\":\"PATCH\"}", 2, 5 << 20, 1 },
  { "/tus/a-redirect-for-the-creation", "{\"fault\":\"redirect\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/an-html-page-for-the-creation", "{\"fault\":\"html-200\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/garbage-for-the-creation", "{\"fault\":\"garbage\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/endless-headers-for-the-creation", "{\"fault\":\"endless-headers\",\"method\":\"POST\"}", 2, 0, 1 },
  { "/tus/a-reset-for-everything", "{\"fault\":\"reset\",\"count\":3}", 4, 0, 1 },
  { "/tus/an-offset-that-was-never-sent", "{\"fault\":\"wrong-offset\",\"method\":\"PATCH\",\"bytes\":99999999}", 1, 0, 1 },
  { "/tus/an-expired-upload-is-made-anew", "{\"fault\":\"expire\",\"method\":\"PATCH\",\"count\":1,\"skip\":1}", 1, 9 << 20, 2 },
  { "/tus/a-relative-location", "{\"fault\":\"location\",\"mode\":\"path\"}", 1, 0, 1 },
  { "/tus/a-location-without-a-path", "{\"fault\":\"location\",\"mode\":\"bare\"}", 1, 0, 1 },
  { "/tus/a-location-without-a-scheme", "{\"fault\":\"location\",\"mode\":\"host\"}", 1, 0, 1 },
  { "/tus/no-checksum-extension", "{\"fault\":\"checksum\",\"on\":false}", 1, 0, 1 },
  { "/tus/a-buffering-proxy", "{\"fault\":\"buffering\",\"on\":true}", 1, 0, 1 },
  { "/tus/a-413-for-a-chunk-that-a-proxy-does-not-take", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"count\":2}", 1, 9 << 20, 1 },
  { "/tus/a-413-that-comes-before-the-chunk-is-sent", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"early\":true}", 1, 9 << 20, 1 },
  { "/tus/options-are-answered-for-ever", "{\"fault\":\"endless-headers\",\"method\":\"OPTIONS\",\"delay_ms\":200}", 1, 0, 1 },
  { "/tus/options-are-refused", "{\"fault\":\"status\",\"method\":\"OPTIONS\",\"status\":405}", 1, 0, 1 },
  { "/tus/not-confirmed-yet", "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":2}", 3, 0, 1 },
  { "/tus/still-attaching", "{\"fault\":\"confirm\",\"mode\":\"attaching\",\"count\":1}", 2, 0, 1 },
  { "/tus/garbage-for-the-confirmation", "{\"fault\":\"confirm\",\"mode\":\"garbage\"}", 2, 0, 1 },
  { "/tus/a-portal-for-the-confirmation", "{\"fault\":\"confirm\",\"mode\":\"html\"}", 2, 0, 1 },
};

static void
test_a_fault_is_overcome (Fixture *fixture, gconstpointer data)
{
  const FaultRow *row = data;

  test_peer_control (fixture->peer, row->json);
  g_assert_cmpuint (run_until_done (fixture, row->most_attempts), >=, 1);
  assert_arrived (fixture);
  g_assert_cmpuint (fixture->n_created, ==, row->n_created);
  g_assert_cmpint (get_number (fixture, "body_bytes"), <=, SIZE_BYTES + row->most_again_bytes);
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

static const VerdictRow verdict_rows[] = {
  { "/tus/401-asks-for-a-sign-in", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":401}", OB_VERDICT_SIGN_IN, 0, "401" },
  { "/tus/401-for-a-chunk-asks-for-a-sign-in", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":401}", OB_VERDICT_SIGN_IN, 0, "401" },
  { "/tus/403-is-told", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":403,\"body\":\"not your job\"}", OB_VERDICT_FORBIDDEN, 0, "not your job" },
  { "/tus/413-is-too-large", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":413}", OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "413" },
  { "/tus/a-known-limit-is-too-large", "{\"fault\":\"max-size\",\"bytes\":1000000}", OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "larger" },
  { "/tus/507-is-full", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":507}", OB_VERDICT_FULL, 0, "507" },
  { "/tus/418-is-rejected-with-its-words", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":418,\"body\":\"a\\nteapot\"}", OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED, "a teapot" },
  { "/tus/507-that-comes-before-the-chunk-is-sent-is-full", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":507,\"early\":true,\"count\":-1}", OB_VERDICT_FULL, 0, "507" },
  { "/tus/413-for-the-smallest-chunk-is-too-large", "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":413,\"count\":-1}", OB_VERDICT_FAIL, OUTBOX_REASON_TOO_LARGE, "413" },
  { "/tus/another-version-is-told-by-412", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":412,\"headers\":{\"Tus-Version\":\"0.2.2\"}}", OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED, "0.2.2" },
  { "/tus/another-version-is-told-by-400", "{\"fault\":\"status\",\"method\":\"POST\",\"status\":400,\"headers\":{\"Tus-Version\":\"0.2.2\"}}", OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED, "0.2.2" },
  { "/tus/another-version-is-told-by-options", "{\"fault\":\"status\",\"method\":\"OPTIONS\",\"status\":204,\"headers\":{\"Tus-Version\":\"2.0.0\"}}", OB_VERDICT_FAIL, OUTBOX_REASON_REJECTED, "2.0.0" },
  { "/tus/a-refused-confirmation-is-told", "{\"fault\":\"confirm\",\"mode\":\"refuse\",\"status\":422}", OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, "closed" },
  { "/tus/another-digest-is-a-failure", "{\"fault\":\"confirm\",\"mode\":\"wrong-digest\"}", OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED, "other bytes" },
};

static void
test_a_fault_is_told (Fixture *fixture, gconstpointer data)
{
  const VerdictRow *row = data;
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, row->json);
  result = run_once (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, row->verdict);
  g_assert_cmpuint (result->outcome.reason, ==, row->reason);
  g_assert_nonnull (strstr (result->message, row->words));
}

static void
test_the_server_is_killed_and_comes_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  /* The chunk is stored, then nobody is there any more. */
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = run_once (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  test_peer_kill (fixture->peer);
  g_clear_pointer (&result, ob_attempt_result_free);
  result = run_once (fixture);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY);
  g_assert_cmpstr (result->code, ==, "connection");
  test_peer_restart (fixture->peer);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
  g_assert_cmpint (get_number (fixture, "body_bytes"), ==, SIZE_BYTES - (4 << 20));
}

static void
test_an_offset_that_moved_back_is_followed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = run_once (fixture);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  test_peer_control (fixture->peer, "{\"fault\":\"backwards\",\"bytes\":1000000}");
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  g_assert_cmpuint (fixture->backwards, ==, 1);
  assert_arrived (fixture);
}

static void
test_a_copy_that_is_gone_or_damaged (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) shorter = NULL;
  g_autoptr (ObAttemptResult) missing = NULL;

  g_assert_true (g_file_set_contents (fixture->job->path, "short", -1, NULL));
  shorter = run_once (fixture);
  g_assert_cmpuint (shorter->outcome.reason, ==, OUTBOX_REASON_FILE_CHANGED);
  g_assert_cmpint (g_unlink (fixture->job->path), ==, 0);
  missing = run_once (fixture);
  g_assert_cmpuint (missing->outcome.reason, ==, OUTBOX_REASON_FILE_MISSING);
  g_assert_cmpuint (fixture->n_created, ==, 0);
}

static void
test_termination (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (ObAttemptResult) result = NULL;
  g_autoptr (ObAttemptResult) busy = NULL;
  g_autoptr (ObAttemptResult) ended = NULL;
  g_autoptr (ObAttemptResult) again = NULL;

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  result = run_once (fixture);
  fixture->job->server_url = g_strdup (fixture->server_url);
  fixture->job->is_termination = TRUE;
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"DELETE\",\"status\":423}");
  busy = run_once (fixture);
  g_assert_false (busy->is_done);
  g_assert_cmpuint (busy->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
  ended = run_once (fixture);
  g_assert_true (ended->is_done);
  /* What the server does not know any more is given up as well. */
  again = run_once (fixture);
  g_assert_true (again->is_done);
  node = test_peer_describe (fixture->peer);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (node), "uploads")), ==,
                    0);
}

/* A dead connection may hold an upload for minutes. That holds up this upload, and no other. */
static void
test_a_stale_lock_holds_that_upload_alone (Fixture *fixture, gconstpointer data)
{
  static const gint statuses[] = { 423, 409, 500 };

  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1}");
  ob_attempt_result_free (run_once (fixture));
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *json = g_strdup_printf (
          "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":%d,\"retry_after\":7}", statuses[i]);
      g_autoptr (ObAttemptResult) result = NULL;

      test_peer_control (fixture->peer, json);
      result = run_once (fixture);
      g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_RETRY_UPLOAD);
      g_assert_cmpint (result->outcome.retry_after_ms, ==, 7000);
      /* A try without progress is no reason to try again sooner. */
      g_assert_false (result->has_moved);
    }
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
  g_assert_cmpint (get_number (fixture, "body_bytes"), ==, SIZE_BYTES);
}

/* Every byte is there, and the connection was cut before the server did what it does at the end. */
static void
arrange_an_end_that_never_was (Fixture *fixture)
{
  write_file (fixture, 1000);
  test_peer_control (fixture->peer, "{\"fault\":\"cut-after\",\"method\":\"PATCH\",\"bytes\":1000,"
                                    "\"mode\":\"unfinished\"}");
}

static void
test_an_end_that_never_was_is_made_up_for (Fixture *fixture, gconstpointer data)
{
  arrange_an_end_that_never_was (fixture);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
  g_assert_cmpint (get_number (fixture, "body_bytes"), ==, 1000);
}

static void
test_an_end_that_never_was_without_a_confirm_url (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->job->confirm_url, g_free);
  test_an_end_that_never_was_is_made_up_for (fixture, data);
}

/* What the server says at the end counts, also where the offset is whole already. */
static void
test_an_end_that_is_refused_is_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  arrange_an_end_that_never_was (fixture);
  test_peer_control (fixture->peer, "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":422,\"skip\":1,"
                                    "\"body\":\"no such job\"}");
  result = run_once (fixture);
  g_assert_false (result->is_done);
  g_assert_cmpuint (result->outcome.verdict, ==, OB_VERDICT_FAIL);
  g_assert_nonnull (strstr (result->message, "no such job"));
}

/* Its upload URL may be gone by then: servers clear it away when they are done. */
static void
test_what_is_stored_is_not_sent_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = NULL;

  g_clear_pointer (&fixture->job->confirm_url, g_free);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  test_peer_control (fixture->peer, "{\"fault\":\"expire\"}");
  result = run_once (fixture);
  g_assert_true (result->is_done);
  g_assert_cmpuint (fixture->n_created, ==, 1);
}

static void
test_a_server_is_asked_once_what_it_can (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonNode) node = NULL;

  write_file (fixture, 1000);
  for (guint i = 0; i < 3; i++)
    {
      g_free (fixture->job->id);
      fixture->job->id = g_uuid_string_random ();
      g_clear_pointer (&fixture->server_url, g_free);
      fixture->n_stored = 0;
      fixture->offset_bytes = 0;
      g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
    }
  node = test_peer_describe (fixture->peer);
  g_assert_cmpint (json_object_get_int_member (json_object_get_object_member (json_node_get_object (node), "requests"),
                                               "OPTIONS"),
                   ==, 1);
  g_assert_cmpint (get_number (fixture, "connections"), ==, 1);
  g_assert_cmpint (get_number (fixture, "finished"), ==, 3);
}

/* A proxy that gathers a whole request loses all of it with the connection: only chunks that are short enough get through. */
static void
test_a_chunk_shrinks_until_it_sticks (Fixture *fixture, gconstpointer data)
{
  gint64 first_bytes;

  test_peer_control (fixture->peer, "{\"fault\":\"buffering\",\"on\":true}");
  test_peer_control (fixture->peer, "{\"fault\":\"cut-after\",\"method\":\"PATCH\",\"bytes\":300000,\"count\":-1}");
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  assert_arrived (fixture);
  g_assert_cmpuint (fixture->backwards, ==, 0);
  first_bytes = get_number (fixture, "body_bytes");
  g_assert_cmpint (first_bytes, >, SIZE_BYTES);

  /* The next upload need not find it out again. */
  g_free (fixture->job->id);
  fixture->job->id = g_uuid_string_random ();
  g_clear_pointer (&fixture->server_url, g_free);
  fixture->offset_bytes = fixture->n_stored = 0;
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
  g_assert_cmpint (get_number (fixture, "body_bytes") - first_bytes, ==, SIZE_BYTES);
}

/* A Location may name another host: it gets the upload, and no credentials. */
static void
test_credentials_stay_at_their_host (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) url = g_string_new (fixture->job->url);
  g_autoptr (ObAttemptResult) refused = NULL;

  g_string_replace (url, "127.0.0.1", "localhost", 1);
  g_free (fixture->job->url);
  fixture->job->url = g_strdup (url->str);
  g_variant_unref (fixture->job->headers);
  fixture->job->headers = g_variant_ref_sink (g_variant_new_parsed ("{'Authorization': 'Bearer secret'}"));
  g_clear_pointer (&fixture->job->confirm_url, g_free);
  test_peer_control (fixture->peer, "{\"fault\":\"require-header\",\"name\":\"Authorization\",\"value\":\"Bearer secret\"}");
  refused = run_once (fixture);
  g_assert_cmpuint (fixture->n_created, ==, 1);
  g_assert_cmpuint (refused->outcome.verdict, ==, OB_VERDICT_SIGN_IN);

  test_peer_control (fixture->peer, "{\"fault\":\"location\",\"mode\":\"path\"}");
  g_clear_pointer (&fixture->server_url, g_free);
  g_assert_cmpuint (run_until_done (fixture, 1), ==, 1);
}

/* --- Ends from outside --- */

static gpointer
run_in_thread (gpointer user_data)
{
  return run_once (user_data);
}

/* Starts an attempt at a pace, and stops it when some of its first chunk is there. */
static ObAttemptResult *
stop_in_a_chunk (Fixture *fixture, gint rate, ObStopKind kind)
{
  g_autofree char *json = g_strdup_printf ("{\"fault\":\"rate\",\"bytes\":%d}", rate);
  GThread *thread;

  test_peer_control (fixture->peer, json);
  fixture->stop = ob_stop_new ();
  thread = g_thread_new ("worker", run_in_thread, fixture);
  while (get_number (fixture, "body_bytes") == 0)
    g_usleep (10 * 1000);
  ob_stop_ask (fixture->stop, kind);
  while (!g_cancellable_is_cancelled (G_CANCELLABLE (fixture->stop)))
    g_main_context_iteration (NULL, TRUE);

  return g_thread_join (thread);
}

/* How much came in before the cut, once that is written down. */
static gint64
get_bytes_before_cut (Fixture *fixture)
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
test_stopped_now_nothing_queued_leaves (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 500 * 1000, OB_STOP_NOW);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 0);
  g_test_message ("%" G_GUINT64_FORMAT " bytes written, %" G_GINT64_FORMAT " arrived", fixture->sent_bytes,
                  get_bytes_before_cut (fixture));
  g_assert_cmpint (get_bytes_before_cut (fixture), <, 1 << 20);
}

static void
test_stopped_gently_a_chunk_is_finished (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 10 * 1000 * 1000, OB_STOP_GENTLY);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 4 << 20);
  g_assert_cmpint (get_number (fixture, "body_bytes"), ==, 4 << 20);
}

static void
test_stopped_gently_a_long_chunk_is_cut (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = stop_in_a_chunk (fixture, 200 * 1000, OB_STOP_GENTLY);

  g_assert_true (result->is_cancelled);
  g_assert_cmpuint (fixture->offset_bytes, ==, 0);
  g_assert_cmpint (get_bytes_before_cut (fixture), <, 2 << 20);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (Fixture *, gconstpointer);
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
    { "/tus/what-is-stored-is-not-sent-again", test_what_is_stored_is_not_sent_again },
    { "/tus/a-server-is-asked-once-what-it-can", test_a_server_is_asked_once_what_it_can },
    { "/tus/a-chunk-shrinks-until-it-sticks", test_a_chunk_shrinks_until_it_sticks },
    { "/tus/credentials-stay-at-their-host", test_credentials_stay_at_their_host },
    { "/tus/stopped-now-nothing-queued-leaves", test_stopped_now_nothing_queued_leaves },
    { "/tus/stopped-gently-a-chunk-is-finished", test_stopped_gently_a_chunk_is_finished },
    { "/tus/stopped-gently-a-long-chunk-is-cut", test_stopped_gently_a_long_chunk_is_cut },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (fault_rows); i++)
    g_test_add (fault_rows[i].name, Fixture, &fault_rows[i], set_up, test_a_fault_is_overcome, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (verdict_rows); i++)
    g_test_add (verdict_rows[i].name, Fixture, &verdict_rows[i], set_up, test_a_fault_is_told, tear_down);

  return g_test_run ();
}
