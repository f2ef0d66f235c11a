/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The tables of a released version become those of today, with all that is in them.
 */
#include "database.h"
#include "store/destinations.h"
#include "store/groups.h"
#include "store/lanes.h"
#include "store/pages.h"

/* What sqlite_master says, one line each, in an order of its own. */
static char *
dup_schema (ObDatabase *database)
{
  sqlite3_stmt *statement;
  GString *text = g_string_new (NULL);

  g_assert_cmpint (sqlite3_prepare_v2 (ob_database_get_handle (database),
                                       "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name", -1,
                                       &statement, NULL),
                   ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_string_append_printf (text, "%s\n", (const char *) sqlite3_column_text (statement, 0));
  (void) sqlite3_finalize (statement);

  return g_string_free (text, FALSE);
}

/* Makes the fixture a database. @more: rows beside its own. */
static void
make_released (TestDatabase *fixture, const char *more)
{
  g_autofree char *path = g_build_filename (g_getenv ("FIXTURES"), "queue-1.sql", NULL);
  g_autofree char *sql = NULL;
  sqlite3 *handle;

  g_assert_true (g_file_get_contents (path, &sql, NULL, NULL));
  g_assert_cmpint (sqlite3_open (fixture->path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, more, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (handle), ==, SQLITE_OK);
}

/* A group of several becomes one for each sandboxed app, and one for the programs of the host: all as they were paused. */
static void
test_released_groups_are_parted (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = NULL;
  g_autoptr (GPtrArray) groups = NULL;
  const ObGroupsFilter everything = { .limit = 100 };
  const char *const names[]
      = { "org.example.A/own", "report-7", "shared", "org.example.A/shared", "org.example.B/shared" };

  make_released (
      fixture,
      "INSERT INTO uploads (id, app, name, media_type, destination, state, created_at, size, offset, group_key,"
      " group_title, is_form) VALUES ('a', 'org.example.A', 'n', 'm', 'd', 1, 5, 7, 3, 'shared', 'Title', 0),"
      " ('b', 'org.example.A', 'n', 'm', 'd', 5, 5, 7, 7, 'shared', NULL, 1),"
      " ('c', 'org.example.B', 'n', 'm', 'd', 1, 5, 7, 0, 'shared', NULL, 0),"
      " ('d', 'camera', 'n', 'm', 'd', 1, 5, 7, 0, 'shared', NULL, 0),"
      " ('e', 'python3.11', 'n', 'm', 'd', 1, 5, 7, 0, 'shared', NULL, 0),"
      " ('f', 'org.example.A', 'n', 'm', 'd', 1, 5, 7, 0, 'own', NULL, 0);"
      "UPDATE groups SET is_paused = 1, sent_now = 'wlan' WHERE key = 'shared';");
  database = test_database_open (fixture, 1000, FALSE);
  groups = ob_groups_list (database, &everything, NULL);
  g_assert_cmpuint (groups->len, ==, G_N_ELEMENTS (names));
  for (guint i = 0; i < groups->len; i++)
    {
      const ObGroup *group = groups->pdata[i];
      g_autofree char *name = ob_group_dup_name (group->app, group->key);
      gboolean is_shared = g_str_equal (group->key, "shared");

      g_assert_cmpstr (name, ==, names[i]);
      g_assert_cmpint (group->is_paused, ==, is_shared);
      g_assert_cmpstr (group->title, ==, is_shared ? "Title" : i == 1 ? "Report 7" : NULL);
      g_assert_false (ob_groups_is_sent_now (database, group->app, group->key, "wlan"));
    }
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_COUNTED
                                                " EXCEPT " TEST_DATABASE_GROUP_ROWS ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_ROWS
                                                " EXCEPT " TEST_DATABASE_GROUP_COUNTED ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT sum(uploads) FROM group_counters WHERE group_app = ''"), ==, 3);
}

static void
add_lane (const ObLane *lane, OutboxReasonSet reasons, gpointer user_data)
{
  g_autofree char *names = outbox_reasons_to_names (reasons);

  g_string_append_printf (user_data, "%s %s %s %s;", lane->destination, lane->rule, lane->sent_on, names);
}

/* What one text said is in two columns, in every table. Names of released rules have no @; names of networks may. */
static void
test_released_lanes_are_parted (TestDatabase *fixture, gconstpointer data)
{
  static const struct
  {
    const char *id, *rule, *sent_on;
  } rows[] = {
    { "a", "video", "" },
    { "b", "video", "phone" },
    { "c", "video", "-" },
    { "d", "video", "me@home" },
    { "e", "", "0a1b2c3d-0000-4000-8000-000000000000" },
    { "f", "", "" },
  };
  g_autoptr (ObDatabase) database = NULL;
  g_autoptr (GString) lanes = g_string_new (NULL);

  make_released (
      fixture,
      "INSERT INTO uploads (id, app, name, media_type, destination, rule, state, created_at, size, group_key)"
      " VALUES ('a', 'camera', 'n', 'm', 'd', 'video', 1, 5, 7, NULL), ('b', 'camera', 'n', 'm', 'd', 'video@phone', 1,"
      " 5, 7, 'case'), ('c', 'camera', 'n', 'm', 'd', 'video@', 3, 5, 7, 'case'), ('d', 'camera', 'n', 'm', 'd',"
      " 'video@me@home', 5, 5, 9007199254740991, 'case'), ('e', 'camera', 'n', 'm', 'd',"
      " '@0a1b2c3d-0000-4000-8000-000000000000', 0, 5, 7, NULL), ('f', 'camera', 'n', 'm', 'd', '', 0, 5, 7, NULL);"
      "INSERT INTO lanes VALUES ('d', 'video', 'wait-wifi'), ('d', 'video@phone', 'no-network'),"
      " ('d', 'video@', 'captive-portal');");
  database = test_database_open (fixture, 1000, FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (ObUpload) upload = ob_uploads_get (database, rows[i].id, NULL);

      g_assert_cmpstr (upload->rule, ==, rows[i].rule);
      g_assert_cmpstr (upload->sent_on, ==, rows[i].sent_on);
    }
  g_assert_true (ob_lanes_load (database, add_lane, lanes, NULL));
  g_assert_cmpstr (lanes->str, ==, "d video  wait-wifi;d video - captive-portal;d video phone no-network;");
  g_assert_cmpint (test_database_ask (database,
                                      "SELECT count(*) FROM (" TEST_DATABASE_COUNTED " EXCEPT " TEST_DATABASE_ROWS ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database,
                                      "SELECT count(*) FROM (" TEST_DATABASE_ROWS " EXCEPT " TEST_DATABASE_COUNTED ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM (" TEST_DATABASE_GROUP_COUNTED
                                                " EXCEPT " TEST_DATABASE_GROUP_ROWS ")"),
                   ==, 0);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM group_counters WHERE group_key = 'case'"), ==, 3);
}

/* A queue of every released schema becomes what a new one is, with all that was in it. */
static void
test_a_released_schema_is_migrated (TestDatabase *fixture, gconstpointer data)
{
  const struct
  {
    const char *name;
    ObStored stored;
    OutboxReason reason;
    gboolean is_paused;
  } rows[] = {
    { "one.jpg", OB_STORED_DONE, OUTBOX_REASON_NONE, FALSE },
    { "two.jpg", OB_STORED_FAILED, OUTBOX_REASON_TOO_LARGE, FALSE },
    { "three.mp4", OB_STORED_QUEUED, OUTBOX_REASON_NONE, FALSE },
    { "vier «4».txt", OB_STORED_QUEUED, OUTBOX_REASON_NONE, TRUE },
  };
  g_autofree char *schema = NULL;
  g_autofree char *fresh_schema = NULL;
  g_autoptr (ObDatabase) database = NULL;
  g_autoptr (GPtrArray) uploads = NULL;
  g_autoptr (GHashTable) destinations = NULL;
  const ObUploadsFilter everything = { 0 };
  gint64 after = 0;
  const ObUpload *first;

  make_released (fixture, "");
  database = test_database_open (fixture, 1000, FALSE);
  uploads = ob_uploads_list (database, &everything, &after, 100, NULL);
  g_assert_cmpuint (uploads->len, ==, G_N_ELEMENTS (rows));
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      const ObUpload *upload = uploads->pdata[i];

      g_assert_cmpstr (upload->name, ==, rows[i].name);
      g_assert_cmpuint (upload->stored, ==, rows[i].stored);
      g_assert_cmpuint (upload->reason, ==, rows[i].reason);
      g_assert_cmpint (upload->is_paused, ==, rows[i].is_paused);
    }
  first = uploads->pdata[0];
  g_assert_cmpstr (first->key, ==, "key-1");
  g_assert_cmpstr (first->receipt.record, ==, "rec-01a20d45-ede1-7000-9751-6447c37e1e2d");
  g_assert_cmpint (test_database_ask (database, "SELECT sum(uploads) FROM counters"), ==, G_N_ELEMENTS (rows));
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM journal JOIN uploads ON uploads.id = upload"
                                                " WHERE journal.app IS NOT uploads.app"),
                   ==, 0);
  destinations = ob_destinations_load (database, NULL);
  g_assert_cmpuint (g_hash_table_size (destinations), ==, 2);

  schema = dup_schema (database);
  g_clear_pointer (&database, ob_database_free);
  (void) test_database_empty_folder (fixture->folder);
  database = test_database_open (fixture, 1000, FALSE);
  fresh_schema = dup_schema (database);
  g_assert_cmpstr (schema, ==, fresh_schema);
}

/* Every commit writes whole pages: those of a released queue become as small as those of a new one. */
static void
test_released_pages_become_small (TestDatabase *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = NULL;

  make_released (fixture, "");
  database = test_database_open (fixture, 1000, FALSE);
  g_assert_cmpint (test_database_ask (database, "PRAGMA page_size"), ==, OB_PAGE_BYTES);
  /* At 0 the log would grow until the disk is full. */
  g_assert_cmpint (test_database_ask (database, "PRAGMA wal_autocheckpoint"), ==, 4000);
  g_assert_cmpint (test_database_ask (database, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), ==, 1);
  g_assert_cmpint (test_database_ask (database, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), ==, 1);
  g_assert_cmpint (test_database_ask (database, "SELECT count(*) FROM uploads"), ==, 4);
  g_clear_pointer (&database, ob_database_free);
  (void) test_database_empty_folder (fixture->folder);
  database = test_database_open (fixture, 1000, FALSE);
  g_assert_cmpint (test_database_ask (database, "PRAGMA page_size"), ==, OB_PAGE_BYTES);
}

/* A process that dies while there is no log, and the mark of one that died before, would be taken for a log that was lost. */
static void
test_pages_stay_where_a_process_has_died (TestDatabase *fixture, gconstpointer data)
{
  g_autofree char *mark = g_strconcat (fixture->path, ".in-use", NULL);
  g_autoptr (ObDatabase) database = NULL;
  sqlite3 *dead;

  make_released (fixture, "PRAGMA journal_mode = WAL");
  g_assert_true (g_file_set_contents (mark, "", 0, NULL));
  g_assert_cmpint (sqlite3_open (fixture->path, &dead), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (dead, "INSERT INTO meta VALUES ('last', 7)", NULL, NULL, NULL), ==, SQLITE_OK);
  database = test_database_open (fixture, 1000, FALSE);
  g_assert_cmpint (sqlite3_close (dead), ==, SQLITE_OK);
  g_assert_cmpint (test_database_ask (database, "PRAGMA page_size"), >, OB_PAGE_BYTES);
  g_assert_cmpint (test_database_ask (database, "SELECT value FROM meta WHERE name = 'last'"), ==, 7);
}

int
main (int argc, char *argv[])
{
  const TestDatabaseCase tests[] = {
    { "/database/released-groups-are-parted", test_released_groups_are_parted },
    { "/database/released-lanes-are-parted", test_released_lanes_are_parted },
    { "/database/a-released-schema-is-migrated", test_a_released_schema_is_migrated },
    { "/database/released-pages-become-small", test_released_pages_become_small },
    { "/database/pages-stay-where-a-process-has-died", test_pages_stay_where_a_process_has_died },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  test_database_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
