/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Statements: used again, bounded, and nothing but clean text goes in or comes out.
 */
#include "database.h"
#include "dbus/error.h"
#include "store/groups.h"
#include "store/repair.h"
#include "store/statement.h"

/* The second use of a statement knows nothing of the first, whatever that bound and however far it read. */
static void
test_a_statement_is_used_again (TestDatabase *fixture, gconstpointer data)
{
  const char *const sql = "SELECT @text UNION ALL SELECT 'more'";
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  ObStatement *first = ob_statement_new (database, sql, NULL);
  sqlite3_stmt *handle = first->handle;
  ObStatement *second, *meanwhile;

  ob_statement_bind_text (first, "@text", "value");
  g_assert_cmpint (ob_statement_step (first), ==, SQLITE_ROW);
  g_assert_cmpstr (ob_statement_get_text (first, 0), ==, "value");
  ob_statement_free (first);

  second = ob_statement_new (database, sql, NULL);
  g_assert_true (second->handle == handle);
  meanwhile = ob_statement_new (database, sql, NULL);
  g_assert_true (meanwhile->handle != handle);
  g_assert_cmpint (ob_statement_step (second), ==, SQLITE_ROW);
  g_assert_null (ob_statement_get_text (second, 0));
  ob_statement_free (meanwhile);
  g_assert_cmpint (ob_statement_step (second), ==, SQLITE_ROW);
  g_assert_cmpstr (ob_statement_get_text (second, 0), ==, "more");
  ob_statement_free (second);
}

/* As many statements as there are texts are not kept for ever. */
static void
test_statements_are_bounded (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT %u", i);
      g_autoptr (ObStatement) statement = ob_statement_new (database, sql, NULL);

      g_assert_cmpint (ob_statement_step (statement), ==, SQLITE_ROW);
      g_assert_cmpint (ob_statement_get_number (statement, 0), ==, i);
    }
  g_assert_cmpuint (g_hash_table_size (ob_database_get_idle_statements (database)), <=, 64);
}

static void
count (gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
remember_id (const char *id, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (id));
}

#define BAD_ID "01977420-dc00-7000-ab84-1fdad1b019a8"

/* Bytes that are no text, in any column of any table, are no damage: whoever reads them reads clean text, and they can be put
 * right for good. */
static void
test_bad_text_is_repaired (TestDatabase *fixture, gconstpointer data)
{
  const char *const bad[]
      = { "x'ff41'", "x'41cce8'", "x'411b5b'", "x'410a42'", "x'417f'", "x'41c29b'", "x'c0af'", "x'eda080'" };
  const char *const columns[] = { "name",          "app",         "media_type", "destination",    "rule",  "sent_on",
                                  "error_message", "group_title", "server_url", "receipt_record", "sha256" };
  guint n_checked = 0;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    for (guint k = 0; k < G_N_ELEMENTS (columns); k++)
      {
        g_autoptr (ObDatabase) database = test_database_open (fixture, 1000 + (i * 100) + k, FALSE);
        g_autoptr (ObUpload) upload = test_database_make_upload (BAD_ID, NULL);
        g_autoptr (ObUpload) row = NULL;
        g_autoptr (GArray) counts = NULL;
        g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
        g_autofree char *damage = g_strdup_printf ("UPDATE uploads SET %s = CAST (%s AS TEXT)", columns[k], bad[i]);
        g_autofree char *check
            = g_strdup_printf ("SELECT count(*) FROM uploads WHERE CAST (%s AS BLOB) = %s", columns[k], bad[i]);
        guint n_told = 0;

        g_assert_true (ob_uploads_insert (database, upload, NULL));
        test_database_run (database, damage);
        ob_database_watch_bad_rows (database, count, &n_told);
        row = ob_uploads_get (database, BAD_ID, NULL);
        g_assert_nonnull (row);
        g_assert_cmpuint (n_told, >, 0);
        counts = ob_uploads_count (database, NULL);
        g_assert_nonnull (counts);
        g_assert_false (ob_database_is_damaged (database));
        g_assert_cmpint (test_database_ask (database, check), ==, 1);
        g_assert_true (ob_repair_rows (database, remember_id, ids, NULL));
        g_assert_cmpuint (ids->len, ==, 1);
        g_assert_cmpstr (ids->pdata[0], ==, BAD_ID);
        g_assert_cmpint (test_database_ask (database, check), ==, 0);
        g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_COUNTED
                                                      " EXCEPT " TEST_DATABASE_ROWS ")"),
                         ==, 0);
        g_assert_true (ob_uploads_delete (database, BAD_ID, NULL));
        n_checked++;
      }
  g_test_message ("%u bad texts", n_checked);
}

/* Whatever is bound, no row gets anything but clean text. */
static void
test_no_row_gets_bad_text (TestDatabase *fixture, gconstpointer data)
{
  const struct
  {
    const char *text;
    const char *clean;
  } texts[] = {
    { "Acc\xe8s refus\xe9", "Acc\xef\xbf\xbds refus\xef\xbf\xbd" },
    { "a\x1b[31mb", "a\xef\xbf\xbd[31mb" },
    { "a\r\nb\tc", "a  b c" },
    { "\xc2\x9b"
      "1m",
      "\xef\xbf\xbd"
      "1m" },
    { "plain", "plain" },
    { "M\xc3\xbchlbach \xe2\x80\x8f", "M\xc3\xbchlbach \xe2\x80\x8f" },
  };
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT @text", NULL);

      /* The door that let it in is told of. */
      (void) test_database_take_warnings ();
      ob_statement_bind_text (statement, "@text", texts[i].text);
      g_assert_cmpuint (test_database_take_warnings (), ==, g_str_equal (texts[i].text, texts[i].clean) ? 0 : 1);
      g_assert_cmpint (ob_statement_step (statement), ==, SQLITE_ROW);
      g_assert_cmpstr ((const char *) sqlite3_column_text (statement->handle, 0), ==, texts[i].clean);
    }
}

/* To ask for text that is not clean finds nothing: not what has the repaired text. */
static void
test_bad_text_finds_no_other (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = test_database_make_upload ("id-\xef\xbf\xbd", "key-\xef\xbf\xbd");
  const ObUploadsFilter filter = { .app = upload->app, .group = "g-\x01" };
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (GError) error = NULL;
  gint64 after = 0;

  upload->group = g_strdup ("g-\xef\xbf\xbd");
  g_assert_true (ob_uploads_insert (database, upload, &error));
  g_assert_null (ob_uploads_get (database, "id-\x01", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (ob_uploads_get_by_key (database, upload->app, "key-\xe9", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_null (ob_groups_get (database, "", "g-\x01", &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  found = ob_uploads_list (database, &filter, &after, 10, NULL);
  g_assert_cmpuint (found->len, ==, 0);
}

/* A damaged row may hold any text where strings are expected. */
static void
test_strings_that_are_none (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autofree char *deep = g_strnfill (100000, '[');
  const char *texts[] = { deep, "{\"a\": \"\\ud800\"}", "{\"a\": 1}", "{\"a\"", "[]", "", "null" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT @text", NULL);
      g_autoptr (GVariant) strings = NULL;

      ob_statement_bind_text (statement, "@text", texts[i]);
      g_assert_cmpint (ob_statement_step (statement), ==, SQLITE_ROW);
      strings = ob_statement_read_strings (statement, 0);
      g_assert_cmpstr (g_variant_get_type_string (strings), ==, "a{ss}");
      g_assert_cmpuint (g_variant_n_children (strings), ==, 0);
    }
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/statement/it-is-used-again", test_a_statement_is_used_again },
    { "/statement/they-are-bounded", test_statements_are_bounded },
    { "/statement/strings-that-are-none", test_strings_that_are_none },
    { "/database/bad-text-is-repaired", test_bad_text_is_repaired },
    { "/database/no-row-gets-bad-text", test_no_row_gets_bad_text },
    { "/database/bad-text-finds-no-other", test_bad_text_finds_no_other },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_watch_warnings ();
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
