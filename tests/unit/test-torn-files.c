/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files that are written or read by others while they are copied into the spool.
 */
#include "dbus/error.h"
#include "spool.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

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
test_a_file_still_being_written (TestSpool *fixture, gconstpointer data)
{
  Writer writer = { test_spool_make_file (fixture, 0, 64 * 1024 * 1024), 0, 0 };
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
test_what_happens_to_a_file (TestSpool *fixture, gconstpointer data)
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
test_a_small_file_between_two_writes (TestSpool *fixture, gconstpointer data)
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
test_a_file_that_is_written_by_a_mapping (TestSpool *fixture, gconstpointer data)
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
test_an_apps_position_stays (TestSpool *fixture, gconstpointer data)
{
  Reader reader = { test_spool_make_file (fixture, 32 * 1024 * 1024, 8192), 0, 0 };
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

int
main (int argc, char *argv[])
{
  const TestSpoolCase tests[] = {
    { "/spool/a-file-still-being-written-is-refused", test_a_file_still_being_written },
    { "/spool/what-happens-to-a-file-beside-its-bytes", test_what_happens_to_a_file },
    { "/spool/a-small-file-between-two-writes", test_a_small_file_between_two_writes },
    { "/spool/a-file-that-is-written-by-a-mapping", test_a_file_that_is_written_by_a_mapping },
    { "/spool/an-apps-position-stays", test_an_apps_position_stays },
  };

  g_test_init (&argc, &argv, NULL);
  test_spool_add (tests, G_N_ELEMENTS (tests));

  return g_test_run ();
}
