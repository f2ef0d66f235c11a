/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The spool on a real disk: what is copied, what is refused, and that nothing is left behind.
 */
#include "store/spool.h"

#include "base/identity.h"
#include "dbus/error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

typedef struct
{
  char *folder;
  ObSpool *spool;
  char *id;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", &error);
  fixture->spool = ob_spool_open (fixture->folder, &error);
  g_assert_no_error (error);
  fixture->id = ob_id_new (g_get_real_time () / 1000);
}

static guint
count_entries (Fixture *fixture, const char *subfolder)
{
  g_autofree char *path = g_build_filename (fixture->folder, subfolder, NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n_entries = 0;

  while (g_dir_read_name (folder))
    n_entries++;

  return n_entries;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *subfolders[] = { "spool", "incoming" };

  ob_spool_free (fixture->spool);
  for (guint i = 0; i < G_N_ELEMENTS (subfolders); i++)
    {
      g_autofree char *path = g_build_filename (fixture->folder, subfolders[i], NULL);

      g_assert_cmpuint (count_entries (fixture, subfolders[i]), ==, 0);
      g_assert_cmpint (g_rmdir (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->id);
}

/* An unnamed file with @size_bytes of a pattern from @from on, and a hole before. */
static int
make_file (Fixture *fixture, gsize from, gsize size_bytes)
{
  int fd = open (fixture->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  g_autofree guint8 *bytes = g_malloc (size_bytes);

  for (gsize i = 0; i < size_bytes; i++)
    bytes[i] = (guint8) ((i >> 12) * 31 + i);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, size_bytes, (off_t) from), ==, size_bytes);

  return fd;
}

static void
assert_refused (Fixture *fixture, int fd, OutboxError code)
{
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, (int) code);
  g_assert_cmpuint (count_entries (fixture, "incoming"), ==, 0);
}

static void
test_a_copy_is_exact (Fixture *fixture, gconstpointer data)
{
  const gsize size_bytes = 5 * 1024 * 1024 + 17;
  int fd = make_file (fixture, 0, size_bytes);
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
test_holes_stay_holes (Fixture *fixture, gconstpointer data)
{
  const gsize hole_bytes = 64 * 1024 * 1024;
  int fd = make_file (fixture, hole_bytes, 8192);
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
test_an_empty_file_is_a_file (Fixture *fixture, gconstpointer data)
{
  int fd = make_file (fixture, 0, 0);
  ObSpoolCopy copy;

  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, NULL));
  g_assert_cmpuint (copy.size_bytes, ==, 0);
  g_assert_cmpstr (copy.sha256, ==, EMPTY_SHA256);
  ob_spool_discard (fixture->spool, fixture->id);
  (void) close (fd);
}

static void
test_what_is_no_file (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "only-written", NULL);
  int folder = open (fixture->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int only_path = open ("/etc/passwd", O_PATH | O_CLOEXEC);
  int only_written = open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  int zero = open ("/dev/zero", O_RDONLY | O_CLOEXEC);
  int closed = dup (zero);
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

typedef struct
{
  int fd;
  gint must_stop;
  gint64 copied_bytes;
} Writer;

/* Appends once the copy has begun, so that the copy cannot have seen it from the start. */
static gpointer
append_while_copied (gpointer data)
{
  Writer *writer = data;

  while (__atomic_load_n (&writer->copied_bytes, __ATOMIC_RELAXED) == 0 && !g_atomic_int_get (&writer->must_stop))
    g_thread_yield ();
  g_assert_cmpint (pwrite (writer->fd, "more", 4, 64 * 1024 * 1024), ==, 4);

  return NULL;
}

static void
test_a_file_still_being_written (Fixture *fixture, gconstpointer data)
{
  Writer writer = { make_file (fixture, 0, 64 * 1024 * 1024), 0, 0 };
  GThread *thread = g_thread_new ("writer", append_while_copied, &writer);
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, writer.fd, NULL, &writer.copied_bytes, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_atomic_int_set (&writer.must_stop, 1);
  g_thread_join (thread);
  (void) close (writer.fd);
}

/* --- What happens to a file beside its bytes, while they are copied --- */

static void
close_to_others (const char *path)
{
  g_assert_cmpint (g_chmod (path, 0400), ==, 0);
}

static void
rename_it (const char *path)
{
  g_autofree char *other = g_strconcat (path, ".sent", NULL);

  g_assert_cmpint (g_rename (path, other), ==, 0);
  g_assert_cmpint (g_rename (other, path), ==, 0);
}

static void
link_it (const char *path)
{
  g_autofree char *other = g_strconcat (path, ".link", NULL);

  g_assert_cmpint (link (path, other), ==, 0);
  g_assert_cmpint (g_unlink (other), ==, 0);
}

static void
remove_it (const char *path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
touch_it (const char *path)
{
  g_assert_cmpint (utimensat (AT_FDCWD, path, NULL, 0), ==, 0);
}

/* As a program does that hides from a backup. */
static void
write_and_set_back (const char *path)
{
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);
  struct timespec times[2];
  struct stat info;

  g_assert_cmpint (fstat (fd, &info), ==, 0);
  times[0] = info.st_atim;
  times[1] = info.st_mtim;
  g_assert_cmpint (pwrite (fd, "other", 5, 0), ==, 5);
  g_assert_cmpint (futimens (fd, times), ==, 0);
  (void) close (fd);
}

typedef struct
{
  const char *path;
  void (*happen) (const char *path);
  gint64 copied_bytes;
} Event;

static gpointer
happen_while_copied (gpointer data)
{
  Event *event = data;

  while (__atomic_load_n (&event->copied_bytes, __ATOMIC_RELAXED) == 0)
    g_thread_yield ();
  event->happen (event->path);

  return NULL;
}

/* Its bytes are what counts: whoever removes a file as soon as it is handed over loses nothing. */
static void
test_what_happens_to_a_file (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    void (*happen) (const char *path);
    gboolean is_taken;
  } rows[] = { { close_to_others, TRUE }, { rename_it, TRUE }, { link_it, TRUE },
               { remove_it, TRUE },       { touch_it, FALSE }, { write_and_set_back, FALSE } };
  g_autofree char *path = g_build_filename (fixture->folder, "video", NULL);
  g_autofree char *bytes = g_strnfill (64 * 1024 * 1024, 'v');

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      Event event = { path, rows[i].happen, 0 };
      g_autoptr (GError) error = NULL;
      ObSpoolCopy copy;
      GThread *thread;
      int fd;

      g_assert_true (g_file_set_contents (path, bytes, 64 * 1024 * 1024, NULL));
      fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
      thread = g_thread_new ("event", happen_while_copied, &event);
      g_assert_cmpint (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, &event.copied_bytes, &copy, &error), ==,
                       rows[i].is_taken);
      g_thread_join (thread);
      if (rows[i].is_taken)
        g_assert_cmpuint (copy.size_bytes, ==, 64 * 1024 * 1024);
      else
        g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
      ob_spool_discard (fixture->spool, fixture->id);
      (void) g_unlink (path);
      (void) close (fd);
    }
}

/* Nobody writes to it: its size is a word of the file system's. */
static void
test_a_file_without_the_bytes_of_its_size (Fixture *fixture, gconstpointer data)
{
  int fd = g_open ("/sys/kernel/uevent_seqnum", O_RDONLY | O_CLOEXEC, 0);
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_cmpint (fd, >=, 0);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  (void) close (fd);
}

/* A camera that writes a little now and then. */
typedef struct
{
  int fd;
  gint n_writes;
  gint must_stop;
} Camera;

static gpointer
write_now_and_then (gpointer data)
{
  Camera *camera = data;

  while (!g_atomic_int_get (&camera->must_stop))
    {
      g_assert_cmpint (write (camera->fd, "frame", 5), ==, 5);
      g_atomic_int_inc (&camera->n_writes);
      g_usleep (10 * 1000);
    }
  (void) close (camera->fd);

  return NULL;
}

/* It is copied between two writes, but somebody has it open for writing. */
static void
test_a_small_file_between_two_writes (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "VID_0001.mp4", NULL);
  Camera camera = { g_open (path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), 0, 0 };
  GThread *thread = g_thread_new ("camera", write_now_and_then, &camera);
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;
  int fd;

  while (g_atomic_int_get (&camera.n_writes) == 0)
    g_thread_yield ();
  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_atomic_int_set (&camera.must_stop, 1);
  g_thread_join (thread);
  g_clear_error (&error);
  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, &error));
  g_assert_no_error (error);
  ob_spool_discard (fixture->spool, fixture->id);
  g_assert_cmpint (g_unlink (path), ==, 0);
  (void) close (fd);
}

/* An app that records into a mapping: neither size nor times of the file change after its first write. */
typedef struct
{
  guint8 *bytes;
  gsize size_bytes;
  gint64 copied_bytes;
} Mapping;

static gpointer
write_behind_the_copy (gpointer data)
{
  Mapping *mapping = data;

  while (__atomic_load_n (&mapping->copied_bytes, __ATOMIC_RELAXED) < 2 * 1024 * 1024)
    g_thread_yield ();
  mapping->bytes[0] ^= 0xff;

  return NULL;
}

static void
test_a_file_that_is_written_by_a_mapping (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "recording", NULL);
  int writer = g_open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  Mapping mapping = { NULL, 64 * 1024 * 1024, 0 };
  g_autoptr (GError) error = NULL;
  GThread *thread;
  ObSpoolCopy copy;
  int fd;

  g_assert_cmpint (ftruncate (writer, (off_t) mapping.size_bytes), ==, 0);
  mapping.bytes = mmap (NULL, mapping.size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, writer, 0);
  g_assert_true (mapping.bytes != MAP_FAILED);
  (void) close (writer);
  memset (mapping.bytes, 1, mapping.size_bytes);
  fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  thread = g_thread_new ("mapping", write_behind_the_copy, &mapping);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, &mapping.copied_bytes, &copy, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_thread_join (thread);
  g_assert_cmpint (munmap (mapping.bytes, mapping.size_bytes), ==, 0);
  g_assert_cmpint (g_unlink (path), ==, 0);
  (void) close (fd);
}

/* Reads on through the descriptor that it has handed over. */
typedef struct
{
  int fd;
  gint must_stop;
  guint n_moved;
} Reader;

static gpointer
watch_position (gpointer data)
{
  Reader *reader = data;

  while (!g_atomic_int_get (&reader->must_stop))
    reader->n_moved += lseek (reader->fd, 0, SEEK_CUR) != 4711;

  return NULL;
}

static void
test_an_apps_position_stays (Fixture *fixture, gconstpointer data)
{
  Reader reader = { make_file (fixture, 32 * 1024 * 1024, 8192), 0, 0 };
  GThread *thread;
  ObSpoolCopy copy;

  for (guint i = 0; i < 8; i++)
    g_assert_cmpint (pwrite (reader.fd, "data", 4, (off_t) i * 4 * 1024 * 1024), ==, 4);
  g_assert_cmpint (lseek (reader.fd, 4711, SEEK_SET), ==, 4711);
  thread = g_thread_new ("reader", watch_position, &reader);
  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, reader.fd, NULL, NULL, &copy, NULL));
  g_atomic_int_set (&reader.must_stop, 1);
  g_thread_join (thread);
  g_assert_cmpuint (reader.n_moved, ==, 0);
  ob_spool_discard (fixture->spool, fixture->id);
  (void) close (reader.fd);
}

/* Files that do not know their size are read to their end; one that cannot be read is none of 0 bytes; one of holes that is
 * larger than the disk is refused before it is read. */
static void
test_sizes_that_tell_nothing (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = ob_spool_get_path (fixture->spool, fixture->id);
  g_autofree char *known = NULL;
  g_autofree char *copied = NULL;
  g_autoptr (GError) error = NULL;
  gsize known_bytes, copied_bytes;
  int unsized = g_open ("/proc/version", O_RDONLY | O_CLOEXEC, 0);
  int unreadable = g_open ("/proc/self/mem", O_RDONLY | O_CLOEXEC, 0);
  int holes = make_file (fixture, 0, 4096);
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
    assert_refused (fixture, holes, OUTBOX_ERROR_DISK_FULL);
  (void) close (unsized);
  (void) close (unreadable);
  (void) close (holes);
}

static void
test_a_copy_can_be_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int fd = make_file (fixture, 0, 4 * 1024 * 1024);
  ObSpoolCopy copy;

  g_cancellable_cancel (cancellable);
  g_assert_false (ob_spool_copy (fixture->spool, fixture->id, fd, cancellable, NULL, &copy, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  (void) close (fd);
}

static void
test_leftovers_are_cleared (Fixture *fixture, gconstpointer data)
{
  int fd = make_file (fixture, 0, 100);
  ObSpoolCopy copy;

  g_assert_true (ob_spool_copy (fixture->spool, fixture->id, fd, NULL, NULL, &copy, NULL));
  g_assert_cmpuint (count_entries (fixture, "incoming"), ==, 1);
  ob_spool_free (fixture->spool);
  fixture->spool = ob_spool_open (fixture->folder, NULL);
  g_assert_cmpuint (count_entries (fixture, "incoming"), ==, 0);
  (void) close (fd);
}

/* A socket stands for whatever cannot be opened: the upload stays where it is, record and all, until it can be. */
static void
test_what_joins_is_never_left_behind (Fixture *fixture, gconstpointer data)
{
  g_autofree char *left = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autofree char *bytes = g_build_filename (left, fixture->id, NULL);
  g_autofree char *record = g_strconcat (bytes, ".json", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (record, "{}", -1, NULL));
  g_assert_true (ob_spool_join (fixture->spool, left, &error));
  g_assert_no_error (error);

  g_assert_cmpint (mknod (bytes, S_IFSOCK | 0600, 0), ==, 0);
  g_assert_false (ob_spool_join (fixture->spool, left, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  g_assert_true (g_file_test (record, G_FILE_TEST_EXISTS));

  g_assert_cmpint (g_unlink (bytes), ==, 0);
  g_assert_true (g_file_set_contents (bytes, "photo", -1, NULL));
  g_assert_true (ob_spool_join (fixture->spool, left, NULL));
  g_assert_true (ob_spool_has (fixture->spool, fixture->id));
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, NULL));
  g_assert_cmpint (g_rmdir (left), ==, 0);
}

static gpointer
save_fifty (gpointer data)
{
  Fixture *fixture = data;
  int fd = make_file (fixture, 0, 1000);

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
test_threads_share_the_flush (Fixture *fixture, gconstpointer data)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("saver", save_fifty, fixture);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc, char *argv[])
{
  const struct
  {
    const char *name;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/spool/a-copy-is-exact", test_a_copy_is_exact },
    { "/spool/holes-stay-holes", test_holes_stay_holes },
    { "/spool/an-empty-file-is-a-file", test_an_empty_file_is_a_file },
    { "/spool/what-is-no-file-is-refused", test_what_is_no_file },
    { "/spool/a-file-still-being-written-is-refused", test_a_file_still_being_written },
    { "/spool/what-happens-to-a-file-beside-its-bytes", test_what_happens_to_a_file },
    { "/spool/a-file-without-the-bytes-of-its-size", test_a_file_without_the_bytes_of_its_size },
    { "/spool/a-small-file-between-two-writes", test_a_small_file_between_two_writes },
    { "/spool/a-file-that-is-written-by-a-mapping", test_a_file_that_is_written_by_a_mapping },
    { "/spool/an-apps-position-stays", test_an_apps_position_stays },
    { "/spool/sizes-that-tell-nothing", test_sizes_that_tell_nothing },
    { "/spool/a-copy-can-be-cancelled", test_a_copy_can_be_cancelled },
    { "/spool/leftovers-are-cleared", test_leftovers_are_cleared },
    { "/spool/what-joins-is-never-left-behind", test_what_joins_is_never_left_behind },
    { "/spool/threads-share-the-flush", test_threads_share_the_flush },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].name, Fixture, NULL, set_up, tests[i].run, tear_down);

  return g_test_run ();
}
