/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A start on a disk that cannot be written: what is there is told, each command is refused with the reason, and it goes on by
 * itself. In a mount namespace of the test's own.
 */
#include "home.h"
#include "support/namespace.h"

#include "dbus/error.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* How the last process left the queue. */
typedef enum
{
  ENDED_WELL,
  KILLED,
  KILLED_WITHOUT_INDEX, /* of the log, as after a backup or a copy */
  N_ENDS,
} End;

/* What keeps the daemon from writing. */
typedef enum
{
  DISK_READ_ONLY,
  FILE_READ_ONLY, /* the database alone, as after a restored backup */
  DISK_FULL,
  N_OBSTACLES,
} Obstacle;

static char *
data_path (TestBroker *broker, const char *name)
{
  return g_build_filename (broker->folder, "data", "outbox", name, NULL);
}

static void
bind_read_only (const char *path)
{
  g_assert_cmpint (mount (path, path, NULL, MS_BIND, NULL), ==, 0);
  g_assert_cmpint (mount (NULL, path, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), ==, 0);
}

static void
fill (const char *path)
{
  int fd = g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  char page[4096] = { 0 };

  while (write (fd, page, sizeof page) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  (void) close (fd);
}

static void
set_obstacle (TestBroker *broker, Obstacle obstacle)
{
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *database = data_path (broker, "queue.db");
  g_autofree char *reserve = data_path (broker, "reserve");
  g_autofree char *ballast = data_path (broker, "ballast");

  if (obstacle == DISK_READ_ONLY)
    g_assert_cmpint (mount (NULL, data, NULL, MS_REMOUNT | MS_RDONLY, NULL), ==, 0);
  else if (obstacle == FILE_READ_ONLY)
    bind_read_only (database);
  else
    {
      (void) g_unlink (reserve);
      fill (ballast);
    }
}

static void
remove_obstacle (TestBroker *broker, Obstacle obstacle)
{
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *database = data_path (broker, "queue.db");
  g_autofree char *ballast = data_path (broker, "ballast");

  if (obstacle == DISK_READ_ONLY)
    g_assert_cmpint (mount (NULL, data, NULL, MS_REMOUNT, NULL), ==, 0);
  else if (obstacle == FILE_READ_ONLY)
    g_assert_cmpint (umount2 (database, MNT_DETACH), ==, 0);
  else
    g_assert_cmpint (g_unlink (ballast), ==, 0);
}

static void
end (TestBroker *broker, End how)
{
  g_autofree char *index = data_path (broker, "queue.db-shm");

  if (how == ENDED_WELL)
    test_broker_stop (broker);
  else
    test_broker_kill (broker);
  if (how == KILLED_WITHOUT_INDEX)
    g_assert_cmpint (g_unlink (index), ==, 0);
}

static void
resume (TestBroker *broker, const char *id)
{
  const char *const ids[] = { id, NULL };
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_resume_sync (broker->uploads, ids, NULL, &error);
  g_assert_no_error (error);
}

/* What a test has in the queue: one is done, one is paused by a person, and one goes to a server that never home_answers. */
typedef struct
{
  TestBroker *broker;
  GSocketListener *silence;
  char *arrived;
  char *waiting;
  char *sent;
} Queue;

static void
set_silent_destination (Queue *queue)
{
  guint16 port = g_socket_listener_add_any_inet_port (queue->silence, NULL, NULL);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u/", port);
  g_autoptr (GError) error = NULL;

  outbox_dbus_destinations_call_set_sync (queue->broker->destinations, "silent",
                                          g_variant_new_parsed ("{'url': <%s>}", url), NULL, &error);
  g_assert_no_error (error);
}

static void
queue_set_up (Queue *queue, TestBroker *broker)
{
  g_autofree char *path = test_broker_make_file (broker, "sent.jpg", 5000, 4);
  const char *waiting[] = { NULL, NULL };
  g_autoptr (GError) error = NULL;

  queue->broker = broker;
  queue->silence = g_socket_listener_new ();
  test_broker_use_receiver (broker);
  set_silent_destination (queue);
  queue->arrived = home_hand_over (broker, "arrived.jpg", 1);
  test_broker_wait_for_all (broker, "done", 20);
  queue->sent = test_broker_submit (broker, path, g_variant_new_parsed ("@a{sv} {'destination': <'silent'>}"), &error);
  g_assert_no_error (error);
  test_wait_until (home_is_in_state, &(HomeWanted){ broker, queue->sent, "uploading" }, 20);
  home_pause_queue (broker);
  waiting[0] = queue->waiting = home_hand_over (broker, "waiting.jpg", 2);
  outbox_dbus_uploads_call_pause_sync (broker->uploads, waiting, NULL, &error);
  g_assert_no_error (error);
}

static void
queue_clear (Queue *queue)
{
  g_object_unref (queue->silence);
  g_free (queue->arrived);
  g_free (queue->waiting);
  g_free (queue->sent);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Queue, queue_clear)

/* Everything that only looks is answered from what is on the disk. */
static void
assert_is_told (const Queue *queue)
{
  TestBroker *broker = queue->broker;
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) history = NULL;
  g_autoptr (GVariant) destinations = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *cursor = NULL;

  outbox_dbus_uploads_call_list_sync (broker->uploads, g_variant_new ("a{sv}", NULL), &list, &cursor, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (list), ==, 3);
  g_assert_true (home_is_in_state (&(HomeWanted){ broker, queue->waiting, "paused" }));
  g_assert_true (home_is_in_state (&(HomeWanted){ broker, queue->sent, "paused" }));
  g_assert_true (home_is_in_state (&(HomeWanted){ broker, queue->arrived, "done" }));
  outbox_dbus_uploads_call_history_sync (broker->uploads, queue->arrived, &history, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (history), >, 1);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 1);
  g_assert_cmpuint (test_broker_count (broker, "paused"), ==, 2);
  outbox_dbus_destinations_call_list_sync (broker->destinations, &destinations, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_variant_n_children (destinations), ==, 2);
}

static void
assert_is_refused (TestBroker *broker, const char *id, Obstacle obstacle)
{
  const char *const ids[] = { id, NULL };
  g_autofree char *path = test_broker_make_file (broker, "new.jpg", 5000, 9);
  int code = obstacle == DISK_FULL ? OUTBOX_ERROR_DISK_FULL : OUTBOX_ERROR_STORAGE;
  const char *words = obstacle == DISK_FULL ? "disk is full" : "Read-only file system";
  g_autoptr (GError) error = NULL;

  g_assert_true (home_has_reason (broker, "storage"));
  g_assert_true (home_has_reason (broker, words));
  g_assert_false (outbox_dbus_uploads_call_remove_sync (broker->uploads, ids, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, code);
  g_assert_nonnull (strstr (error->message, words));
  g_clear_error (&error);
  g_assert_false (outbox_dbus_queue_call_resume_sync (broker->queue, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, code);
  g_clear_error (&error);
  g_assert_null (test_broker_submit (broker, path, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, code);
}

static void
on_watch_ended (OutboxDBusUploads *uploads, const char *sequence, gpointer user_data)
{
  ++*(guint *) user_data;
}

static gboolean
is_one (gpointer number)
{
  return *(guint *) number == 1;
}

/* Whoever looks on is told to watch again, since another service takes the place of the one that only reads. */
static void
watch (TestBroker *broker, guint *n_ended)
{
  g_autofree char *sequence = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (broker->uploads, "watch-ended", G_CALLBACK (on_watch_ended), n_ended);
  outbox_dbus_uploads_call_watch_sync (broker->uploads, g_variant_new ("a{sv}", NULL), "", &sequence, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
is_free (gpointer broker)
{
  return !home_has_reason (broker, "storage");
}

/* Reads are served when nothing can be written; and it goes on by itself when that is over. */
static void
test_a_start_that_cannot_write (End how, Obstacle obstacle)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_auto (Queue) queue = { NULL };
  guint n_ended = 0;
  g_autofree char *next = NULL;

  g_test_message ("end %d, obstacle %d", how, obstacle);
  test_broker_stop (broker);
  /* The queue on the disk of before is not missed. */
  home_remove_all (broker->folder, "state/outbox");
  g_assert_cmpint (mount ("tmpfs", data, "tmpfs", 0, "mode=700,size=24m"), ==, 0);
  test_broker_start (broker, NULL);
  queue_set_up (&queue, broker);
  end (broker, how);
  set_obstacle (broker, obstacle);

  test_broker_start (broker, NULL);
  assert_is_told (&queue);
  assert_is_refused (broker, queue.waiting, obstacle);
  if (obstacle != DISK_FULL)
    watch (broker, &n_ended);
  remove_obstacle (broker, obstacle);
  test_wait_until (is_free, broker, 20);
  if (obstacle != DISK_FULL)
    test_wait_until (is_one, &n_ended, 10);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  resume (broker, queue.waiting);
  next = home_hand_over (broker, "next.jpg", 3);
  test_wait_until (home_is_in_state, &(HomeWanted){ broker, queue.waiting, "done" }, 20);
  test_wait_until (home_is_in_state, &(HomeWanted){ broker, next, "done" }, 20);
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

static void
test_starts_that_cannot_write (void)
{
  for (End how = ENDED_WELL; how < N_ENDS; how++)
    for (Obstacle obstacle = DISK_READ_ONLY; obstacle < N_OBSTACLES; obstacle++)
      test_a_start_that_cannot_write (how, obstacle);
}

/* Without a queue there is nothing to tell but why. */
static void
test_a_start_without_a_queue_that_cannot_write (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;

  test_broker_stop (broker);
  g_assert_cmpint (mount ("tmpfs", data, "tmpfs", MS_RDONLY, "mode=700"), ==, 0);
  test_broker_start (broker, NULL);
  g_assert_false (outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  g_assert_nonnull (strstr (error->message, "Read-only file system"));
  g_assert_cmpint (mount (NULL, data, NULL, MS_REMOUNT, NULL), ==, 0);
  test_wait_until (home_answers, broker, 20);
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

int
main (int argc, char *argv[])
{
  gboolean is_inside = test_namespace_enter (argv);

  g_test_init (&argc, &argv, NULL);
  g_assert_cmpuint (OUTBOX_ERROR, !=, 0);
  if (!is_inside)
    {
      g_test_message ("no namespaces can be had here");
      return 77;
    }
  test_namespace_run ("ip link set lo up");
  g_test_add_func ("/only-read/starts", test_starts_that_cannot_write);
  g_test_add_func ("/only-read/a-start-without-a-queue", test_a_start_without_a_queue_that_cannot_write);

  return g_test_run ();
}
