/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A full queue of the version before, with uploads in every state, is taken over by this one: all of them are there, what waits for a
 * person or a time still does, the rest arrives once, and what had arrived is not sent again. UPGRADE_UPLOADS says how many; 120
 * without it.
 */
#include "support/broker.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <stdlib.h>

/* Stored states of every version. */
enum
{
  SAVING = 0,
  QUEUED = 1,
  UPLOADING = 2,
  CONFIRMING = 3,
  FAILED = 4,
  DONE = 5,
};

/* How an upload of the version before stands, and where it ends. */
static const struct
{
  const char *name;
  int state;
  const char *
      columns; /* more of the row, as the end of an INSERT's SELECT: is_paused, retry_at, not_before, reason, has_local_copy */
  const char *server; /* the end of its URL at the server, or NULL: it was not begun there */
  const char *ends;   /* the public state after everything could be sent */
} kinds[] = {
  { "queued", QUEUED, "0, 0, 0, NULL, 1", NULL, "done" },
  { "uploading", UPLOADING, "0, 0, 0, NULL, 1", NULL, "done" },
  { "uploading-and-gone-there", UPLOADING, "0, 0, 0, NULL, 1", "gone", "done" },
  { "confirming-and-gone-there", CONFIRMING, "0, 0, 0, NULL, 1", "gone", "done" },
  { "retrying", QUEUED, "0, 1795519033261, 0, NULL, 1", NULL, "done" },
  { "paused", QUEUED, "1, 0, 0, NULL, 1", NULL, "paused" },
  { "for-later", QUEUED, "0, 0, 4102444800000, NULL, 1", NULL, "paused" },
  { "failed", FAILED, "0, 0, 0, 'rejected', 1", NULL, "failed" },
  { "done", DONE, "0, 0, 0, NULL, 0", "done", "done" },
  { "done-with-its-copy", DONE, "0, 0, 0, NULL, 1", "done", "done" },
};

#define N_KINDS G_N_ELEMENTS (kinds)

static guint
get_n_uploads (void)
{
  const char *text = g_getenv ("UPGRADE_UPLOADS");

  return text ? (guint) atoi (text) : 120;
}

static guint
count_ends (const char *ends)
{
  guint n = 0;

  for (guint i = 0; i < get_n_uploads (); i++)
    n += g_str_equal (kinds[i % N_KINDS].ends, ends);

  return n;
}

/* Returns: how many are sent by this version */
static guint
count_sent (void)
{
  guint n = 0;

  for (guint i = 0; i < get_n_uploads (); i++)
    n += kinds[i % N_KINDS].state != DONE && g_str_equal (kinds[i % N_KINDS].ends, "done");

  return n;
}

static char *
dup_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, "data", "outbox", name, NULL);
}

static void
run (sqlite3 *database, const char *sql)
{
  char *message = NULL;

  if (sqlite3_exec (database, sql, NULL, NULL, &message) != SQLITE_OK)
    g_error ("%s: %s", message, sql);
}

/* The data folder knows which queue was in it. Returns: its epoch */
static gint64
read_epoch (const char *path)
{
  sqlite3 *database = NULL;
  sqlite3_stmt *statement = NULL;
  gint64 epoch;

  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (database, "SELECT value FROM meta WHERE name = 'epoch'", -1, &statement, NULL),
                   ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  epoch = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);

  return epoch;
}

static void
add_upload (TestBroker *broker, sqlite3 *database, guint i)
{
  const guint kind = i % N_KINDS;
  const char *url = test_peer_get_url (broker->peer);
  g_autofree char *id = g_strdup_printf ("01a20d45-%04x-7000-8000-%012x", i, i);
  g_autofree char *text = g_strdup_printf ("photo %u", i);
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
  g_autofree char *name = g_build_filename ("spool", id, NULL);
  g_autofree char *path = dup_path (broker, name);
  g_autofree char *server
      = kinds[kind].server ? g_strdup_printf ("'%s%s-%u'", url, kinds[kind].server, i) : g_strdup ("NULL");
  const gboolean is_done = kinds[kind].state == DONE;
  g_autofree char *sql = g_strdup_printf (
      "INSERT INTO uploads (id, app, key, name, media_type, size, sha256, group_key, destination, state, server_url,"
      " offset, created_at, saved_at, updated_at, done_at, confirmed_by, confirmed_at,"
      " is_paused, retry_at, not_before, reason, has_local_copy)"
      " SELECT '%s', 'camera', 'key-%u', '%s', 'image/jpeg', %u, '%s', %s, 'depot', %d, %s, %u, 1795519016417,"
      " 1795519016418, 1795519016428, %s, %s, %s, %s",
      id, i, kinds[kind].name, (guint) strlen (text), digest, i % 3 == 0 ? "'report-7'" : "NULL", kinds[kind].state,
      server, is_done ? (guint) strlen (text) : 0, is_done ? "1795519016428" : "0", is_done ? "'confirm-url'" : "NULL",
      is_done ? "1795519016428" : "0", kinds[kind].columns);

  run (database, sql);
  if (kinds[kind].state != DONE)
    g_assert_true (g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* Puts the queue of the version before into the data folder. */
static void
make_old_queue (TestBroker *broker)
{
  static const char *const names[] = { "queue.db", "queue.db-wal", "queue.db-shm", "settings.json" };
  g_autofree char *path = dup_path (broker, "queue.db");
  g_autofree char *fixture = g_build_filename (g_getenv ("FIXTURES"), "queue-1.sql", NULL);
  g_autofree char *confirm = test_peer_dup_url (broker->peer, "/confirm?id={id}");
  g_autofree char *sql = NULL;
  g_autofree char *settle = NULL;
  const gint64 epoch = read_epoch (path);
  sqlite3 *database = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *old = dup_path (broker, names[i]);

      (void) g_unlink (old);
    }
  g_assert_true (g_file_get_contents (fixture, &sql, NULL, NULL));
  g_assert_cmpint (sqlite3_open (path, &database), ==, SQLITE_OK);
  run (database, sql);
  settle = g_strdup_printf ("DELETE FROM uploads; DELETE FROM destinations WHERE name = 'yard';"
                            "UPDATE meta SET value = %" G_GINT64_FORMAT " WHERE name = 'epoch';"
                            "UPDATE destinations SET url = '%s', confirm_url = '%s', headers = '{}'; BEGIN",
                            epoch, test_peer_get_url (broker->peer), confirm);
  run (database, settle);
  for (guint i = 0; i < get_n_uploads (); i++)
    add_upload (broker, database, i);
  run (database, "COMMIT");
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}

static void
assert_all_are_there (TestBroker *broker)
{
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, get_n_uploads ());
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, count_ends ("done"));
  g_assert_cmpuint (test_broker_count (broker, "failed"), ==, count_ends ("failed"));
  g_assert_cmpuint (test_broker_count (broker, "paused"), ==, count_ends ("paused"));
  g_assert_cmpuint (test_peer_count_uploads (broker->peer), ==, count_sent ());
  g_assert_cmpint (test_peer_get_number (broker->peer, "finished"), ==, count_sent ());
}

static gboolean
has_all_arrived (gpointer data)
{
  return test_broker_count (data, "done") == count_ends ("done");
}

static gboolean
on_look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* What the version before had sent, it had sent to another life of this server: were one of it sent again, it would be here. */
static void
test_a_full_queue_is_taken_over (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  guint timer = g_timeout_add (100, on_look_again, NULL);

  test_broker_stop (broker);
  make_old_queue (broker);
  test_broker_start (broker, NULL);
  test_broker_retry (broker);
  test_wait_until (has_all_arrived, broker, 60 + get_n_uploads () / 20);
  g_source_remove (timer);
  assert_all_are_there (broker);

  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  assert_all_are_there (broker);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/upgrade/a-full-queue-is-taken-over", test_a_full_queue_is_taken_over);

  return g_test_run ();
}
