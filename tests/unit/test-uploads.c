/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rows of uploads: they come back whole, are counted, and are listed in pages.
 */
#include "database.h"
#include "dbus/error.h"

/* A thousand random changes; the counters must say what counting the rows says. */
static void
test_counters_are_in_step (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  test_database_run (database, "BEGIN");
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *sql = NULL;
      int which = g_test_rand_int_range (0, 100);
      int state = g_test_rand_int_range (0, 6);

      switch (g_test_rand_int_range (0, 6))
        {
        case 0:
          sql = g_strdup_printf ("INSERT OR IGNORE INTO uploads"
                                 " (id, app, name, media_type, destination, state, created_at, size, group_key,"
                                 " group_app) VALUES ('%d', 'app%d', 'n', 'm', 'd%d', %d, 5, %u,"
                                 " nullif ('g%d', 'g0'), 'a%d')",
                                 which, which % 2, which % 3, state, i, which % 5, which % 2);
          break;
        case 1:
          sql = g_strdup_printf ("DELETE FROM uploads WHERE id = '%d'", which);
          break;
        case 2:
          sql = g_strdup_printf ("UPDATE uploads SET is_paused = NOT is_paused, retry_at = %u WHERE id = '%d'", i % 2,
                                 which);
          break;
        case 3:
          sql = g_strdup_printf (
              "UPDATE uploads SET is_group_paused = %u, not_before = %u, offset = %u WHERE id = '%d'", i % 2, i % 3, i,
              which);
          break;
        case 4:
          sql = g_strdup_printf ("UPDATE uploads SET rule = 'r%u', sent_on = iif (%u, 'n', '') WHERE id = '%d'", i % 2,
                                 i % 3, which);
          break;
        default:
          sql = g_strdup_printf ("UPDATE uploads SET state = %d, size = %u WHERE id = '%d'", state, i, which);
          break;
        }
      test_database_run (database, sql);
    }
  test_database_run (database, "COMMIT");

  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_COUNTED ")"), >, 10);
  g_assert_cmpint (test_database_ask (database,
                                      "SELECT count(*) FROM (" TEST_DATABASE_COUNTED " EXCEPT " TEST_DATABASE_ROWS ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database,
                                      "SELECT count(*) FROM (" TEST_DATABASE_ROWS " EXCEPT " TEST_DATABASE_COUNTED ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM counters WHERE uploads = 0 AND bytes <> 0"), ==,
                   0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_COUNTED ")"), >, 10);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_COUNTED
                                                " EXCEPT " TEST_DATABASE_GROUP_ROWS ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_ROWS
                                                " EXCEPT " TEST_DATABASE_GROUP_COUNTED ")"),
                   ==, 0);
  /* A group is there as long as it has uploads. */
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM groups"), ==,
                   test_database_ask (database,
                                      "SELECT count(*) FROM (SELECT DISTINCT group_app, group_key FROM uploads"
                                      " WHERE group_key IS NOT NULL)"));
  test_database_run (database, "DELETE FROM uploads");
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM groups"), ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM group_counters"), ==, 0);
}

static void
test_a_row_comes_back_whole (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = test_database_make_upload ("id-1", "key-1");
  g_autoptr (ObUpload) back = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_uploads_insert (database, upload, &error));
  g_variant_unref (upload->metadata);
  upload->metadata
      = g_variant_ref_sink (g_variant_new_parsed ("{'job': 'Brücke \"7\"', 'note': '', 'a\\u001f': '\\u001f\\u0001'}"));
  upload->stored = OB_STORED_FAILED;
  upload->reason = OUTBOX_REASON_REJECTED;
  upload->is_paused = TRUE;
  upload->offset_bytes = 17;
  upload->receipt.record = g_strdup ("rec-1");
  g_free (upload->rule);
  upload->rule = g_strdup ("photo@home");
  g_free (upload->sent_on);
  upload->sent_on = g_strdup ("phone");
  ob_last_error_set (&upload->last_error, "rejected", "the server's words", 99);
  g_assert_true (ob_uploads_update (database, upload, &error));
  g_assert_no_error (error);

  back = ob_uploads_get_by_key (database, "org.example.Camera", "key-1", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (back->id, ==, "id-1");
  g_assert_cmpstr (back->name, ==, upload->name);
  g_assert_true (g_variant_equal (back->metadata, upload->metadata));
  g_assert_cmpuint (back->size_bytes, ==, upload->size_bytes);
  g_assert_cmpuint (back->offset_bytes, ==, 17);
  g_assert_cmpint (back->priority, ==, -7);
  g_assert_cmpuint (back->stored, ==, OB_STORED_FAILED);
  g_assert_cmpuint (back->reason, ==, OUTBOX_REASON_REJECTED);
  g_assert_true (back->is_paused);
  g_assert_null (back->sha256);
  g_assert_cmpstr (back->receipt.record, ==, "rec-1");
  g_assert_cmpstr (back->rule, ==, "photo@home");
  g_assert_cmpstr (back->sent_on, ==, "phone");
  g_assert_cmpstr (back->last_error.message, ==, "the server's words");
  g_assert_cmpint (back->last_error.at_ms, ==, 99);
  g_assert_cmpint (back->created_at_ms, ==, 1234);
}

static void
test_rows_that_cannot_be (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = test_database_make_upload ("id-1", "key");
  g_autoptr (ObUpload) second = test_database_make_upload ("id-2", "key");
  g_autoptr (ObUpload) keyless = test_database_make_upload ("id-3", NULL);
  g_autoptr (ObUpload) twin = test_database_make_upload ("id-4", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_uploads_insert (database, first, NULL));
  g_assert_true (ob_uploads_insert (database, keyless, NULL));
  g_assert_true (ob_uploads_insert (database, twin, NULL));
  g_assert_false (ob_uploads_insert (database, second, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
  g_clear_error (&error);
  g_assert_false (ob_uploads_update (database, second, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (ob_uploads_get (database, "'; DROP TABLE uploads; --", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (ob_uploads_delete (database, "id-1", &error));
  g_assert_false (ob_uploads_delete (database, "id-1", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM uploads"), ==, 2);
}

static void
test_uploads_are_listed_by_kind (TestDatabase *fixture, gconstpointer data)
{
  const ObCount paused
      = { .lane = ob_lane_make ("depot", "", ""), .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_PAUSE };
  const ObCount retrying
      = { .lane = ob_lane_make ("depot", "", ""), .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_RETRY };
  const ObCount elsewhere
      = { .lane = ob_lane_make ("attic", "", ""), .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_PAUSE };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (GArray) kinds = g_array_new (FALSE, FALSE, sizeof (ObCount));
  const ObUploadsFilter filter = { .kinds = kinds };
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) listed = NULL;
  gint64 after = 0;

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *id = g_strdup_printf ("id-%u", i);
      g_autoptr (ObUpload) upload = test_database_make_upload (id, NULL);

      g_free (upload->destination);
      upload->destination = g_strdup ("depot");
      upload->is_paused = i == 1;
      upload->retry_at_ms = i == 3 ? 5000 : 0;
      g_assert_true (ob_uploads_insert (database, upload, NULL));
    }
  none = ob_uploads_list (database, &filter, &after, 10, NULL);
  g_assert_cmpuint (none->len, ==, 0);
  g_array_append_val (kinds, retrying);
  g_array_append_val (kinds, elsewhere);
  g_array_append_val (kinds, paused);
  listed = ob_uploads_list (database, &filter, &after, 10, NULL);
  g_assert_cmpuint (listed->len, ==, 2);
  g_assert_cmpstr (((ObUpload *) listed->pdata[0])->id, ==, "id-1");
  g_assert_cmpstr (((ObUpload *) listed->pdata[1])->id, ==, "id-3");
}

/* The needle of a long queue is found in pages that each look at a part of it. */
static void
test_a_page_looks_at_a_part_of_a_long_queue (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = test_database_make_upload ("id-1", NULL);
  g_autoptr (ObUpload) needle = test_database_make_upload ("id-2", NULL);
  const ObUploadsFilter filter = { .app = "needle" };
  gint64 after = 0;
  guint n_found = 0, n_pages = 0;

  g_assert_true (ob_uploads_insert (database, first, NULL));
  g_free (needle->app);
  needle->app = g_strdup ("needle");
  g_assert_true (ob_uploads_insert (database, needle, NULL));
  g_assert_true (ob_database_run (database, "UPDATE uploads SET number = 50000 WHERE id = 'id-2'", NULL));
  do
    {
      g_autoptr (GPtrArray) page = ob_uploads_list (database, &filter, &after, 10, NULL);

      n_found += page->len;
      n_pages++;
    }
  while (after > 0);
  g_assert_cmpuint (n_found, ==, 1);
  g_assert_cmpuint (n_pages, ==, 2);
}

/* Numbers are never given again: uploads that are gone must not make a page empty while others wait. */
static void
test_a_page_steps_over_what_is_gone (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = test_database_make_upload ("id-1", NULL);
  g_autoptr (ObUpload) second = test_database_make_upload ("id-2", NULL);
  const ObUploadsFilter filters[] = { { NULL }, { .is_unfinished = TRUE } };

  g_assert_true (ob_uploads_insert (database, first, NULL));
  g_assert_true (ob_uploads_insert (database, second, NULL));
  g_assert_true (ob_database_run (database,
                                  "UPDATE uploads SET number = 100000 WHERE id = 'id-1';"
                                  "UPDATE uploads SET number = 100001 WHERE id = 'id-2'",
                                  NULL));
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    {
      gint64 after = 0;
      g_autoptr (GPtrArray) page = ob_uploads_list (database, &filters[i], &after, 10, NULL);

      g_assert_cmpuint (page->len, ==, 2);
      g_assert_cmpint (after, ==, 0);
    }
}

/* Finished ones are no more than a gap to those who ask for the others. */
static void
test_a_page_of_unfinished_steps_over_finished (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) finished = test_database_make_upload ("id-1", NULL);
  g_autoptr (ObUpload) waiting = test_database_make_upload ("id-2", NULL);
  const ObUploadsFilter filter = { .is_unfinished = TRUE };
  g_autoptr (GPtrArray) page = NULL;
  gint64 after = 0;

  finished->stored = OB_STORED_DONE;
  g_assert_true (ob_uploads_insert (database, finished, NULL));
  g_assert_true (ob_uploads_insert (database, waiting, NULL));
  g_assert_true (ob_database_run (database, "UPDATE uploads SET number = 100000 WHERE id = 'id-2'", NULL));
  page = ob_uploads_list (database, &filter, &after, 10, NULL);
  g_assert_cmpuint (page->len, ==, 1);
  g_assert_cmpint (after, ==, 0);
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/database/counters-are-in-step", test_counters_are_in_step },
    { "/uploads/a-row-comes-back-whole", test_a_row_comes_back_whole },
    { "/uploads/rows-that-cannot-be", test_rows_that_cannot_be },
    { "/uploads/they-are-listed-by-kind", test_uploads_are_listed_by_kind },
    { "/uploads/a-page-looks-at-a-part-of-a-long-queue", test_a_page_looks_at_a_part_of_a_long_queue },
    { "/uploads/a-page-steps-over-what-is-gone", test_a_page_steps_over_what_is_gone },
    { "/uploads/a-page-of-unfinished-steps-over-finished", test_a_page_of_unfinished_steps_over_finished },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
