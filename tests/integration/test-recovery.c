/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad luck with the real daemon: a database that is damaged in every way, copies that are gone or changed. Nothing unsent is
 * lost, and what is wrong is said.
 */
#include "dbus/error.h"
#include "recovered.h"
#include "support/document.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_FILES 6
#define PAGE_BYTES 1024

/* --- A damaged database --- */

static void
write_at (const char *path, off_t offset, const void *bytes, gsize size_bytes)
{
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

  g_assert_cmpint (pwrite (fd, bytes, size_bytes, offset), ==, (gssize) size_bytes);
  (void) close (fd);
}

static off_t
size_of (const char *path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);

  return info.st_size;
}

static void
truncate_to_half (const char *path)
{
  g_assert_cmpint (truncate (path, size_of (path) / 2 / PAGE_BYTES * PAGE_BYTES), ==, 0);
}

static void
truncate_to_100_bytes (const char *path)
{
  g_assert_cmpint (truncate (path, 100), ==, 0);
}

static void
truncate_to_nothing (const char *path)
{
  g_assert_cmpint (truncate (path, 0), ==, 0);
}

static void
delete_it (const char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
scribble (const char *path, off_t begin, off_t end)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (7);

  for (; begin < end; begin += 4)
    {
      guint32 word = g_rand_int (random);

      write_at (path, begin, &word, 4);
    }
}

static void
scribble_over_all (const char *path)
{
  scribble (path, 0, size_of (path));
}

static void
scribble_over_the_schema (const char *path)
{
  scribble (path, 100, PAGE_BYTES);
}

static void
zero_the_second_half (const char *path)
{
  g_autofree guint8 *zeros = g_malloc0 (PAGE_BYTES);

  for (off_t page = size_of (path) / PAGE_BYTES / 2; page < size_of (path) / PAGE_BYTES; page++)
    write_at (path, page * PAGE_BYTES, zeros, PAGE_BYTES);
}

static void
delete_the_log (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);

  g_assert_cmpint (g_unlink (log), ==, 0);
}

/* The epoch of the present, or NULL where the daemon cannot say. */
static char *
watch_for_epoch (TestBroker *broker)
{
  g_autofree char *sequence = NULL;

  outbox_dbus_uploads_call_watch_sync (broker->uploads, g_variant_new ("a{sv}", NULL), "", &sequence, NULL, NULL);
  if (!sequence)
    return NULL;
  *strchrnul (sequence, '-') = '\0';

  return g_steal_pointer (&sequence);
}

static guint
count_set_aside (TestBroker *broker)
{
  g_autofree char *path = recovered_data_path (broker, "");
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;
  guint n_aside = 0;

  while ((name = g_dir_read_name (folder)))
    n_aside += strstr (name, ".damaged-") && !g_str_has_suffix (name, "-wal") && !g_str_has_suffix (name, "-shm");

  return n_aside;
}

typedef struct
{
  const char *name;
  void (*damage) (const char *path);
  gboolean is_after_kill;
  guint n_aside;
} Damage;

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  (void) sqlite3_close (database);
}

static void
drop_the_uploads (const char *path)
{
  run_sql (path, "DROP TABLE uploads");
}

static void
drop_the_journal (const char *path)
{
  run_sql (path, "DROP TABLE journal");
}

static const Damage damages[] = {
  { "/recovery/truncated-to-half", truncate_to_half, FALSE, 1 },
  { "/recovery/truncated-to-100-bytes", truncate_to_100_bytes, FALSE, 1 },
  { "/recovery/truncated-to-nothing", truncate_to_nothing, FALSE, 0 },
  { "/recovery/deleted", delete_it, FALSE, 0 },
  { "/recovery/random-bytes", scribble_over_all, FALSE, 1 },
  { "/recovery/random-bytes-over-the-schema", scribble_over_the_schema, FALSE, 1 },
  { "/recovery/zeroed-pages", zero_the_second_half, FALSE, 1 },
  { "/recovery/without-its-log", delete_the_log, TRUE, 1 },
  { "/recovery/without-its-uploads", drop_the_uploads, FALSE, 1 },
  { "/recovery/without-its-journal", drop_the_journal, FALSE, 1 },
};

/* Every file is there again by its id, the queue is still paused, the destination still known; then all of it arrives. */
static void
test_a_damage (gconstpointer data)
{
  const Damage *damage = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = recovered_data_path (broker, "queue.db");
  g_autofree char *old_epoch = watch_for_epoch (broker);
  g_autofree char *new_epoch = NULL;
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = recovered_submit_files (broker, N_FILES);
  if (damage->is_after_kill)
    test_broker_kill (broker);
  else
    test_broker_stop (broker);
  damage->damage (path);
  test_broker_start (broker, NULL);
  recovered_wait_until_listed (broker, ids, NULL);
  test_broker_wait_for_all (broker, "paused", 10);
  g_assert_cmpuint (count_set_aside (broker), ==, damage->n_aside);
  new_epoch = watch_for_epoch (broker);
  g_assert_nonnull (new_epoch);
  g_assert_cmpstr (old_epoch, !=, new_epoch);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  recovered_assert_each_arrived_once (broker, ids);
}

/* A leaf of a table that nothing at a start looks at. */
static off_t
find_middle_leaf (const char *path, const char *table)
{
  g_autofree char *sql = g_strdup_printf ("SELECT rootpage FROM sqlite_master WHERE name = '%s'", table);
  g_autofree guint8 *page = g_malloc (PAGE_BYTES);
  sqlite3 *database = NULL;
  sqlite3_stmt *statement = NULL;
  guint32 number;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);

  g_assert_cmpint (sqlite3_open_v2 (path, &database, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = (guint32) sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);
  (void) sqlite3_close (database);
  do
    {
      g_assert_cmpint (pread (fd, page, PAGE_BYTES, (off_t) (number - 1) * PAGE_BYTES), ==, PAGE_BYTES);
      /* In an interior page of a table the places of its cells begin at byte 12, two bytes each; a cell begins with the number
       * of a child (SQLite file format, 1.6). The ends of a table are read when it is opened, the second child is not. */
      if (page[0] == 5)
        {
          const guint8 *cell = page + ((guint) page[14] << 8 | page[15]);

          number = (guint32) cell[0] << 24 | (guint32) cell[1] << 16 | (guint32) cell[2] << 8 | cell[3];
        }
    }
  while (page[0] == 5);
  g_assert_cmpint (page[0], ==, 13);
  (void) close (fd);

  return (off_t) (number - 1) * PAGE_BYTES;
}

/* Damage that only a query finds: the daemon begins anew by itself, with every file. */
static void
test_damage_that_is_found_later (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = recovered_data_path (broker, "queue.db");
  g_autofree guint8 *zeros = g_malloc0 (PAGE_BYTES);
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = recovered_submit_files (broker, 100);
  test_broker_stop (broker);
  write_at (path, find_middle_leaf (path, "uploads"), zeros, PAGE_BYTES);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
  recovered_wait_until_listed (broker, ids, NULL);
  g_assert_cmpuint (count_set_aside (broker), ==, 1);
  test_broker_wait_for_name (broker);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  recovered_assert_each_arrived_once (broker, ids);
  test_broker_stop (broker);
}

/* What was under way goes on where the server is, and what has arrived is asked for before it is sent again. */
static void
test_damage_in_the_middle_of_sending (void)
{
  const gsize size_bytes = 9 * 1024 * 1024;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *database = recovered_data_path (broker, "queue.db");
  g_autofree char *path = test_broker_make_file (broker, "video.mp4", size_bytes, 3);
  g_autofree char *small = test_broker_make_file (broker, "photo.jpg", 1000, 4);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree guint8 *zeros = g_malloc0 (PAGE_BYTES);

  /* One has every byte there and waits for its receipt, the other has its first chunk there. */
  test_peer_control (broker->peer, "{\"fault\":\"confirm\",\"mode\":\"not-yet\",\"count\":-1}");
  g_hash_table_add (ids, test_broker_submit (broker, small, NULL, NULL));
  test_broker_wait_for_all (broker, "confirming", 20);
  test_peer_control (broker->peer,
                     "{\"fault\":\"status\",\"method\":\"PATCH\",\"status\":503,\"skip\":1,\"count\":-1}");
  g_hash_table_add (ids, test_broker_submit (broker, path, NULL, NULL));
  for (;;)
    {
      g_autoptr (GVariant) list = NULL;

      outbox_dbus_uploads_call_list_sync (broker->uploads, g_variant_new_parsed ("{'state': <'retrying'>}"), &list,
                                          NULL, NULL, NULL);
      if (list && g_variant_n_children (list) == 1)
        break;
      g_main_context_iteration (NULL, TRUE);
    }
  /* Enough rows that there is a leaf between the first and the last. */
  for (guint i = 0; i < 16; i++)
    {
      outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
      outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
    }
  test_broker_stop (broker);
  /* The journal: the uploads themselves can still be read. */
  write_at (database, find_middle_leaf (database, "journal"), zeros, PAGE_BYTES);
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_start (broker, NULL);
  recovered_wait_until_listed (broker, ids, NULL);
  recovered_assert_each_arrived_once (broker, ids);
  g_assert_cmpint (test_peer_get_number (broker->peer, "body_bytes"), <, (gint64) size_bytes + 5 * 1024 * 1024);
}

static int
read_version (void *version, int n_columns, char **values, char **names)
{
  *(int *) version = atoi (values[0]);

  return 0;
}

/* Returns: the version that the schema had. */
static int
exchange_version (const char *path, int version)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA user_version = %d", version);
  sqlite3 *database = NULL;
  int old_version = -1;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, "PRAGMA user_version", read_version, &old_version, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  (void) sqlite3_close (database);

  return old_version;
}

static void
test_a_newer_version_is_left_alone (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = recovered_data_path (broker, "queue.db");
  g_autoptr (GHashTable) ids = recovered_submit_files (broker, 2);
  int version;

  test_broker_wait_for_all (broker, "done", 20);
  test_broker_stop (broker);
  version = exchange_version (path, 1000);
  test_broker_start (broker, NULL);
  recovered_assert_answers_why (broker, "newer version");
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
  (void) exchange_version (path, version);
  test_wait_until (recovered_answers, broker, 20);
  recovered_wait_until_listed (broker, ids, NULL);
}

/* --- Text that cannot be read --- */

/* What an older version let into rows, column after column: nothing is set aside, and every file arrives. */
static void
test_bad_text_in_a_row_is_repaired (void)
{
  const char *const columns[]
      = { "name",       "media_type",    "sha256",         "group_title",    "destination",  "server_url",
          "error_code", "error_message", "receipt_record", "receipt_digest", "confirmed_by", "metadata" };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = recovered_data_path (broker, "queue.db");
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = recovered_submit_files (broker, 3);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      g_autofree char *sql = g_strdup_printf ("UPDATE uploads SET %s = cast (x'416363e873' AS TEXT)", columns[i]);

      test_broker_stop (broker);
      run_sql (path, sql);
      test_broker_start (broker, NULL);
      recovered_wait_until_listed (broker, ids, NULL);
    }
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  test_broker_wait_for_all (broker, "done", 30);
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
}

/* The server has the whole, nobody heard so, and there is nobody to ask by the id: its record knows where it is. */
static void
test_a_place_that_leads_nowhere (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = recovered_data_path (broker, "queue.db");
  g_autofree char *photo = test_broker_make_file (broker, "photo.jpg", 1000, 4);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  test_broker_set_destination (broker, test_peer_get_url (broker->peer), NULL);
  test_peer_control (broker->peer, "{\"fault\":\"lost-answer\",\"method\":\"PATCH\"}");
  test_peer_control (broker->peer, "{\"fault\":\"status\",\"method\":\"HEAD\",\"status\":503,\"count\":-1}");
  g_hash_table_add (ids, test_broker_submit (broker, photo, NULL, NULL));
  test_broker_wait_for_all (broker, "retrying", 20);
  test_broker_stop (broker);
  run_sql (path, "UPDATE uploads SET server_url = replace (server_url, '/files/', '/fines/')");
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_start (broker, NULL);
  (void) test_broker_deliver (broker, 1, 20);
  recovered_assert_each_arrived_once (broker, ids);
}

/* --- Copies --- */

static void
test_copies_that_are_gone_or_changed (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  const char *const reasons[] = { "file-missing", "file-changed", NULL };
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 5000, 1);
  g_autoptr (GVariant) list = NULL;
  char *ids[3];

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *spool = recovered_data_path (broker, "spool");
      g_autofree char *copy = NULL;

      ids[i] = test_broker_submit (broker, path, NULL, NULL);
      copy = g_build_filename (spool, ids[i], NULL);
      if (i == 0)
        g_assert_cmpint (g_unlink (copy), ==, 0);
      else if (i == 1)
        g_assert_cmpint (truncate (copy, 4999), ==, 0);
    }
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    for (;;)
      {
        g_autoptr (GVariant) upload = NULL;
        g_auto (GStrv) found = NULL;

        outbox_dbus_uploads_call_get_sync (broker->uploads, ids[i], &upload, NULL, NULL);
        g_assert_true (g_variant_lookup (upload, "reasons", "^as", &found));
        if (test_document_has_state (upload, reasons[i] ? "failed" : "done"))
          {
            g_assert_cmpstr (found[0], ==, reasons[i]);
            break;
          }
        g_main_context_iteration (NULL, TRUE);
      }
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    g_free (ids[i]);
}

static gboolean
is_spool_empty (gpointer data)
{
  return test_broker_count_files (data, "spool") == 0;
}

/* What is left where the process ended between the record and the bytes. */
static void
test_a_record_without_bytes_is_cleared_away (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *spool = recovered_data_path (broker, "spool");
  g_autofree char *record = g_build_filename (spool, "01a20d47-1d91-7000-9310-28815b96ff85.json", NULL);

  test_broker_stop (broker);
  g_assert_true (g_file_set_contents (record, "{}", -1, NULL));
  test_broker_start (broker, NULL);
  test_wait_until (is_spool_empty, broker, 10);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  g_assert_cmpuint (OUTBOX_ERROR, !=, 0);
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    g_test_add_data_func (damages[i].name, &damages[i], test_a_damage);
  g_test_add_func ("/recovery/found-later", test_damage_that_is_found_later);
  g_test_add_func ("/recovery/in-the-middle-of-sending", test_damage_in_the_middle_of_sending);
  g_test_add_func ("/recovery/a-newer-version-is-left-alone", test_a_newer_version_is_left_alone);
  g_test_add_func ("/recovery/bad-text-in-a-row-is-repaired", test_bad_text_in_a_row_is_repaired);
  g_test_add_func ("/recovery/a-place-that-leads-nowhere", test_a_place_that_leads_nowhere);
  g_test_add_func ("/recovery/a-record-without-bytes-is-cleared-away", test_a_record_without_bytes_is_cleared_away);
  g_test_add_func ("/recovery/copies-that-are-gone-or-changed", test_copies_that_are_gone_or_changed);

  return g_test_run ();
}
