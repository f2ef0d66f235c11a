/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that apps write into the broker's own file: a recorder in a process of its own, whatever becomes of it or of the daemon,
 * and everything that comes through that door. RECORDING_BYTES makes the first test as large as a film, and slow as a camera.
 */
#include "dbus/error.h"
#include "support/command.h"
#include "support/files.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHUNK_BYTES (256 * 1024)
#define N_CHUNKS 100
#define CAMERA_BYTES_A_S (20 * 1000 * 1000)

/* --- Calls --- */

/* @options: floating. Returns: (transfer full) (nullable): the id. */
static char *
create (TestBroker *broker, GVariant *options, int *fd, GError **error)
{
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) place = NULL;
  char *id = NULL;

  *fd = -1;
  if (!outbox_dbus_uploads_call_create_sync (broker->uploads, options, NULL, &id, &place, &fds, NULL, error))
    return NULL;
  *fd = g_unix_fd_list_get (fds, g_variant_get_handle (place), error);
  g_assert_cmpint (*fd, >=, 0);
  g_assert_cmpint (fcntl (*fd, F_SETFD, FD_CLOEXEC), ==, 0);

  return id;
}

static char *
create_named (TestBroker *broker, const char *name, int *fd)
{
  g_autofree char *options = g_strdup_printf ("{'name': <'%s'>}", name);
  g_autoptr (GError) error = NULL;
  char *id = create (broker, g_variant_new_parsed (options), fd, &error);

  g_assert_no_error (error);

  return id;
}

/* @code: of the error; -1: there must be none. @sha256: (nullable) */
static void
commit (TestBroker *broker, const char *id, const char *sha256, int code)
{
  GVariantDict options;
  g_autoptr (GError) error = NULL;

  g_variant_dict_init (&options, NULL);
  if (sha256)
    g_variant_dict_insert (&options, "sha256", "s", sha256);
  (void) outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_dict_end (&options), NULL, &error);
  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, OUTBOX_ERROR, code);
}

static char *
dup_text (TestBroker *broker, const char *id, const char *name)
{
  g_autoptr (GVariant) document = test_broker_get (broker, id);
  char *text = NULL;

  (void) g_variant_lookup (document, name, "s", &text);

  return text;
}

/* What is told of one that is saving: its reason, and whether a person is needed. */
typedef struct
{
  TestBroker *broker;
  const char *id;
  const char *reason;
} Told;

static gboolean
is_told (gpointer data)
{
  const Told *told = data;
  g_autoptr (GVariant) document = test_broker_get (told->broker, told->id);
  g_autofree const char **reasons = NULL;
  gboolean needs_user = FALSE;

  (void) g_variant_lookup (document, "reasons", "^a&s", &reasons);
  (void) g_variant_lookup (document, "needs_user", "b", &needs_user);

  return reasons && g_strv_length ((char **) reasons) == 1 && g_str_equal (reasons[0], told->reason)
         && needs_user == g_str_equal (told->reason, "unfinished");
}

static void
wait_until_told (TestBroker *broker, const char *id, const char *reason)
{
  Told told = { broker, id, reason };
  g_autofree char *state = NULL;

  test_wait_until (is_told, &told, 20);
  state = dup_text (broker, id, "state");
  g_assert_cmpstr (state, ==, "saving");
}

/* --- A recorder: a process that writes a chunk for each byte that it is sent --- */

typedef struct
{
  GPid pid;
  int orders;
  int reports;
} Recorder;

static void
fill_chunk (guint8 *chunk, gsize chunk_bytes, guint number)
{
  for (gsize i = 0; i < chunk_bytes; i++)
    chunk[i] = (guint8) ((i >> 8) * 7 + i + number * 13);
}

static void
run_recorder (int fd, int orders, int reports, gsize chunk_bytes)
{
  g_autofree guint8 *chunk = g_malloc (chunk_bytes);
  guint number = 0;
  char order;

  while (read (orders, &order, 1) == 1)
    {
      fill_chunk (chunk, chunk_bytes, number++);
      for (gsize done = 0; done < chunk_bytes;)
        {
          gssize written = write (fd, chunk + done, chunk_bytes - done);

          if (written < 0)
            _exit (1);
          done += (gsize) written;
        }
      if (write (reports, &order, 1) != 1)
        _exit (1);
    }
  _exit (0);
}

/* Takes @fd: the recorder alone has it then. */
static Recorder
start_recorder (int fd, gsize chunk_bytes)
{
  int orders[2], reports[2];
  Recorder recorder;

  g_assert_cmpint (pipe2 (orders, O_CLOEXEC), ==, 0);
  g_assert_cmpint (pipe2 (reports, O_CLOEXEC), ==, 0);
  recorder.pid = fork ();
  g_assert_cmpint (recorder.pid, >=, 0);
  if (recorder.pid == 0)
    {
      (void) close (orders[1]);
      (void) close (reports[0]);
      run_recorder (fd, orders[0], reports[1], chunk_bytes);
    }
  (void) close (orders[0]);
  (void) close (reports[1]);
  (void) close (fd);
  recorder.orders = orders[1];
  recorder.reports = reports[0];

  return recorder;
}

static void
record_chunk (Recorder *recorder)
{
  char report;

  g_assert_cmpint (write (recorder->orders, "x", 1), ==, 1);
  g_assert_cmpint (read (recorder->reports, &report, 1), ==, 1);
}

static void
end_recorder (Recorder *recorder, gboolean is_killed)
{
  int status;

  if (is_killed)
    g_assert_cmpint (kill (recorder->pid, SIGKILL), ==, 0);
  (void) close (recorder->orders);
  g_assert_cmpint (waitpid (recorder->pid, &status, 0), ==, recorder->pid);
  g_assert_true (is_killed ? WIFSIGNALED (status) : WIFEXITED (status) && WEXITSTATUS (status) == 0);
  (void) close (recorder->reports);
}

static char *
digest_chunks (gsize chunk_bytes, guint n_chunks)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  g_autofree guint8 *chunk = g_malloc (chunk_bytes);

  for (guint i = 0; i < n_chunks; i++)
    {
      fill_chunk (chunk, chunk_bytes, i);
      g_checksum_update (checksum, chunk, (gssize) chunk_bytes);
    }

  return g_strdup (g_checksum_get_string (checksum));
}

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

static void
assert_arrived (TestBroker *broker, const char *id, const char *sha256, guint64 size_bytes)
{
  g_autofree char *found = NULL;
  g_autoptr (GVariant) document = NULL;
  guint64 size = 0;

  test_broker_wait_for_all (broker, "done", 120);
  document = test_broker_get (broker, id);
  g_assert_true (g_variant_lookup (document, "size", "t", &size));
  g_assert_cmpuint (size, ==, size_bytes);
  found = dup_text (broker, id, "sha256");
  g_assert_cmpstr (found, ==, sha256);
}

/* --- Deaths --- */

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
  g_autofree char *sha256 = digest_chunks (chunk_bytes, N_CHUNKS);
  g_autofree char *paused = test_command (broker, "pause", 0);
  int fd;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  Recorder recorder = start_recorder (fd, chunk_bytes);
  g_autofree char *resumed = NULL;

  for (guint i = 0; i < N_CHUNKS; i++)
    {
      if (i % 30 == 20)
        test_broker_kill (broker);
      record_chunk (&recorder);
      /* A camera's time, not one that the test waits for. */
      if (g_getenv ("RECORDING_BYTES"))
        g_usleep ((gulong) (G_USEC_PER_SEC * chunk_bytes / CAMERA_BYTES_A_S));
      if (i % 30 == 23)
        {
          test_broker_start (broker, NULL);
          wait_until_told (broker, id, "recording");
        }
    }
  end_recorder (&recorder, FALSE);
  g_assert_cmpuint (count_disk_bytes (broker), <=, most_bytes);
  commit (broker, id, sha256, -1);
  g_assert_cmpuint (count_disk_bytes (broker), <=, most_bytes);
  g_test_message ("%" G_GUINT64_FORMAT " bytes recorded, %" G_GUINT64_FORMAT " on the disk", size_bytes,
                  count_disk_bytes (broker));
  g_assert_cmpuint (test_broker_count_files (broker, "partial"), ==, 0);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  resumed = test_command (broker, "resume", 0);
  assert_arrived (broker, id, sha256, size_bytes);
}

static void
test_the_recorder_dies (void)
{
  const guint n_chunks = N_CHUNKS * 6 / 10;
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *sha256 = digest_chunks (CHUNK_BYTES, n_chunks);
  int fd;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  Recorder recorder = start_recorder (fd, CHUNK_BYTES);
  g_autofree char *while_it_records = test_command (broker, "status", 0);
  g_autofree char *when_it_died = NULL;
  g_autofree char *after_a_restart = NULL;
  g_autofree char *line = g_strdup_printf ("commit %s", id);
  g_autofree char *committed = NULL;

  test_assert_has (while_it_records, "film.mp4: Recording on this device");
  for (guint i = 0; i < n_chunks; i++)
    record_chunk (&recorder);
  end_recorder (&recorder, TRUE);
  wait_until_told (broker, id, "unfinished");
  when_it_died = test_command (broker, "status", 0);
  test_assert_has (when_it_died, "film.mp4: Not finished");
  test_assert_has (when_it_died, "outbox commit ");
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  wait_until_told (broker, id, "unfinished");
  after_a_restart = test_command (broker, "list", 0);
  test_assert_has (after_a_restart, "15.7");
  committed = test_command (broker, line, 0);
  test_assert_has (committed, "is safe on this device");
  assert_arrived (broker, id, sha256, (guint64) n_chunks * CHUNK_BYTES);
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
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  g_autofree char *alone = test_command (broker, "status", 0);
  g_autofree char *photo = test_broker_submit (broker, path, NULL, &error);
  g_autofree char *beside = NULL;
  g_autofree char *committed = NULL;
  g_autofree char *after = NULL;
  g_autofree char *line = g_strdup_printf ("commit %s", id);

  g_assert_no_error (error);
  g_assert_null (strstr (alone, "safe on this device"));
  beside = test_command (broker, "status", 0);
  test_assert_has (beside, "All of it is safe on this device, but what apps have not finished.");
  (void) close (fd);
  committed = test_command (broker, line, 0);
  after = test_command (broker, "status", 0);
  test_assert_has (after, "All of it is safe on this device.");
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
  id = create_named (broker, "note.txt", &fd);
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  (void) outbox_dbus_uploads_call_commit_sync (broker->uploads, id, g_variant_new ("a{sv}", NULL), NULL, NULL);
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  commit (broker, id, sha256, -1);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 1);
  assert_arrived (broker, id, sha256, 10);
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
  id = create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, NULL);
  g_assert_null (id);
  test_broker_wait_for_death (broker, 20);
  test_broker_start (broker, NULL);
  again = create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, &error);
  g_assert_no_error (error);
  (void) close (fd);
  commit (broker, again, NULL, -1);
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
  g_autofree char *id = create_named (broker, "film.mp4", &fd);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  test_broker_kill (broker);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", names[i], NULL);

      (void) g_unlink (path);
    }
  test_broker_start (broker, NULL);
  wait_until_told (broker, id, "recording");
  (void) close (fd);
  commit (broker, id, NULL, -1);
  test_broker_wait_for_all (broker, "done", 20);
}

/* --- What comes through the door --- */

static void
test_it_is_open_still (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd, copy;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  g_autofree char *other = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "other", -1);
  char *mapped;

  g_assert_cmpint (ftruncate (fd, 8192), ==, 0);
  commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  copy = dup (fd);
  (void) close (fd);
  commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  mapped = mmap (NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
  g_assert_true (mapped != MAP_FAILED);
  (void) close (copy);
  commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  mapped[4711] = 'x';
  g_assert_cmpint (munmap (mapped, 8192), ==, 0);
  commit (broker, id, other, OUTBOX_ERROR_DIGEST_MISMATCH);
  commit (broker, id, NULL, -1);
  commit (broker, id, NULL, -1);
  commit (broker, id, other, OUTBOX_ERROR_DIGEST_MISMATCH);
  test_broker_wait_for_all (broker, "done", 20);
  commit (broker, id, NULL, -1);
}

/* Who has kept it open to read, and is its owner, can open it once more: that is seen before a byte of it leaves. */
static void
test_it_is_changed_after_all (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *resumed = NULL, *reading = NULL, *path = NULL, *list = NULL;
  int fd, read_fd, again;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  read_fd = open (path, O_RDONLY | O_CLOEXEC);
  (void) close (fd);
  commit (broker, id, NULL, -1);
  reading = g_strdup_printf ("/proc/self/fd/%d", read_fd);
  again = open (reading, O_RDWR | O_CLOEXEC);
  g_assert_cmpint (again, >=, 0);
  g_assert_cmpint (pwrite (again, "X", 1, 0), ==, 1);
  (void) close (again);
  (void) close (read_fd);
  resumed = test_command (broker, "resume", 0);
  test_broker_wait_for_all (broker, "failed", 20);
  list = test_command (broker, "list", 0);
  test_assert_has (list, "the saved copy was damaged");
}

static void
test_it_is_written_anyhow (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree guint8 *expected = g_malloc0 (3 * 1024 * 1024);
  g_autofree char *sha256 = NULL;
  int fd;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);

  /* The end first, a hole, more than stays, and the head last, as recorders write it. */
  g_assert_cmpint (pwrite (fd, "end", 3, 3 * 1024 * 1024 - 3), ==, 3);
  g_assert_cmpint (pwrite (fd, "more", 4, 3 * 1024 * 1024), ==, 4);
  g_assert_cmpint (ftruncate (fd, 3 * 1024 * 1024), ==, 0);
  g_assert_cmpint (pwrite (fd, "head", 4, 0), ==, 4);
  (void) close (fd);
  memcpy (expected, "head", 4);
  memcpy (expected + 3 * 1024 * 1024 - 3, "end", 3);
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, expected, 3 * 1024 * 1024);
  commit (broker, id, sha256, -1);
  assert_arrived (broker, id, sha256, 3 * 1024 * 1024);
}

/* By what it is in the end, not by what it was called. */
static void
test_its_rule_is_that_of_its_bytes (void)
{
  static const char head[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *before = NULL, *type = NULL, *said = NULL;
  g_autoptr (GError) error = NULL;
  int fd, said_fd;
  g_autofree char *id = create_named (broker, "thing", &fd);
  g_autofree char *said_id = create (broker, g_variant_new_parsed ("{'media_type': <'video/mp4'>}"), &said_fd, &error);

  before = dup_text (broker, id, "media_type");
  g_assert_cmpstr (before, ==, "application/octet-stream");
  g_assert_cmpint (write (fd, head, sizeof head), ==, sizeof head);
  g_assert_cmpint (write (said_fd, head, sizeof head), ==, sizeof head);
  (void) close (fd);
  (void) close (said_fd);
  commit (broker, id, NULL, -1);
  commit (broker, said_id, NULL, -1);
  type = dup_text (broker, id, "media_type");
  g_assert_cmpstr (type, ==, "image/png");
  said = dup_text (broker, said_id, "media_type");
  g_assert_cmpstr (said, ==, "video/mp4");
}

static void
test_its_key (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "other.jpg", 1000, 1);
  g_autoptr (GError) error = NULL, busy = NULL, reused = NULL, taken = NULL;
  g_autofree char *id = NULL, *none = NULL, *again = NULL, *submitted = NULL;
  char bytes[16];
  int fd, second;

  id = create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &fd, &error);
  g_assert_no_error (error);
  none = create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &second, &busy);
  g_assert_error (busy, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  wait_until_told (broker, id, "unfinished");
  again = create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &fd, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, id);
  wait_until_told (broker, id, "recording");
  g_assert_cmpint (read (fd, bytes, sizeof bytes), ==, 10);
  (void) close (fd);
  submitted = test_broker_submit (broker, path, g_variant_new_parsed ("{'key': <'k'>}"), &taken);
  g_assert_error (taken, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
  commit (broker, id, NULL, -1);
  none = create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, &reused);
  g_assert_error (reused, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
}

static void
test_an_app_has_so_many (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GError) error = NULL, digest = NULL;
  g_autofree char *first = NULL, *none = NULL, *more = NULL;
  int fd;

  none = create (broker, g_variant_new_parsed ("{'sha256': <'%s'>}", "x"), &fd, &digest);
  g_assert_error (digest, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  for (guint i = 0; i < 32; i++)
    {
      g_autofree char *id = create_named (broker, "film.mp4", &fd);

      (void) close (fd);
      if (!first)
        first = g_steal_pointer (&id);
    }
  more = create (broker, g_variant_new ("a{sv}", NULL), &fd, &error);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  commit (broker, first, NULL, -1);
  more = create_named (broker, "film.mp4", &fd);
  (void) close (fd);
}

static void
test_it_is_removed (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *unknown = g_uuid_string_random ();
  g_autoptr (GError) error = NULL;
  int fd;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  const char *const ids[] = { id, NULL };

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  g_assert_true (outbox_dbus_uploads_call_remove_sync (broker->uploads, ids, NULL, &error));
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  commit (broker, id, NULL, OUTBOX_ERROR_NOT_FOUND);
  commit (broker, unknown, NULL, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpuint (test_broker_count_files (broker, "partial"), ==, 0);
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
}

/* Another file of that kind than those of Create, and somebody who took it away. */
static void
test_its_file_is_gone (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd;
  g_autofree char *id = create_named (broker, "film.mp4", &fd);
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", "partial", id, NULL);
  g_autofree char *words = g_strdup_printf ("log %s", id);
  g_autofree char *log = NULL;

  g_assert_cmpint (g_unlink (path), ==, 0);
  (void) close (fd);
  commit (broker, id, NULL, OUTBOX_ERROR_NOT_FOUND);
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
  log = test_command (broker, words, 0);
  test_assert_has (log, "the file that was recorded is gone");
}

/* --- outbox add - --- */

static void
test_a_pipe_is_taken (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *path = test_broker_make_file (broker, "source", 700000, 5);
  g_autofree char *sha256 = test_file_digest (path);
  g_auto (TestCommand) command = { NULL, NULL };
  g_autofree char *line = g_strdup_printf ("sh -c 'cat source | %s add --name pipe.mp4 -'", g_getenv ("OUTBOX"));
  g_autofree char *output = NULL, *name = NULL, *refused = NULL;

  command = test_command_start_line (broker, line);
  output = g_strstrip (test_command_finish (&command, 0));
  name = dup_text (broker, output, "name");
  g_assert_cmpstr (name, ==, "pipe.mp4");
  assert_arrived (broker, output, sha256, 700000);
  refused = test_command (broker, "add --name x.mp4 source", 2);
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
  g_test_add_func ("/recording/it-is-open-still", test_it_is_open_still);
  g_test_add_func ("/recording/it-is-changed-after-all", test_it_is_changed_after_all);
  g_test_add_func ("/recording/it-is-written-anyhow", test_it_is_written_anyhow);
  g_test_add_func ("/recording/its-rule-is-that-of-its-bytes", test_its_rule_is_that_of_its_bytes);
  g_test_add_func ("/recording/its-key", test_its_key);
  g_test_add_func ("/recording/an-app-has-so-many", test_an_app_has_so_many);
  g_test_add_func ("/recording/it-is-removed", test_it_is_removed);
  g_test_add_func ("/recording/its-file-is-gone", test_its_file_is_gone);
  g_test_add_func ("/recording/a-pipe-is-taken", test_a_pipe_is_taken);

  return g_test_run ();
}
