/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SIGKILL while the uploads of a large group follow its pause, or the end of that: the group has its word, and at the next start all
 * follow.
 */
#include "config.h"
#include "dbus/error.h"
#include "dbus/names.h"
#include "support/broker.h"

#include <sqlite3.h>

#define N_MEMBERS 6000
#define MOST_TRIES 30

typedef struct
{
  const char *name;
  gboolean is_pause;
  const char *crash_at; /* NULL: the command's own commit, which others of the start may precede */
} Row;

static const Row rows[] = {
  { "pause/after-its-word", TRUE, NULL },
  { "pause/after-a-slice", TRUE, "sweep-committed:1" },
  { "pause/after-three-slices", TRUE, "sweep-committed:3" },
  { "resume/after-its-word", FALSE, NULL },
  { "resume/after-a-slice", FALSE, "sweep-committed:1" },
  { "resume/after-three-slices", FALSE, "sweep-committed:3" },
};

typedef struct
{
  TestBroker *broker;
  char *database;
  gint64 n_wanted;
} Scene;

static void
scene_clear (Scene *scene)
{
  g_clear_pointer (&scene->broker, test_broker_free);
  g_free (scene->database);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Scene, scene_clear)

/* Closing it leaves the log where it is: a dead daemon's database without one is taken for damaged. */
static sqlite3 *
open_database (const Scene *scene)
{
  sqlite3 *database = NULL;

  g_assert_cmpint (sqlite3_open_v2 (scene->database, &database, SQLITE_OPEN_READWRITE, NULL), ==, SQLITE_OK);
  (void) sqlite3_busy_timeout (database, 10000);
  (void) sqlite3_db_config (database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);

  return database;
}

static gint64
ask (const Scene *scene, const char *sql)
{
  sqlite3 *database = open_database (scene);
  sqlite3_stmt *statement = NULL;
  gint64 number;

  g_assert_cmpint (sqlite3_prepare_v2 (database, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  number = sqlite3_column_int64 (statement, 0);
  (void) sqlite3_finalize (statement);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);

  return number;
}

static gint64
count_followers (const Scene *scene)
{
  return ask (scene, "SELECT count(*) FROM uploads WHERE is_group_paused");
}

static gboolean
do_all_follow (gpointer data)
{
  const Scene *scene = data;

  return count_followers (scene) == scene->n_wanted
         && ask (scene, "SELECT count(*) FROM groups WHERE swept IS NOT NULL") == 0;
}

/* Puts the group into the queue of a daemon that has ended; nothing of it is sent, since the destination is paused. @is_paused: as it
 * is before the command */
static void
scene_set_up (Scene *scene, gboolean is_paused)
{
  g_autofree char *sql = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (VALUES (0) UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
      " INSERT INTO uploads (id, app, name, media_type, group_key, destination, rule, state, created_at, "
      "is_group_paused)"
      " SELECT printf ('u-%%05d', i), 'test', 'n', 'image/jpeg', 'case', 'depot', 'default', 1, 5, %d FROM n;"
      " UPDATE groups SET is_paused = %d",
      N_MEMBERS - 1, is_paused, is_paused);
  g_autoptr (GError) error = NULL;
  sqlite3 *database;

  scene->broker = test_broker_new_alone ();
  scene->database = g_build_filename (scene->broker->folder, "data", "outbox", "queue.db", NULL);
  test_broker_set_destination (scene->broker, "http://127.0.0.1:9/files/", NULL);
  outbox_dbus_destinations_call_pause_sync (scene->broker->destinations, "depot", NULL, &error);
  g_assert_no_error (error);
  test_broker_stop (scene->broker);
  database = open_database (scene);
  g_assert_cmpint (sqlite3_exec (database, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_close (database), ==, SQLITE_OK);
}

/* Returns: whether the daemon answered. */
static gboolean
tell_group (Scene *scene, gboolean is_pause)
{
  const char *const keys[] = { "case", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (OutboxDBusGroups) groups
      = outbox_dbus_groups_proxy_new_sync (scene->broker->connection,
                                           G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START
                                               | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES,
                                           OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH, NULL, &error);

  g_assert_no_error (error);

  return is_pause ? outbox_dbus_groups_call_pause_sync (groups, keys, NULL, NULL)
                  : outbox_dbus_groups_call_resume_sync (groups, keys, NULL, NULL);
}

/* What the start has to commit is committed when this is answered. */
static void
settle (Scene *scene)
{
  const char *const ids[] = { "u-00000", NULL };
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_set_priority_sync (scene->broker->uploads, ids, 1, NULL, &error);
  g_assert_no_error (error);
}

/* The daemon dies of the command, or of a change of its own that came just before; then nothing was commanded. Returns: whether the
 * group has its word */
static gboolean
die (Scene *scene, const Row *row, guint n_try)
{
  g_autofree char *orders = g_build_filename (scene->broker->folder, "orders", NULL);
  g_autofree char *from_orders = g_strconcat ("@", orders, NULL);
  g_autofree char *crash_at = row->crash_at ? g_strdup (row->crash_at) : g_strdup_printf ("committed:%u", n_try);

  g_assert_true (g_file_set_contents (orders, "", -1, NULL));
  test_broker_start (scene->broker, from_orders);
  settle (scene);
  g_assert_true (g_file_set_contents (orders, crash_at, -1, NULL));
  g_assert_false (tell_group (scene, row->is_pause));
  test_broker_wait_for_death (scene->broker, 20);

  return ask (scene, "SELECT is_paused FROM groups") == row->is_pause;
}

static void
test_a_death (gconstpointer data)
{
  const Row *row = data;
  g_auto (Scene) scene = { 0 };
  gboolean has_word = FALSE;
  gint64 n_followers;

  scene_set_up (&scene, !row->is_pause);
  for (guint i = 1; !has_word && i <= MOST_TRIES; i++)
    has_word = die (&scene, row, i);
  g_assert_true (has_word);
  n_followers = count_followers (&scene);
  g_assert_cmpint (n_followers, >, 0);
  g_assert_cmpint (n_followers, <, N_MEMBERS);
  scene.n_wanted = row->is_pause ? N_MEMBERS : 0;
  test_broker_start (scene.broker, NULL);
  test_wait_until (do_all_follow, &scene, 20);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  (void) OUTBOX_ERROR;
  if (!OB_CRASH_POINTS)
    {
      g_printerr ("test-crash-groups needs a build with -Dcrash_points=true\n");
      return 1;
    }
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strconcat ("/crash/group/", rows[i].name, NULL);

      g_test_add_data_func (path, &rows[i], test_a_death);
    }

  return g_test_run ();
}
