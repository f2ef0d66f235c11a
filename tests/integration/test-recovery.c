/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Bad luck with the real daemon: a database that is damaged in every way, copies that are gone or changed, a disk without
 * room. Nothing unsent is lost, and what is wrong is said.
 */
#include "dbus/error.h"
#include "support/broker.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define N_FILES 6
#define PAGE_BYTES 4096

static char *
data_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, "data", "outbox", name, NULL);
}

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

static GHashTable *
submit_files (TestBroker *broker, guint n_files)
{
  GHashTable *ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < n_files; i++)
    {
      g_autofree char *path = test_broker_make_file (broker, "photo.jpg", i * 1000, i);
      g_autoptr (GError) error = NULL;

      g_hash_table_add (ids, test_broker_submit (broker, path, NULL, &error));
      g_assert_no_error (error);
    }

  return ids;
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

typedef struct
{
  TestBroker *broker;
  GHashTable *ids;
  const char *state; /* NULL: any */
} Expected;

/* Whether the daemon lists those and no others, all in that state. It may be on its way back. */
static gboolean
are_listed (gpointer data)
{
  Expected *expected = data;
  g_autofree char *cursor = NULL;
  g_autoptr (GVariant) list = NULL;
  guint n_found = 0;

  outbox_dbus_uploads_call_list_sync (expected->broker->uploads, g_variant_new_parsed ("{'limit': <uint32 1000>}"),
                                      &list, &cursor, NULL, NULL);
  for (gsize i = 0; list && i < g_variant_n_children (list); i++)
    {
      g_autoptr (GVariant) upload = g_variant_get_child_value (list, i);
      const char *id, *state;

      g_assert_true (g_variant_lookup (upload, "id", "&s", &id));
      g_assert_true (g_variant_lookup (upload, "state", "&s", &state));
      g_assert_true (g_hash_table_contains (expected->ids, id));
      n_found += !expected->state || g_str_equal (state, expected->state);
    }

  return n_found == g_hash_table_size (expected->ids);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* While the daemon is away no signal of it wakes the loop. */
static void
wait_until_listed (TestBroker *broker, GHashTable *ids, const char *state)
{
  Expected expected = { broker, ids, state };
  guint tick = g_timeout_add (20, on_tick, NULL);

  test_wait_until (are_listed, &expected, 20);
  (void) g_source_remove (tick);
}

static void
assert_each_arrived_once (TestBroker *broker, GHashTable *ids)
{
  g_autoptr (JsonNode) node = NULL;
  JsonArray *uploads;
  guint n_finished = 0;

  wait_until_listed (broker, ids, "done");
  node = test_peer_describe (broker->peer);
  uploads = json_object_get_array_member (json_node_get_object (node), "uploads");
  for (guint i = 0; i < json_array_get_length (uploads); i++)
    {
      JsonObject *upload = json_array_get_object_element (uploads, i);

      if (!json_object_get_boolean_member (upload, "finished"))
        continue;
      g_assert_true (g_hash_table_contains (ids, json_object_get_string_member (upload, "key")));
      n_finished++;
    }
  g_assert_cmpuint (n_finished, ==, g_hash_table_size (ids));
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "duplicate_finishes"), ==, 0);
}

static guint
count_set_aside (TestBroker *broker)
{
  g_autofree char *path = data_path (broker, "");
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

static const Damage damages[] = {
  { "/recovery/truncated-to-half", truncate_to_half, FALSE, 1 },
  { "/recovery/truncated-to-100-bytes", truncate_to_100_bytes, FALSE, 1 },
  { "/recovery/truncated-to-nothing", truncate_to_nothing, FALSE, 0 },
  { "/recovery/deleted", delete_it, FALSE, 0 },
  { "/recovery/random-bytes", scribble_over_all, FALSE, 1 },
  { "/recovery/random-bytes-over-the-schema", scribble_over_the_schema, FALSE, 1 },
  { "/recovery/zeroed-pages", zero_the_second_half, FALSE, 1 },
  { "/recovery/without-its-log", delete_the_log, TRUE, 1 },
};

/* Every file is there again by its id, the queue is still paused, the destination still known; then all of it arrives. */
static void
test_a_damage (gconstpointer data)
{
  const Damage *damage = data;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = data_path (broker, "queue.db");
  g_autofree char *old_epoch = watch_for_epoch (broker);
  g_autofree char *new_epoch = NULL;
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = submit_files (broker, N_FILES);
  if (damage->is_after_kill)
    test_broker_kill (broker);
  else
    test_broker_stop (broker);
  damage->damage (path);
  test_broker_start (broker, NULL);
  wait_until_listed (broker, ids, NULL);
  test_broker_wait_for_all (broker, "paused", 10);
  g_assert_cmpuint (count_set_aside (broker), ==, damage->n_aside);
  new_epoch = watch_for_epoch (broker);
  g_assert_nonnull (new_epoch);
  g_assert_cmpstr (old_epoch, !=, new_epoch);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  assert_each_arrived_once (broker, ids);
}

/* The last leaf of a table: the newest rows, which nothing at a start looks at. */
static off_t
find_last_leaf (const char *path, const char *table)
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
      /* An interior page of a table has the number of its right-most child at byte 8 (SQLite file format, 1.6). */
      if (page[0] == 5)
        number = (guint32) page[8] << 24 | (guint32) page[9] << 16 | (guint32) page[10] << 8 | page[11];
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
  g_autofree char *path = data_path (broker, "queue.db");
  g_autofree guint8 *zeros = g_malloc0 (PAGE_BYTES);
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = submit_files (broker, 100);
  test_broker_stop (broker);
  write_at (path, find_last_leaf (path, "uploads"), zeros, PAGE_BYTES);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
  wait_until_listed (broker, ids, NULL);
  g_assert_cmpuint (count_set_aside (broker), ==, 1);
  test_broker_wait_for_name (broker);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  assert_each_arrived_once (broker, ids);
  test_broker_stop (broker);
}

/* What was under way goes on where the server is, and what has arrived is asked for before it is sent again. */
static void
test_damage_in_the_middle_of_sending (void)
{
  const gsize size_bytes = 9 * 1024 * 1024;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *database = data_path (broker, "queue.db");
  g_autofree char *path = test_broker_make_file (broker, "video.mp4", size_bytes, 3);
  g_autofree char *small = test_broker_make_file (broker, "photo.jpg", 1000, 4);
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree guint8 *zeros = g_malloc0 (PAGE_BYTES);
  g_autoptr (JsonNode) node = NULL;

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
  test_broker_stop (broker);
  /* The journal: the uploads themselves can still be read. */
  write_at (database, find_last_leaf (database, "journal"), zeros, PAGE_BYTES);
  test_peer_control (broker->peer, "{\"fault\":\"none\"}");
  test_broker_start (broker, NULL);
  wait_until_listed (broker, ids, NULL);
  assert_each_arrived_once (broker, ids);
  node = test_peer_describe (broker->peer);
  g_assert_cmpint (json_object_get_int_member (json_node_get_object (node), "body_bytes"), <,
                   (gint64) size_bytes + 5 * 1024 * 1024);
}

/* A daemon that cannot start answers every call at once with the reason. */
static void
assert_answers_why (TestBroker *broker, const char *why)
{
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) list_error = NULL;

  g_assert_false (outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_nonnull (strstr (error->message, why));
  g_assert_false (outbox_dbus_destinations_call_list_sync (broker->destinations, &list, NULL, &list_error));
  g_assert_error (list_error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
}

static gboolean
answers (gpointer data)
{
  g_autoptr (GVariant) summary = NULL;

  return outbox_dbus_queue_call_summary_sync (((TestBroker *) data)->queue, &summary, NULL, NULL);
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
  g_autofree char *path = data_path (broker, "queue.db");
  g_autoptr (GHashTable) ids = submit_files (broker, 2);
  int version;

  test_broker_wait_for_all (broker, "done", 20);
  test_broker_stop (broker);
  version = exchange_version (path, 1000);
  test_broker_start (broker, NULL);
  assert_answers_why (broker, "newer version");
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
  (void) exchange_version (path, version);
  test_wait_until (answers, broker, 20);
  wait_until_listed (broker, ids, NULL);
}

/* --- Text that cannot be read --- */

static void
run_sql (const char *path, const char *sql)
{
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  (void) sqlite3_close (database);
}

/* What an older version let into rows, column after column: nothing is set aside, and every file arrives. */
static void
test_bad_text_in_a_row_is_repaired (void)
{
  const char *const columns[] = { "name",        "media_type",    "sha256",         "group_title",    "destination",  "server_url",
                                  "error_code",  "error_message", "receipt_record", "receipt_digest", "confirmed_by", "metadata" };
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = data_path (broker, "queue.db");
  g_autoptr (GHashTable) ids = NULL;

  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  ids = submit_files (broker, 3);
  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      g_autofree char *sql
          = g_strdup_printf ("UPDATE uploads SET %s = cast (x'416363e873' AS TEXT)", columns[i]);

      test_broker_stop (broker);
      run_sql (path, sql);
      test_broker_start (broker, NULL);
      wait_until_listed (broker, ids, NULL);
    }
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  test_broker_wait_for_all (broker, "done", 30);
  g_assert_cmpuint (count_set_aside (broker), ==, 0);
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
      g_autofree char *spool = data_path (broker, "spool");
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
        const char *state;

        outbox_dbus_uploads_call_get_sync (broker->uploads, ids[i], &upload, NULL, NULL);
        g_assert_true (g_variant_lookup (upload, "state", "&s", &state));
        g_assert_true (g_variant_lookup (upload, "reasons", "^as", &found));
        if (g_str_equal (state, reasons[i] ? "failed" : "done"))
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
  g_autofree char *spool = data_path (broker, "spool");
  g_autofree char *record = g_build_filename (spool, "01a20d47-1d91-7000-9310-28815b96ff85.json", NULL);

  test_broker_stop (broker);
  g_assert_true (g_file_set_contents (record, "{}", -1, NULL));
  test_broker_start (broker, NULL);
  test_wait_until (is_spool_empty, broker, 10);
}

/* --- A disk without room --- */

#define ROOM_BYTES (48 * 1024 * 1024)
#define RESERVE_BYTES (8 * 1024 * 1024)

/* The daemon's folder becomes a small disk of its own. */
static void
move_to_a_small_disk (TestBroker *broker)
{
  g_autofree char *confirm_url = test_peer_dup_url (broker->peer, "/confirm?id={id}&sha256={sha256}");
  g_autofree char *options = g_strdup_printf ("size=%d,mode=700", ROOM_BYTES);
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  const char *argv[] = { "mount", "-t", "tmpfs", "-o", options, "tmpfs", data, NULL };
  int status;

  test_broker_stop (broker);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, NULL));
  g_assert_cmpint (status, ==, 0);
  test_broker_start (broker, NULL);
  test_broker_set_destination (broker, test_peer_get_url (broker->peer), confirm_url);
}

static void
leave_the_small_disk (TestBroker *broker)
{
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);

  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

/* Takes all the room there is but that. Returns: (transfer full): what to delete to have it back. */
static char *
fill_disk (TestBroker *broker, const char *name, off_t spare_bytes)
{
  char *path = data_path (broker, name);
  g_autofree char *bytes = g_malloc0 (PAGE_BYTES);
  int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

  g_assert_cmpint (fd, >=, 0);
  while (write (fd, bytes, PAGE_BYTES) > 0)
    ;
  g_assert_cmpint (ftruncate (fd, lseek (fd, 0, SEEK_END) - spare_bytes), ==, 0);
  (void) close (fd);

  return path;
}

/* What is left is the database's: no more is taken, and what is here can be commanded, and goes. */
static void
test_room_for_the_database_alone (TestBroker *broker, const char *path, const char *id)
{
  g_autofree char *ballast = fill_disk (broker, "ballast", RESERVE_BYTES - 1024 * 1024);
  const char *known[] = { id, NULL };
  g_autoptr (GError) error = NULL;

  g_assert_null (test_broker_submit (broker, path, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  for (gint32 priority = 100; priority >= 0; priority--)
    outbox_dbus_uploads_call_set_priority_sync (broker->uploads, known, priority, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_unlink (ballast), ==, 0);
}

static void
test_a_file_that_does_not_fit (TestBroker *broker, GHashTable *ids)
{
  g_autofree char *large = test_broker_make_file (broker, "video.mp4", ROOM_BYTES + 1, 1);
  g_autofree char *half = test_broker_make_file (broker, "photo.raw", ROOM_BYTES / 2 + 1024 * 1024, 2);
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  const char *remove[] = { NULL, NULL };

  g_assert_null (test_broker_submit (broker, large, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  id = test_broker_submit (broker, half, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (test_broker_submit (broker, half, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 2);
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
  /* The room of a removed one is room for the next. */
  remove[0] = id;
  outbox_dbus_uploads_call_remove_sync (broker->uploads, remove, NULL, &error);
  g_assert_no_error (error);
  g_hash_table_add (ids, test_broker_submit (broker, half, NULL, &error));
  g_assert_no_error (error);
}

static gboolean
has_reserve (gpointer data)
{
  g_autofree char *path = data_path (data, "reserve");

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Once with what is held for that; without it, it says so, and has lost nothing by it. */
static void
test_start_on_a_full_disk (TestBroker *broker, guint n_uploads)
{
  g_autofree char *ballast = NULL;
  g_autofree char *more = NULL;

  test_broker_stop (broker);
  g_assert_true (has_reserve (broker));
  ballast = fill_disk (broker, "ballast-1", 0);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, n_uploads);
  g_assert_false (has_reserve (broker));
  test_broker_stop (broker);
  more = fill_disk (broker, "ballast-2", 0);
  test_broker_start (broker, NULL);
  assert_answers_why (broker, "The disk is full");
  g_assert_cmpint (g_unlink (more), ==, 0);
  g_assert_cmpint (g_unlink (ballast), ==, 0);
  test_wait_until (answers, broker, 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, n_uploads);
  g_assert_true (has_reserve (broker));
}

static void
test_a_disk_without_room (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GHashTable) ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *small = test_broker_make_file (broker, "photo.jpg", 30000, 3);
  g_autofree char *ballast = NULL;
  g_autoptr (GVariant) upload = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gpointer *keys = NULL;
  const char *known[] = { NULL, NULL };
  gint32 priority, written = 0;

  move_to_a_small_disk (broker);
  outbox_dbus_queue_call_pause_sync (broker->queue, NULL, NULL);
  test_a_file_that_does_not_fit (broker, ids);
  g_hash_table_add (ids, test_broker_submit (broker, small, NULL, &error));
  g_assert_no_error (error);
  keys = g_hash_table_get_keys_as_array (ids, NULL);
  known[0] = keys[0];
  test_room_for_the_database_alone (broker, small, known[0]);

  /* Not a byte is left: a command is refused, and what was answered with success is what counts. */
  ballast = fill_disk (broker, "ballast", 0);
  for (priority = 1; !error && priority < 1000; priority++)
    {
      outbox_dbus_uploads_call_set_priority_sync (broker->uploads, known, priority, NULL, &error);
      if (!error)
        written = priority;
    }
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  outbox_dbus_uploads_call_get_sync (broker->uploads, known[0], &upload, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_variant_lookup (upload, "priority", "i", &priority));
  g_assert_cmpint (priority, ==, written);

  /* With what was held for that it goes on: no more is taken, and what is here arrives. */
  g_assert_null (test_broker_submit (broker, small, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_clear_error (&error);
  g_assert_false (has_reserve (broker));
  g_assert_cmpuint (test_broker_count_files (broker, "spool"), ==, 4);
  g_assert_cmpuint (test_broker_count_files (broker, "incoming"), ==, 0);
  test_broker_wait_for_all (broker, "paused", 10);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, &error);
  g_assert_no_error (error);
  assert_each_arrived_once (broker, ids);
  test_wait_until (has_reserve, broker, 10);
  g_hash_table_add (ids, test_broker_submit (broker, small, NULL, &error));
  g_assert_no_error (error);
  assert_each_arrived_once (broker, ids);
  test_start_on_a_full_disk (broker, g_hash_table_size (ids));
  g_assert_cmpint (g_unlink (ballast), ==, 0);
  leave_the_small_disk (broker);
}

/* To mount anything takes a namespace of one's own. */
static void
test_in_a_namespace (gconstpointer data)
{
  const char *const probe[] = { "unshare", "-Urm", "mount", "-t", "tmpfs", "tmpfs", "/tmp", NULL };
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  int status = -1;

  if (!g_spawn_sync (NULL, (char **) probe, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
                     NULL, &status, NULL)
      || status != 0)
    {
      g_test_skip ("no file system can be mounted in a namespace here");
      return;
    }
  {
    const char *argv[] = { "unshare", "-Urm", self, "-p", data, NULL };

    g_setenv ("TEST_IN_NAMESPACE", "1", TRUE);
    g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL, NULL,
                                 NULL, NULL, NULL, &status, NULL));
    g_unsetenv ("TEST_IN_NAMESPACE");
  }
  g_assert_cmpint (status, ==, 0);
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
  g_test_add_func ("/recovery/a-record-without-bytes-is-cleared-away", test_a_record_without_bytes_is_cleared_away);
  g_test_add_func ("/recovery/copies-that-are-gone-or-changed", test_copies_that_are_gone_or_changed);
  if (g_getenv ("TEST_IN_NAMESPACE"))
    g_test_add_func ("/recovery/a-disk-without-room", test_a_disk_without_room);
  else
    g_test_add_data_func ("/recovery/a-disk-without-room", "/recovery/a-disk-without-room", test_in_a_namespace);

  return g_test_run ();
}
