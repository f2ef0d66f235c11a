/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The data folder as it is found in the field: on a disk that is mounted late, taken away, cannot be written, is open to
 * others, or is no disk at all. In a mount namespace of the test's own.
 */
#include "home.h"
#include "support/command.h"
#include "support/document.h"
#include "support/namespace.h"

#include "dbus/error.h"
#include "dbus/names.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static gboolean
is_known (TestBroker *broker, const char *id)
{
  g_autoptr (GVariant) upload = NULL;

  return outbox_dbus_uploads_call_get_sync (broker->uploads, id, &upload, NULL, NULL);
}

typedef struct
{
  TestBroker *broker;
  const char *const *ids;
} Known;

static gboolean
are_known (gpointer data)
{
  const Known *known = data;

  for (guint i = 0; known->ids[i]; i++)
    if (!is_known (known->broker, known->ids[i]))
      return FALSE;

  return TRUE;
}

/* Yesterday's queue lies in a folder that is mounted over the data folder while the broker runs: what was taken before
 * joins it, nothing is lost from sight, and so it is after a restart. */
static void
test_a_disk_that_is_mounted_late (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *disk = g_build_filename (broker->folder, "disk", NULL);
  g_autofree char *yesterday = NULL;
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  const char *ids[4] = { NULL };
  const Known known = { broker, ids };

  home_pause_queue (broker);
  ids[0] = yesterday = home_hand_over (broker, "yesterday.jpg", 1);
  test_broker_stop (broker);
  g_assert_cmpint (g_rename (data, disk), ==, 0);
  g_assert_cmpint (g_mkdir (data, 0700), ==, 0);
  test_broker_start (broker, NULL);
  test_broker_use_receiver (broker);
  home_pause_queue (broker);
  g_assert_false (is_known (broker, yesterday));
  ids[1] = before = home_hand_over (broker, "before.jpg", 2);

  g_assert_cmpint (mount (disk, data, NULL, MS_BIND, NULL), ==, 0);
  test_wait_until (are_known, (gpointer) &known, 20);
  ids[2] = after = home_hand_over (broker, "after.jpg", 3);
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  g_assert_true (are_known ((gpointer) &known));
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  test_broker_wait_for_all (broker, "done", 20);
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

typedef struct
{
  TestBroker *broker;
  const char *id;
  gint64 size_bytes;
} Recorded;

static gboolean
is_recorded (gpointer data)
{
  const Recorded *recorded = data;
  g_autoptr (GVariant) document = NULL;

  return outbox_dbus_uploads_call_get_sync (recorded->broker->uploads, recorded->id, &document, NULL, NULL)
         && test_document_has_state (document, "saving")
         && test_document_get_number (document, 't', "saved_bytes") == recorded->size_bytes;
}

static gboolean
is_without_recording (gpointer data)
{
  const Recorded *recorded = data;

  return home_answers (recorded->broker) && !is_known (recorded->broker, recorded->id);
}

static int
create (TestBroker *broker, char **id)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) place = NULL;
  g_autoptr (GError) error = NULL;

  outbox_dbus_uploads_call_create_sync (broker->uploads, g_variant_new ("a{sv}", NULL), NULL, id, &place, &fds, NULL,
                                        &error);
  g_assert_no_error (error);

  return g_unix_fd_list_get (fds, g_variant_get_handle (place), NULL);
}

/* An app records into a file that the broker gave it when a disk is mounted over the folder: what it recorded joins the queue of
 * that disk, at once where it has ended by then, else when it ends. */
static void
test_a_recording_that_is_mounted_over (gconstpointer ends_late)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *disk = g_build_filename (broker->folder, "disk", NULL);
  g_autofree char *id = NULL;
  g_autofree char *before = NULL;
  const char *ids[2] = { NULL };
  const Known known = { broker, ids };
  Recorded recorded = { broker, NULL, 10 };
  g_autoptr (GError) error = NULL;
  int fd;

  g_assert_cmpint (g_mkdir (disk, 0700), ==, 0);
  home_pause_queue (broker);
  ids[0] = before = home_hand_over (broker, "before.jpg", 1);
  fd = create (broker, &id);
  recorded.id = id;
  g_assert_cmpint (write (fd, "video", 5), ==, 5);
  if (!ends_late)
    {
      g_assert_cmpint (write (fd, "-end!", 5), ==, 5);
      (void) close (fd);
    }
  g_assert_cmpint (mount (disk, data, NULL, MS_BIND, NULL), ==, 0);
  if (ends_late)
    {
      /* The queue that was mounted over, which may still answer, knows both. */
      test_wait_until (is_without_recording, &recorded, 20);
      g_assert_cmpint (write (fd, "-end!", 5), ==, 5);
      (void) close (fd);
    }
  test_wait_until (is_recorded, &recorded, 20);
  test_wait_until (are_known, (gpointer) &known, 20);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 2);
  outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_new ("a{sv}", NULL), NULL, &error);
  g_assert_no_error (error);
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

/* The note outside of the folder says that its queue was on another disk. */
static void
change_note (TestBroker *broker)
{
  g_autofree char *folder_path = g_build_filename (broker->folder, "state", "outbox", NULL);
  g_autoptr (GDir) folder = g_dir_open (folder_path, 0, NULL);
  g_autofree char *path = NULL;
  g_autoptr (GKeyFile) note = g_key_file_new ();
  const char *name;

  while ((name = g_dir_read_name (folder)) && !g_str_has_prefix (name, "queue-"))
    ;
  g_assert_nonnull (name);
  path = g_build_filename (folder_path, name, NULL);
  g_assert_true (g_key_file_load_from_file (note, path, G_KEY_FILE_NONE, NULL));
  g_key_file_set_string (note, "Queue", "Disk", "another");
  g_assert_true (g_key_file_save_to_file (note, path, NULL));
}

/* A queue that was here and is not is no empty queue: it is said, what is handed over is kept, and a person may go on. */
static void
test_a_queue_that_is_missed (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *disk = g_build_filename (broker->folder, "disk", NULL);
  g_autofree char *id = NULL;

  test_broker_stop (broker);
  change_note (broker);
  g_assert_cmpint (g_rename (data, disk), ==, 0);
  test_broker_start (broker, NULL);
  g_assert_true (home_has_reason (broker, "lies on a disk that is not mounted"));
  test_broker_use_receiver (broker);
  id = home_hand_over (broker, "meanwhile.jpg", 1);
  g_assert_cmpuint (test_broker_count (broker, "paused"), ==, 1);
  /* Not forgotten by a restart, and given up by a person alone. */
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  g_assert_true (home_has_reason (broker, "storage"));
  g_assert_true (outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL));
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_false (home_has_reason (broker, "storage"));
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  g_assert_false (home_has_reason (broker, "storage"));
}

/* A person, or a program that tidies up, removes what the running queue has: what is lost is told, what has arrived is still
 * known, and the next file is taken. */
static void
test_a_folder_that_is_removed (void)
{
  static const struct
  {
    const char *names;
    const char *state; /* of what had not arrived */
  } rows[] = {
    { "outbox", "failed" },           { "../data", "failed" },
    { "outbox/*", "failed" },         { "outbox/spool", "failed" },
    { "outbox/incoming", "paused" },  { "outbox/queue.db", "paused" },
    { "outbox/queue.db*", "paused" }, { "outbox/spool outbox/queue.db", "failed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (TestBroker) broker = test_broker_new ();
      g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
      g_autofree char *arrived = home_hand_over (broker, "arrived.jpg", 1);
      g_autofree char *waiting = NULL;
      g_autofree char *next = NULL;

      g_test_message ("%s is removed", rows[i].names);
      test_broker_wait_for_all (broker, "done", 20);
      home_pause_queue (broker);
      waiting = home_hand_over (broker, "waiting.jpg", 2);
      home_remove_all (data, rows[i].names);
      test_wait_until (home_is_in_state, &(HomeWanted){ broker, waiting, rows[i].state }, 20);
      g_assert_true (home_is_in_state (&(HomeWanted){ broker, arrived, "done" }));
      outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
      next = home_hand_over (broker, "next.jpg", 3);
      test_wait_until (home_is_in_state, &(HomeWanted){ broker, next, "done" }, 20);
      test_broker_stop (broker);
      test_broker_start (broker, NULL);
      g_assert_true (home_is_in_state (&(HomeWanted){ broker, next, "done" }));
      g_assert_true (is_known (broker, waiting));
      test_broker_stop (broker);
    }
}

static void
test_a_folder_that_is_open_to_others (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *folder = g_build_filename (broker->folder, "data", "outbox", NULL);
  struct stat info;

  test_broker_stop (broker);
  g_assert_cmpint (g_chmod (folder, 0777), ==, 0);
  test_broker_start (broker, NULL);
  g_assert_cmpint (g_stat (folder, &info), ==, 0);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0700);
}

/* Somebody else's daemon, on another bus, has the folder: it is not touched, and what is wrong is said. */
static void
test_a_folder_that_another_has (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *lock = g_build_filename (broker->folder, "data", "outbox", "lock", NULL);
  const char *const argv[] = { "flock", lock, "cat", NULL };
  g_autoptr (GSubprocess) other = NULL;
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;

  test_broker_stop (broker);
  other = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, NULL);
  /* It echoes when it has the lock. */
  g_assert_true (g_output_stream_write_all (g_subprocess_get_stdin_pipe (other), "x", 1, NULL, NULL, NULL));
  g_assert_cmpint (g_input_stream_read (g_subprocess_get_stdout_pipe (other), &(char){ 0 }, 1, NULL, NULL), ==, 1);
  test_broker_start (broker, NULL);
  g_assert_false (outbox_dbus_queue_call_summary_sync (broker->queue, &summary, NULL, &error));
  g_assert_nonnull (strstr (error->message, "Another outboxd uses"));
  g_assert_true (g_output_stream_close (g_subprocess_get_stdin_pipe (other), NULL, NULL));
  g_assert_true (g_subprocess_wait (other, NULL, NULL));
  test_wait_until (home_answers, broker, 20);
}

static void
on_summary (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
has_result (gpointer data)
{
  return *(GAsyncResult **) data != NULL;
}

/* At a restart the last daemon gives up its name before its folder. Who calls in between is answered, not told of another. */
static void
test_a_folder_that_another_is_leaving (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *lock = g_build_filename (broker->folder, "data", "outbox", "lock", NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GVariant) summary = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  test_broker_stop (broker);
  fd = g_open (lock, O_RDWR | O_CLOEXEC, 0);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  test_broker_start (broker, NULL);
  outbox_dbus_queue_call_summary (broker->queue, NULL, on_summary, &result);
  g_assert_true (g_dbus_connection_flush_sync (broker->connection, NULL, NULL));
  (void) close (fd);
  test_wait_until (has_result, &result, 20);
  (void) outbox_dbus_queue_call_summary_finish (broker->queue, &summary, result, &error);
  g_assert_no_error (error);
}

static gboolean
is_missing (gpointer data)
{
  return !home_answers (data);
}

/* The data folder is a link, as on a device whose large disk is elsewhere. The folder gets another name, and then the link
 * leads there again: it is the same queue. */
static void
test_a_link_that_is_set_anew (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *link = g_build_filename (data, "outbox", NULL);
  g_autofree char *before = g_build_filename (broker->folder, "disk", NULL);
  g_autofree char *after = g_build_filename (broker->folder, "large-disk", NULL);
  g_autofree char *id = NULL;

  test_broker_stop (broker);
  g_assert_cmpint (g_rename (link, before), ==, 0);
  g_assert_cmpint (symlink (before, link), ==, 0);
  test_broker_start (broker, NULL);
  home_pause_queue (broker);
  id = home_hand_over (broker, "photo.jpg", 1);
  g_assert_cmpint (g_rename (before, after), ==, 0);
  test_wait_until (is_missing, broker, 20);
  g_assert_cmpint (g_unlink (link), ==, 0);
  g_assert_cmpint (symlink (after, link), ==, 0);
  test_wait_until (home_answers, broker, 20);
  outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL);
  test_wait_until (home_is_in_state, &(HomeWanted){ broker, id, "done" }, 20);
}

static gboolean
is_only_in_memory (TestBroker *broker)
{
  g_autoptr (GVariant) value = NULL;
  g_autoptr (GVariant) reply
      = g_dbus_connection_call_sync (broker->connection, OUTBOX_BUS_NAME, OUTBOX_OBJECT_PATH,
                                     "org.freedesktop.DBus.Properties", "Get",
                                     g_variant_new ("(ss)", "org.outbox.Outbox1.Queue", "OnlyInMemory"),
                                     G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);

  g_assert_nonnull (reply);
  g_variant_get (reply, "(v)", &value);

  return g_variant_get_boolean (value);
}

/* Safe is said of a disk alone. */
static void
test_a_folder_in_memory (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);

  g_assert_false (is_only_in_memory (broker));
  test_broker_stop (broker);
  g_assert_cmpint (mount ("tmpfs", data, "tmpfs", 0, "mode=700"), ==, 0);
  test_broker_start (broker, NULL);
  g_assert_true (is_only_in_memory (broker));
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

/* A live system: what is written goes to memory, though the file system is no tmpfs. */
static void
test_a_folder_in_an_overlay_in_memory (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *memory = g_build_filename (broker->folder, "memory", NULL);
  g_autofree char *upper = g_build_filename (memory, "upper", NULL);
  g_autofree char *work = g_build_filename (memory, "work", NULL);
  g_autofree char *options = g_strdup_printf ("lowerdir=%s,upperdir=%s,workdir=%s", data, upper, work);
  g_autofree char *id = NULL;

  test_broker_stop (broker);
  g_assert_cmpint (g_mkdir (memory, 0700), ==, 0);
  g_assert_cmpint (mount ("tmpfs", memory, "tmpfs", 0, "mode=700"), ==, 0);
  g_assert_cmpint (g_mkdir (upper, 0700), ==, 0);
  g_assert_cmpint (g_mkdir (work, 0700), ==, 0);
  if (mount ("overlay", data, "overlay", 0, options) == 0)
    {
      test_broker_start (broker, NULL);
      g_assert_true (is_only_in_memory (broker));
      id = home_hand_over (broker, "photo.jpg", 1);
      test_broker_wait_for_all (broker, "done", 20);
      test_broker_stop (broker);
      g_assert_cmpint (umount (data), ==, 0);
    }
  else
    g_test_skip ("no overlay can be mounted here");
  g_assert_cmpint (umount (memory), ==, 0);
}

/* ramfs has no fallocate, like NFSv3: zeros are written in its place, and the reserve is there. */
static void
test_a_disk_that_cannot_allocate (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *data = g_build_filename (broker->folder, "data", NULL);
  g_autofree char *reserve = g_build_filename (data, "outbox", "reserve", NULL);
  g_autofree char *id = NULL;
  struct stat info;
  int fd;

  test_broker_stop (broker);
  /* The queue on the disk of before is not missed. */
  home_remove_all (broker->folder, "state/outbox");
  g_assert_cmpint (mount ("ramfs", data, "ramfs", 0, "mode=700"), ==, 0);
  test_broker_start (broker, NULL);
  test_broker_use_receiver (broker);
  id = home_hand_over (broker, "photo.jpg", 1);
  test_broker_wait_for_all (broker, "done", 20);
  fd = open (reserve, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (fallocate (fd, 0, 0, 4096), !=, 0);
  g_assert_cmpint (errno, ==, EOPNOTSUPP);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 8 << 20);
  (void) close (fd);
  test_broker_stop (broker);
  g_assert_cmpint (umount (data), ==, 0);
}

static void
record (TestBroker *broker)
{
  g_autofree char *line
      = g_strdup_printf ("sh -c 'echo twelve notes | \"%s\" add - --name notes.txt'", g_getenv ("OUTBOX"));
  TestCommand command = test_command_start_line (broker, line);

  g_free (test_command_finish (&command, 0));
  test_command_clear (&command);
}

/* A small card has the database, and a large disk the files: by a mount over the spool, or a link. What is handed over whole
 * and what an app records get there all the same, and safe is said of both disks or of none. */
static void
test_a_spool_on_another_disk (gconstpointer is_link)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *spool = g_build_filename (broker->folder, "data", "outbox", "spool", NULL);
  g_autofree char *disk = g_build_filename (broker->folder, "disk", NULL);
  const char *place = is_link ? disk : spool;
  g_autofree char *id = NULL;

  test_broker_stop (broker);
  g_assert_cmpint (g_mkdir (disk, 0700), ==, 0);
  g_assert_cmpint (mount ("tmpfs", place, "tmpfs", 0, "mode=700"), ==, 0);
  if (is_link)
    {
      g_assert_cmpint (g_rmdir (spool), ==, 0);
      g_assert_cmpint (symlink (disk, spool), ==, 0);
    }
  test_broker_start (broker, NULL);
  g_assert_true (is_only_in_memory (broker));
  home_pause_queue (broker);
  id = home_hand_over (broker, "photo.jpg", 1);
  record (broker);
  test_broker_stop (broker);
  test_broker_start (broker, NULL);
  test_broker_use_receiver (broker);
  g_assert_true (outbox_dbus_queue_call_resume_sync (broker->queue, NULL, NULL));
  test_broker_wait_for_all (broker, "done", 20);
  g_assert_cmpuint (test_broker_count (broker, "done"), ==, 2);
  test_broker_stop (broker);
  g_assert_cmpint (umount (place), ==, 0);
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
  g_test_add_func ("/home/a-disk-that-is-mounted-late", test_a_disk_that_is_mounted_late);
  g_test_add_data_func ("/home/a-recording-that-is-mounted-over", NULL, test_a_recording_that_is_mounted_over);
  g_test_add_data_func ("/home/a-recording-that-ends-later", "late", test_a_recording_that_is_mounted_over);
  g_test_add_func ("/home/a-queue-that-is-missed", test_a_queue_that_is_missed);
  g_test_add_func ("/home/a-folder-that-is-removed", test_a_folder_that_is_removed);
  g_test_add_func ("/home/a-folder-that-is-open-to-others", test_a_folder_that_is_open_to_others);
  g_test_add_func ("/home/a-folder-that-another-has", test_a_folder_that_another_has);
  g_test_add_func ("/home/a-folder-that-another-is-leaving", test_a_folder_that_another_is_leaving);
  g_test_add_func ("/home/a-link-that-is-set-anew", test_a_link_that_is_set_anew);
  g_test_add_func ("/home/a-folder-in-memory", test_a_folder_in_memory);
  g_test_add_func ("/home/a-folder-in-an-overlay-in-memory", test_a_folder_in_an_overlay_in_memory);
  g_test_add_func ("/home/a-disk-that-cannot-allocate", test_a_disk_that_cannot_allocate);
  g_test_add_data_func ("/home/a-spool-on-another-disk/mounted", GINT_TO_POINTER (FALSE), test_a_spool_on_another_disk);
  g_test_add_data_func ("/home/a-spool-on-another-disk/linked", GINT_TO_POINTER (TRUE), test_a_spool_on_another_disk);

  return g_test_run ();
}
