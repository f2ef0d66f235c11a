/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "database.h"

#include <glib/gstdio.h>

static guint n_warnings;

static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  n_warnings += level == G_LOG_LEVEL_WARNING;

  return g_log_writer_default (level, fields, n_fields, data);
}

void
test_database_watch_warnings (void)
{
  g_log_set_writer_func (count_warnings, NULL, NULL);
}

guint
test_database_take_warnings (void)
{
  guint n_taken = n_warnings;

  n_warnings = 0;

  return n_taken;
}

void
test_database_set_up (TestDatabase *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "queue.db", NULL);
}

guint
test_database_empty_folder (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_aside = 0;

  while ((name = g_dir_read_name (folder)))
    {
      g_autofree char *entry = g_build_filename (path, name, NULL);

      n_aside += strstr (name, ".damaged-") != NULL;
      g_assert_cmpint (g_unlink (entry), ==, 0);
    }

  return n_aside;
}

void
test_database_tear_down (TestDatabase *fixture, gconstpointer data)
{
  (void) test_database_empty_folder (fixture->folder);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
}

ObDatabase *
test_database_open (TestDatabase *fixture, gint64 now_ms, gboolean expect_rebuilt)
{
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  ObDatabase *database = ob_database_open (fixture->folder, now_ms, &was_rebuilt, &error);

  g_assert_no_error (error);
  g_assert_cmpint (was_rebuilt, ==, expect_rebuilt);

  return database;
}

gint64
test_database_ask (ObDatabase *database, const char *sql)
{
  sqlite3_stmt *statement;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (ob_database_get_handle (database), sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);

  return answer;
}

void
test_database_run (ObDatabase *database, const char *sql)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_database_run (database, sql, &error));
  g_assert_no_error (error);
}

ObUpload *
test_database_make_upload (const char *id, const char *key)
{
  ObUpload *upload = ob_upload_new ();

  upload->id = g_strdup (id);
  upload->key = g_strdup (key);
  upload->app = g_strdup ("org.example.Camera");
  upload->name = g_strdup ("写真 «1».jpg");
  upload->media_type = g_strdup ("image/jpeg");
  upload->destination = g_strdup ("depot");
  upload->rule = g_strdup ("");
  upload->size_bytes = G_GUINT64_CONSTANT (5) << 30;
  upload->priority = -7;
  upload->created_at_ms = 1234;

  return upload;
}

void
test_database_add (const TestDatabaseCase *cases, gsize n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    g_test_add (cases[i].path, TestDatabase, NULL, test_database_set_up, cases[i].run, test_database_tear_down);
}
