/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptors by which callers hand secrets over: what they can be, and what they can do.
 */
#include "dbus/error.h"
#include "model/sign-in.h"
#include "store/secret-pipes.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct
{
  GBytes *bytes;
  GError *error;
  gboolean is_answered;
} Answer;

static void
on_done (const char *bytes, gsize size_bytes, const GError *error, gpointer user_data)
{
  Answer *answer = user_data;

  g_assert_false (answer->is_answered);
  answer->is_answered = TRUE;
  answer->bytes = bytes ? g_bytes_new (bytes, size_bytes) : NULL;
  answer->error = error ? g_error_copy (error) : NULL;
}

static void
answer_clear (Answer *answer)
{
  g_clear_pointer (&answer->bytes, g_bytes_unref);
  g_clear_error (&answer->error);
}

/* Reads it, and asserts that it is refused, or those bytes. @fd: (transfer full). */
static void
assert_read (int fd, const char *expected, gsize size_bytes)
{
  g_autoptr (ObSecretPipes) pipes = ob_secret_pipes_new (OB_SECRET_PIPES_MS);
  Answer answer = { NULL };

  g_assert_cmpint (fd, >=, 0);
  ob_secret_pipes_read (pipes, fd, on_done, &answer);
  while (!answer.is_answered)
    (void) g_main_context_iteration (NULL, TRUE);
  if (expected)
    {
      g_assert_no_error (answer.error);
      g_assert_cmpmem (g_bytes_get_data (answer.bytes, NULL), g_bytes_get_size (answer.bytes), expected, size_bytes);
    }
  else
    {
      g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
  answer_clear (&answer);
}

typedef struct
{
  int fd;
  const char *bytes;
  gsize size_bytes;
} Writing;

static gpointer
write_and_close (gpointer data)
{
  const Writing *writing = data;
  gsize done = 0;
  gssize written = 1;

  while (done < writing->size_bytes && written > 0)
    {
      written = write (writing->fd, writing->bytes + done, writing->size_bytes - done);
      done += (gsize) MAX (written, 0);
    }
  (void) close (writing->fd);

  return NULL;
}

static void
assert_written (const char *bytes, gsize size_bytes, gboolean is_good)
{
  g_autoptr (GError) error = NULL;
  Writing writing = { -1, bytes, size_bytes };
  GThread *thread;
  int ends[2];

  g_unix_open_pipe (ends, FD_CLOEXEC, &error);
  g_assert_no_error (error);
  writing.fd = ends[1];
  thread = g_thread_new ("writer", write_and_close, &writing);
  assert_read (ends[0], is_good ? bytes : NULL, size_bytes);
  (void) g_thread_join (thread);
}

static void
test_a_pipe_has_any_bytes (void)
{
  g_autofree char *many = g_malloc (OB_SIGN_IN_MOST_BYTES + 10000);

  for (guint i = 0; i < OB_SIGN_IN_MOST_BYTES + 10000; i++)
    many[i] = (char) i;
  assert_written ("", 0, TRUE);
  assert_written ("s", 1, TRUE);
  assert_written ("a\0\xff\n", 4, TRUE);
  assert_written (many, OB_SIGN_IN_MOST_BYTES, TRUE);
  assert_written (many, OB_SIGN_IN_MOST_BYTES + 1, FALSE);
  assert_written (many, OB_SIGN_IN_MOST_BYTES + 10000, FALSE);
}

static void
test_other_things_than_pipes (void)
{
  g_autofree char *path = NULL;
  int sockets[2], ends[2];
  int fd = g_file_open_tmp ("outbox-test-XXXXXX", &path, NULL);

  g_assert_cmpint (write (fd, "file", 4), ==, 4);
  (void) close (fd);
  assert_read (g_open (path, O_RDONLY | O_CLOEXEC, 0), "file", 4);
  assert_read (g_open (path, O_WRONLY | O_CLOEXEC, 0), NULL, 0);
  assert_read (g_open (g_get_tmp_dir (), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0), NULL, 0);
  assert_read (g_open (path, O_PATH | O_CLOEXEC, 0), NULL, 0);
  assert_read (g_open ("/dev/null", O_RDONLY | O_CLOEXEC, 0), "", 0);
  assert_read (g_open ("/dev/zero", O_RDONLY | O_CLOEXEC, 0), NULL, 0);
  (void) g_unlink (path);
  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), ==, 0);
  g_assert_cmpint (write (sockets[1], "socket", 6), ==, 6);
  (void) close (sockets[1]);
  assert_read (sockets[0], "socket", 6);
  g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
  assert_read (ends[1], NULL, 0);
  (void) close (ends[0]);
}

/* Nobody else waits for it meanwhile, and a fifth is refused. */
static void
test_a_pipe_that_does_not_end (void)
{
  g_autoptr (ObSecretPipes) pipes = ob_secret_pipes_new (300);
  Answer answers[OB_SECRET_PIPES_MOST + 1] = { { NULL } };
  int ends[2], writer = -1;

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
      ob_secret_pipes_read (pipes, ends[0], on_done, &answers[i]);
      if (i == 0)
        writer = ends[1];
      else if (i < OB_SECRET_PIPES_MOST)
        g_assert_cmpint (write (ends[1], "half", 4), ==, 4);
    }
  g_assert_true (answers[OB_SECRET_PIPES_MOST].is_answered);
  g_assert_error (answers[OB_SECRET_PIPES_MOST].error, OUTBOX_ERROR, OUTBOX_ERROR_TOO_MANY);
  for (guint i = 0; i < OB_SECRET_PIPES_MOST; i++)
    {
      while (!answers[i].is_answered)
        (void) g_main_context_iteration (NULL, TRUE);
      g_assert_error (answers[i].error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT);
    }
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    answer_clear (&answers[i]);
  (void) close (writer);
}

static void
test_the_end_of_the_daemon_ends_it (void)
{
  ObSecretPipes *pipes = ob_secret_pipes_new (OB_SECRET_PIPES_MS);
  Answer answer = { NULL };
  int ends[2];

  g_assert_true (g_unix_open_pipe (ends, FD_CLOEXEC, NULL));
  ob_secret_pipes_read (pipes, ends[0], on_done, &answer);
  ob_secret_pipes_free (pipes);
  g_assert_true (answer.is_answered);
  g_assert_error (answer.error, OUTBOX_ERROR, OUTBOX_ERROR_NO_BROKER);
  answer_clear (&answer);
  (void) close (ends[1]);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/secret-pipes/a-pipe-has-any-bytes", test_a_pipe_has_any_bytes);
  g_test_add_func ("/secret-pipes/other-things-than-pipes", test_other_things_than_pipes);
  g_test_add_func ("/secret-pipes/a-pipe-that-does-not-end", test_a_pipe_that_does_not_end);
  g_test_add_func ("/secret-pipes/the-end-of-the-daemon-ends-it", test_the_end_of_the_daemon_ends_it);

  return g_test_run ();
}
