/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Files in pieces on a real disk: what goes on after a restart, and from where, whatever has become of file and record.
 */
#include "base/crash.h"
#include "base/files.h"
#include "base/identity.h"
#include "dbus/error.h"
#include "store/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "OUTBOX_TEST_FOLDER"
#define ID "01234567-89ab-7def-8123-456789abcdef"

/* Not of whole blocks. */
#define FIRST_BYTES (1024 * 1024 + 4711)
#define ALL_BYTES (3 * 1024 * 1024 + 17)

typedef struct
{
  char *folder;
  ObSpool *spool;
} Fixture;

static void
open_spool (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->spool, ob_spool_free);
  fixture->spool = ob_spool_open (fixture->folder, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  open_spool (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  const char *argv[] = { "rm", "-rf", fixture->folder, NULL };

  ob_spool_free (fixture->spool);
  g_assert_true (g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, NULL));
  g_free (fixture->folder);
}

/* --- What is written --- */

static char *
make_bytes (void)
{
  char *bytes = g_malloc (ALL_BYTES);

  for (gsize i = 0; i < ALL_BYTES; i++)
    bytes[i] = (char) ((i >> 9) * 31 + i);

  return bytes;
}

static ObWriter *
begin (ObSpool *spool, gint64 size_bytes, GError **error)
{
  return ob_writer_begin (spool, ob_partial_new (ID, size_bytes, g_strdup ("{\"name\":\"a.jpg\"}"), 1000), error);
}

static void
assert_ends_right (Fixture *fixture, ObWriter *writer)
{
  g_autofree char *bytes = make_bytes ();
  g_autofree char *sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) bytes, ALL_BYTES);
  g_autofree char *path = ob_spool_get_path (fixture->spool, ID);
  g_autoptr (GPtrArray) left = NULL;
  g_autoptr (GBytes) blocks = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  gsize found_bytes;
  ObSpoolCopy copy;

  while (ob_writer_get_offset (writer) < ALL_BYTES)
    {
      guint64 offset = ob_writer_get_offset (writer);

      g_assert_true (ob_writer_append (writer, bytes + offset, MIN (ALL_BYTES - offset, 99999), &error));
    }
  g_assert_true (ob_writer_end (writer, sha256, &copy, &blocks, &error));
  g_assert_cmpstr (copy.sha256, ==, sha256);
  g_assert_cmpuint (copy.size_bytes, ==, ALL_BYTES);
  g_assert_cmpuint (g_bytes_get_size (blocks), ==, 4 * 8);
  g_assert_true (ob_writer_finish (writer, ID, "{}", &error));
  g_assert_no_error (error);
  g_assert_true (ob_spool_has (fixture->spool, ID));
  g_assert_true (g_file_get_contents (path, &found, &found_bytes, NULL));
  g_assert_cmpmem (found, found_bytes, bytes, ALL_BYTES);
  left = ob_partial_list (fixture->spool);
  g_assert_cmpuint (left->len, ==, 0);
}

static guint
count_left (Fixture *fixture)
{
  g_autofree char *path = g_build_filename (fixture->folder, "partial", NULL);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (folder && g_dir_read_name (folder))
    n++;

  return n;
}

/* --- Without a restart --- */

static void
test_pieces_make_the_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, ALL_BYTES, &error);

  g_assert_no_error (error);
  assert_ends_right (fixture, writer);
  g_assert_cmpuint (count_left (fixture), ==, 0);
}

static void
test_the_size_is_held (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) more = NULL, less = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, 10, NULL);
  g_autoptr (GBytes) blocks = NULL;
  ObSpoolCopy copy;

  g_assert_true (ob_writer_append (writer, "12345678", 8, NULL));
  g_assert_false (ob_writer_append (writer, "901", 3, &more));
  g_assert_error (more, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (ob_writer_get_offset (writer), ==, 8);
  g_assert_false (ob_writer_end (writer, NULL, &copy, &blocks, &less));
  g_assert_error (less, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  ob_writer_cancel (writer);
  g_assert_cmpuint (count_left (fixture), ==, 0);
}

static void
test_another_digest (Fixture *fixture, gconstpointer data)
{
  g_autofree char *other = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "other", -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, -1, NULL);
  g_autoptr (GBytes) blocks = NULL;
  ObSpoolCopy copy;

  g_assert_true (ob_writer_append (writer, "bytes", 5, NULL));
  g_assert_false (ob_writer_end (writer, other, &copy, &blocks, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH);
  g_assert_false (ob_spool_has (fixture->spool, ID));
}

static void
test_no_room_for_all_of_it (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, G_GINT64_CONSTANT (1) << 52, &error);

  g_assert_null (writer);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  g_assert_cmpuint (count_left (fixture), ==, 0);
}

/* A write that is cut short leaves nothing that the digest does not have, and may be tried again. */
static void
test_a_write_that_fails (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bytes = make_bytes ();
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, -1, NULL);
  g_autofree char *path = ob_partial_dup_path (fixture->spool, ID);
  struct rlimit before, low;
  struct stat info;

  g_assert_true (ob_writer_append (writer, bytes, FIRST_BYTES, NULL));
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  low = (struct rlimit){ FIRST_BYTES + 1000, before.rlim_max };
  (void) signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &low), ==, 0);
  g_assert_false (ob_writer_append (writer, bytes + FIRST_BYTES, 2000, &error));
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, FIRST_BYTES);
  assert_ends_right (fixture, writer);
}

/* --- After damage --- */

typedef struct
{
  const char *name;
  void (*damage) (const char *path, const char *record_path); /* NULL: the next alone */
  const char *record;                                         /* that is there in place of its own; NULL: its own is */
  int code;                                                   /* of why it does not go on; -1: it does */
  guint listed;                                               /* of the files that a start finds */
  gboolean stays;                                             /* something of it is left where it is */
} Damage;

static void
cut (const char *path, off_t size)
{
  g_assert_cmpint (truncate (path, size), ==, 0);
}

static void
lose_a_byte (const char *path, const char *record_path)
{
  cut (path, FIRST_BYTES - 1);
}

static void
lose_all (const char *path, const char *record_path)
{
  cut (path, 0);
}

static void
gain_zeros (const char *path, const char *record_path)
{
  cut (path, ALL_BYTES + 99);
}

static void
remove_record (const char *path, const char *record_path)
{
  g_assert_cmpint (g_unlink (record_path), ==, 0);
}

static void
remove_bytes (const char *path, const char *record_path)
{
  g_assert_cmpint (g_unlink (path), ==, 0);
}

static void
link_bytes (const char *path, const char *record_path)
{
  remove_bytes (path, record_path);
  g_assert_cmpint (symlink ("/dev/zero", path), ==, 0);
}

static void
link_record (const char *path, const char *record_path)
{
  remove_record (path, record_path);
  g_assert_cmpint (symlink ("/dev/zero", record_path), ==, 0);
}

static void
pipe_as_bytes (const char *path, const char *record_path)
{
  remove_bytes (path, record_path);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
}

static void
pipe_as_record (const char *path, const char *record_path)
{
  remove_record (path, record_path);
  g_assert_cmpint (mkfifo (record_path, 0600), ==, 0);
}

static void
folder_as_bytes (const char *path, const char *record_path)
{
  remove_bytes (path, record_path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
}

#define ABOUT ",\"about\":{}}"

static void
endless_record (const char *path, const char *record_path)
{
  cut (record_path, 64 * 1024 * 1024);
}

#define GOES_ON -1
#define NOT_FOUND OUTBOX_ERROR_NOT_FOUND
#define INVALID OUTBOX_ERROR_INVALID_ARGUMENT
#define STORAGE OUTBOX_ERROR_STORAGE

static const Damage damages[] = {
  { "nothing", NULL, NULL, GOES_ON, 1, TRUE },
  { "more-than-was-flushed", gain_zeros, NULL, GOES_ON, 1, TRUE },
  { "a-byte-lost", lose_a_byte, NULL, STORAGE, 1, TRUE },
  { "all-lost", lose_all, NULL, STORAGE, 1, TRUE },
  { "no-record", remove_record, NULL, NOT_FOUND, 1, TRUE },
  { "no-bytes", remove_bytes, NULL, NOT_FOUND, 0, FALSE },
  { "a-link", link_bytes, NULL, STORAGE, 0, TRUE },
  { "a-pipe", pipe_as_bytes, NULL, STORAGE, 0, TRUE },
  { "a-folder", folder_as_bytes, NULL, STORAGE, 0, TRUE },
  { "record-is-a-link", link_record, NULL, STORAGE, 1, TRUE },
  { "record-is-a-pipe", pipe_as_record, NULL, STORAGE, 1, TRUE },
  { "record-is-empty", NULL, "", INVALID, 1, TRUE },
  { "record-is-half", NULL, "{\"id\":\"" ID "\",\"size\":-1,\"dur", INVALID, 1, TRUE },
  { "record-is-a-list", NULL, "[]", INVALID, 1, TRUE },
  { "record-of-another", NULL,
    "{\"id\":\"01234567-89ab-7def-8123-456789abcdee\",\"size\":-1,\"durable\":1,\"begun_at\":1" ABOUT, INVALID, 1,
    TRUE },
  { "record-of-less-than-nothing", NULL, "{\"id\":\"" ID "\",\"size\":-1,\"durable\":-1,\"begun_at\":1" ABOUT, INVALID,
    1, TRUE },
  { "record-beyond-its-size", NULL, "{\"id\":\"" ID "\",\"size\":10,\"durable\":11,\"begun_at\":1" ABOUT, INVALID, 1,
    TRUE },
  { "record-of-an-absurd-size", NULL,
    "{\"id\":\"" ID "\",\"size\":9223372036854775807,\"durable\":1,\"begun_at\":1" ABOUT, INVALID, 1, TRUE },
  { "record-of-words", NULL, "{\"id\":\"" ID "\",\"size\":\"10\",\"durable\":1,\"begun_at\":1" ABOUT, INVALID, 1,
    TRUE },
  { "record-about-nothing", NULL, "{\"id\":\"" ID "\",\"size\":-1,\"durable\":1,\"begun_at\":1,\"about\":7}", INVALID,
    1, TRUE },
  { "record-without-an-end", endless_record, NULL, STORAGE, 1, TRUE },
};

static void
test_damage (Fixture *fixture, gconstpointer data)
{
  const Damage *row = data;
  g_autofree char *bytes = make_bytes ();
  g_autofree char *path = ob_partial_dup_path (fixture->spool, ID);
  g_autofree char *record_path = g_strconcat (path, ".json", NULL);
  g_autoptr (GPtrArray) listed = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = begin (fixture->spool, -1, &error);

  g_assert_true (ob_writer_append (writer, bytes, FIRST_BYTES, &error));
  g_assert_true (ob_writer_sync (writer, &error));
  g_clear_pointer (&writer, ob_writer_unref);
  if (row->damage)
    row->damage (path, record_path);
  if (row->record)
    g_assert_true (g_file_set_contents (record_path, row->record, -1, NULL));
  open_spool (fixture);

  writer = ob_writer_resume (fixture->spool, ID, NULL, &error);
  listed = ob_partial_list (fixture->spool);
  g_assert_cmpuint (listed->len, ==, row->listed);
  g_assert_cmpint (count_left (fixture) > 0, ==, row->stays);
  if (row->code == GOES_ON)
    {
      g_assert_no_error (error);
      g_assert_cmpuint (ob_writer_get_offset (writer), ==, FIRST_BYTES);
      g_assert_cmpstr (ob_writer_get_partial (writer)->about, ==, "{\"name\":\"a.jpg\"}");
      assert_ends_right (fixture, writer);
    }
  else
    g_assert_error (error, OUTBOX_ERROR, row->code);
}

#if OB_CRASH_POINTS
/* --- After a kill --- */

typedef struct
{
  const char *point;
  enum
  {
    NOTHING,
    IN_PIECES,
    IN_SPOOL,
  } found;
  guint64 offset; /* from which it goes on */
} Kill;

static const Kill kills[] = {
  { "partial-record", NOTHING, 0 },
  { "partial-recorded", NOTHING, 0 },
  { "partial-begun", IN_PIECES, 0 },
  { "partial-appended", IN_PIECES, 0 },
  { "partial-flushed", IN_PIECES, 0 },
  { "partial-record:2", IN_PIECES, 0 },
  { "partial-durable", IN_PIECES, FIRST_BYTES },
  { "partial-appended:2", IN_PIECES, FIRST_BYTES },
  { "partial-flushed:2", IN_PIECES, FIRST_BYTES },
  { "partial-durable:2", IN_PIECES, ALL_BYTES },
  { "half-renamed", IN_PIECES, ALL_BYTES },
  { "spool-renamed", IN_SPOOL, 0 },
  { "partial-finished", IN_SPOOL, 0 },
};

/* In a process of its own, which is killed on the way. */
static void
write_all (const char *folder)
{
  g_autoptr (ObSpool) spool = ob_spool_open (folder, NULL);
  g_autoptr (ObWriter) writer = begin (spool, -1, NULL);
  g_autofree char *bytes = make_bytes ();
  g_autoptr (GBytes) blocks = NULL;
  ObSpoolCopy copy;

  g_assert_true (ob_writer_append (writer, bytes, FIRST_BYTES, NULL) && ob_writer_sync (writer, NULL)
                 && ob_writer_append (writer, bytes + FIRST_BYTES, ALL_BYTES - FIRST_BYTES, NULL)
                 && ob_writer_sync (writer, NULL) && ob_writer_end (writer, NULL, &copy, &blocks, NULL)
                 && ob_writer_finish (writer, ID, "{}", NULL));
}

static void
test_kill (Fixture *fixture, gconstpointer data)
{
  const Kill *row = data;
  g_autoptr (GPtrArray) listed = NULL;
  g_autoptr (ObWriter) writer = NULL;
  g_autoptr (GError) error = NULL;

  if (g_test_subprocess ())
    {
      write_all (g_getenv (FOLDER));
      return;
    }
  g_setenv (FOLDER, fixture->folder, TRUE);
  g_setenv ("OUTBOX_CRASH_AT", row->point, TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_unsetenv ("OUTBOX_CRASH_AT");
  g_test_trap_assert_failed ();
  open_spool (fixture);

  listed = ob_partial_list (fixture->spool);
  g_assert_cmpuint (listed->len, ==, row->found == IN_PIECES);
  g_assert_cmpint (ob_spool_has (fixture->spool, ID), ==, row->found == IN_SPOOL);
  if (row->found == IN_PIECES)
    {
      writer = ob_writer_resume (fixture->spool, ID, NULL, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (ob_writer_get_offset (writer), ==, row->offset);
      assert_ends_right (fixture, writer);
    }
  g_assert_cmpuint (count_left (fixture), ==, 0);
}
#endif

/* --- What was not counted --- */

/* @bytes: the file's then */
static void
assert_size (Fixture *fixture, guint64 bytes)
{
  g_assert_cmpuint (ob_partial_get_bytes (fixture->spool, ID), ==, bytes);
}

static void
test_what_was_not_counted_is_cut (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bytes = make_bytes ();
  g_autoptr (GError) error = NULL, busy = NULL;
  ObWriter *writer = begin (fixture->spool, -1, &error);

  g_assert_true (ob_writer_set_size (writer, ALL_BYTES, &error));
  g_assert_true (ob_writer_append (writer, bytes, FIRST_BYTES, &error));
  g_assert_true (ob_writer_sync (writer, &error));
  g_assert_true (ob_writer_append (writer, bytes + FIRST_BYTES, 1000, &error));
  /* Its writer may go on. */
  g_assert_false (ob_partial_cut (fixture->spool, ID, &busy));
  g_assert_error (busy, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  assert_size (fixture, FIRST_BYTES + 1000);
  ob_writer_unref (writer);
  g_assert_true (ob_partial_cut (fixture->spool, ID, &error));
  assert_size (fixture, FIRST_BYTES);
  g_assert_true (ob_partial_cut (fixture->spool, ID, &error));
  assert_size (fixture, FIRST_BYTES);
  g_assert_no_error (error);
}

/* An app writes it, and nobody else counts its bytes. */
static void
test_a_file_of_an_app_is_not_cut (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObPartial) partial = ob_partial_new (ID, -1, g_strdup ("{}"), 1000);
  g_autoptr (GError) error = NULL;
  int fd = ob_partial_begin (fixture->spool, partial, &error);

  g_assert_cmpint (write (fd, "bytes", 5), ==, 5);
  (void) close (fd);
  g_assert_true (ob_partial_cut (fixture->spool, ID, &error));
  assert_size (fixture, 5);
}

/* As recorders ask for it that fear a full disk; the file's time is not that of the cut. */
static void
test_spare_room_is_given_back (Fixture *fixture, gconstpointer data)
{
  const struct timespec times[] = { { 1000, 0 }, { 1000, 0 } };
  g_autoptr (ObPartial) partial = ob_partial_new (ID, -1, g_strdup ("{}"), 1000);
  g_autofree char *path = ob_partial_dup_path (fixture->spool, ID);
  g_autoptr (GError) error = NULL;
  int fd = ob_partial_begin (fixture->spool, partial, &error);
  struct stat info;

  g_assert_cmpint (write (fd, "bytes", 5), ==, 5);
  if (fallocate (fd, FALLOC_FL_KEEP_SIZE, 0, 8 * 1024 * 1024) != 0)
    g_test_skip ("this file system gives no room in advance");
  g_assert_cmpint (futimens (fd, times), ==, 0);
  (void) close (fd);
  g_assert_true (ob_partial_cut (fixture->spool, ID, &error));
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, ==, 5);
  g_assert_cmpint (info.st_blocks * 512, <, 1024 * 1024);
  g_assert_cmpint (info.st_mtim.tv_sec, ==, 1000);
}

static void
test_its_mode_is_ours (Fixture *fixture, gconstpointer data)
{
  static const mode_t modes[] = { 0, 0200, 0400, 0666, 04777 };
  g_autoptr (ObPartial) partial = ob_partial_new (ID, -1, g_strdup ("{}"), 1000);
  g_autofree char *path = ob_partial_dup_path (fixture->spool, ID);
  g_autoptr (GError) error = NULL;
  int fd = ob_partial_begin (fixture->spool, partial, &error);

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      struct stat info;
      int own;

      g_assert_cmpint (fchmod (fd, modes[i]), ==, 0);
      g_assert_true (ob_partial_has_writer (fixture->spool, ID));
      own = ob_partial_open (fixture->spool, ID, O_RDONLY, &error);
      g_assert_no_error (error);
      (void) close (own);
      g_assert_cmpint (stat (path, &info), ==, 0);
      g_assert_cmpuint (info.st_mode & 07777, ==, 0600);
    }
  (void) close (fd);
}

/* A lease refuses us the file (fcntl(2)); its holder may write. */
static void
test_a_lease_is_a_writer (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObPartial) partial = ob_partial_new (ID, -1, g_strdup ("{}"), 1000);
  g_autoptr (GError) error = NULL, busy = NULL;
  int fd = ob_partial_begin (fixture->spool, partial, &error);

  (void) signal (SIGIO, SIG_IGN);
  if (fcntl (fd, F_SETLEASE, F_WRLCK) != 0)
    g_test_skip ("this file system knows no leases");
  else
    {
      g_assert_true (ob_partial_has_writer (fixture->spool, ID));
      g_assert_cmpint (ob_partial_open (fixture->spool, ID, O_RDONLY, &busy), ==, -1);
      g_assert_error (busy, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
    }
  (void) close (fd);
  g_assert_false (ob_partial_has_writer (fixture->spool, ID));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/writer/pieces-make-the-file", Fixture, NULL, set_up, test_pieces_make_the_file, tear_down);
  g_test_add ("/writer/the-size-is-held", Fixture, NULL, set_up, test_the_size_is_held, tear_down);
  g_test_add ("/writer/another-digest-is-refused", Fixture, NULL, set_up, test_another_digest, tear_down);
  g_test_add ("/writer/no-room-for-all-of-it", Fixture, NULL, set_up, test_no_room_for_all_of_it, tear_down);
  g_test_add ("/writer/what-was-not-counted-is-cut", Fixture, NULL, set_up, test_what_was_not_counted_is_cut,
              tear_down);
  g_test_add ("/writer/a-file-of-an-app-is-not-cut", Fixture, NULL, set_up, test_a_file_of_an_app_is_not_cut,
              tear_down);
  g_test_add ("/writer/spare-room-is-given-back", Fixture, NULL, set_up, test_spare_room_is_given_back, tear_down);
  g_test_add ("/writer/its-mode-is-ours", Fixture, NULL, set_up, test_its_mode_is_ours, tear_down);
  g_test_add ("/writer/a-lease-is-a-writer", Fixture, NULL, set_up, test_a_lease_is_a_writer, tear_down);
  g_test_add ("/writer/a-write-that-fails", Fixture, NULL, set_up, test_a_write_that_fails, tear_down);
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++)
    {
      g_autofree char *path = g_strconcat ("/writer/damage/", damages[i].name, NULL);

      g_test_add (path, Fixture, &damages[i], set_up, test_damage, tear_down);
    }
#if OB_CRASH_POINTS
  for (guint i = 0; i < G_N_ELEMENTS (kills); i++)
    {
      g_autofree char *path = g_strconcat ("/writer/kill/", kills[i].point, NULL);

      g_test_add (path, Fixture, &kills[i], set_up, test_kill, tear_down);
    }
#endif

  return g_test_run ();
}
