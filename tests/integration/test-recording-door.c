/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What comes through the door of recordings: files that are open still, changed, removed or oddly written, keys used twice, too many
 * at once, and a pipe of the command.
 */
#include "recorder.h"

#include "dbus/error.h"
#include "support/files.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void
test_it_is_open_still (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd, copy;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  g_autofree char *other = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "other", -1);
  char *mapped;

  g_assert_cmpint (ftruncate (fd, 8192), ==, 0);
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  copy = dup (fd);
  (void) close (fd);
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  mapped = mmap (NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, copy, 0);
  g_assert_true (mapped != MAP_FAILED);
  (void) close (copy);
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_BUSY);
  mapped[4711] = 'x';
  g_assert_cmpint (munmap (mapped, 8192), ==, 0);
  recorder_commit (broker, id, other, OUTBOX_ERROR_DIGEST_MISMATCH);
  recorder_commit (broker, id, NULL, -1);
  recorder_commit (broker, id, NULL, -1);
  recorder_commit (broker, id, other, OUTBOX_ERROR_DIGEST_MISMATCH);
  test_broker_wait_for_all (broker, "done", 20);
  recorder_commit (broker, id, NULL, -1);
}

/* Who has kept it open to read, and is its owner, can open it once more: that is seen before a byte of it leaves. */
static void
test_it_is_changed_after_all (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *paused = test_command (broker, "pause", 0);
  g_autofree char *resumed = NULL, *reading = NULL, *path = NULL, *list = NULL;
  int fd, read_fd, again;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  path = g_strdup_printf ("/proc/self/fd/%d", fd);
  read_fd = open (path, O_RDONLY | O_CLOEXEC);
  (void) close (fd);
  recorder_commit (broker, id, NULL, -1);
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
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);

  /* The end first, a hole, more than stays, and the head last, as recorders write it. */
  g_assert_cmpint (pwrite (fd, "end", 3, 3 * 1024 * 1024 - 3), ==, 3);
  g_assert_cmpint (pwrite (fd, "more", 4, 3 * 1024 * 1024), ==, 4);
  g_assert_cmpint (ftruncate (fd, 3 * 1024 * 1024), ==, 0);
  g_assert_cmpint (pwrite (fd, "head", 4, 0), ==, 4);
  (void) close (fd);
  memcpy (expected, "head", 4);
  memcpy (expected + 3 * 1024 * 1024 - 3, "end", 3);
  sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256, expected, 3 * 1024 * 1024);
  recorder_commit (broker, id, sha256, -1);
  recorder_assert_arrived (broker, id, sha256, 3 * 1024 * 1024);
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
  g_autofree char *id = recorder_create_named (broker, "thing", &fd);
  g_autofree char *said_id
      = recorder_create (broker, g_variant_new_parsed ("{'media_type': <'video/mp4'>}"), &said_fd, &error);

  before = recorder_dup_text (broker, id, "media_type");
  g_assert_cmpstr (before, ==, "application/octet-stream");
  g_assert_cmpint (write (fd, head, sizeof head), ==, sizeof head);
  g_assert_cmpint (write (said_fd, head, sizeof head), ==, sizeof head);
  (void) close (fd);
  (void) close (said_fd);
  recorder_commit (broker, id, NULL, -1);
  recorder_commit (broker, said_id, NULL, -1);
  type = recorder_dup_text (broker, id, "media_type");
  g_assert_cmpstr (type, ==, "image/png");
  said = recorder_dup_text (broker, said_id, "media_type");
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

  id = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &fd, &error);
  g_assert_no_error (error);
  none = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &second, &busy);
  g_assert_error (busy, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  recorder_wait_until_told (broker, id, "unfinished");
  again = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>, 'name': <'a'>}"), &fd, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again, ==, id);
  recorder_wait_until_told (broker, id, "recording");
  g_assert_cmpint (read (fd, bytes, sizeof bytes), ==, 10);
  (void) close (fd);
  submitted = test_broker_submit (broker, path, g_variant_new_parsed ("{'key': <'k'>}"), &taken);
  g_assert_error (taken, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
  recorder_commit (broker, id, NULL, -1);
  none = recorder_create (broker, g_variant_new_parsed ("{'key': <'k'>}"), &fd, &reused);
  g_assert_error (reused, OUTBOX_ERROR, OUTBOX_ERROR_KEY_REUSED);
}

static void
test_an_app_has_so_many (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autoptr (GError) error = NULL, digest = NULL;
  g_autofree char *first = NULL, *none = NULL, *more = NULL;
  int fd;

  none = recorder_create (broker, g_variant_new_parsed ("{'sha256': <'%s'>}", "x"), &fd, &digest);
  g_assert_error (digest, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
  for (guint i = 0; i < 32; i++)
    {
      g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);

      (void) close (fd);
      if (!first)
        first = g_steal_pointer (&id);
    }
  more = recorder_create (broker, g_variant_new ("a{sv}", NULL), &fd, &error);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  recorder_commit (broker, first, NULL, -1);
  more = recorder_create_named (broker, "film.mp4", &fd);
  (void) close (fd);
}

static void
test_it_is_removed (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  g_autofree char *unknown = g_uuid_string_random ();
  g_autoptr (GError) error = NULL;
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  const char *const ids[] = { id, NULL };

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  g_assert_true (outbox_dbus_uploads_call_remove_sync (broker->uploads, ids, NULL, &error));
  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  (void) close (fd);
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_NOT_FOUND);
  recorder_commit (broker, unknown, NULL, OUTBOX_ERROR_NOT_FOUND);
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
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", "partial", id, NULL);
  g_autofree char *words = g_strdup_printf ("log %s", id);
  g_autofree char *log = NULL;

  g_assert_cmpint (g_unlink (path), ==, 0);
  (void) close (fd);
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_NOT_FOUND);
  test_broker_kill (broker);
  test_broker_start (broker, NULL);
  g_assert_cmpuint (test_broker_count (broker, "all"), ==, 0);
  log = test_command (broker, words, 0);
  test_assert_has (log, "the file that was recorded is gone");
}

/* It may come back; until then a person is told. */
static void
test_its_file_is_moved_away (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);
  g_autofree char *path = g_build_filename (broker->folder, "data", "outbox", "partial", id, NULL);
  g_autofree char *away = g_build_filename (broker->folder, "away", NULL);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  g_assert_cmpint (g_rename (path, away), ==, 0);
  (void) close (fd);
  recorder_wait_until_told (broker, id, "unfinished");
  recorder_commit (broker, id, NULL, OUTBOX_ERROR_NOT_FOUND);
  g_assert_cmpint (g_rename (away, path), ==, 0);
  recorder_commit (broker, id, NULL, -1);
}

/* --- What a person is told who gives a command --- */

static const struct
{
  const char *line;
  int exit_code;
  const char *words;
} words[] = {
  { "pause %s", 0, "Paused 1 upload." },
  { "resume %s", 0, "Resumed 1 upload." },
  { "retry %s", 1, NULL },
  { "send-now %s", 1, NULL },
  { "show %s", 0, "what has come so far" },
  { "show %s", 0, "10 bytes" },
  { "status", 0, "has not arrived yet (10 bytes)" },
};

/* @refusal: what there is to be done instead of sending it */
static void
check_words (TestBroker *broker, const char *id, const char *refusal)
{
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_auto (GStrv) parts = g_strsplit (words[i].line, "%s", 2);
      g_autofree char *line = g_strjoinv (id, parts);
      g_autofree char *said = test_command (broker, line, words[i].exit_code);

      test_assert_has (said, words[i].words ? words[i].words : refusal);
    }
}

static void
test_what_a_person_is_told (void)
{
  g_autoptr (TestBroker) broker = test_broker_new ();
  int fd;
  g_autofree char *id = recorder_create_named (broker, "film.mp4", &fd);

  g_assert_cmpint (write (fd, "some bytes", 10), ==, 10);
  check_words (broker, id, "still being saved");
  (void) close (fd);
  recorder_wait_until_told (broker, id, "unfinished");
  check_words (broker, id, "outbox commit");
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
  name = recorder_dup_text (broker, output, "name");
  g_assert_cmpstr (name, ==, "pipe.mp4");
  recorder_assert_arrived (broker, output, sha256, 700000);
  refused = test_command (broker, "add --name x.mp4 source", 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/recording-door/it-is-open-still", test_it_is_open_still);
  g_test_add_func ("/recording-door/it-is-changed-after-all", test_it_is_changed_after_all);
  g_test_add_func ("/recording-door/it-is-written-anyhow", test_it_is_written_anyhow);
  g_test_add_func ("/recording-door/its-rule-is-that-of-its-bytes", test_its_rule_is_that_of_its_bytes);
  g_test_add_func ("/recording-door/its-key", test_its_key);
  g_test_add_func ("/recording-door/an-app-has-so-many", test_an_app_has_so_many);
  g_test_add_func ("/recording-door/it-is-removed", test_it_is_removed);
  g_test_add_func ("/recording-door/its-file-is-gone", test_its_file_is_gone);
  g_test_add_func ("/recording-door/its-file-is-moved-away", test_its_file_is_moved_away);
  g_test_add_func ("/recording-door/what-a-person-is-told", test_what_a_person_is_told);
  g_test_add_func ("/recording-door/a-pipe-is-taken", test_a_pipe_is_taken);

  return g_test_run ();
}
