/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A disk that cannot be written holds the queue with the system's words, and lets it go by itself.
 */
#include "support/broken-disk.h"
#include "support/rig.h"

#include "dbus/error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  int error_number;
  OutboxError code;
} Refusal;

static const Refusal refusals[] = {
  { "full", ENOSPC, OUTBOX_ERROR_DISK_FULL },        { "quota", EDQUOT, OUTBOX_ERROR_DISK_FULL },
  { "read-only", EROFS, OUTBOX_ERROR_STORAGE },      { "failing", EIO, OUTBOX_ERROR_STORAGE },
  { "gone", ENODEV, OUTBOX_ERROR_STORAGE },          { "unreachable", ESTALE, OUTBOX_ERROR_STORAGE },
  { "not-permitted", EACCES, OUTBOX_ERROR_STORAGE }, { "disconnected", ENOTCONN, OUTBOX_ERROR_STORAGE },
};

static char *
dup_storage_message (TestRig *rig)
{
  g_autoptr (GArray) holds = ob_broker_list_holds (rig->broker, NULL);

  for (guint i = 0; i < holds->len; i++)
    {
      const ObSharedHold *hold = &g_array_index (holds, ObSharedHold, i);

      if (hold->hold.reason == OUTBOX_REASON_STORAGE)
        return g_strdup (hold->trouble);
    }

  return NULL;
}

static void
count_changes (ObBroker *broker, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_a_refused_write_holds_the_queue (TestRig *rig, gconstpointer data)
{
  const Refusal *refusal = data;
  g_autofree char *id = test_rig_submit (rig, NULL, 0);
  g_autofree char *next = test_rig_submit (rig, "yard", 0);
  g_autofree char *message = NULL;
  g_autoptr (GError) error = NULL;
  guint n_changes = 0;

  (void) test_server_wait_for (rig->server, id);
  /* A full disk is given the reserve first; here even that does not help. */
  g_signal_connect (rig->broker, "holds-changed", G_CALLBACK (count_changes), &n_changes);
  test_disk_refuse_writes (refusal->error_number);
  (void) test_rig_command (rig, OB_COMMAND_PAUSE, next, 0, &error);
  g_assert_error (error, OUTBOX_ERROR, (gint) refusal->code);
  test_rig_advance (rig, 6 * RIG_SECOND);
  message = dup_storage_message (rig);
  g_assert_nonnull (message);
  /* SQLite has words of its own where the system says ENOSPC. */
  g_assert_nonnull (
      strstr (message, refusal->error_number == ENOSPC ? "disk is full" : g_strerror (refusal->error_number)));
  g_assert_cmpuint (n_changes, >, 0);
  test_rig_finish (rig, id);
  /* What was sent cannot be recorded: it is not called done, and nothing else is begun. */
  g_assert_cmpint (test_rig_ask (rig, "SELECT count(*) FROM uploads WHERE state = 5"), ==, 0);
  test_rig_advance (rig, RIG_MINUTE);
  g_assert_false (test_rig_is_active (rig, id));

  test_disk_refuse_writes (0);
  test_rig_advance (rig, 6 * RIG_SECOND);
  g_free (message);
  message = dup_storage_message (rig);
  g_assert_null (message);
  g_assert_cmpint (
      test_rig_ask (rig,
                    "SELECT count(*) FROM journal WHERE scope = 'queue' AND message LIKE '%can be written again%'"),
      ==, 1);
  test_rig_finish (rig, id);
  test_rig_assert_status (rig, id, "done");
}

static void
test_what_waits_says_why (TestRig *rig, gconstpointer data)
{
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObUpload) upload = NULL;
  ObStatus status;

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  id = test_rig_submit (rig, NULL, 0);
  test_rig_settle (rig);
  test_disk_refuse_writes (EROFS);
  g_assert_false (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, id, 3, &error));
  test_rig_assert_status (rig, id, "paused user storage");
  upload = ob_broker_get (rig->broker, id, NULL);
  status = ob_broker_get_status (rig->broker, upload);
  g_assert_true (status.needs_user);
  test_disk_refuse_writes (0);
  test_rig_advance (rig, 6 * RIG_SECOND);
  test_rig_assert_status (rig, id, "paused user");
}

/* One that is gone, one that is shorter, one that is longer, and one that is good: at a start, before their turn. */
static void
check_lost_copies (TestRig *rig, gboolean by_start)
{
  static const char *const expected[]
      = { "failed file-missing", "failed file-changed", "failed file-changed", "paused user" };
  char *ids[G_N_ELEMENTS (expected)];

  g_assert_true (test_rig_pause_destination (rig, "depot", TRUE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    ids[i] = test_rig_submit (rig, NULL, 0);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autofree char *path = ob_spool_get_path (rig->spool, ids[i]);

      if (i == 0)
        g_assert_cmpint (unlink (path), ==, 0);
      else if (i < 3)
        g_assert_cmpint (truncate (path, i == 1 ? 999 : 1001), ==, 0);
    }
  if (by_start)
    {
      test_rig_stop (rig);
      test_rig_start (rig);
    }
  else
    {
      test_disk_refuse_writes (EROFS);
      g_assert_false (test_rig_command (rig, OB_COMMAND_SET_PRIORITY, ids[3], 3, NULL));
      test_rig_advance (rig, 6 * RIG_SECOND);
      test_disk_refuse_writes (0);
      test_rig_advance (rig, 6 * RIG_SECOND);
    }
  test_rig_settle (rig);
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_autoptr (ObUpload) upload = ob_broker_get (rig->broker, ids[i], NULL);

      test_rig_assert_status (rig, ids[i], expected[i]);
      g_assert_cmpint (upload->has_local_copy, ==, i > 0);
      g_free (ids[i]);
    }
}

/* However many there are: who asks whether all is safe is told the number. */
static void
test_lost_copies_are_counted (TestRig *rig, gconstpointer data)
{
  guint64 uploads, bytes;

  test_rig_run (rig, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
                     " INSERT INTO uploads (id, app, name, media_type, destination, state, reason, created_at, size)"
                     " SELECT 'lost-' || i, 'test', 'n', 'm', 'depot', 4, 'file-missing', 5, 100 FROM n");
  test_rig_run (rig, "INSERT INTO uploads (id, app, name, media_type, destination, state, reason, created_at, size)"
                     " VALUES ('changed', 'test', 'n', 'm', 'depot', 4, 'file-changed', 5, 100),"
                     " ('rejected', 'test', 'n', 'm', 'depot', 4, 'rejected', 5, 100),"
                     " ('waits', 'test', 'n', 'm', 'depot', 1, NULL, 5, 100)");
  g_assert_true (ob_broker_count_lost (rig->broker, &uploads, &bytes, NULL));
  g_assert_cmpuint (uploads, ==, 1501);
  g_assert_cmpuint (bytes, ==, 150100);
}

static void
test_a_start_tells_of_copies_that_are_lost (TestRig *rig, gconstpointer data)
{
  check_lost_copies (rig, TRUE);
}

static void
test_a_disk_that_is_back_tells_of_copies_that_are_lost (TestRig *rig, gconstpointer data)
{
  check_lost_copies (rig, FALSE);
}

/* The queue is used all the same, and found again. */
static void
check_without (TestRig *rig, void (*refuse) (gboolean is_refused))
{
  g_autofree char *id = NULL;

  test_rig_stop (rig);
  refuse (TRUE);
  test_rig_start (rig);
  id = test_rig_submit (rig, NULL, 0);
  test_rig_finish (rig, id);
  test_rig_stop (rig);
  test_rig_start (rig);
  test_rig_assert_status (rig, id, "done");
}

/* A network home where no memory can be shared. */
static void
test_without_shared_memory (TestRig *rig, gconstpointer data)
{
  check_without (rig, test_disk_refuse_shared_maps);
}

/* A network home without locks, which SQLite calls locked. */
static void
test_without_locks (TestRig *rig, gconstpointer data)
{
  check_without (rig, test_disk_refuse_locks);
}

/* A database that another program has locked is not used without a lock. */
static void
test_that_another_has_locked (TestRig *rig, gconstpointer data)
{
  g_autofree char *path = g_build_filename (rig->folder, "queue.db", NULL);
  g_autoptr (ObDatabase) database = NULL;
  g_autoptr (GError) error = NULL;
  gboolean was_rebuilt;
  sqlite3 *other = NULL;

  test_rig_stop (rig);
  g_assert_cmpint (sqlite3_open (path, &other), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (other, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; COMMIT", NULL, NULL, NULL),
                   ==, SQLITE_OK);
  database = ob_database_open (rig->folder, RIG_BEGIN_MS, &was_rebuilt, &error);
  g_assert_null (database);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "locked"));
  g_assert_cmpint (sqlite3_close (other), ==, SQLITE_OK);
  test_rig_start (rig);
}

/* A disk is mounted over the folder in the middle of a submit: whoever hands over is told to do it again, not that the disk
 * is at fault. */
static void
test_a_submit_while_the_folder_is_exchanged (TestRig *rig, gconstpointer data)
{
  const ObSubmission submission = { .app = "test" };
  g_autofree char *away = g_strconcat (rig->folder, "-away", NULL);
  g_autofree char *file = g_build_filename (rig->folder, "file-0", NULL);
  g_autofree char *incoming = g_build_filename (rig->folder, "incoming", NULL);
  g_autofree char *message = NULL;
  g_autofree char *id = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_rename (rig->folder, away), ==, 0);
  g_assert_cmpint (g_mkdir (rig->folder, 0700), ==, 0);
  g_assert_null (test_rig_submit_full (rig, &submission, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  message = dup_storage_message (rig);
  g_assert_null (message);
  g_assert_cmpint (g_unlink (file), ==, 0);
  g_assert_cmpint (g_rmdir (incoming), ==, 0);
  g_assert_cmpint (g_rmdir (rig->folder), ==, 0);
  g_assert_cmpint (g_rename (away, rig->folder), ==, 0);
  id = test_rig_submit (rig, NULL, 0);
  test_rig_finish (rig, id);
}

static void
set_up (TestRig *rig, gconstpointer data)
{
  test_rig_set_up (rig, NULL);
}

static void
tear_down (TestRig *rig, gconstpointer data)
{
  test_disk_refuse_writes (0);
  test_disk_refuse_shared_maps (FALSE);
  test_disk_refuse_locks (FALSE);
  test_rig_tear_down (rig, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  /* That a turn fails is what is tested. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/disk/refuses-writes/", refusals[i].name, NULL);

      g_test_add (path, TestRig, &refusals[i], set_up, test_a_refused_write_holds_the_queue, tear_down);
    }
  g_test_add ("/disk/a-submit-while-the-folder-is-exchanged", TestRig, NULL, set_up,
              test_a_submit_while_the_folder_is_exchanged, tear_down);
  g_test_add ("/disk/without-shared-memory", TestRig, NULL, set_up, test_without_shared_memory, tear_down);
  g_test_add ("/disk/without-locks", TestRig, NULL, set_up, test_without_locks, tear_down);
  g_test_add ("/disk/that-another-has-locked", TestRig, NULL, set_up, test_that_another_has_locked, tear_down);
  g_test_add ("/disk/what-waits-says-why", TestRig, NULL, set_up, test_what_waits_says_why, tear_down);
  g_test_add ("/disk/a-start-tells-of-copies-that-are-lost", TestRig, NULL, set_up,
              test_a_start_tells_of_copies_that_are_lost, tear_down);
  g_test_add ("/disk/a-disk-that-is-back-tells-of-copies-that-are-lost", TestRig, NULL, set_up,
              test_a_disk_that_is_back_tells_of_copies_that_are_lost, tear_down);
  g_test_add ("/disk/lost-copies-are-counted", TestRig, NULL, set_up, test_lost_copies_are_counted, tear_down);

  return g_test_run ();
}
