/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file that the broker is sent in one go: it is in the spool whole, or nothing is left of it.
 */
#include "spool.h"

#include "base/files.h"
#include "dbus/error.h"
#include "store/writer.h"

#include <fcntl.h>
#include <unistd.h>

static ObWriter *
begin (TestSpool *fixture, guint64 size_bytes)
{
  g_autoptr (GError) error = NULL;
  ObWriter *writer = ob_writer_begin_once (fixture->spool, size_bytes, &error);

  g_assert_no_error (error);

  return writer;
}

static void
test_finished (TestSpool *fixture, gconstpointer data)
{
  g_autofree char *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "bytes", -1);
  g_autoptr (ObWriter) writer = begin (fixture, 5);
  g_autofree char *path = ob_spool_get_path (fixture->spool, fixture->id);
  g_autoptr (GBytes) blocks = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  ObSpoolCopy copy;
  int fd;

  g_assert_true (ob_writer_append (writer, "byt", 3, NULL));
  g_assert_true (ob_writer_append (writer, "es", 2, NULL));
  /* Whoever reads it now sees that nobody writes it. */
  fd = ob_writer_seal (writer, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fcntl (fd, F_SETLEASE, F_RDLCK), ==, 0);
  (void) close (fd);
  g_assert_true (ob_writer_end (writer, sha256, &copy, &blocks, &error));
  g_assert_true (ob_writer_finish (writer, fixture->id, "{}", &error));
  g_assert_no_error (error);
  g_clear_pointer (&writer, ob_writer_unref);
  g_assert_true (ob_spool_has (fixture->spool, fixture->id));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "bytes");
  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 0);
  g_assert_true (ob_spool_remove (fixture->spool, fixture->id, NULL));
}

static void
assert_nothing_is_left (TestSpool *fixture)
{
  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 0);
  g_assert_false (ob_spool_has (fixture->spool, fixture->id));
}

static void
test_breaks_off (TestSpool *fixture, gconstpointer data)
{
  g_autoptr (ObWriter) writer = begin (fixture, 5);
  g_autoptr (GBytes) blocks = NULL;
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_true (ob_writer_append (writer, "byte", 4, NULL));
  g_assert_false (ob_writer_append (writer, "es", 2, NULL));
  g_assert_false (ob_writer_end (writer, NULL, &copy, &blocks, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  g_clear_pointer (&writer, ob_writer_unref);
  assert_nothing_is_left (fixture);
}

static void
test_has_other_bytes (TestSpool *fixture, gconstpointer data)
{
  g_autofree char *other = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "other", -1);
  g_autoptr (ObWriter) writer = begin (fixture, 5);
  g_autoptr (GBytes) blocks = NULL;
  g_autoptr (GError) error = NULL;
  ObSpoolCopy copy;

  g_assert_true (ob_writer_append (writer, "bytes", 5, NULL));
  g_assert_false (ob_writer_end (writer, other, &copy, &blocks, &error));
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DIGEST_MISMATCH);
  g_clear_pointer (&writer, ob_writer_unref);
  assert_nothing_is_left (fixture);
}

static void
test_has_no_room (TestSpool *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObWriter) writer = ob_writer_begin_once (fixture->spool, G_GUINT64_CONSTANT (1) << 52, &error);

  g_assert_null (writer);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
  assert_nothing_is_left (fixture);
}

static void
test_its_process_ends (TestSpool *fixture, gconstpointer data)
{
  g_autoptr (ObWriter) writer = begin (fixture, 5);
  g_autoptr (ObSpool) next = NULL;

  g_assert_cmpuint (test_spool_count_entries (fixture, "incoming"), ==, 1);
  next = ob_spool_open (fixture->folder, NULL);
  g_assert_nonnull (next);
  assert_nothing_is_left (fixture);
}

static const TestSpoolCase cases[] = {
  { "/writer-once/finished", test_finished },
  { "/writer-once/breaks-off", test_breaks_off },
  { "/writer-once/has-other-bytes", test_has_other_bytes },
  { "/writer-once/has-no-room", test_has_no_room },
  { "/writer-once/its-process-ends", test_its_process_ends },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_spool_add (cases, G_N_ELEMENTS (cases));

  return g_test_run ();
}
