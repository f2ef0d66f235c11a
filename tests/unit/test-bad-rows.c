/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows with what no version has ever written, in any column: absurd numbers, text for numbers, bytes for text, nothing at all.
 * The database stays, every file arrives, and the journal tells of it. Records in the spool the same.
 */
#include "support/rig.h"

#include "store/repair.h"
#include "support/wait.h"

#include <glib/gstdio.h>
#include <unistd.h>

static const char *const numbers[]
    = { "size",           "offset",      "bytes_sent",   "furthest",    "checked",      "begun",     "losses",
        "priority",       "attempts",    "failures",     "state",       "is_form",      "is_paused", "is_group_paused",
        "has_local_copy", "retry_at",    "not_before",   "modified_at", "created_at",   "saved_at",  "updated_at",
        "done_at",        "progress_at", "silent_since", "error_at",    "confirmed_at", "sequence" };

static const char *const bad_numbers[] = {
  "-1",     "-9223372036854775808", "9223372036854775807", "9007199254740993", "1e300", "0.5", "'many'", "''", "NULL",
  "x'00ff'"
};

static const char *const texts[] = { "id",          "app",         "key",       "name",         "media_type", "sha256",
                                     "group_title", "destination", "rule",      "metadata",     "server_url", "reason",
                                     "error_code",  "receipt_url", "group_app", "confirmed_by", "sent_on" };

static const char *const bad_texts[]
    = { "x''", "x'00'", "x'4142'", "CAST (x'410042' AS TEXT)", "CAST (x'ff41' AS TEXT)", "x'ff41'" };

static void
run (TestRig *rig, const char *sql)
{
  g_autoptr (GError) error = NULL;

  (void) ob_database_run (rig->database, sql, &error);
  g_assert_no_error (error);
}

/* As a damaged page would, on which neither triggers nor the schema have a say. */
static void
damage (TestRig *rig, const char *sql)
{
  (void) sqlite3_db_config (ob_database_get_handle (rig->database), SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  run (rig, "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = replace (sql, ' NOT NULL', ' /*NOT*/') WHERE name = 'uploads';"
            "PRAGMA writable_schema = RESET");
  run (rig, sql);
  run (rig, "PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = replace (sql, ' /*NOT*/', ' NOT NULL') WHERE name = 'uploads';"
            "PRAGMA writable_schema = RESET");
  (void) sqlite3_db_config (ob_database_get_handle (rig->database), SQLITE_DBCONFIG_ENABLE_TRIGGER, 1, NULL);
}

typedef struct
{
  TestRig *rig;
  guint n_told;
} Telling;

/* The journal of as many uploads tells that something of theirs was put right. */
static gboolean
is_told (gpointer data)
{
  const Telling *telling = data;

  return test_rig_ask (telling->rig,
                       "SELECT count (DISTINCT upload) FROM journal WHERE event IN ('repaired', 'adopted')")
         >= telling->n_told;
}

static void
on_repaired (const char *id, gpointer user_data)
{
  ++*(guint *) user_data;
}

/* What a walk through everything still finds to put right. */
static guint
count_bad (TestRig *rig)
{
  g_autoptr (GError) error = NULL;
  guint n_bad = 0;

  (void) ob_repair_rows (rig->database, on_repaired, &n_bad, &error);
  g_assert_no_error (error);

  return n_bad;
}

static void
assert_counted (TestRig *rig)
{
  g_assert_cmpint (
      test_rig_ask (rig,
                    "SELECT count (*) FROM (SELECT destination, rule, sent_on, state, hold, app, uploads, bytes"
                    "  FROM counters WHERE uploads <> 0 EXCEPT SELECT destination, rule, sent_on, state, hold, app,"
                    "  count (*), sum (size) FROM uploads GROUP BY 1, 2, 3, 4, 5, 6)"),
      ==, 0);
}

/* Has the server take whatever comes, until all have arrived. */
static void
assert_all_arrive (TestRig *rig, GPtrArray *ids)
{
  gint64 deadline_us = g_get_monotonic_time () + (20 * G_USEC_PER_SEC);

  while (test_rig_ask (rig, "SELECT count (*) FROM uploads WHERE state = 5") < ids->len)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM uploads WHERE state = 4"), ==, 0);
      for (guint i = 0; i < ids->len; i++)
        if (test_server_has (rig->server, ids->pdata[i]))
          {
            g_assert_cmpuint (test_server_wait_for (rig->server, ids->pdata[i])->size_bytes, ==, 1000);
            test_rig_finish (rig, ids->pdata[i]);
          }
      test_rig_settle (rig);
    }
}

/* A priority below zero is one; and a wait that is over, or too long, is ended before anybody looks at the rest of the row. */
static gboolean
is_told_of (const char *column, const char *value)
{
  return !g_str_equal (column, "retry_at") && !g_str_equal (column, "not_before")
         && (!g_str_equal (column, "priority") || !g_str_equal (value, "-1"));
}

/* Rows of uploads that wait, each damaged in another column while the broker does not run. */
static guint
try_waiting (TestRig *rig, const char *const *columns, guint n_columns, const char *value)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  Telling telling = { rig, 0 };

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  for (guint i = 0; i < n_columns; i++)
    g_ptr_array_add (ids, test_rig_submit (rig, NULL, 0));
  run (rig, "DELETE FROM journal");
  for (guint i = 0; i < n_columns; i++)
    {
      g_autofree char *sql = g_strdup_printf ("UPDATE uploads SET %s = %s WHERE id = '%s'", columns[i], value,
                                              (const char *) ids->pdata[i]);

      g_test_message ("%s", sql);
      damage (rig, sql);
      telling.n_told += is_told_of (columns[i], value);
    }
  test_rig_stop (rig);
  test_rig_start (rig);
  test_wait_until (is_told, &telling, 20);
  test_rig_settle (rig);
  g_assert_false (ob_database_is_damaged (rig->database));
  g_assert_cmpint (test_rig_ask (rig, "SELECT count (*) FROM uploads"), ==, n_columns);
  g_assert_cmpuint (count_bad (rig), ==, 0);
  assert_counted (rig);

  /* By then the longest of waits is over. */
  test_rig_advance (rig, RIG_HOUR);
  g_assert_true (test_rig_pause_queue (rig, FALSE, NULL));
  assert_all_arrive (rig, ids);
  for (guint i = 0; i < n_columns; i++)
    g_assert_true (test_rig_command (rig, OB_COMMAND_REMOVE, ids->pdata[i], 0, NULL));
  test_rig_settle (rig);

  return n_columns;
}

static void
test_numbers_of_what_waits (TestRig *rig, gconstpointer data)
{
  guint n_tried = 0;

  for (guint k = 0; k < G_N_ELEMENTS (bad_numbers); k++)
    n_tried += try_waiting (rig, numbers, G_N_ELEMENTS (numbers), bad_numbers[k]);
  g_test_message ("%u bad numbers", n_tried);
}

static void
test_texts_of_what_waits (TestRig *rig, gconstpointer data)
{
  guint n_tried = 0;

  for (guint k = 0; k < G_N_ELEMENTS (bad_texts); k++)
    n_tried += try_waiting (rig, texts, G_N_ELEMENTS (texts), bad_texts[k]);
  g_test_message ("%u bad texts", n_tried);
}

/* --- What waits for nobody --- */

/* What has arrived stays so, if only its receipt is left; what has failed for no reason there is is tried again. */
static void
test_states_that_there_are_not (TestRig *rig, gconstpointer data)
{
  const struct
  {
    const char *row;
    const char *status;
  } rows[] = {
    { "state = 17, done_at = 5, confirmed_at = 5, confirmed_by = 'tus'", "done" },
    { "state = 17, done_at = 5, confirmed_at = 5", "queued" },
    { "state = 17, confirmed_at = 5, confirmed_by = 'tus'", "queued" },
    { "state = -1", "queued" },
    { "state = 4, reason = 'no such reason'", "queued" },
    { "state = 4, reason = NULL", "queued" },
    { "state = 4, reason = 'user'", "queued" },
    { "state = 4, reason = 'rejected'", "failed rejected" },
    { "state = 5, offset = 1001", "done" },
    { "state = 3, offset = 1001", "confirming" },
    { "state = 1, offset = 1001", "queued" },
  };

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *id = test_rig_submit (rig, NULL, 0);
      g_autofree char *sql = g_strdup_printf ("UPDATE uploads SET %s WHERE id = '%s'", rows[i].row, id);
      g_autoptr (ObUpload) upload = NULL;

      damage (rig, sql);
      upload = ob_uploads_get (rig->database, id, NULL);
      test_rig_settle (rig);
      g_clear_pointer (&upload, ob_upload_free);
      upload = ob_uploads_get (rig->database, id, NULL);
      g_test_message ("%s", sql);
      g_assert_true (g_str_has_prefix (rows[i].status, ob_stored_get_name (upload->stored)));
      g_assert_cmpuint (upload->offset_bytes, <=, 1000);
      g_assert_cmpint (upload->offset_bytes == 1000, ==,
                       upload->stored == OB_STORED_DONE || upload->stored == OB_STORED_CONFIRMING);
      /* What cannot be put right is left alone for that long. */
      test_rig_advance (rig, RIG_HOUR);
    }
}

/* Tables beside the queue. */
static void
test_other_tables (TestRig *rig, gconstpointer data)
{
  static const char *const columns[][2] = {
    { "destinations", "is_default" }, { "destinations", "is_paused" },
    { "destinations", "retry_at" },   { "destinations", "failures" },
    { "destinations", "since" },      { "groups", "is_paused" },
    { "groups", "updated_at" },       { "journal", "at" },
    { "journal", "count" },           { "follow_ups", "asked_at" },
    { "follow_ups", "retry_at" },     { "follow_ups", "failures" },
    { "counters", "bytes" },          { "counters", "uploads" },
    { "counters", "state" },          { "counters", "hold" },
    { "group_counters", "offset" },   { "meta", "value" },
    { "apps", "may_manage" },         { "apps", "paired_at" },
  };
  static const char *const values[] = { "-1", "9223372036854775807", "'many'", "x'ff'", "0.5" };
  g_autofree char *id = test_rig_submit_full (rig, &(ObSubmission){ .app = "test", .group = "trip" }, NULL);

  run (rig,
       "INSERT INTO follow_ups VALUES ('termination', 'x', 1, 1, 1, 'depot', 'http://server.invalid/1', 0, 0);"
       "INSERT INTO apps VALUES ('0', 'https://capture.example', 1, 1);"
       "INSERT INTO meta VALUES ('metered_bytes', 5), ('metered_month', 5), ('paused', 0), ('answered_network', 'n')");
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    for (guint k = 0; k < G_N_ELEMENTS (values); k++)
      {
        g_autofree char *sql
            = g_strdup_printf ("UPDATE OR IGNORE %s SET %s = %s", columns[i][0], columns[i][1], values[k]);
        g_autoptr (GArray) counts = NULL;

        g_test_message ("%s", sql);
        damage (rig, sql);
        test_rig_stop (rig);
        test_rig_start (rig);
        test_rig_settle (rig);
        g_assert_false (ob_database_is_damaged (rig->database));
        (void) count_bad (rig);
        assert_counted (rig);
        counts = ob_uploads_count (rig->database, NULL);
        g_assert_cmpuint (counts->len, ==, 1);
        g_assert_cmpuint (g_hash_table_size (ob_broker_get_destinations (rig->broker)), ==, 2);
      }
}

/* What is counted on from: nothing is hidden from a list, and the next row finds its number. */
static void
test_numbers_that_nothing_comes_to (TestRig *rig, gconstpointer data)
{
  static const char *const damages[] = {
    "UPDATE uploads SET number = 9223372036854775807 WHERE number = (SELECT max(number) FROM uploads)",
    "UPDATE uploads SET number = -5 WHERE number = (SELECT max(number) FROM uploads)",
    "UPDATE uploads SET number = 0 WHERE number = (SELECT max(number) FROM uploads)",
    "UPDATE uploads SET number = number - 9223372036854775000",
    "UPDATE journal SET sequence = 9223372036854775807 WHERE sequence = (SELECT max(sequence) FROM journal)",
    "UPDATE journal SET sequence = -9223372036854775807 WHERE sequence = (SELECT max(sequence) FROM journal)",
    "UPDATE sqlite_sequence SET seq = 9223372036854775807",
    "UPDATE sqlite_sequence SET seq = -1",
    "UPDATE sqlite_sequence SET seq = 0",
    "UPDATE sqlite_sequence SET seq = 'many'",
    "UPDATE sqlite_sequence SET seq = NULL",
    "DELETE FROM sqlite_sequence",
    "DELETE FROM meta WHERE name = 'epoch'",
    "UPDATE meta SET value = -1 WHERE name = 'epoch'",
    "UPDATE meta SET value = 'long ago' WHERE name = 'epoch'",
    "UPDATE meta SET value = 9223372036854775807 WHERE name = 'epoch'",
    "INSERT OR REPLACE INTO meta VALUES ('journal-floor', 9223372036854775807)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      const ObUploadsFilter filter = { 0 };
      g_autofree char *id = test_rig_submit (rig, NULL, 0);
      g_autofree char *another = NULL;
      g_autoptr (GPtrArray) list = NULL;
      gint64 after = 0;

      g_test_message ("%s", damages[i]);
      damage (rig, damages[i]);
      test_rig_stop (rig);
      test_rig_start (rig);
      another = test_rig_submit (rig, NULL, 0);
      g_assert_nonnull (another);
      list = ob_uploads_list (rig->database, &filter, &after, 100, NULL);
      g_assert_cmpuint (list->len, ==, 2 * (i + 1));
      g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE number NOT BETWEEN 1 AND 1000"), ==, 0);
      g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM journal WHERE sequence NOT BETWEEN 1 AND 1000"), ==, 0);
      g_assert_cmpint (ob_database_get_epoch (rig->database), >, 0);
      g_assert_cmpint (ob_database_get_epoch (rig->database), <=, ob_broker_get_now_ms (rig->broker));
      g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM meta WHERE name = 'journal-floor' AND value > 1000"),
                       ==, 0);
    }
}

/* --- Records in the spool --- */

/* A record whose numbers are absurd is still one of this file. */
static void
test_numbers_of_records (TestRig *rig, gconstpointer data)
{
  static const char *const members[] = { "size", "priority", "not_before", "modified_at", "created_at", "form" };
  static const char *const values[]
      = { "-1", "9223372036854775807", "18446744073709551615", "1e300", "0.5", "null", "\"many\"", "[]", "{}", "true" };
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autofree char *record = NULL;

  g_assert_true (test_rig_pause_queue (rig, TRUE, NULL));
  id = test_rig_submit (rig, NULL, 0);
  test_rig_settle (rig);
  path = g_strdup_printf ("%s/spool/%s.json", rig->folder, id);
  g_assert_true (g_file_get_contents (path, &record, NULL, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (members); i++)
    for (guint k = 0; k < G_N_ELEMENTS (values); k++)
      {
        g_autofree char *pattern = g_strdup_printf ("\"%s\":[^,}]*", members[i]);
        g_autofree char *instead = g_strdup_printf ("\"%s\":%s", members[i], values[k]);
        g_autoptr (GRegex) regex = g_regex_new (pattern, 0, 0, NULL);
        g_autofree char *bad = g_regex_replace_literal (regex, record, -1, 0, instead, 0, NULL);
        g_autoptr (ObUpload) upload = NULL;

        g_test_message ("%s", bad);
        g_assert_true (g_file_set_contents (path, bad, -1, NULL));
        run (rig, "DELETE FROM uploads; DELETE FROM journal");
        test_rig_stop (rig);
        test_rig_start (rig);
        test_rig_settle (rig);
        upload = ob_uploads_get (rig->database, id, NULL);
        g_assert_nonnull (upload);
        g_assert_false (upload->needs_repair);
        g_assert_cmpuint (upload->size_bytes, ==, 1000);
        g_assert_cmpint (upload->stored, ==, OB_STORED_QUEUED);
      }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
  g_test_add ("/bad-rows/numbers-of-what-waits", TestRig, NULL, test_rig_set_up, test_numbers_of_what_waits,
              test_rig_tear_down);

  g_test_add ("/bad-rows/texts-of-what-waits", TestRig, NULL, test_rig_set_up, test_texts_of_what_waits,
              test_rig_tear_down);

#define ADD(path, function) g_test_add (path, TestRig, NULL, test_rig_set_up, function, test_rig_tear_down)
  ADD ("/bad-rows/states-that-there-are-not", test_states_that_there_are_not);
  ADD ("/bad-rows/other-tables", test_other_tables);
  ADD ("/bad-rows/numbers-that-nothing-comes-to", test_numbers_that_nothing_comes_to);
  ADD ("/bad-rows/numbers-of-records", test_numbers_of_records);

  return g_test_run ();
}
