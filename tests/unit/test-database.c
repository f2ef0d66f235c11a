/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The database on a real disk: found again, damaged, from the future, without its log.
 */
#include "config.h"
#include "database.h"
#include "dbus/error.h"

#include <glib/gstdio.h>

static void
test_it_is_found_again (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) fresh = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObDatabase) again = NULL;

  g_assert_cmpint (test_database_ask (fresh, "PRAGMA synchronous"), ==, 2);
  test_database_run (fresh, "INSERT INTO uploads (id, app, name, media_type, destination, state, created_at)"
                            " VALUES ('a', 'app', 'n', 'm', 'd', 1, 5)");
  g_clear_pointer (&fresh, ob_database_free);
  again = test_database_open (fixture, 2000, FALSE);
  g_assert_cmpint (ob_database_get_epoch (again), ==, 1000);
  g_assert_cmpint (test_database_ask (again, "SELECT count(*) FROM uploads"), ==, 1);
}

static void
test_a_damaged_one_is_set_aside (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = NULL;
  g_autofree char *garbage = g_strnfill (20000, 'x');
  g_autofree char *aside = g_strconcat (fixture->path, ".damaged-3000", NULL);
  g_autofree char *kept = NULL;
  gsize kept_bytes;

  g_assert_true (g_file_set_contents (fixture->path, garbage, 20000, NULL));
  (void) test_database_take_warnings ();
  database = test_database_open (fixture, 3000, TRUE);
  g_assert_cmpuint (test_database_take_warnings (), ==, 1);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 3000);
  g_assert_true (g_file_get_contents (aside, &kept, &kept_bytes, NULL));
  g_assert_cmpmem (kept, kept_bytes, garbage, 20000);
  g_clear_pointer (&database, ob_database_free);
  g_assert_cmpuint (test_database_empty_folder (fixture->folder), ==, 1);
}

static void
test_a_newer_one_is_left_alone (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  test_database_run (database, "PRAGMA user_version = 1000");
  g_clear_pointer (&database, ob_database_free);
  g_assert_null (ob_database_open (fixture->folder, 2000, &was_rebuilt, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (test_database_empty_folder (fixture->folder), ==, 0);
}

/* A log that is gone takes the last transactions with it: what is left is set aside as the past, and its rows can be read. */
static void
test_one_without_its_log_is_set_aside (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  g_autoptr (ObDatabase) aside = NULL;
  g_autoptr (ObUpload) upload = test_database_make_upload ("id-1", "key-1");
  g_autoptr (ObUpload) row = NULL;
  g_autofree char *mark = g_strconcat (fixture->path, ".in-use", NULL);
  g_autofree char *bytes = NULL;
  gsize size_bytes;

  g_assert_true (ob_uploads_insert (database, upload, NULL));
  test_database_run (database, "PRAGMA wal_checkpoint (TRUNCATE)");
  g_assert_null (ob_database_open_aside (database));
  /* As it stands on the disk when the process dies, but for the log. */
  g_assert_true (g_file_get_contents (fixture->path, &bytes, &size_bytes, NULL));
  g_clear_pointer (&database, ob_database_free);
  g_assert_true (g_file_set_contents (fixture->path, bytes, (gssize) size_bytes, NULL));
  g_assert_true (g_file_set_contents (mark, "", 0, NULL));

  database = test_database_open (fixture, 2000, TRUE);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 2000);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM uploads"), ==, 0);
  aside = ob_database_open_aside (database);
  row = ob_uploads_get (aside, "id-1", NULL);
  g_assert_cmpstr (row->key, ==, "key-1");
}

static void
count (gpointer user_data)
{
  ++*(guint *) user_data;
}

/* Damage that a query finds: told once, and the next to open it sets it aside. */
static void
test_damage_that_a_query_finds (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = test_database_open (fixture, 1000, FALSE);
  guint n_told = 0;

  test_database_run (database, "PRAGMA writable_schema = ON;"
                               "UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'counters';"
                               "PRAGMA writable_schema = RESET");
  ob_database_watch_damage (database, count, &n_told);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (ob_uploads_count (database, NULL));
      g_assert_cmpuint (n_told, ==, 1);
      g_assert_true (ob_database_is_damaged (database));
    }
  g_clear_pointer (&database, ob_database_free);
  database = test_database_open (fixture, 2000, TRUE);
  g_clear_pointer (&database, ob_database_free);
  (void) test_database_empty_folder (fixture->folder);
}

/* A head that lost its version: what the tables are is the version, and what they have stays. */
static void
test_versions_that_there_never_were (TestDatabase *fixture, gconstpointer data)
{
  const char *const versions[] = { "0", "-1", "-2147483648", "1", "2147483647" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (versions); i++)
    {
      gboolean is_strange = i >= G_N_ELEMENTS (versions);
      ObDatabase *database = test_database_open (fixture, 1000, FALSE);
      g_autofree char *sql = g_strconcat ("PRAGMA user_version = ", versions[i % G_N_ELEMENTS (versions)], NULL);

      if (is_strange)
        test_database_run (database,
                           "DROP TRIGGER uploads_counted_in; ALTER TABLE uploads RENAME COLUMN name TO title");
      test_database_run (database, sql);
      ob_database_free (database);
      /* Tables that no version had are set aside, so that the start goes on. */
      database = test_database_open (fixture, 2000, is_strange);
      g_assert_cmpint (ob_database_get_epoch (database), ==, is_strange ? 2000 : 1000);
      ob_database_free (database);
      (void) test_database_empty_folder (fixture->folder);
    }
}

static guint
count_asides (TestDatabase *fixture)
{
  g_autoptr (GDir) folder = g_dir_open (fixture->folder, 0, NULL);
  const char *name;
  guint n_asides = 0;

  while ((name = g_dir_read_name (folder)))
    n_asides += strstr (name, ".damaged-") && !g_str_has_suffix (name, "-wal") && !g_str_has_suffix (name, "-shm");

  return n_asides;
}

/* A disk that damages one database after another is not filled with them. */
static void
test_few_are_kept_aside (TestDatabase *fixture, gconstpointer data)
{
  const gint64 minute_ms = 60 * 1000, begin_ms = G_GINT64_CONSTANT (1750000000) * 1000;

  for (guint i = 0; i < 40; i++)
    {
      ObDatabase *database = test_database_open (fixture, begin_ms + i * 20 * minute_ms, i > 0);

      test_database_run (database, "DROP TABLE journal; PRAGMA user_version = -1");
      ob_database_free (database);
    }
  g_assert_cmpuint (count_asides (fixture), ==, 3);
}

static void
test_killed_while_it_migrates (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = NULL;

  if (!OB_CRASH_POINTS)
    {
      g_test_skip ("built without crash points");
      return;
    }
  if (g_test_subprocess ())
    {
      gboolean was_rebuilt;

      (void) ob_database_open (g_getenv ("TEST_FOLDER"), 1000, &was_rebuilt, NULL);
      return;
    }
  g_setenv ("TEST_FOLDER", fixture->folder, TRUE);
  g_setenv ("OUTBOX_CRASH_AT", "migration", TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_unsetenv ("OUTBOX_CRASH_AT");
  g_assert_false (g_test_trap_has_passed ());
  g_assert_true (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  database = test_database_open (fixture, 2000, FALSE);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 2000);
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/database/it-is-found-again", test_it_is_found_again },
    { "/database/a-damaged-one-is-set-aside", test_a_damaged_one_is_set_aside },
    { "/database/a-newer-one-is-left-alone", test_a_newer_one_is_left_alone },
    { "/database/one-without-its-log-is-set-aside", test_one_without_its_log_is_set_aside },
    { "/database/damage-that-a-query-finds", test_damage_that_a_query_finds },
    { "/database/killed-while-it-migrates", test_killed_while_it_migrates },
    { "/database/versions-that-there-never-were", test_versions_that_there_never_were },
    { "/database/few-are-kept-aside", test_few_are_kept_aside },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_watch_warnings ();
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
