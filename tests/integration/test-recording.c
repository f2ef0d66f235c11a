/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What apps record while they, the daemon or its database die: a recorder in a process of its own. RECORDING_BYTES makes the
 * first test as large as a film, and slow as a camera.
 */
#include "recorder.h"

#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)
#define N_CHUNKS 100
#define CAMERA_BYTES_A_S (20 * 1000 * 1000)

/* --- Deaths --- */

/* What the daemon's folders of files take on the disk. */
static guint64
count_disk_bytes (TestBroker *broker)
{
  const char *const folders[] = { "spool", "incoming", "partial" };
  guint64 blocks = 0;

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", folders[i], NULL);
      g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
      const char *name;

      while (folder && (name = g_dir_read_name (folder)))
        {
          g_autofree char *file = g_build_filename (path, name, NULL);
          struct stat info;

          if (stat (file, &info) == 0)
            blocks += (guint64) info.st_blocks;
        }
    }

  return blocks * 512;
}

static gsize
get_chunk_bytes (void)
{
  const char *text = g_getenv ("RECORDING_BYTES");

  return text ? (gsize) (g_ascii_strtoull (text, NULL, 10) / N_CHUNKS) : CHUNK_BYTES;
}

static void
test_the_broker_dies_three_times (void)
{
  const gsize chunk_bytes = get_chunk_bytes ();
  const guint64 size_bytes = chunk_bytes * N_CHUNKS, most_bytes = size_bytes + size_bytes / 100;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *sha256 = recorder_digest_chunks (chunk_bytes, N_CHUNKS);
  g_autofree char *paused = test_command (broker, "pause", 0);
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  Recorder recorder = recorder_start (fd, chunk_bytes);
  g_autofree char *resumed = NULL;

  for (guint i = 0; i < N_CHUNKS; i++)
    {
      if (i % 30 == 20)
        test_broker_kill (broker);
      recorder_record_chunk (&recorder);
      /* A camera's time, not one that the test waits for. */
      if (g_getenv ("RECORDING_BYTES"))
        g_usleep ((gulong) (G_USEC_PER_SEC * chunk_bytes / CAMERA_BYTES_A_S));
      if (i % 30 == 23)
        {
          test_broker_start (broker, NULL);
          recorder_wait_until_told (broker, id, "recording");
        }
    }
  recorder_end (&recorder, FALSE);
  g_assert_cmpuint (count_disk_bytes (broker), <=, most_bytes);
  recorder_commit (broker, id, sha256, -1);
  g_assert_cmpuint (count_disk_bytes (broker), <=, most_bytes);
  g_test_message ("%" G_GUINT64_FORMAT " bytes recorded, %" G_GUINT64_FORMAT " on the disk", size_bytes,
                  count_disk_bytes (broker));
  g_assert_cmpuint (test_broker_count_files (broker, "partial"), ==, 0);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  resumed = test_command (broker, "resume", 0);
  recorder_assert_arrived (broker, id, sha256, size_bytes);
}

static void
test_the_recorder_dies (void)
{
  const guint n_chunks = N_CHUNKS * 6 / 10;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *sha256 = recorder_digest_chunks (CHUNK_BYTES, n_chunks);
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  Recorder recorder = recorder_start (fd, CHUNK_BYTES);
  g_autofree char *while_it_records = test_command (broker, "status", 0);
  g_autofree char *when_it_died = NULL;
  g_autofree char *after_a_restart = NULL;
  g_autofree char *line = g_strdup_printf ("commit %s", id);
  g_autofree char *committed = NULL;

  test_assert_has (while_it_records, "film.mp4: Recording on this device");
  for (guint i = 0; i < n_chunks; i++)
    recorder_record_chunk (&recorder);
  recorder_end (&recorder, TRUE);
  recorder_wait_until_told (broker, id, "unfinished");
  when_it_died = test_command (broker, "status", 0);
  test_assert_has (when_it_died, "film.mp4: Not finished");
  test_assert_has (when_it_died, "outbox commit ");
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  recorder_wait_until_told (broker, id, "unfinished");
  after_a_restart = test_command (broker, "list", 0);
  test_assert_has (after_a_restart, "15.7");
  committed = test_command (broker, line, 0);
  test_assert_has (committed, "is safe on this device");
  recorder_assert_arrived (broker, id, sha256, (guint64) n_chunks * CHUNK_BYTES);
}

/* What an app writes may not be on the disk yet, and stands beside what is. */
static void
test_it_is_not_called_safe (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "photo.jpg", 1000, 1);
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autoptr (GError) error = NULL;
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  g_autofree char *alone = test_command (broker, "status", 0);
  g_autofree char *photo = test_broker_submit (broker, path, NULL, &error);
  g_autofree char *beside = NULL;
  g_autofree char *committed = NULL;
  g_autofree char *after = NULL;
  g_autofree char *line = g_strdup_printf ("commit %s", id);

  g_assert_no_error (error);
  g_assert_null (strstr (alone, "safe on this device"));
  beside = test_command (broker, "status", 0);
  test_assert_has (beside, "Everything is safe on this device, except what apps have not finished.");
  (void) close (fd);
  committed = test_command (broker, line, 0);
  after = test_command (broker, "status", 0);
  test_assert_has (after, "Everything is safe on this device.");
}

/* A daemon that dies on the way leaves a recording, or an upload; never nothing, and never both. */
static void
test_it_dies_on_the_way (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "some bytes", -1);
  g_autofree char *id = NULL;
  int fd;

  test_broker_stop (broker);
  test_broker_start (broker, data);
  id = recorder_create_named (broker, "note.txt", &fd);
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  (void) outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_new ("a{sv}", NULL), NULL, NULL);
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  recorder_commit (broker, id, sha256, -1);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  recorder_assert_arrived (broker, id, sha256, 10);
  g_assert_cmpuint (test_broker_count_files (broker, "partial"), ==, 0);
}

/* The row of one that was being made is not there, or is; nobody has its file, so nothing is lost. */
static void
test_it_dies_while_it_creates (gconstpointer data)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *id = NULL, *again = NULL;
  g_autoptr (GError) error = NULL;
  int fd;

  test_broker_stop (broker);
  test_broker_start (broker, data);
  id = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, NULL);
  g_assert_null (id);
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  again = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, &error);
  g_assert_no_error (error);
  (void) close (fd);
  recorder_commit (broker, again, NULL, -1);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  g_assert_cmpuint (test_broker_count_files (broker, "partial"), ==, 0);
}

/* --- The database is lost --- */

static void
test_the_database_is_lost (void)
{
  const char *const names[] = { "queue.db", "queue.db-wal", "queue.db-shm", "queue.db.in-use" };
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  test_broker_kill (broker);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", names[i], NULL);

      (void) g_unlink (path);
    }
  test_broker_start (broker, NULL);
  recorder_wait_until_told (broker, id, "recording");
  (void) close (fd);
  recorder_commit (broker, id, NULL, -1);
  test_broker_wait_for_all (broker, "done", 20);
}

int
main (int argc, char *argv[])
{
  static const char *const commits[]
      = { "half-renamed", "spool-renamed", "partial-finished", "row-written", "before-reply" };
  static const char *const creates[] = { "partial-record", "partial-recorded", "partial-begun", "recording-written" };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording/the-broker-dies-three-times", test_the_broker_dies_three_times);
  g_test_add_func ("/recording/the-recorder-dies", test_the_recorder_dies);
  g_test_add_func ("/recording/it-is-not-called-safe", test_it_is_not_called_safe);
  for (guint i = 0; i < G_N_ELEMENTS (commits); i++)
    {
      g_autofree char *path = g_strconcat ("/recording/it-dies-on-the-way/", commits[i], NULL);

      g_test_add_data_func (path, commits[i], test_it_dies_on_the_way);
    }
  for (guint i = 0; i < G_N_ELEMENTS (creates); i++)
    {
      g_autofree char *path = g_strconcat ("/recording/it-dies-while-it-creates/", creates[i], NULL);

      g_test_add_data_func (path, creates[i], test_it_dies_while_it_creates);
    }
  g_test_add_func ("/recording/the-database-is-lost", test_the_database_is_lost);

  return g_test_run ();
}
