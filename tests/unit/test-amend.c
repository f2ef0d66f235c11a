/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was said of a file changes until its server has been told, and no longer: a table of what the server may know, and amendments in
 * the moment in which it is told.
 */
#include "broker/amendment.h"
#include "broker/question.h"
#include "dbus/error.h"
#include "policy/rules-file.h"
#include "support/rig.h"
#include "transfer/protocols.h"

#include <glib/gstdio.h>

/* --- What a server may have been told --- */

static const struct
{
  const char *name;
  const char *protocol; /* NULL: of a destination that there is not */
  ObStored stored;
  guint attempts;
  const char *server_url;
  guint64 size_bytes, offset_bytes;
  gboolean has_place;
  ObTold told;
  ObTold told_at; /* with an amend URL */
} told_rows[] = {
  { "not tried yet", "tus", OB_STORED_QUEUED, 0, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
  { "tried in vain", "tus", OB_STORED_QUEUED, 7, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
  { "about to be told", "tus", OB_STORED_UPLOADING, 1, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
  { "failed before it was told", "tus", OB_STORED_FAILED, 3, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
  { "begun there", "tus", OB_STORED_UPLOADING, 1, "http://a/1", 10, 0, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "begun there and waiting", "tus", OB_STORED_QUEUED, 1, "http://a/1", 10, 3, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "failed in the middle", "tus", OB_STORED_FAILED, 1, "http://a/1", 10, 3, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "begun there, says the record alone", "tus", OB_STORED_QUEUED, 0, NULL, 10, 0, TRUE, OB_TOLD_ALL,
    OB_TOLD_AND_HEARS },
  { "confirming", "tus", OB_STORED_CONFIRMING, 1, NULL, 10, 10, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "done", "tus", OB_STORED_DONE, 1, NULL, 10, 10, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "whole there and not confirmed", "tus", OB_STORED_FAILED, 1, NULL, 10, 10, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "an empty file that was not tried", "tus", OB_STORED_QUEUED, 0, NULL, 0, 0, FALSE, OB_TOLD_NOTHING,
    OB_TOLD_NOTHING },
  { "an empty file that was tried", "tus", OB_STORED_QUEUED, 1, NULL, 0, 0, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "http, not tried yet", "http", OB_STORED_QUEUED, 0, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
  { "http, tried", "http", OB_STORED_QUEUED, 1, NULL, 10, 0, FALSE, OB_TOLD_NAME, OB_TOLD_NAME },
  { "http, done", "http", OB_STORED_DONE, 1, NULL, 10, 10, FALSE, OB_TOLD_ALL, OB_TOLD_AND_HEARS },
  { "http, not confirmed", "http", OB_STORED_CONFIRMING, 1, NULL, 10, 10, FALSE, OB_TOLD_ALL, OB_TOLD_ALL },
  { "for nobody", NULL, OB_STORED_QUEUED, 0, NULL, 10, 0, FALSE, OB_TOLD_NOTHING, OB_TOLD_NOTHING },
};

static void
test_what_a_server_was_told (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (told_rows); i++)
    {
      const ObProtocol *protocol = told_rows[i].protocol ? ob_protocol_find (told_rows[i].protocol) : NULL;
      const ObUpload upload = { .stored = told_rows[i].stored,
                                .attempts = told_rows[i].attempts,
                                .server_url = (char *) told_rows[i].server_url,
                                .size_bytes = told_rows[i].size_bytes,
                                .offset_bytes = told_rows[i].offset_bytes };

      g_test_message ("%s", told_rows[i].name);
      g_assert_cmpint (ob_amendment_find_told (&upload, protocol, NULL, told_rows[i].has_place), ==, told_rows[i].told);
      g_assert_cmpint (ob_amendment_find_told (&upload, protocol, "http://a/amend", told_rows[i].has_place), ==,
                       told_rows[i].told_at);
    }
}

/* --- What changes --- */

#define DONE (-1)

static const struct
{
  const char *name; /* of the file, or NULL */
  const char *metadata;
  int priority; /* 0: stays */
  ObTold told;
  int error; /* or DONE */
  const char *what;
  const char *after; /* the metadata */
} change_rows[] = {
  { NULL, "{'note': 'there'}", 0, OB_TOLD_NOTHING, DONE, "note", "{'job': '7', 'note': 'there'}" },
  { NULL, "{'job': '8'}", 0, OB_TOLD_NOTHING, DONE, "job", "{'job': '8', 'note': 'here'}" },
  { NULL, "{'note': ''}", 0, OB_TOLD_NOTHING, DONE, "note", "{'job': '7'}" },
  { NULL, "{'note': 'here', 'job': '7'}", 0, OB_TOLD_ALL, DONE, NULL, "{'job': '7', 'note': 'here'}" },
  { NULL, "{'other': ''}", 0, OB_TOLD_ALL, DONE, NULL, "{'job': '7', 'note': 'here'}" },
  { NULL, "{'note': 'there'}", 0, OB_TOLD_NAME, DONE, "note", "{'job': '7', 'note': 'there'}" },
  { NULL, "{'note': 'there'}", 0, OB_TOLD_ALL, OUTBOX_ERROR_ALREADY_SENT, NULL, NULL },
  { NULL, "{'note': 'there'}", 5, OB_TOLD_ALL, OUTBOX_ERROR_ALREADY_SENT, NULL, NULL },
  { NULL, NULL, 5, OB_TOLD_ALL, DONE, "priority", "{'job': '7', 'note': 'here'}" },
  { "b.jpg", NULL, 0, OB_TOLD_NOTHING, DONE, "name", "{'job': '7', 'note': 'here'}" },
  { "b.jpg", "{'note': 'there'}", 0, OB_TOLD_AND_HEARS, DONE, "note, name", "{'job': '7', 'note': 'there'}" },
  { "b.jpg", NULL, 0, OB_TOLD_NAME, OUTBOX_ERROR_ALREADY_SENT, NULL, NULL },
  { "b.jpg", NULL, 0, OB_TOLD_ALL, OUTBOX_ERROR_ALREADY_SENT, NULL, NULL },
  { "a.jpg", NULL, 0, OB_TOLD_ALL, DONE, NULL, "{'job': '7', 'note': 'here'}" },
  { "b.jpg", "{'note': 'there'}", 5, OB_TOLD_NOTHING, DONE, "note, name, priority", "{'job': '7', 'note': 'there'}" },
  { "a/b", NULL, 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { "", NULL, 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, NULL, 1001, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, NULL, 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, "{'outbox_id': 'x'}", 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, "{'a b': 'x'}", 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, "{'': 'x'}", 0, OB_TOLD_NOTHING, OUTBOX_ERROR_INVALID_ARGUMENT, NULL, NULL },
  { NULL, "{'note': 'a\\u0001b'}", 0, OB_TOLD_NOTHING, DONE, "note", NULL },
};

static ObUpload *
make_upload (void)
{
  ObUpload *upload = ob_upload_new ();

  upload->name = g_strdup ("a.jpg");
  g_variant_unref (upload->metadata);
  upload->metadata = g_variant_ref_sink (g_variant_new_parsed ("{'job': '7', 'note': 'here'}"));

  return upload;
}

/* The order of pairs means nothing. */
static void
assert_has_pairs (GVariant *metadata, const char *expected)
{
  g_autoptr (GVariant) pairs = g_variant_ref_sink (g_variant_new_parsed (expected));
  const char *key, *value, *found;
  GVariantIter iter;

  g_assert_cmpuint (g_variant_n_children (metadata), ==, g_variant_n_children (pairs));
  g_variant_iter_init (&iter, pairs);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    {
      g_assert_true (g_variant_lookup (metadata, key, "&s", &found));
      g_assert_cmpstr (found, ==, value);
    }
}

static void
test_what_changes (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (change_rows); i++)
    {
      g_autoptr (ObUpload) upload = make_upload ();
      g_autoptr (GVariant) metadata
          = change_rows[i].metadata ? g_variant_ref_sink (
                g_variant_parse (G_VARIANT_TYPE ("a{ss}"), change_rows[i].metadata, NULL, NULL, NULL))
                                    : NULL;
      const ObAmendment amendment
          = { change_rows[i].name, metadata, change_rows[i].priority != 0, change_rows[i].priority };
      g_autofree char *what = NULL;
      g_autoptr (GError) error = NULL;
      gboolean is_good = ob_amendment_check (&amendment, 1, &error)
                         && ob_amendment_apply (&amendment, change_rows[i].told, upload, &what, &error);

      g_test_message ("row %u", i);
      g_assert_cmpint (is_good, ==, change_rows[i].error == DONE);
      if (!is_good)
        g_assert_error (error, OUTBOX_ERROR, change_rows[i].error);
      g_assert_cmpstr (what, ==, change_rows[i].what);
      if (change_rows[i].after)
        assert_has_pairs (upload->metadata, change_rows[i].after);
      if (!is_good)
        assert_has_pairs (upload->metadata, "{'job': '7', 'note': 'here'}");
    }
}

/* What a submit may not say at once, amendments may not say one after another. */
static void
test_limits_are_those_of_submit (void)
{
  g_autoptr (ObUpload) upload = make_upload ();
  g_autofree char *long_text = g_strnfill (5000, 'x');
  const char *const keys[] = { "first", "second" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_new_parsed ("{%s: %s}", keys[i], long_text));
      const ObAmendment amendment = { .metadata = metadata };
      g_autofree char *what = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (ob_amendment_check (&amendment, 1, &error));
      g_assert_cmpint (ob_amendment_apply (&amendment, OB_TOLD_NOTHING, upload, &what, &error), ==, i == 0);
      if (i == 1)
        g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpuint (upload->amended, ==, 1);
}

/* --- In the queue --- */

typedef struct
{
  gboolean is_over;
  GError *error;
} Answer;

static void
on_amended (const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  answer->is_over = TRUE;
  answer->error = error ? g_error_copy (error) : NULL;
}

/* Returns: the code of the error, or DONE */
static int
amend_note (TestRig *rig, const char *id, const char *note)
{
  g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_new_parsed ("{'note': %s}", note));
  const ObAmendment amendment = { .metadata = metadata };
  Answer answer = { FALSE, NULL };
  int code;

  ob_broker_amend (rig->broker, id, &amendment, on_amended, &answer);
  while (!answer.is_over)
    (void) g_main_context_iteration (NULL, TRUE);
  code = answer.error ? answer.error->code : DONE;
  g_clear_error (&answer.error);

  return code;
}

static void
assert_note (GVariant *metadata, const char *note)
{
  const char *found = NULL;

  (void) g_variant_lookup (metadata, "note", "&s", &found);
  g_assert_cmpstr (found, ==, note);
}

static void
test_the_record_says_it_too (TestRig *rig, gconstpointer data)
{
  g_autofree char *path = g_build_filename (rig->folder, "queue.db", NULL);
  g_autofree char *id = NULL;
  g_autoptr (ObUpload) upload = NULL;

  test_conditions_set_available (rig->conditions, FALSE);
  id = test_rig_submit (rig, NULL, 0);
  g_assert_cmpint (amend_note (rig, id, "first"), ==, DONE);
  g_assert_cmpint (amend_note (rig, id, "second"), ==, DONE);
  test_rig_stop (rig);
  g_assert_cmpint (g_remove (path), ==, 0);
  test_rig_start (rig);
  upload = ob_broker_get (rig->broker, id, NULL);
  assert_note (upload->metadata, "second");
  g_assert_cmpuint (upload->amended, ==, 2);
}

static gboolean
is_amended (const ObJob *job)
{
  return job->amended > 0;
}

/* What its server makes at that moment is let go of, and it is told anew. */
static void
test_while_the_server_is_told (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  const ObJob *job = test_server_wait_for (rig->server, id);
  g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_new_parsed ("{'note': 'there'}"));
  const ObAmendment amendment = { .metadata = metadata };
  ObQuestion *question = ob_question_new ();
  Answer answer = { FALSE, NULL };

  assert_note (job->metadata, NULL);
  ob_broker_amend (rig->broker, id, &amendment, on_amended, &answer);
  /* The answer of the server was on its way. */
  ob_runs_workers_events.created (id, "http://depot.example/files/old", FALSE, question, rig->broker->members->runs);
  g_assert_cmpint (ob_question_wait (question, NULL), ==, OB_CREATED_STOP);
  while (!answer.is_over)
    (void) g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (answer.error);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups WHERE server_url LIKE '%old'"), ==, 1);
  job = test_server_wait_for_next (rig->server, id, is_amended);
  assert_note (job->metadata, "there");
  g_assert_cmpuint (job->amended, ==, 1);
  g_assert_cmpstr (job->resume, ==, NULL);
  test_server_report_created (rig->server, id, "http://depot.example/files/new");
  g_assert_cmpint (amend_note (rig, id, "elsewhere"), ==, OUTBOX_ERROR_ALREADY_SENT);
  test_rig_finish (rig, id);
  g_assert_cmpint (amend_note (rig, id, "elsewhere"), ==, OUTBOX_ERROR_ALREADY_SENT);
  g_assert_cmpint (amend_note (rig, id, "there"), ==, DONE);
}

static void
test_a_quota_counts (TestRig *rig, gconstpointer data)
{
  static const char text[] = "[Apps]\nmax-metadata=20\n";
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  test_conditions_set_available (rig->conditions, FALSE);
  id = test_rig_submit (rig, NULL, 0);
  rig->rules = ob_rules_new ();
  g_assert_true (ob_rules_read (rig->rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
  g_assert_cmpint (amend_note (rig, id, "short"), ==, DONE);
  g_assert_cmpint (amend_note (rig, id, "longer than twenty bytes"), ==, OUTBOX_ERROR_QUOTA);
  g_assert_cmpint (amend_note (rig, "no-such-upload", "short"), ==, OUTBOX_ERROR_NOT_FOUND);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/amend/the-record-says-it-too", test_the_record_says_it_too },
    { "/amend/while-the-server-is-told", test_while_the_server_is_told },
    { "/amend/a-quota-counts", test_a_quota_counts },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/amend/what-a-server-was-told", test_what_a_server_was_told);
  g_test_add_func ("/amend/what-changes", test_what_changes);
  g_test_add_func ("/amend/limits-are-those-of-submit", test_limits_are_those_of_submit);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
