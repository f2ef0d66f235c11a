/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which copies are lost, and which may only not be had now: the broker's look at them and an attempt that opens one say the
 * same.
 */
#include "transfer/copy.h"
#include "transfer/tus-server.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SIZE_BYTES 1000

typedef struct
{
  char *folder;
  char *spool;
  ObJob *job;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->spool = g_build_filename (fixture->folder, "spool", NULL);
  g_assert_cmpint (g_mkdir (fixture->spool, 0700), ==, 0);
  fixture->job = g_new0 (ObJob, 1);
  fixture->job->path = g_build_filename (fixture->spool, "018fd1a0-0000-7000-8000-000000000001", NULL);
  fixture->job->size_bytes = SIZE_BYTES;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  (void) g_remove (fixture->job->path);
  (void) g_rmdir (fixture->spool);
  (void) g_unlink (fixture->spool);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  ob_job_free (fixture->job);
  g_free (fixture->folder);
  g_free (fixture->spool);
}

/* --- What is there --- */

static void
make_file (const char *path, gsize size_bytes)
{
  g_autofree char *bytes = g_strnfill (size_bytes, 'x');

  g_assert_true (g_file_set_contents (path, bytes, (gssize) size_bytes, NULL));
}

static void
make_good (Fixture *fixture)
{
  make_file (fixture->job->path, SIZE_BYTES);
}

static void
make_nothing (Fixture *fixture)
{
}

static void
make_short (Fixture *fixture)
{
  make_file (fixture->job->path, SIZE_BYTES - 1);
}

static void
make_long (Fixture *fixture)
{
  make_file (fixture->job->path, SIZE_BYTES + 1);
}

static void
make_link (Fixture *fixture)
{
  g_assert_cmpint (symlink ("/dev/zero", fixture->job->path), ==, 0);
}

static void
make_pipe (Fixture *fixture)
{
  g_assert_cmpint (mkfifo (fixture->job->path, 0600), ==, 0);
}

static void
make_folder (Fixture *fixture)
{
  g_assert_cmpint (g_mkdir (fixture->job->path, 0700), ==, 0);
}

static void
make_socket (Fixture *fixture)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, fixture->job->path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);
  (void) close (fd);
}

static void
lose_folder (Fixture *fixture)
{
  g_assert_cmpint (g_rmdir (fixture->spool), ==, 0);
}

static void
replace_folder (Fixture *fixture)
{
  lose_folder (fixture);
  make_file (fixture->spool, 1);
}

typedef struct
{
  const char *name;
  void (*make) (Fixture *fixture);
  gboolean is_good;
  OutboxReason reason; /* NONE: it may come back */
} Row;

static const Row rows[] = {
  { "/copy/as-it-was", make_good, TRUE, OUTBOX_REASON_NONE },
  { "/copy/gone", make_nothing, FALSE, OUTBOX_REASON_FILE_MISSING },
  { "/copy/shorter", make_short, FALSE, OUTBOX_REASON_FILE_CHANGED },
  { "/copy/longer", make_long, FALSE, OUTBOX_REASON_FILE_CHANGED },
  { "/copy/a-link", make_link, FALSE, OUTBOX_REASON_FILE_MISSING },
  { "/copy/a-pipe", make_pipe, FALSE, OUTBOX_REASON_FILE_MISSING },
  { "/copy/a-folder", make_folder, FALSE, OUTBOX_REASON_FILE_MISSING },
  { "/copy/a-socket", make_socket, FALSE, OUTBOX_REASON_FILE_MISSING },
  { "/copy/no-folder", lose_folder, FALSE, OUTBOX_REASON_NONE },
  { "/copy/a-file-in-place-of-the-folder", replace_folder, FALSE, OUTBOX_REASON_NONE },
};

static void
assert_result (const ObAttemptResult *result, OutboxReason reason)
{
  g_assert_cmpint (result->outcome.verdict, ==, reason ? OB_VERDICT_FAIL : OB_VERDICT_RETRY_UPLOAD);
  g_assert_cmpint (result->outcome.reason, ==, reason);
  g_assert_cmpstr (result->code, ==, reason ? outbox_reason_get_info (reason)->name : "file-unreadable");
  g_assert_nonnull (result->message);
}

static void
test_what_is_there (Fixture *fixture, gconstpointer data)
{
  const Row *row = data;
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
  int fault_errno, fd;

  row->make (fixture);
  fault_errno = ob_copy_look (fixture->job->path, SIZE_BYTES);
  g_assert_cmpint (fault_errno == 0, ==, row->is_good);
  g_assert_cmpint (ob_copy_judge (fixture->job->path, fault_errno), ==, row->reason);
  fd = ob_copy_open (fixture->job, result);
  g_assert_cmpint (fd >= 0, ==, row->is_good);
  if (row->is_good)
    g_assert_cmpint (close (fd), ==, 0);
  else
    assert_result (result, row->reason);
}

/* --- What the system says --- */

/* A process that has no descriptor left cannot open what is there. */
static void
test_no_descriptor_is_left (Fixture *fixture, gconstpointer data)
{
  g_autoptr (ObAttemptResult) result = ob_attempt_result_new ();
  struct rlimit before, none;
  int fd;

  make_good (fixture);
  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  none = (struct rlimit){ .rlim_cur = 0, .rlim_max = before.rlim_max };
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &none), ==, 0);
  fd = ob_copy_open (fixture->job, result);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);
  g_assert_cmpint (fd, ==, -1);
  assert_result (result, OUTBOX_REASON_NONE);
  g_assert_nonnull (strstr (result->message, g_strerror (EMFILE)));
}

static void
test_what_the_system_says (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    OutboxReason reason;
    int errnos[16];
  } answers[] = {
    { OUTBOX_REASON_FILE_MISSING, { ENOENT, ELOOP, EINVAL } },
    { OUTBOX_REASON_FILE_CHANGED, { OB_COPY_RESIZED, EBADMSG, EIO, ENODATA, EUCLEAN, EILSEQ } },
    { OUTBOX_REASON_NONE,
      { EMFILE, ENFILE, ENOMEM, EINTR, EAGAIN, ESTALE, ENOTCONN, ETIMEDOUT, EHOSTDOWN, EACCES, EPERM, EBUSY, ENODEV,
        ENOLINK, ENOTDIR } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    for (guint j = 0; j < G_N_ELEMENTS (answers[i].errnos) && answers[i].errnos[j] != 0; j++)
      {
        g_autofree char *words = ob_copy_dup_words (answers[i].errnos[j]);

        g_test_message ("%s", g_strerror (answers[i].errnos[j]));
        g_assert_cmpint (ob_copy_judge (fixture->job->path, answers[i].errnos[j]), ==, answers[i].reason);
        g_assert_true (g_str_has_prefix (words, "The saved copy") || strstr (words, "the saved copy"));
      }
}

/* The sum of a chunk for the server is made of what the system gives. */
static void
test_a_sum_that_cannot_be_made (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupMessage) message = soup_message_new ("PATCH", "http://depot.example/files/1");
  int memory = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC), folder = open (fixture->folder, O_RDONLY | O_CLOEXEC), fd;

  make_short (fixture);
  fd = open (fixture->job->path, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (ob_tus_add_checksum (message, fd, 0, SIZE_BYTES - 1), ==, 0);
  g_assert_cmpint (ob_tus_add_checksum (message, fd, 0, SIZE_BYTES), ==, OB_COPY_RESIZED);
  g_assert_cmpint (ob_tus_add_checksum (message, memory, 0, SIZE_BYTES), ==, EIO);
  g_assert_cmpint (ob_tus_add_checksum (message, folder, 0, SIZE_BYTES), ==, EISDIR);
  (void) close (memory);
  (void) close (folder);
  (void) close (fd);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    g_test_add (rows[i].name, Fixture, &rows[i], set_up, test_what_is_there, tear_down);
  g_test_add ("/copy/no-descriptor-is-left", Fixture, NULL, set_up, test_no_descriptor_is_left, tear_down);
  g_test_add ("/copy/what-the-system-says", Fixture, NULL, set_up, test_what_the_system_says, tear_down);
  g_test_add ("/copy/a-sum-that-cannot-be-made", Fixture, NULL, set_up, test_a_sum_that_cannot_be_made, tear_down);

  return g_test_run ();
}
