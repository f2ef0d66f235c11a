/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The spool on a real disk: what is copied, what is refused, and that nothing is left behind.
 */
#include "base/identity.h"
#include "dbus/error.h"
#include "spool.h"
#include "base/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void
assert_refused (TestSpool *fixture, int fd, OutboxError code)
{
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, (int) code);
  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 0);
}

static void
test_a_copy_is_exact (TestSpool *fixture, gconstpointer data)
{
  const gsize size_bytes = 5 * 1024 * 1024 + 17;
  int fd = test_spool_make_file (fixture, 0, size_bytes);
  g_autofree char *path = ob_spool_get_path (fixture->spool, fixture->id);
  g_autofree char *read_back = NULL;
  g_autofree char *sha256 = NULL;
  g_autoptr (GError) error = NULL;
  gint64 copied_bytes = 0;
  gsize read_bytes;
  ObSpoolCopy copy;

  g_assert_cmpint (lseek (fd, 4711, SEEK_SET), ==, 4711);
  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, &copied_bytes, &copy, &error));
  g_assert_cmpint (lseek (fd, 0, SEEK_CUR), ==, 4711);
  g_assert_cmpuint (copy.size_bytes, ==, size_bytes);
  g_assert_cmpint (copied_bytes, ==, size_bytes);
  g_assert_false (ob_spool_has (fixture->spool, fixture->id));
  g_assert_true (ob_spool_commit (fixture->spool, fixture->id, "{}", &error));
  g_assert_no_error (error);
  g_assert_true (ob_spool_has (fixture->spool, fixture->id));
  g_assert_true (g_file_get_contents (path, &read_back, &read_bytes, NULL));
  g_assert_cmpuint (read_bytes, ==, size_bytes);
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) read_back, read_bytes);
  g_assert_cmpstr (sha256, ==, copy.sha256);
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, &error));
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, &error));
  g_assert_no_error (error);
  (void) close (fd);
}

static void
test_holes_stay_holes (TestSpool *fixture, gconstpointer data)
{
  const gsize hole_bytes = 64 * 1024 * 1024;
  int fd = test_spool_make_file (fixture, hole_bytes, 8192);
  g_autofree char *path = ob_spool_get_path (fixture->spool, fixture->id);
  g_autofree char *read_back = NULL;
  g_autofree char *sha256 = NULL;
  gsize read_bytes;
  GStatBuf info;
  ObSpoolCopy copy;

  g_assert_cmpint (ftruncate (fd, (off_t) (2 * hole_bytes)), ==, 0);
  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, NULL));
  g_assert_true (ob_spool_commit (fixture->spool, fixture->id, "{}", NULL));
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 2 * hole_bytes);
  g_assert_cmpint (info.st_blocks * 512, <, 1024 * 1024);
  g_assert_true (g_file_get_contents (path, &read_back, &read_bytes, NULL));
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) read_back, read_bytes);
  g_assert_cmpstr (sha256, ==, copy.sha256);
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, NULL));
  (void) close (fd);
}

static void
test_an_empty_file_is_a_file (TestSpool *fixture, gconstpointer data)
{
  int fd = test_spool_make_file (fixture, 0, 0);
  ObSpoolCopy copy;

  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, NULL));
  g_assert_cmpuint (copy.size_bytes, ==, 0);
  g_assert_cmpstr (copy.sha256, ==, EMPTY_SHA256);
  ob_spool_discard (fixture->spool, fixture->id);
  (void) close (fd);
}

static void
test_what_is_no_file (TestSpool *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "only-written", NULL);
  int folder = open (fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int only_path = open ("/etc/passwd", O_PATH | O_CLOEXEC);
  int only_written = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  int zero = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  /* A number that nobody is given: the copy would find its own file there. */
  int closed = fcntl (zero, F_DUPFD_CLOEXEC, 500);
  int pipes[2], sockets[2];

  g_assert_cmpint (pipe2 (pipes, O_CLOEXEC), ==, 0);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), ==, 0);
  g_assert_cmpint (close (closed), ==, 0);
  {
    const int refused[] = { folder, only_path, only_written, zero, closed, pipes[0], sockets[0] };

    for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
      assert_refused (fixture, refused[i], OUTBOX_ERROR_INVALID_ARGUMENT);
  }
  g_assert_cmpint (g_unlink (path), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      (void) close (pipes[i]);
      (void) close (sockets[i]);
    }
  (void) close (folder);
  (void) close (only_path);
  (void) close (only_written);
  (void) close (zero);
}

/* --- What happens to a file beside its bytes, while they are copied --- */

/* Nobody writes to it: its size is a word of the file system's. */
static void
test_a_file_without_the_bytes_of_its_size (TestSpool *fixture, gconstpointer data)
{
  int fd = g_open ("/sys/kernel/uevent_seqnum", O_RDONLY | O_CLOEXEC, 0);
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_cmpint (fd, >=, 0);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  (void) close (fd);
}

/* Files that do not know their size are read to their end; one that cannot be read is none of 0 bytes; one of holes that is
 * larger than the disk is refused before it is read. */
static void
test_sizes_that_tell_nothing (TestSpool *fixture, gconstpointer data)
{
  g_autofree char *path = ob_spool_get_path (fixture->spool, fixture->id);
  g_autofree char *known = NULL;
  g_autofree char *copied = NULL;
  g_autoptr (GError) error = NULL;
  gsize known_bytes, copied_bytes;
  int unsized = g_open ("/proc/version", O_RDONLY | O_CLOEXEC, 0);
  int unreadable = g_open ("/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
  int holes = test_spool_make_file (fixture, 0, 4096);
  ObSpoolCopy copy;

  g_assert_true (g_file_get_contents ("/proc/version", &known, &known_bytes, NULL));
  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, unsized, NULL, NULL, &copy, &error));
  g_assert_cmpuint (copy.size_bytes, ==, known_bytes);
  g_assert_true (ob_spool_commit (fixture->spool, fixture->id, "{}", NULL));
  g_assert_true (g_file_get_contents (path, &copied, &copied_bytes, NULL));
  g_assert_cmpmem (copied, copied_bytes, known, known_bytes);
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, NULL));
  assert_refused (fixture, unreadable, OUTBOX_ERROR_INVALID_ARGUMENT);
  if (ftruncate (holes, G_GINT64_CONSTANT (15) << 40) == 0)
    {
      assert_refused (fixture, holes, OUTBOX_ERROR_DISK_FULL);
      g_assert_false (ob_spool_digest (holes, NULL, &copy, &error));
      g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
  (void) close (unsized);
  (void) close (unreadable);
  (void) close (holes);
}

static void
test_a_copy_can_be_cancelled (TestSpool *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int fd = test_spool_make_file (fixture, 0, 4 * 1024 * 1024);
  ObSpoolCopy copy;

  g_cancellable_cancel (cancellable);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, cancellable, NULL, &copy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  (void) close (fd);
}

static void
test_leftovers_are_cleared (TestSpool *fixture, gconstpointer data)
{
  int fd = test_spool_make_file (fixture, 0, 100);
  ObSpoolCopy copy;

  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, NULL));
  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 1);
  ob_spool_free (fixture->spool);
  fixture->spool = ob_spool_open (fixture->folder, NULL);
  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 0);
  (void) close (fd);
}

/* Returns: whether it all joined, while the process may open one descriptor, which the folder takes. */
static gboolean
join_with_one_descriptor (TestSpool *fixture, const char *folder, GError **error)
{
  int lowest = open ("/", O_RDONLY | O_CLOEXEC);
  struct rlimit before, one;
  gboolean is_good;

  (void) close (lowest);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  one = (struct rlimit){ .rlim_cur = (rlim_t) lowest + 1, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &one), ==, 0);
  is_good = ob_spool_join (fixture->spool, folder, error);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);

  return is_good;
}

/* What cannot be opened now stays where it is, record and all, until it can be. What is no file is not waited for. */
static void
test_what_joins_is_never_left_behind (TestSpool *fixture, gconstpointer data)
{
  g_autofree char *left = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *bytes = g_build_filename (left, fixture->id, NULL);
  g_autofree char *record = g_strconcat (bytes, ".json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (record, "{}", -1, NULL));
  g_assert_true (ob_spool_join (fixture->spool, left, &error));
  g_assert_no_error (error);

  g_assert_cmpint (mknod (bytes, S_IFSOCK | 0600, 0), ==, 0);
  g_assert_true (ob_spool_join (fixture->spool, left, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_unlink (bytes), ==, 0);

  g_assert_true (g_file_set_contents (bytes, "photo", -1, NULL));
  g_assert_false (join_with_one_descriptor (fixture, left, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  g_assert_true (g_file_test (record, G_FILE_TEST_EXISTS));

  g_assert_true (ob_spool_join (fixture->spool, left, NULL));
  g_assert_true (ob_spool_has (fixture->spool, fixture->id));
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, NULL));
  g_assert_cmpint (g_rmdir (left), ==, 0);
}

static gpointer
save_fifty (gpointer data)
{
  TestSpool *fixture = data;
  int fd = test_spool_make_file (fixture, 0, 1000);

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *id = ob_id_new (g_get_real_time () / 1000);
      g_autoptr (GError) error = NULL;
      ObSpoolCopy copy;

      g_assert_true (ob_spool_copy (fixture->spool, id, fd, NULL, NULL, &copy, &error));
      g_assert_true (ob_spool_commit (fixture->spool, id, "{}", &error));
      g_assert_true (ob_spool_has (fixture->spool, id));
      g_assert_true (ob_spool_remove (fixture->spool, id, &error));
      g_assert_no_error (error);
    }
  (void) close (fd);

  return NULL;
}

static void
test_threads_share_the_sync (TestSpool *fixture, gconstpointer data)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("saver", save_fifty, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

/* --- A folder that cannot be synced --- */

#define N_AT_ONCE 4

static struct
{
  TestSpool *fixture;
  int error_number; /* of each sync of a folder; 0: it works */
  gboolean are_met; /* all have renamed what they bring */
} broken;

/* In the place of the C library's. The first sync ends when all have come as far, so that the others wait for one together. */
int
fsync (int fd)
{
  struct stat info;

  if (broken.error_number == 0 || fstat (fd, &info) != 0 || !S_ISDIR (info.st_mode))
    return (int) syscall (SYS_fsync, fd);
  while (!broken.are_met)
    broken.are_met = test_spool_count_entries (broken.fixture, "spool") == 2 * N_AT_ONCE;
  errno = broken.error_number;

  return -1;
}

/* Returns: (transfer full): why it could not be saved */
static gpointer
save_one (gpointer id)
{
  GError *error = NULL;

  g_assert_false (ob_spool_commit (broken.fixture->spool, id, "{}", &error));

  return error;
}

static const struct
{
  int error_number;
  OutboxError code;
} sync_faults[] = {
  { ENOSPC, OUTBOX_ERROR_DISK_FULL },
  { EDQUOT, OUTBOX_ERROR_DISK_FULL },
  { EROFS, OUTBOX_ERROR_STORAGE },
  { EIO, OUTBOX_ERROR_STORAGE },
};

/* Of a full disk that is only then noticed, as on a network home: each who waits is told what it is, not only who had it synced. */
static void
test_a_folder_that_cannot_be_synced (TestSpool *fixture, gconstpointer data)
{
  int fd = test_spool_make_file (fixture, 0, 1000);

  broken.fixture = fixture;
  for (guint i = 0; i < G_N_ELEMENTS (sync_faults); i++)
    {
      GThread *threads[N_AT_ONCE];
      char *ids[N_AT_ONCE];

      for (guint n = 0; n < N_AT_ONCE; n++)
        {
          ObSpoolCopy copy;

          ids[n] = ob_id_new (g_get_real_time () / 1000);
          g_assert_true (ob_spool_copy (fixture->spool, ids[n], fd, NULL, NULL, &copy, NULL));
        }
      broken.are_met = FALSE;
      broken.error_number = sync_faults[i].error_number;
      for (guint n = 0; n < N_AT_ONCE; n++)
        threads[n] = g_thread_new ("saver", save_one, ids[n]);
      for (guint n = 0; n < N_AT_ONCE; n++)
        {
          g_autoptr (GError) error = g_thread_join (threads[n]);

          g_assert_error (error, OUTBOX_ERROR, (int) sync_faults[i].code);
          g_assert_nonnull (strstr (error->message, g_strerror (sync_faults[i].error_number)));
        }
      broken.error_number = 0;
      for (guint n = 0; n < N_AT_ONCE; n++)
        g_free (ids[n]);
      g_assert_cmpuint (test_spool_count_entries (fixture, "spool"), ==, 0);
    }
  (void) close (fd);
}

/* A process of its own for each would cost more than the copy. That others may hang is tried on a file system of the tests' own
 * (test-slow-files.c). */
static void
test_what_asks_nobody_cannot_hang (TestSpool *fixture, gconstpointer data)
{
  const int fds[] = {
    test_spool_make_file (fixture, 0, 1000),
    memfd_create ("photo", MFD_CLOEXEC),
    memfd_create ("sealed", MFD_CLOEXEC | MFD_ALLOW_SEALING),
    g_open ("/proc/self/status", O_RDONLY | O_CLOEXEC, 0),
  };

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      g_assert_cmpint (fds[i], >=, 0);
      g_assert_false (ob_mounts_may_hang (fds[i]));
      (void) close (fds[i]);
    }
}

int
main (int argc, char *argv[])
{
  static const TestSpoolCase tests[] = {
    { "/spool/a-copy-is-exact", test_a_copy_is_exact },
    { "/spool/holes-stay-holes", test_holes_stay_holes },
    { "/spool/an-empty-file-is-a-file", test_an_empty_file_is_a_file },
    { "/spool/what-is-no-file-is-refused", test_what_is_no_file },
    { "/spool/a-file-without-the-bytes-of-its-size", test_a_file_without_the_bytes_of_its_size },
    { "/spool/sizes-that-tell-nothing", test_sizes_that_tell_nothing },
    { "/spool/a-copy-can-be-cancelled", test_a_copy_can_be_cancelled },
    { "/spool/leftovers-are-cleared", test_leftovers_are_cleared },
    { "/spool/what-joins-is-never-left-behind", test_what_joins_is_never_left_behind },
    { "/spool/what-asks-nobody-cannot-hang", test_what_asks_nobody_cannot_hang },
    { "/spool/a-folder-that-cannot-be-synced", test_a_folder_that_cannot_be_synced },
  };
  /* Two hundred files, each synced: for unit-long. */
  static const TestSpoolCase long_tests[] = {
    { "/spool/threads-share-the-sync", test_threads_share_the_sync },
  };

  g_test_init (&argc, &argv, NULL);
  if (g_test_slow ())
    test_spool_add (long_tests, G_N_ELEMENTS (long_tests));
  else
    test_spool_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
