/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What can come from the witness, or from whoever listens in its place.
 *
 *   from the witness                          becomes of it: NotAllowed, with the reason
 *   nobody listens; no socket; too long a     the system's words
 *     path; it ends without an answer
 *   less than an answer                       the same
 *   a kind of caller that is not known, text  it is not known who calls
 *     that is not UTF-8
 *   no NUL in the text                        it is cut
 *   an answer late, with signals before it    is waited for
 */
#include "base/witness.h"
#include "dbus/error.h"
#include "ipc/process.h"
#include "support/witness.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct
{
  char *folder;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ob_witness_set_socket (NULL);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

typedef struct
{
  int listener;
  gconstpointer bytes;
  gsize size;
  pthread_t asks;
  guint n_signals; /* that whoever asks gets while they wait */
} Liar;

static gpointer
lie (gpointer data)
{
  const Liar *liar = data;
  const int fd = accept (liar->listener, NULL, NULL);
  ObWitnessQuestion question;

  (void) recv (fd, &question, sizeof question, 0);
  for (guint i = 0; i < liar->n_signals; i++)
    {
      (void) pthread_kill (liar->asks, SIGUSR1);
      g_usleep (1000);
    }
  if (liar->size > 0)
    (void) send (fd, liar->bytes, liar->size, MSG_NOSIGNAL);
  (void) close (fd);

  return NULL;
}

/* Asks one at that path. Returns: (transfer full) (nullable): who calls */
static ObCaller *
ask_liar (Liar *liar, const char *path, GError **error)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  ObCaller *caller;
  GThread *thread;

  liar->asks = pthread_self ();
  liar->listener = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (liar->listener, (const struct sockaddr *) &address, sizeof address), ==, 0);
  g_assert_cmpint (listen (liar->listener, 1), ==, 0);
  thread = g_thread_new ("liar", lie, liar);
  caller = ob_process_identify ((guint32) getpid (), -1, 0, error);
  (void) g_thread_join (thread);
  (void) close (liar->listener);
  g_assert_cmpint (g_unlink (path), ==, 0);

  return caller;
}

/* Returns: (transfer full): why it is refused */
static char *
refuse_what_says (const char *path, gconstpointer bytes, gsize size)
{
  Liar liar = { .bytes = bytes, .size = size };
  g_autoptr (GError) error = NULL;
  g_autoptr (ObCaller) caller = ask_liar (&liar, path, &error);

  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_assert_null (caller);

  return g_strdup (error->message);
}

static void
do_nothing (int number)
{
}

/* Children of the daemon end at any time, which the kernel tells to any of its threads. */
static void
test_signals_meanwhile (Fixture *fixture, gconstpointer data)
{
  const struct sigaction handled = { .sa_handler = do_nothing, .sa_flags = SA_RESTART };
  g_autofree char *path = g_build_filename (fixture->folder, "liar", NULL);
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);
  Liar liar = { .bytes = answer, .size = sizeof *answer, .n_signals = 20 };
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (GError) error = NULL;

  *answer = (ObWitnessAnswer){ .is_told = 1, .caller = OB_CALLER_SANDBOXED, .text = "org.example.App" };
  g_assert_cmpint (sigaction (SIGUSR1, &handled, NULL), ==, 0);
  ob_witness_set_socket (path);
  caller = ask_liar (&liar, path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (caller->app, ==, "org.example.App");
  g_assert_cmpint (caller->kind, ==, OB_CALLER_SANDBOXED);
}

static void
test_lies (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "liar", NULL);
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);
  g_autofree char *nothing = NULL, *little = NULL, *kind = NULL, *bytes = NULL, *no_end = NULL;

  ob_witness_set_socket (path);
  nothing = refuse_what_says (path, NULL, 0);
  g_assert_nonnull (strstr (nothing, "outbox-witness does not tell"));
  little = refuse_what_says (path, answer, 8);
  g_assert_cmpstr (little, ==, nothing);
  *answer = (ObWitnessAnswer){ .is_told = 1, .caller = OB_CALLER_DASHBOARD, .text = "all" };
  kind = refuse_what_says (path, answer, sizeof *answer);
  *answer = (ObWitnessAnswer){ .is_told = 1, .caller = OB_CALLER_HOST, .text = "a\xff" };
  bytes = refuse_what_says (path, answer, sizeof *answer);
  *answer = (ObWitnessAnswer){ .is_told = 0 };
  memset (answer->text, 'x', sizeof answer->text);
  no_end = refuse_what_says (path, answer, sizeof *answer);
  /* It goes to the caller as it is. */
  g_assert_true (g_utf8_validate (kind, -1, NULL));
  g_assert_true (g_utf8_validate (bytes, -1, NULL));
  g_assert_cmpuint (strlen (no_end), ==, sizeof answer->text - 1);
}

static void
assert_not_there (const char *path, int expected)
{
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (GError) error = NULL;

  ob_witness_set_socket (path);
  caller = ob_process_identify ((guint32) getpid (), -1, 0, &error);
  g_assert_null (caller);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  g_assert_nonnull (strstr (error->message, g_strerror (expected)));
}

static void
test_nobody_there (Fixture *fixture, gconstpointer data)
{
  g_autoptr (TestWitness) witness = test_witness_start (fixture->folder);
  g_autofree char *path = g_strdup (test_witness_get_path (witness));
  g_autofree char *too_long = g_strnfill (200, 'x');

  assert_not_there ("/nonexistent/witness", ENOENT);
  assert_not_there ("/dev/null", ECONNREFUSED);
  assert_not_there (too_long, ENAMETOOLONG);
  g_clear_pointer (&witness, test_witness_free);
  assert_not_there (path, ENOENT);
}

static void
add (const char *name, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/witness-answers/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("lies", test_lies);
  add ("signals-meanwhile", test_signals_meanwhile);
  add ("nobody-there", test_nobody_there);

  return g_test_run ();
}
