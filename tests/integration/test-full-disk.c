/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The real daemon on a disk without room: nothing that was accepted is lost, what does not fit is refused, and a start says why
 * it cannot.
 */
#include "dbus/error.h"
#include "recovered.h"
#include "support/document.h"
#include "support/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sys/mount.h>
#include <unistd.h>

#define PAGE_BYTES 4096
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
  char *path = recovered_data_path (broker, name);
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
  g_autofree char *path = recovered_data_path (data, "reserve");

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* Once with what is held for that; without it, it tells what it has and why no more is taken, and has lost nothing by it. */
static void
test_start_on_a_full_disk (TestBroker *broker, const char *path, guint n_uploads)
{
  g_autoptr (GError) error = NULL;
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
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, n_uploads);
  g_assert_null (test_broker_submit (broker, path, NULL, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_assert_cmpint (g_unlink (more), ==, 0);
  g_assert_cmpint (g_unlink (ballast), ==, 0);
  test_wait_until (has_reserve, broker, 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, n_uploads);
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
  g_assert_cmpint (test_document_get_number (upload, 'i', "priority"), ==, written);

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
  recovered_assert_each_arrived_once (broker, ids);
  test_wait_until (has_reserve, broker, 10);
  g_hash_table_add (ids, test_broker_submit (broker, small, NULL, &error));
  g_assert_no_error (error);
  recovered_assert_each_arrived_once (broker, ids);
  test_start_on_a_full_disk (broker, small, g_hash_table_size (ids));
  g_assert_cmpint (g_unlink (ballast), ==, 0);
  leave_the_small_disk (broker);
}

/* An app writes into the broker's file until the system says no: what it has is committed with what is held for that, and goes. */
static void
test_a_recording_fills_the_disk (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *bytes = g_malloc0 (PAGE_BYTES);
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) place = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;
  guint64 size_bytes;
  int fd;

  move_to_a_small_disk (broker);
  outbox_dbus_uploads_call_create_sync (broker->uploads, g_variant_new ("a{sv}", NULL), NULL, &id, &place, &fds, NULL,
                                        &error);
  g_assert_no_error (error);
  fd = g_unix_fd_list_get (fds, g_variant_get_handle (place), &error);
  g_clear_object (&fds);
  while (write (fd, bytes, PAGE_BYTES) > 0)
    ;
  g_assert_cmpint (errno, ==, ENOSPC);
  size_bytes = (guint64) lseek (fd, 0, SEEK_END);
  (void) close (fd);
  outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_new ("a{sv}", NULL), NULL, &error);
  g_assert_no_error (error);
  /* It misses the queue that was on the large disk. */
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, &error);
  g_assert_no_error (error);
  test_broker_wait_for_all (broker, "done", 30);
  {
    g_autoptr (GVariant) document = test_broker_get (broker, id);

    g_assert_cmpuint (test_document_get_number (document, 't', "size"), ==, size_bytes);
  }
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
  static const struct
  {
    const char *name;
    void (*run) (void);
  } tests[] = {
    { "/recovery/a-disk-without-room", test_a_disk_without_room },
    { "/recovery/a-recording-fills-the-disk", test_a_recording_fills_the_disk },
  };

  g_test_init (&argc, &argv, NULL);
  /* Registers the names. */
  g_assert_cmpuint (OUTBOX_ERROR, !=, 0);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    if (g_getenv ("TEST_IN_NAMESPACE"))
      g_test_add_func (tests[i].name, tests[i].run);
    else
      g_test_add_data_func (tests[i].name, tests[i].name, test_in_a_namespace);

  return g_test_run ();
}
