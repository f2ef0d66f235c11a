/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What records say of receipts, and what rows say: with the queue lost, of some time before, or as it was, a file that was confirmed
 * is not sent again, one that is gone at its server waits for a tap, and where a record says nothing good the server is asked.
 */
#include "broker/record-file.h"
#include "policy/rules-file.h"
#include "support/rig.h"

#include <glib/gstdio.h>

#define GOOD "{\"rung\":\"stored\",\"confirmed_by\":\"test\",\"confirmed_at\":1750000000001,\"record\":\"case-17\"}"
#define LOST "{\"rung\":\"stored\",\"confirmed_by\":\"test\",\"confirmed_at\":1750000000001,\"lost\":\"gone\"}"

typedef enum
{
  ROW_AS_IT_WAS,
  ROW_LOST,
  ROW_OLDER, /* of before anything was sent */
  ROW_INTERRUPTED,
} Row;

static const struct
{
  const char *name;
  const char *receipt; /* of the record; NULL: none, as in those of before */
  Row row;
  const char *status; /* at once, or once its attempt has begun */
  gboolean asks;      /* an attempt asks the server */
} rows[] = {
  { "good, and the row is lost", GOOD, ROW_LOST, "done", FALSE },
  { "good, and the row is older", GOOD, ROW_OLDER, "done", FALSE },
  { "good, and the row was not written any more", GOOD, ROW_INTERRUPTED, "done", FALSE },
  { "good, and so is the row", GOOD, ROW_AS_IT_WAS, "done", FALSE },
  { "none, and the row is lost", NULL, ROW_LOST, "uploading", TRUE },
  { "none, and the row is older", NULL, ROW_OLDER, "uploading", TRUE },
  { "none, and the row is done", NULL, ROW_AS_IT_WAS, "done", FALSE },
  { "gone, and the row is lost", LOST, ROW_LOST, "failed gone", FALSE },
  { "gone, and the row is done", LOST, ROW_AS_IT_WAS, "done", FALSE },
  { "gone in words that nobody knows", "{\"rung\":\"stored\",\"lost\":\"\\u00e4\"}", ROW_LOST, "failed gone", FALSE },
  { "gone, of which no more is known", "{\"lost\":\"gone\"}", ROW_LOST, "failed gone", FALSE },
  { "not attached any more", "{\"lost\":\"not-attached\"}", ROW_LOST, "failed not-attached", FALSE },
  { "not gone", "{\"rung\":\"stored\",\"confirmed_by\":\"test\",\"confirmed_at\":1,\"lost\":null}", ROW_LOST, "done",
    FALSE },
  { "of a rung that there is not", "{\"rung\":\"storef\",\"confirmed_by\":\"test\",\"confirmed_at\":1}", ROW_LOST,
    "uploading", TRUE },
  { "of a rung that there is not, in an older queue",
    "{\"rung\":\"storef\",\"confirmed_by\":\"test\",\"confirmed_at\":1}", ROW_OLDER, "uploading", TRUE },
  { "of no rung", "{\"confirmed_by\":\"test\",\"confirmed_at\":1}", ROW_LOST, "uploading", TRUE },
  { "by nobody", "{\"rung\":\"stored\",\"confirmed_at\":1}", ROW_LOST, "uploading", TRUE },
  { "at no time", "{\"rung\":\"stored\",\"confirmed_by\":\"test\"}", ROW_LOST, "uploading", TRUE },
  { "before all time", "{\"rung\":\"stored\",\"confirmed_by\":\"test\",\"confirmed_at\":-5}", ROW_LOST, "uploading",
    TRUE },
  { "at a time in words", "{\"rung\":\"stored\",\"confirmed_by\":\"test\",\"confirmed_at\":\"now\"}", ROW_LOST,
    "uploading", TRUE },
  { "a number", "17", ROW_LOST, "uploading", TRUE },
  { "a list", "[\"stored\"]", ROW_LOST, "uploading", TRUE },
  { "nothing", "null", ROW_LOST, "uploading", TRUE },
  { "of the year 3000",
    "{\"rung\":\"attached\",\"confirmed_by\":\"test\",\"confirmed_at\":32503680000000,\"url\":5,\"digest\":[]}",
    ROW_LOST, "done", FALSE },
};

/* @confirm_url: with one the destination promises more than these receipts say */
static void
keep_copies_of (TestRig *rig, const char *confirm_url)
{
  const ObDestinationSettings settings = { .url = "http://depot.example/files/", .confirm_url = confirm_url };
  static const char text[] = "[Storage]\nkeep-copies=3\nkeep-free=1\n";
  g_autoptr (GError) error = NULL;

  rig->rules = ob_rules_new ();
  g_assert_true (ob_rules_read (rig->rules, text, strlen (text), "test.conf", &error));
  g_assert_no_error (error);
  ob_broker_set_rules (rig->broker, rig->rules);
  g_assert_true (test_rig_set_destination (rig, "depot", &settings, NULL));
  test_rig_settle (rig);
}

static void
keep_copies (TestRig *rig)
{
  keep_copies_of (rig, "");
}

static JsonNode *
load_record (TestRig *rig, const char *id)
{
  g_autofree char *path = g_build_filename (rig->folder, "spool", id, NULL);
  g_autoptr (GError) error = NULL;
  JsonNode *record = ob_record_file_load (path, &error);

  g_assert_no_error (error);

  return record;
}

static gboolean
has_receipt (TestRig *rig, const char *id)
{
  g_autoptr (JsonNode) record = load_record (rig, id);

  return json_object_has_member (json_node_get_object (record), "receipt");
}

static gboolean
replace_receipt (JsonObject *record, gpointer text)
{
  json_object_remove_member (record, "receipt");
  if (text)
    json_object_set_member (record, "receipt", json_from_string (text, NULL));

  return TRUE;
}

static void
set_receipt (TestRig *rig, const char *id, const char *text)
{
  g_autofree char *path = g_build_filename (rig->folder, "spool", id, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_record_file_change (path, replace_receipt, (gpointer) text, "test", &error));
  g_assert_no_error (error);
}

static void
lose_the_queue (TestRig *rig)
{
  static const char *const names[] = { "queue.db", "queue.db-wal", "queue.db-shm", "queue.db.in-use" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (rig->folder, names[i], NULL);

      (void) g_remove (path);
    }
}

/* Of before the upload was sent. */
static const char older_row[] = "UPDATE uploads SET state = 1, offset = 0, attempts = 0, server_url = NULL, "
                                "receipt_rung = 0, confirmed_by = NULL,"
                                " confirmed_at = 0, done_at = 0; DELETE FROM journal WHERE event <> 'added'";

static const char interrupted_row[] = "UPDATE uploads SET state = 3, receipt_rung = 0, confirmed_by = NULL,"
                                      " confirmed_at = 0, done_at = 0";

static void
test_records_and_rows (TestRig *rig, gconstpointer data)
{
  keep_copies (rig);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = test_rig_submit (rig, NULL, 0);

      g_autofree char *place = g_strconcat ("http://depot.example/files/", id, NULL);

      g_test_message ("%s", rows[i].name);
      (void) test_server_wait_for (rig->server, id);
      test_server_report_created (rig->server, id, place);
      test_rig_finish (rig, id);
      g_assert_true (has_receipt (rig, id));
      if (rows[i].row == ROW_OLDER || rows[i].row == ROW_INTERRUPTED)
        test_rig_run (rig, rows[i].row == ROW_OLDER ? older_row : interrupted_row);
      test_rig_stop (rig);
      set_receipt (rig, id, rows[i].receipt);
      if (rows[i].row == ROW_LOST)
        lose_the_queue (rig);
      test_rig_start (rig);
      if (rows[i].asks)
        {
          const ObJob *job = test_server_wait_for (rig->server, id);

          g_assert_cmpint (job->asks_first, ==, rows[i].row == ROW_LOST || rows[i].receipt != NULL);
          g_assert_false (has_receipt (rig, id));
          g_assert_cmpstr (job->resume, ==, place);
        }
      else
        test_rig_wait_for_end (rig, id);
      test_rig_assert_status (rig, id, rows[i].status);
      if (rows[i].asks)
        test_rig_finish (rig, id);
      g_assert_true (ob_spool_has (rig->spool, id));
      g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, id, 0, NULL));
    }
}

/* What the record has is what a person reads. */
static void
test_a_receipt_comes_back_whole (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (ObUpload) upload = NULL;

  keep_copies (rig);
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_stop (rig);
  set_receipt (rig, id, GOOD);
  lose_the_queue (rig);
  test_rig_start (rig);
  upload = ob_broker_get (rig->broker, id, NULL);
  g_assert_cmpint (upload->receipt.rung, ==, OUTBOX_RUNG_STORED);
  g_assert_cmpstr (upload->receipt.confirmed_by, ==, "test");
  g_assert_cmpstr (upload->receipt.record, ==, "case-17");
  g_assert_cmpint (upload->receipt.confirmed_at_ms, ==, G_GINT64_CONSTANT (1750000000001));
  g_assert_cmpuint (upload->offset_bytes, ==, upload->size_bytes);
  g_assert_true (upload->has_local_copy);
  /* And goes when it would have gone. */
  test_rig_advance (rig, 2 * RIG_DAY);
  g_assert_true (ob_spool_has (rig->spool, id));
  test_rig_advance (rig, RIG_DAY + RIG_HOUR);
  g_assert_false (ob_spool_has (rig->spool, id));
}

/* A receipt of less than its destination promises now is asked about. */
static void
test_a_promise_counts (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  keep_copies_of (rig, "http://depot.example/confirm/{id}");
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_stop (rig);
  lose_the_queue (rig);
  test_rig_start (rig);
  g_assert_true (test_server_wait_for (rig->server, id)->asks_first);
  test_rig_assert_status (rig, id, "uploading");
  test_rig_finish (rig, id);
}

/* What a person has sent again is not done by the receipt of before. */
static void
test_what_is_sent_again_has_no_receipt (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;

  keep_copies (rig);
  id = test_rig_submit (rig, NULL, 0);
  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_run (rig, "UPDATE uploads SET state = 4, reason = 'gone', done_at = 0");
  g_assert_true (test_rig_command (rig, OB_COMMAND_RETRY, id, 0, NULL));
  (void) test_server_wait_for (rig->server, id);
  g_assert_false (has_receipt (rig, id));
  test_rig_finish (rig, id);
  g_assert_true (has_receipt (rig, id));
}

/* Where no copy stays, nothing is written for it. */
static void
test_no_receipt_where_no_copy_stays (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = test_rig_submit (rig, NULL, 0);

  (void) test_server_wait_for (rig->server, id);
  test_rig_finish (rig, id);
  test_rig_settle (rig);
  g_assert_false (ob_spool_has (rig->spool, id));
  test_rig_stop (rig);
  lose_the_queue (rig);
  test_rig_start (rig);
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads"), ==, 0);
}

int
main (int argc, char *argv[])
{
  static const TestRigCase cases[] = {
    { "/kept-receipts/records-and-rows", test_records_and_rows },
    { "/kept-receipts/a-receipt-comes-back-whole", test_a_receipt_comes_back_whole },
    { "/kept-receipts/a-promise-counts", test_a_promise_counts },
    { "/kept-receipts/what-is-sent-again-has-no-receipt", test_what_is_sent_again_has_no_receipt },
    { "/kept-receipts/no-receipt-where-no-copy-stays", test_no_receipt_where_no_copy_stays },
  };

  g_test_init (&argc, &argv, NULL);
  test_rig_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
