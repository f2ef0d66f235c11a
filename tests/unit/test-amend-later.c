/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What was changed after a server had been told goes there by a request of its own: the newest of it, until it is taken or refused,
 * whatever happens meanwhile to the upload, its destination, the broker and the queue.
 */
#include "dbus/error.h"
#include "policy/rules-file.h"
#include "support/rig.h"

#include <glib/gstdio.h>

#define AMEND_URL "http://depot.example/amend?id={id}"

static void
set_amend_url (TestRig *rig, const char *url)
{
  /* The receipts of the test's server say that it is stored, and no more. */
  const ObDestinationSettings settings = { .amend_url = url, .confirm_url = "" };
  g_autoptr (GError) error = NULL;

  (void) test_rig_set_destination (rig, "depot", &settings, &error);
  g_assert_no_error (error);
}

/* Returns: (transfer full): one that has arrived, at a destination with an amend URL */
static char *
make_done (TestRig *rig)
{
  g_autofree char *id = NULL;

  set_amend_url (rig, AMEND_URL);
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");

  return g_steal_pointer (&id);
}

static gboolean
amend (TestRig *rig, const char *id, const char *note, GError **error)
{
  g_autoptr (GVariant) metadata = g_variant_ref_sink (g_variant_new_parsed ("{'note': %s}", note));
  const ObAmendment amendment = { .metadata = metadata };
  TestRigAnswer answer = { FALSE, NULL, NULL };

  ob_broker_amend (rig->broker, id, &amendment, test_rig_on_answered, &answer);

  return test_rig_wait_for (rig, &answer, error);
}

static void
amend_well (TestRig *rig, const char *id, const char *note)
{
  g_autoptr (GError) error = NULL;

  (void) amend (rig, id, note, &error);
  g_assert_no_error (error);
}

static gboolean
is_amendment (const ObJob *job)
{
  return job->is_amendment;
}

/* Waits until the server is asked. */
static void
assert_told (TestRig *rig, const char *id, guint version, const char *note)
{
  const ObJob *job = test_server_wait_for_next (rig->server, id, is_amendment);
  const char *found = NULL;

  (void) g_variant_lookup (job->metadata, "note", "&s", &found);
  g_assert_cmpstr (found, ==, note);
  g_assert_cmpuint (job->amended, ==, version);
}

/* @expected: the result, and words with it where there are some; "none" */
#define assert_update(rig, id, expected)                  \
  G_STMT_START                                            \
  {                                                       \
    g_autofree char *update_ = describe_update (rig, id); \
    g_assert_cmpstr (update_, ==, expected);              \
  }                                                       \
  G_STMT_END

static char *
describe_update (TestRig *rig, const char *id)
{
  g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, id, NULL);

  g_assert_nonnull (upload);

  return g_strconcat (upload->update.result ? upload->update.result : "none", upload->update.message ? ": " : "",
                      upload->update.message, NULL);
}

static void
assert_none_waits (TestRig *rig)
{
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups"), ==, 0);
}

static void
test_it_is_told (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);
  guint64 asked, missed;

  assert_update (rig, id, "none");
  amend_well (rig, id, "left");
  assert_told (rig, id, 1, "left");
  assert_update (rig, id, "asked");
  g_assert_true (ob_broker_count_untold (rig->broker, &asked, &missed, NULL));
  g_assert_cmpuint (asked, ==, 1);
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
  test_rig_assert_status (rig, id, "done");
  g_assert_true (ob_broker_count_untold (rig->broker, &asked, &missed, NULL));
  g_assert_cmpuint (asked + missed, ==, 0);
  g_assert_cmpint (
      test_rig_ask (rig, "SELECT count(*) FROM journal WHERE event = 'amendment' AND message = 'taken: version 1'"), ==,
      1);
  assert_none_waits (rig);
}

/* The same words once more are another request: a server keeps what it answered to a key. */
static void
test_a_refusal_is_the_end_until_it_is_said_again (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);
  guint64 asked, missed;

  amend_well (rig, id, "left");
  assert_told (rig, id, 1, "left");
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED);
  assert_update (rig, id, "refused: the test says so");
  assert_none_waits (rig);
  g_assert_true (ob_broker_count_untold (rig->broker, &asked, &missed, NULL));
  g_assert_cmpuint (missed, ==, 1);
  amend_well (rig, id, "left");
  assert_told (rig, id, 2, "left");
  test_rig_end (rig, id, OB_VERDICT_FORBIDDEN, OUTBOX_REASON_NONE);
  assert_update (rig, id, "refused: the test says so");
  amend_well (rig, id, "right");
  assert_told (rig, id, 3, "right");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
  amend_well (rig, id, "right");
  assert_none_waits (rig);
}

static void
test_it_is_told_when_the_file_has_arrived (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  set_amend_url (rig, AMEND_URL);
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_server_report_created (rig->server, id, "http://depot.example/files/1");
  amend_well (rig, id, "first");
  amend_well (rig, id, "second");
  assert_update (rig, id, "asked");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups"), ==, 0);
  test_rig_stop (rig);
  test_rig_start (rig);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  assert_told (rig, id, 2, "second");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
}

/* One that is answered is not the end of a newer one, and one that waits is replaced. */
static void
test_only_the_newest_counts (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);

  amend_well (rig, id, "first");
  assert_told (rig, id, 1, "first");
  amend_well (rig, id, "second");
  test_rig_finish (rig, id);
  assert_update (rig, id, "asked");
  assert_told (rig, id, 2, "second");
  amend_well (rig, id, "third");
  test_rig_end (rig, id, OB_VERDICT_FAIL, OUTBOX_REASON_NOT_ATTACHED);
  assert_told (rig, id, 3, "third");
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  amend_well (rig, id, "fourth");
  assert_told (rig, id, 4, "fourth");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
  assert_none_waits (rig);
}

static void
test_trouble_is_waited_for_for_a_week (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);

  amend_well (rig, id, "left");
  for (guint i = 0; i < 8; i++)
    {
      assert_told (rig, id, 1, "left");
      test_rig_end (rig, id, i % 2 == 0 ? OB_VERDICT_RETRY : OB_VERDICT_RETRY_UPLOAD, OUTBOX_REASON_NONE);
      assert_update (rig, id, "asked: the test says so");
      /* Not even its network is looked for before that. */
      g_assert_false (test_rig_is_active (rig, id));
      test_rig_advance (rig, 17 * RIG_MINUTE);
    }
  assert_told (rig, id, 1, "left");
  test_rig_run (rig, "UPDATE follow_ups SET asked_at = asked_at - 7 * 86400000");
  test_rig_end (rig, id, OB_VERDICT_RETRY, OUTBOX_REASON_NONE);
  assert_update (rig, id, "gave-up: the test says so");
  assert_none_waits (rig);
}

static void
test_a_sign_in_is_waited_for (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);

  amend_well (rig, id, "left");
  assert_told (rig, id, 1, "left");
  test_rig_end (rig, id, OB_VERDICT_SIGN_IN, OUTBOX_REASON_NONE);
  assert_update (rig, id, "asked: the test says so");
  test_rig_advance (rig, 60 * RIG_MINUTE);
  g_assert_false (test_rig_is_active (rig, id));
  g_assert_true (test_rig_pause_destination (rig, "depot", FALSE, NULL));
  assert_told (rig, id, 1, "left");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM destinations WHERE failures > 0"), ==, 0);
}

static void
test_a_network_is_waited_for_over_a_restart (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);

  test_conditions_set_available (rig->conditions, FALSE);
  amend_well (rig, id, "left");
  test_rig_settle (rig);
  g_assert_false (test_rig_is_active (rig, id));
  test_rig_stop (rig);
  test_rig_start (rig);
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 1000);
  assert_told (rig, id, 1, "left");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
}

static void
remove_destination (TestRig *rig, const char *name)
{
  TestRigAnswer answer = { FALSE, NULL, NULL };
  g_autoptr (GError) error = NULL;

  ob_broker_remove_destination (rig->broker, name, test_rig_on_answered, &answer);
  (void) test_rig_wait_for (rig, &answer, &error);
  g_assert_no_error (error);
}

static void
test_its_destination_changes_meanwhile (TestRig *rig, gconstpointer data)
{
  const ObDestinationSettings settings = { .url = "http://depot.example/files/", .amend_url = AMEND_URL };
  g_autofree char *id = make_done (rig);

  test_conditions_set_available (rig->conditions, FALSE);
  amend_well (rig, id, "left");
  set_amend_url (rig, "");
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 1000);
  assert_update (rig, id, "asked: The destination depot names no amend URL any more");
  g_assert_false (test_rig_is_active (rig, id));
  remove_destination (rig, "depot");
  test_rig_advance (rig, 17 * RIG_MINUTE);
  assert_update (rig, id, "asked: There is no destination depot any more");
  (void) test_rig_set_destination (rig, "depot", &settings, NULL);
  set_amend_url (rig, "http://depot.example/other/{id}");
  test_rig_advance (rig, 17 * RIG_MINUTE);
  assert_told (rig, id, 1, "left");
  g_assert_cmpstr (test_server_wait_for (rig->server, id)->amend_url, ==, "http://depot.example/other/{id}");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
}

/* Nothing is asked about an upload that is gone: what stayed in the queue kept others from being asked. */
static void
test_it_is_removed_meanwhile (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);

  amend_well (rig, id, "left");
  assert_told (rig, id, 1, "left");
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  if (test_rig_is_active (rig, id))
    test_rig_wait_for_end (rig, id);
  assert_none_waits (rig);
  g_clear_pointer (&id, g_free);
  id = make_done (rig);
  test_conditions_set_available (rig->conditions, FALSE);
  amend_well (rig, id, "left");
  g_assert_true (test_rig_command (rig, OB_COMMAND_VERIFY, id, 0, NULL));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups"), ==, 2);
  g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups"), ==, 0);
}

static void
keep_copies (TestRig *rig)
{
  static const char text[] = "[Storage]\nkeep-copies=3\nkeep-free=1\n";
  g_autoptr (GError) error = NULL;

  rig->rules = ob_rules_new ();
  g_assert_true (ob_rules_read (rig->rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  test_rig_settle (rig);
}

static void
lose_queue (TestRig *rig)
{
  g_autofree char *path = g_build_filename (rig->folder, "queue.db", NULL);

  test_rig_stop (rig);
  g_assert_cmpint (g_remove (path), ==, 0);
  test_rig_start (rig);
}

/* The record of a copy that stays says it. */
static void
test_the_queue_is_lost_meanwhile (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  keep_copies (rig);
  id = make_done (rig);
  test_conditions_set_available (rig->conditions, FALSE);
  amend_well (rig, id, "left");
  lose_queue (rig);
  assert_update (rig, id, "asked");
  test_conditions_set_available (rig->conditions, TRUE);
  test_rig_advance (rig, 1000);
  assert_told (rig, id, 1, "left");
  test_rig_finish (rig, id);
  assert_update (rig, id, "taken");
  lose_queue (rig);
  test_rig_assert_status (rig, id, "done");
  assert_update (rig, id, "none");
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM follow_ups"), ==, 0);
}

static void
test_without_such_a_url (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = make_done (rig);
  g_autoptr (GError) error = NULL;

  set_amend_url (rig, "");
  g_assert_false (amend (rig, id, "left", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_ALREADY_SENT);
  assert_update (rig, id, "none");
  assert_none_waits (rig);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/amend-later/it-is-told", test_it_is_told },
    { "/amend-later/a-refusal-is-the-end-until-it-is-said-again", test_a_refusal_is_the_end_until_it_is_said_again },
    { "/amend-later/it-is-told-when-the-file-has-arrived", test_it_is_told_when_the_file_has_arrived },
    { "/amend-later/only-the-newest-counts", test_only_the_newest_counts },
    { "/amend-later/trouble-is-waited-for-for-a-week", test_trouble_is_waited_for_for_a_week },
    { "/amend-later/a-sign-in-is-waited-for", test_a_sign_in_is_waited_for },
    { "/amend-later/a-network-is-waited-for-over-a-restart", test_a_network_is_waited_for_over_a_restart },
    { "/amend-later/its-destination-changes-meanwhile", test_its_destination_changes_meanwhile },
    { "/amend-later/it-is-removed-meanwhile", test_it_is_removed_meanwhile },
    { "/amend-later/the-queue-is-lost-meanwhile", test_the_queue_is_lost_meanwhile },
    { "/amend-later/without-such-a-url", test_without_such_a_url },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
