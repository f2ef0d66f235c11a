/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The database on a real disk: fresh, found again, damaged, from the future, killed while it migrates.
 */
#include "store/database.h"

#include "config.h"
#include "dbus/error.h"
#include "store/destinations.h"
#include "store/groups.h"
#include "store/journal.h"
#include "store/prune.h"
#include "store/repair.h"
#include "store/statement.h"
#include "store/uploads.h"

#include <glib/gstdio.h>

static guint n_warnings;

/* Structured messages do not pass g_test_expect_message(). */
static GLogWriterOutput
count_warnings (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  n_warnings += level == G_LOG_LEVEL_WARNING;

  return g_log_writer_default (level, fields, n_fields, data);
}

typedef struct
{
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "queue.db", NULL);
}

/* Removes every file. Returns: how many were set aside. */
static guint
empty_folder (const char *path)
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

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  (void) empty_folder (fixture->folder);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static ObDatabase *
open_good (Fixture *fixture, gint64 now_ms, gboolean expect_rebuilt)
{
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  ObDatabase *database = ob_database_open (fixture->folder, now_ms, &was_rebuilt, &error);

  g_assert_no_error (error);
  g_assert_cmpint (was_rebuilt, ==, expect_rebuilt);

  return database;
}

static gint64
ask (ObDatabase *database, const char *sql)
{
  sqlite3_stmt *statement;
  gint64 answer;

  g_assert_cmpint (sqlite3_prepare_v2 (ob_database_get_handle (database), sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  answer = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);

  return answer;
}

static void
run (ObDatabase *database, const char *sql)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (ob_database_run (database, sql, &error));
  g_assert_no_error (error);
}

static void
test_it_is_found_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) fresh = open_good (fixture, 1000, FALSE);
  g_autoptr (ObDatabase) again = NULL;

  g_assert_cmpint (ask (fresh, "PRAGMA synchronous"), ==, 2);
  run (fresh, "INSERT INTO uploads (id, app, name, media_type, destination, state, created_at)"
              " VALUES ('a', 'app', 'n', 'm', 'd', 1, 5)");
  g_clear_pointer (&fresh, ob_database_free);
  again = open_good (fixture, 2000, FALSE);
  g_assert_cmpint (ob_database_get_epoch (again), ==, 1000);
  g_assert_cmpint (ask (again, "SELECT count(*) FROM uploads"), ==, 1);
}

static void
test_a_damaged_one_is_set_aside (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = NULL;
  g_autofree char *garbage = g_strnfill (20000, 'x');
  g_autofree char *aside = g_strconcat (fixture->path, ".damaged-3000", NULL);
  g_autofree char *kept = NULL;
  gsize kept_bytes;

  g_assert_true (g_file_set_contents (fixture->path, garbage, 20000, NULL));
  n_warnings = 0;
  database = open_good (fixture, 3000, TRUE);
  g_assert_cmpuint (n_warnings, ==, 1);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 3000);
  g_assert_true (g_file_get_contents (aside, &kept, &kept_bytes, NULL));
  g_assert_cmpmem (kept, kept_bytes, garbage, 20000);
  g_clear_pointer (&database, ob_database_free);
  g_assert_cmpuint (empty_folder (fixture->folder), ==, 1);
}

static void
test_a_newer_one_is_left_alone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;

  run (database, "PRAGMA user_version = 1000");
  g_clear_pointer (&database, ob_database_free);
  g_assert_null (ob_database_open (fixture->folder, 2000, &was_rebuilt, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_SUPPORTED);
  g_assert_cmpuint (empty_folder (fixture->folder), ==, 0);
}

/* A thousand random changes; the counters must say what counting the rows says. */
static void
test_counters_are_in_step (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);

  run (database, "BEGIN");
  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *sql = NULL;
      int which = g_test_rand_int_range (0, 100);
      int state = g_test_rand_int_range (0, 6);

      switch (g_test_rand_int_range (0, 5))
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
        default:
          sql = g_strdup_printf ("UPDATE uploads SET state = %d, size = %u WHERE id = '%d'", state, i, which);
          break;
        }
      run (database, sql);
    }
  run (database, "COMMIT");

#define COUNTED "SELECT destination, rule, state, hold, app, uploads, bytes FROM counters WHERE uploads <> 0"
#define ROWS "SELECT destination, rule, state, hold, app, count(*), sum(size) FROM uploads GROUP BY 1, 2, 3, 4, 5"
#define GROUP_COUNTED "SELECT * FROM group_counters"
#define GROUP_ROWS                                                                                     \
  "SELECT group_app, group_key, destination, rule, state, hold, app, count(*), sum(size), sum(offset)" \
  " FROM uploads WHERE group_key IS NOT NULL GROUP BY 1, 2, 3, 4, 5, 6, 7"
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" COUNTED ")"), >, 10);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" COUNTED " EXCEPT " ROWS ")"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" ROWS " EXCEPT " COUNTED ")"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM counters WHERE uploads = 0 AND bytes <> 0"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" GROUP_COUNTED ")"), >, 10);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" GROUP_COUNTED " EXCEPT " GROUP_ROWS ")"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" GROUP_ROWS " EXCEPT " GROUP_COUNTED ")"), ==, 0);
  /* A group is there as long as it has uploads. */
  g_assert_cmpint (ask (database, "SELECT count(*) FROM groups"), ==,
                   ask (database, "SELECT count(*) FROM (SELECT DISTINCT group_app, group_key FROM uploads"
                                  " WHERE group_key IS NOT NULL)"));
  run (database, "DELETE FROM uploads");
  g_assert_cmpint (ask (database, "SELECT count(*) FROM groups"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM group_counters"), ==, 0);
}

static ObUpload *
make_upload (const char *id, const char *key)
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

static void
test_a_row_comes_back_whole (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = make_upload ("id-1", "key-1");
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
  g_assert_cmpstr (back->last_error.message, ==, "the server's words");
  g_assert_cmpint (back->last_error.at_ms, ==, 99);
  g_assert_cmpint (back->created_at_ms, ==, 1234);
}

static void
test_rows_that_cannot_be (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = make_upload ("id-1", "key");
  g_autoptr (ObUpload) second = make_upload ("id-2", "key");
  g_autoptr (ObUpload) keyless = make_upload ("id-3", NULL);
  g_autoptr (ObUpload) twin = make_upload ("id-4", NULL);
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
  g_assert_cmpint (ask (database, "SELECT count(*) FROM uploads"), ==, 2);
}

/* Every pair of states by the funnel: an edge leaves one journal row, any other pair leaves nothing. */
static void
test_the_funnel_keeps_to_the_edges (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = make_upload ("id-1", NULL);
  gint64 n_rows = 0;

  g_assert_true (ob_uploads_insert (database, upload, NULL));
  for (guint from = 0; from < OB_N_STORED; from++)
    for (guint to = 0; to < OB_N_STORED; to++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (ObUpload) back = NULL;
        gboolean is_edge = ob_stored_can_become (from, to);

        upload->stored = from;
        upload->reason = OUTBOX_REASON_NONE;
        g_assert_true (ob_uploads_update (database, upload, NULL));
        g_assert_cmpint (ob_journal_move (database, upload, to, OUTBOX_REASON_REJECTED, NULL, 5000 + n_rows, &error),
                         ==, is_edge);
        if (!is_edge)
          g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE);
        n_rows += is_edge;
        back = ob_uploads_get (database, "id-1", NULL);
        g_assert_cmpuint (back->stored, ==, is_edge ? to : from);
        g_assert_cmpuint (back->stored, ==, upload->stored);
        g_assert_cmpint (ask (database, "SELECT count(*) FROM journal"), ==, n_rows);
        g_assert_cmpint (ask (database, "SELECT coalesce(max(sequence), 0) FROM journal"), ==, back->sequence);
      }
  g_assert_cmpint (n_rows, >, 0);
}

static void
test_a_move_without_a_row_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = make_upload ("id-1", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (ob_journal_move (database, upload, OB_STORED_QUEUED, OUTBOX_REASON_NONE, NULL, 5, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpuint (upload->stored, ==, OB_STORED_SAVING);
  g_assert_cmpint (upload->sequence, ==, 0);
}

static void
on_history_row (const ObJournalRow *row, gpointer sequences)
{
  g_string_append_printf (sequences, "%s%" G_GINT64_FORMAT, ((GString *) sequences)->len > 0 ? " " : "", row->sequence);
}

/* Of each hold that covers an upload: what held when it came, what came while it waited, and nothing after its end; of a long
 * past the newest. */
static void
test_the_history_has_the_holds_of_its_time (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    gint64 last;
    guint limit;
    const char *sequences;
  } cases[] = {
    { G_MAXINT64, 100, "2 5 7 8 9" },
    { 8, 100, "2 5 7 8" },
    { G_MAXINT64, 3, "7 8 9" },
    { 4, 100, "2 5" },
  };
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);

  g_assert_true (ob_database_run (database,
                                  "INSERT INTO journal (sequence, at, upload, scope, key, event) VALUES"
                                  " (1, 1, NULL, 'queue', '', 'hold'), (2, 1, NULL, 'destination', 'depot', 'hold'),"
                                  " (3, 1, NULL, 'queue', '', 'release'), (4, 1, NULL, 'lane', 'elsewhere', 'hold'),"
                                  " (5, 1, 'id-1', NULL, NULL, 'added'), (6, 1, 'id-2', NULL, NULL, 'added'),"
                                  " (7, 1, NULL, 'destination', 'depot', 'release'), (8, 1, NULL, 'queue', '', 'hold'),"
                                  " (9, 1, NULL, 'lane', 'depot/', 'hold'), (10, 1, NULL, 'lane', 'elsewhere', 'hold')",
                                  NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      const ObJournalCover cover = { .destination = "depot", .lane = "depot/", .last = cases[i].last };
      g_autoptr (GString) sequences = g_string_new (NULL);

      g_assert_true (
          ob_journal_read_history (database, "id-1", &cover, cases[i].limit, on_history_row, sequences, NULL));
      g_assert_cmpstr (sequences->str, ==, cases[i].sequences);
    }
}

static void
prune_all (ObDatabase *database, gint64 now_ms)
{
  gint64 after = 0, end;

  do
    {
      if (ob_prune_find (database, after, now_ms, &end))
        g_assert_true (ob_prune_delete (database, after, end, now_ms, NULL));
      after = end;
    }
  while (end > 0);
}

/* Removed uploads are forgotten after 30 days, counted from the removal, and the floor is where the last of them was; of what is
 * live and of holds the newest rows stay. */
static void
test_the_journal_is_pruned (Fixture *fixture, gconstpointer data)
{
  const gint64 removed_ms = OB_PRUNE_REMOVED_MS;
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) live = make_upload ("live", NULL);

  g_assert_true (ob_uploads_insert (database, live, NULL));
  g_assert_true (ob_database_run (database,
                                  "INSERT INTO journal (at, upload, event) VALUES (0, 'live', 'added'),"
                                  " (0, 'old', 'added'), (1000, 'old', 'removed'),"
                                  " (0, 'young', 'added'), (2000, 'young', 'removed')",
                                  NULL));
  for (guint i = 0; i < 500; i++)
    g_assert_true (ob_database_run (database,
                                    "INSERT INTO journal (at, upload, event) VALUES (3, 'live', 'state');"
                                    "INSERT INTO journal (at, scope, key, event) VALUES (3, 'lane', 'a/', 'hold')",
                                    NULL));
  g_assert_true (
      ob_database_run (database, "INSERT INTO journal (at, upload, event) VALUES (0, 'newest', 'removed')", NULL));

  prune_all (database, removed_ms + 1000);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'old'"), ==, 2);
  g_assert_cmpint (ob_prune_get_floor (database), ==, 0);

  prune_all (database, removed_ms + 1001);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'old'"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'young'"), ==, 2);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'newest'"), ==, 1);
  g_assert_cmpint (ob_prune_get_floor (database), ==, 3);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE scope = 'lane'"), ==, OB_PRUNE_ROWS_MAX);
  g_assert_cmpint (ask (database, "SELECT max(sequence) FROM journal WHERE scope = 'lane'"), ==, 1005);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'live'"), <=, OB_PRUNE_ROWS_MAX);
  g_assert_cmpint (ask (database, "SELECT max(sequence) FROM journal WHERE upload = 'live'"), ==, 1004);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal WHERE upload = 'live' AND event = 'added'"), ==, 1);
}

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

/* The second use of a statement knows nothing of the first, whatever that bound and however far it read. */
static void
test_a_statement_is_used_again (Fixture *fixture, gconstpointer data)
{
  const char *const sql = "SELECT @text UNION ALL SELECT 'more'";
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
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
test_statements_are_bounded (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);

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
test_uploads_are_listed_by_kind (Fixture *fixture, gconstpointer data)
{
  const ObCount paused
      = { .destination = "depot", .rule = "", .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_PAUSE };
  const ObCount retrying
      = { .destination = "depot", .rule = "", .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_RETRY };
  const ObCount elsewhere
      = { .destination = "attic", .rule = "", .stored = OB_STORED_SAVING, .own_hold = OB_OWN_HOLD_PAUSE };
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (GArray) kinds = g_array_new (FALSE, FALSE, sizeof (ObCount));
  const ObUploadsFilter filter = { .kinds = kinds };
  g_autoptr (GPtrArray) none = NULL;
  g_autoptr (GPtrArray) listed = NULL;
  gint64 after = 0;

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *id = g_strdup_printf ("id-%u", i);
      g_autoptr (ObUpload) upload = make_upload (id, NULL);

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
test_a_page_looks_at_a_part_of_a_long_queue (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = make_upload ("id-1", NULL);
  g_autoptr (ObUpload) needle = make_upload ("id-2", NULL);
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
test_a_page_steps_over_what_is_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) first = make_upload ("id-1", NULL);
  g_autoptr (ObUpload) second = make_upload ("id-2", NULL);
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
test_a_page_of_unfinished_steps_over_finished (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) finished = make_upload ("id-1", NULL);
  g_autoptr (ObUpload) waiting = make_upload ("id-2", NULL);
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

/* Makes the fixture a database. @more: rows beside its own. */
static void
make_released (Fixture *fixture, const char *more)
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
test_released_groups_are_parted (Fixture *fixture, gconstpointer data)
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
  database = open_good (fixture, 1000, FALSE);
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
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" GROUP_COUNTED " EXCEPT " GROUP_ROWS ")"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM (" GROUP_ROWS " EXCEPT " GROUP_COUNTED ")"), ==, 0);
  g_assert_cmpint (ask (database, "SELECT sum(uploads) FROM group_counters WHERE group_app = ''"), ==, 3);
}

/* A queue of every released schema becomes what a new one is, with all that was in it. */
static void
test_a_released_schema_is_migrated (Fixture *fixture, gconstpointer data)
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
  database = open_good (fixture, 1000, FALSE);
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
  g_assert_cmpint (ask (database, "SELECT sum(uploads) FROM counters"), ==, G_N_ELEMENTS (rows));
  g_assert_cmpint (ask (database, "SELECT count(*) FROM journal JOIN uploads ON uploads.id = upload"
                                  " WHERE journal.app IS NOT uploads.app"),
                   ==, 0);
  destinations = ob_destinations_load (database, NULL);
  g_assert_cmpuint (g_hash_table_size (destinations), ==, 2);

  schema = dup_schema (database);
  g_clear_pointer (&database, ob_database_free);
  (void) empty_folder (fixture->folder);
  database = open_good (fixture, 1000, FALSE);
  fresh_schema = dup_schema (database);
  g_assert_cmpstr (schema, ==, fresh_schema);
}

/* A log that is gone takes the last transactions with it: what is left is set aside as the past, and its rows can be read. */
static void
test_one_without_its_log_is_set_aside (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObDatabase) aside = NULL;
  g_autoptr (ObUpload) upload = make_upload ("id-1", "key-1");
  g_autoptr (ObUpload) row = NULL;
  g_autofree char *mark = g_strconcat (fixture->path, ".in-use", NULL);
  g_autofree char *bytes = NULL;
  gsize size_bytes;

  g_assert_true (ob_uploads_insert (database, upload, NULL));
  run (database, "PRAGMA wal_checkpoint (TRUNCATE)");
  g_assert_null (ob_database_open_aside (database));
  /* As it stands on the disk when the process dies, but for the log. */
  g_assert_true (g_file_get_contents (fixture->path, &bytes, &size_bytes, NULL));
  g_clear_pointer (&database, ob_database_free);
  g_assert_true (g_file_set_contents (fixture->path, bytes, (gssize) size_bytes, NULL));
  g_assert_true (g_file_set_contents (mark, "", 0, NULL));

  database = open_good (fixture, 2000, TRUE);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 2000);
  g_assert_cmpint (ask (database, "SELECT count(*) FROM uploads"), ==, 0);
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
test_damage_that_a_query_finds (Fixture *fixture, gconstpointer data)
{
  const char *const damages[]
      = { "UPDATE uploads SET state = 17", "UPDATE uploads SET app = ''; UPDATE counters SET state = -1" };

  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autoptr (ObDatabase) database = open_good (fixture, 1000 + i, i > 0);
      g_autoptr (ObUpload) upload = make_upload ("id-1", NULL);
      g_autoptr (ObUpload) row = NULL;
      g_autoptr (GArray) counts = NULL;
      guint n_told = 0;

      g_assert_true (ob_uploads_insert (database, upload, NULL));
      run (database, damages[i]);
      ob_database_watch_damage (database, count, &n_told);
      row = ob_uploads_get (database, "id-1", NULL);
      counts = ob_uploads_count (database, NULL);
      g_assert_true (!row || !counts);
      g_assert_cmpuint (n_told, ==, 1);
      g_assert_true (ob_database_is_damaged (database));
    }
  (void) empty_folder (fixture->folder);
}

static void
remember_id (const char *id, gpointer user_data)
{
  g_ptr_array_add (user_data, g_strdup (id));
}

/* Bytes that are no text, in any column of any table, are no damage: whoever reads them reads clean text, and they can be put
 * right for good. */
static void
test_bad_text_is_repaired (Fixture *fixture, gconstpointer data)
{
  const char *const bad[]
      = { "x'ff41'", "x'41cce8'", "x'411b5b'", "x'410a42'", "x'417f'", "x'41c29b'", "x'c0af'", "x'eda080'" };
  const char *const columns[] = { "name",          "app",         "media_type", "destination",    "rule",
                                  "error_message", "group_title", "server_url", "receipt_record", "sha256" };
  guint n_checked = 0;

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    for (guint k = 0; k < G_N_ELEMENTS (columns); k++)
      {
        g_autoptr (ObDatabase) database = open_good (fixture, 1000 + (i * 100) + k, FALSE);
        g_autoptr (ObUpload) upload = make_upload ("id-1", NULL);
        g_autoptr (ObUpload) row = NULL;
        g_autoptr (GArray) counts = NULL;
        g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
        g_autofree char *damage = g_strdup_printf ("UPDATE uploads SET %s = CAST (%s AS TEXT)", columns[k], bad[i]);
        g_autofree char *check
            = g_strdup_printf ("SELECT count(*) FROM uploads WHERE CAST (%s AS BLOB) = %s", columns[k], bad[i]);
        guint n_told = 0;

        g_assert_true (ob_uploads_insert (database, upload, NULL));
        run (database, damage);
        ob_database_watch_bad_text (database, count, &n_told);
        row = ob_uploads_get (database, "id-1", NULL);
        g_assert_nonnull (row);
        g_assert_cmpuint (n_told, >, 0);
        counts = ob_uploads_count (database, NULL);
        g_assert_nonnull (counts);
        g_assert_false (ob_database_is_damaged (database));
        g_assert_cmpint (ask (database, check), ==, 1);
        g_assert_true (ob_repair_texts (database, remember_id, ids, NULL));
        g_assert_cmpuint (ids->len, ==, 1);
        g_assert_cmpstr (ids->pdata[0], ==, "id-1");
        g_assert_cmpint (ask (database, check), ==, 0);
        g_assert_cmpint (ask (database, "SELECT count(*) FROM (" COUNTED " EXCEPT " ROWS ")"), ==, 0);
        g_assert_true (ob_uploads_delete (database, "id-1", NULL));
        n_checked++;
      }
  g_test_message ("%u bad texts", n_checked);
}

/* Whatever is bound, no row gets anything but clean text. */
static void
test_no_row_gets_bad_text (Fixture *fixture, gconstpointer data)
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
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (ObStatement) statement = ob_statement_new (database, "SELECT @text", NULL);

      /* The door that let it in is told of. */
      n_warnings = 0;
      ob_statement_bind_text (statement, "@text", texts[i].text);
      g_assert_cmpuint (n_warnings, ==, g_str_equal (texts[i].text, texts[i].clean) ? 0 : 1);
      g_assert_cmpint (ob_statement_step (statement), ==, SQLITE_ROW);
      g_assert_cmpstr ((const char *) sqlite3_column_text (statement->handle, 0), ==, texts[i].clean);
    }
}

/* To ask for text that is not clean finds nothing: not what has the repaired text. */
static void
test_bad_text_finds_no_other (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
  g_autoptr (ObUpload) upload = make_upload ("id-\xef\xbf\xbd", "key-\xef\xbf\xbd");
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

/* A head that lost its version: what the tables are is the version, and what they have stays. */
static void
test_versions_that_there_never_were (Fixture *fixture, gconstpointer data)
{
  const char *const versions[] = { "0", "-1", "-2147483648", "1", "2147483647" };

  for (guint i = 0; i < 2 * G_N_ELEMENTS (versions); i++)
    {
      gboolean is_strange = i >= G_N_ELEMENTS (versions);
      ObDatabase *database = open_good (fixture, 1000, FALSE);
      g_autofree char *sql = g_strconcat ("PRAGMA user_version = ", versions[i % G_N_ELEMENTS (versions)], NULL);

      if (is_strange)
        run (database, "DROP TRIGGER uploads_counted_in; ALTER TABLE uploads RENAME COLUMN name TO title");
      run (database, sql);
      ob_database_free (database);
      /* Tables that no version had are set aside, so that the start goes on. */
      database = open_good (fixture, 2000, is_strange);
      g_assert_cmpint (ob_database_get_epoch (database), ==, is_strange ? 2000 : 1000);
      ob_database_free (database);
      (void) empty_folder (fixture->folder);
    }
}

static guint
count_asides (Fixture *fixture)
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
test_few_are_kept_aside (Fixture *fixture, gconstpointer data)
{
  const gint64 minute_ms = 60 * 1000, begin_ms = G_GINT64_CONSTANT (1750000000) * 1000;

  for (guint i = 0; i < 40; i++)
    {
      ObDatabase *database = open_good (fixture, begin_ms + i * 20 * minute_ms, i > 0);

      run (database, "DROP TABLE journal; PRAGMA user_version = -1");
      ob_database_free (database);
    }
  g_assert_cmpuint (count_asides (fixture), ==, 3);
}

static void
test_killed_while_it_migrates (Fixture *fixture, gconstpointer data)
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
  database = open_good (fixture, 2000, FALSE);
  g_assert_cmpint (ob_database_get_epoch (database), ==, 2000);
}

/* A damaged row may hold any text where strings are expected. */
static void
test_strings_that_are_none (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObDatabase) database = open_good (fixture, 1000, FALSE);
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
  const struct
  {
    const char *name;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/database/it-is-found-again", test_it_is_found_again },
    { "/database/a-damaged-one-is-set-aside", test_a_damaged_one_is_set_aside },
    { "/database/a-newer-one-is-left-alone", test_a_newer_one_is_left_alone },
    { "/database/counters-are-in-step", test_counters_are_in_step },
    { "/uploads/a-row-comes-back-whole", test_a_row_comes_back_whole },
    { "/uploads/rows-that-cannot-be", test_rows_that_cannot_be },
    { "/uploads/they-are-listed-by-kind", test_uploads_are_listed_by_kind },
    { "/uploads/a-page-looks-at-a-part-of-a-long-queue", test_a_page_looks_at_a_part_of_a_long_queue },
    { "/uploads/a-page-steps-over-what-is-gone", test_a_page_steps_over_what_is_gone },
    { "/uploads/a-page-of-unfinished-steps-over-finished", test_a_page_of_unfinished_steps_over_finished },
    { "/statement/it-is-used-again", test_a_statement_is_used_again },
    { "/statement/they-are-bounded", test_statements_are_bounded },
    { "/statement/strings-that-are-none", test_strings_that_are_none },
    { "/journal/the-funnel-keeps-to-the-edges", test_the_funnel_keeps_to_the_edges },
    { "/journal/a-move-without-a-row-changes-nothing", test_a_move_without_a_row_changes_nothing },
    { "/journal/the-history-has-the-holds-of-its-time", test_the_history_has_the_holds_of_its_time },
    { "/journal/is-pruned", test_the_journal_is_pruned },
    { "/database/released-groups-are-parted", test_released_groups_are_parted },
    { "/database/a-released-schema-is-migrated", test_a_released_schema_is_migrated },
    { "/database/one-without-its-log-is-set-aside", test_one_without_its_log_is_set_aside },
    { "/database/damage-that-a-query-finds", test_damage_that_a_query_finds },
    { "/database/killed-while-it-migrates", test_killed_while_it_migrates },
    { "/database/bad-text-is-repaired", test_bad_text_is_repaired },
    { "/database/no-row-gets-bad-text", test_no_row_gets_bad_text },
    { "/database/versions-that-there-never-were", test_versions_that_there_never_were },
    { "/database/bad-text-finds-no-other", test_bad_text_finds_no_other },
    { "/database/few-are-kept-aside", test_few_are_kept_aside },
  };

  g_test_init (&argc, &argv, NULL);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  g_log_set_writer_func (count_warnings, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
