/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fixture of the tests of attempts. Owns its folder, receiver and connection.
 */
#include "attempt.h"

#include <glib/gstdio.h>

static ObCreated
on_created (const char *server_url, gpointer user_data)
{
  Attempt *fixture = user_data;

  g_free (fixture->server_url);
  fixture->server_url = g_strdup (server_url);
  fixture->checked = (ObChecked){ 0 };
  fixture->n_created += server_url != NULL;

  return TRUE;
}

static void
on_progress (guint64 offset_bytes, guint64 wire_bytes, const ObChecked *checked, gpointer user_data)
{
  Attempt *fixture = user_data;

  fixture->backwards += offset_bytes < fixture->offset_bytes;
  fixture->offset_bytes = offset_bytes;
  fixture->wire_bytes += wire_bytes;
  if (checked)
    fixture->checked = *checked;
}

static gboolean
on_begins (const ObChecked *checked, gpointer user_data)
{
  Attempt *fixture = user_data;

  fixture->checked = *checked;
  fixture->n_begun++;

  return TRUE;
}

static ObCredential *
on_credentials (const ObJob *job, gpointer user_data)
{
  return ob_credential_new ();
}

static void
on_noted (const char *event, const char *message, gpointer user_data)
{
  Attempt *fixture = user_data;

  g_free (fixture->noted);
  fixture->noted = g_strdup (event);
}

static gboolean
on_stored (gpointer user_data)
{
  Attempt *fixture = user_data;

  fixture->n_stored++;

  return TRUE;
}

void
attempt_write_file (Attempt *fixture, gsize size_bytes)
{
  g_autofree guint8 *bytes = g_malloc (size_bytes + 1);

  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) ((i * 2654435761u) >> 13);
  g_assert_true (g_file_set_contents (fixture->job->path, (char *) bytes, (gssize) size_bytes, NULL));
  fixture->job->size_bytes = size_bytes;
  g_free (fixture->job->sha256);
  fixture->job->sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, size_bytes);
}

void
attempt_connect (Attempt *fixture)
{
  g_autoptr (ObFacts) facts = ob_facts_new ();
  g_autoptr (ObParking) parking = ob_parking_new ();
  g_autoptr (ObDeadline) deadline = ob_deadline_new ();

  g_clear_pointer (&fixture->connection, ob_connection_free);
  fixture->connection = ob_connection_new (facts, parking, deadline, fixture->transit);
}

void
attempt_set_up (Attempt *fixture, gconstpointer data)
{
  g_autofree char *store = NULL;

  fixture->transit = ob_transit_new ();
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  store = g_build_filename (fixture->folder, "store", NULL);
  g_assert_cmpint (g_mkdir (store, 0700), ==, 0);
  fixture->ledger_path = g_build_filename (fixture->folder, "ledger", NULL);
  fixture->peer = test_peer_start_receiver ("--folder", store, "--ledger", fixture->ledger_path, NULL);
  attempt_connect (fixture);
  fixture->job = g_new0 (ObJob, 1);
  fixture->job->heard_ms = -1;
  fixture->job->id = g_strdup ("018fd1a0-0000-7000-8000-000000000001");
  fixture->job->path = g_build_filename (fixture->folder, "copy", NULL);
  fixture->job->name = g_strdup ("写真 «1».jpg");
  fixture->job->media_type = g_strdup ("image/jpeg");
  fixture->job->protocol = g_strdup ("tus");
  fixture->job->url = g_strdup (test_peer_get_url (fixture->peer));
  fixture->job->confirm_url = test_peer_dup_url (fixture->peer, "/confirm?id={id}&group={group}&sha256={sha256}");
  fixture->job->headers = g_variant_ref_sink (g_variant_new ("a{ss}", NULL));
  fixture->job->metadata = g_variant_ref_sink (g_variant_new_parsed ("{'job': 'Brücke', 'bad key': 'x'}"));
  attempt_write_file (fixture, SIZE_BYTES);
}

void
attempt_tear_down (Attempt *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-r", fixture->folder, NULL };

  test_peer_free (fixture->peer);
  ob_connection_free (fixture->connection);
  ob_transit_unref (fixture->transit);
  ob_job_free (fixture->job);
  g_clear_object (&fixture->stop);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
  g_free (fixture->ledger_path);
  g_free (fixture->server_url);
  g_free (fixture->noted);
}

ObAttemptResult *
attempt_run (Attempt *fixture)
{
  static const ObCheckpoints checkpoints = { on_created, on_progress, on_begins, on_stored, on_noted, on_credentials };

  g_free (fixture->job->resume);
  fixture->job->resume = g_strdup (fixture->server_url);
  fixture->job->offset_bytes = fixture->offset_bytes;
  fixture->job->checked = fixture->checked;
  fixture->job->wire_bytes = fixture->wire_bytes;
  fixture->job->is_stored = fixture->n_stored > 0;
  if (fixture->promise != OUTBOX_RUNG_NONE)
    fixture->job->promise = fixture->promise;
  else
    fixture->job->promise = fixture->job->confirm_url ? OUTBOX_RUNG_ATTACHED : OUTBOX_RUNG_STORED;

  return ob_attempt_run (fixture->connection, fixture->job, &checkpoints, fixture, fixture->stop);
}

/* An attempt on a thread of its own. */
typedef struct
{
  Attempt *fixture;
  ObAttemptResult *result;
  gint is_over; /* atomic */
} Try;

static gpointer
run_thread (gpointer data)
{
  Try *try = data;

  try->result = attempt_run (try->fixture);
  g_atomic_int_set (&try->is_over, TRUE);
  g_main_context_wakeup (NULL);

  return NULL;
}

ObAttemptResult *
attempt_run_aside (Attempt *fixture)
{
  Try try = { .fixture = fixture };
  GThread *thread = g_thread_new ("attempt", run_thread, &try);

  while (!g_atomic_int_get (&try.is_over))
    (void) g_main_context_iteration (NULL, TRUE);
  g_thread_join (thread);

  return try.result;
}

guint
attempt_run_until_done (Attempt *fixture, guint most_attempts)
{
  for (guint attempt = 1; attempt <= most_attempts; attempt++)
    {
      g_autoptr (ObAttemptResult) result = attempt_run (fixture);

      if (result->is_done)
        return attempt;
      g_test_message ("attempt %u: %s: %s", attempt, result->code, result->message);
      g_assert_cmpuint (result->outcome.verdict, !=, OB_VERDICT_FAIL);
    }
  g_assert_not_reached ();
}

gint64
attempt_get_number (Attempt *fixture, const char *name)
{
  return test_peer_get_number (fixture->peer, name);
}

void
attempt_assert_arrived (Attempt *fixture)
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
      /* What its journal tells of as left out is left out. */
      if (fixture->noted)
        g_assert_false (json_object_has_member (metadata, "job"));
      else
        g_assert_cmpstr (json_object_get_string_member (metadata, "job"), ==, "Brücke");
      g_assert_false (json_object_has_member (metadata, "bad key"));
    }
  g_assert_cmpuint (n_finished, ==, 1);
  g_assert_cmpint (json_object_get_int_member (facts, "duplicate_finishes"), ==, 0);
}
