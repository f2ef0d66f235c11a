/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The witness: what it tells from a user namespace is what can be seen outside; and what can come to it (what can come from it:
 * test-witness-answers.c).
 *
 *   to the witness                            becomes of it
 *   a question about a process, with or       answered by what /proc says (test-caller.c)
 *     without its pidfd
 *   a number that is no process               not told, with the reason
 *   a question about a file                   whether it is root's; no file, or a kind that is not known: not told
 *   less or more than a question, nothing,    no answer: the connection ends
 *     two descriptors, a connection that ends
 *   one that says nothing                     others are answered meanwhile
 *   more than are answered at a time          the connection ends; afterwards all is as before
 *   another user's program                    no answer
 */
#include "base/fetch.h"
#include "base/witness.h"
#include "dbus/error.h"
#include "ipc/process.h"
#include "support/namespace.h"
#include "support/wait.h"
#include "support/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct
{
  char *folder;
  TestWitness *witness;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  fixture->witness = test_witness_start (fixture->folder);
  ob_witness_set_socket (test_witness_get_path (fixture->witness));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  ob_witness_set_socket (NULL);
  g_clear_pointer (&fixture->witness, test_witness_free);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
}

/* --- From a namespace --- */

/* A person's own, in which no other user is known. */
static gboolean
enter_namespace (uid_t uid)
{
  /* Its files of /proc are its own again. */
  return (geteuid () != 0 || uid == 0
          || (setresgid (uid, uid, uid) == 0 && setresuid (uid, uid, uid) == 0
              && prctl (PR_SET_DUMPABLE, 1, 0, 0, 0) == 0))
         && test_namespace_keep_ids (0);
}

/* Runs it in a process with such a namespace. */
static void
assert_in_namespace (uid_t uid, gboolean (*is_so) (gpointer data), gpointer data)
{
  const pid_t child = fork ();
  int status;

  if (child == 0)
    _exit (!enter_namespace (uid) ? 2 : is_so (data) ? 0 : 1);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

/* Of the test's own process, which is outside. */
static gboolean
tells_who_calls (gpointer pid)
{
  g_autofree char *root = g_strdup_printf ("/proc/%u/root", GPOINTER_TO_UINT (pid));
  g_autoptr (GError) error = NULL;
  g_autoptr (ObCaller) caller = ob_process_identify (GPOINTER_TO_UINT (pid), -1, 0, &error);

  if (error)
    g_printerr ("%s\n", error->message);

  return open (root, O_PATH | O_CLOEXEC) < 0 && errno == EACCES && caller && caller->kind == OB_CALLER_HOST
         && g_str_equal (caller->app, "test-witness");
}

static void
test_who_calls (Fixture *fixture, gconstpointer data)
{
  assert_in_namespace (geteuid (), tells_who_calls, GUINT_TO_POINTER (getpid ()));
}

/* Not in a namespace: what is told is the same. */
static void
assert_same (guint32 pid, int pidfd, gint64 connected_us)
{
  g_autoptr (GError) told_error = NULL, seen_error = NULL;
  g_autoptr (ObCaller) told = ob_process_identify (pid, pidfd, connected_us, &told_error);
  g_autoptr (ObCaller) seen = ob_process_look (pid, pidfd, connected_us, &seen_error);

  g_assert_cmpint (told != NULL, ==, seen != NULL);
  if (!seen)
    {
      g_assert_error (told_error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
      g_assert_cmpstr (told_error->message, ==, seen_error->message);
      return;
    }
  g_assert_cmpint (told->kind, ==, seen->kind);
  g_assert_cmpstr (told->app, ==, seen->app);
}

static void
test_as_it_is_seen_outside (Fixture *fixture, gconstpointer data)
{
  const gint64 now_us = ob_process_get_now_us ();
  const int own = (int) syscall (SYS_pidfd_open, getpid (), 0);
  const pid_t child = fork ();
  int ended, status;

  if (child == 0)
    _exit (0);
  ended = (int) syscall (SYS_pidfd_open, child, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  assert_same ((guint32) getpid (), own, now_us);
  assert_same ((guint32) getpid (), -1, 0);
  assert_same ((guint32) getpid (), -1, 1);         /* older than the process */
  assert_same ((guint32) getpid (), ended, now_us); /* the number is another's by now */
  assert_same ((guint32) child, -1, now_us);
  assert_same (0, -1, 0);
  assert_same (G_MAXUINT32, -1, G_MAXINT64);
  assert_same (1, -1, G_MININT64);
  (void) close (own);
  (void) close (ended);
}

/* --- Files --- */

typedef struct
{
  const char *path;
  gboolean is_roots;
} Owned;

static gboolean
is_told_whose (gpointer data)
{
  const Owned *owned = data;
  const char *const paths[] = { owned->path, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (ObErrand) errand = ob_fetch_start (paths, &error);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  g_autoptr (GBytes) answer = NULL;
  g_autoptr (GPtrArray) files = NULL;
  guint8 byte;
  const ObFetched *file;

  while (errand && ob_errand_read (errand, &byte, 1, NULL, 10000, NULL))
    g_byte_array_append (bytes, &byte, 1);
  answer = g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
  files = ob_fetch_parse (paths, answer);
  file = files && files->len == 1 ? files->pdata[0] : NULL;
  if (!file || file->error != 0 || file->is_roots != owned->is_roots)
    g_printerr ("%s: %s\n", owned->path, !file ? "no answer" : file->is_roots ? "root's" : "not root's");

  return file && file->error == 0 && file->is_roots == owned->is_roots;
}

#define PERSON 4711

static const struct
{
  uid_t folder, file;
  mode_t mode;
  gboolean is_roots;
} files[] = {
  { 0, 0, 0644, TRUE },     { 0, 0, 0666, FALSE },    { 0, PERSON, 0644, FALSE },
  { 0, 4712, 0644, FALSE }, { 4712, 0, 0644, FALSE }, { PERSON, PERSON, 0644, FALSE },
};

static char *
dup_file (const char *folder, guint i)
{
  return g_strdup_printf ("%s/%u/web-apps.conf", folder, i);
}

/* As that person, whose witness answers nobody else. Returns: the exit code */
static int
ask_about_files (const char *folder)
{
  g_autofree char *own = g_dir_make_tmp ("outbox-test-XXXXXX", NULL);
  g_autoptr (TestWitness) witness = test_witness_start (own);

  ob_witness_set_socket (test_witness_get_path (witness));
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = dup_file (folder, i);
      Owned owned = { path, files[i].is_roots };

      assert_in_namespace (PERSON, is_told_whose, &owned);
    }
  g_clear_pointer (&witness, test_witness_free);

  return g_rmdir (own);
}

/* A person's own files and other people's are not root's, though in the namespace root is as much nobody as they are. */
static void
test_whose_a_file_is (Fixture *fixture, gconstpointer program)
{
  const char *const argv[]
      = { "setpriv", "--reuid=4711", "--regid=4711", "--clear-groups", program, "--ask-about", fixture->folder, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (geteuid () != 0)
    {
      g_test_skip ("only root can make files of other people");
      return;
    }
  g_assert_cmpint (chmod (fixture->folder, 0755), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = dup_file (fixture->folder, i), *folder = g_path_get_dirname (path);

      g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
      g_assert_true (g_file_set_contents (path, "", -1, NULL));
      g_assert_cmpint (chmod (path, files[i].mode), ==, 0);
      g_assert_cmpint (chown (path, files[i].file, 0), ==, 0);
      g_assert_cmpint (chown (folder, files[i].folder, 0), ==, 0);
    }
  g_assert_true (
      g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = dup_file (fixture->folder, i), *folder = g_path_get_dirname (path);

      g_assert_cmpint (g_unlink (path), ==, 0);
      g_assert_cmpint (g_rmdir (folder), ==, 0);
    }
}

/* --- What comes to the witness --- */

static int
connect_to (Fixture *fixture)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  const int fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

  g_strlcpy (address.sun_path, test_witness_get_path (fixture->witness), sizeof address.sun_path);
  g_assert_cmpint (connect (fd, (const struct sockaddr *) &address, sizeof address), ==, 0);

  return fd;
}

static void
assert_works (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObCaller) caller = ob_process_identify ((guint32) getpid (), -1, 0, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (caller->app, ==, "test-witness");
}

/* Sends it, and closes. */
static void
assert_no_answer (Fixture *fixture, gconstpointer bytes, gsize size)
{
  const int fd = connect_to (fixture);
  char answer[sizeof (ObWitnessAnswer)];

  g_assert_cmpint (send (fd, bytes, size, MSG_NOSIGNAL), ==, (gssize) size);
  g_assert_cmpint (recv (fd, answer, sizeof answer, 0), <=, 0);
  (void) close (fd);
  assert_works ();
}

static void
test_what_is_no_question (Fixture *fixture, gconstpointer data)
{
  g_autofree char *bytes = g_malloc0 (65536);
  const gsize sizes[] = { 1, sizeof (ObWitnessQuestion) - 1, sizeof (ObWitnessQuestion) + 1, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    assert_no_answer (fixture, bytes, sizes[i]);
  (void) close (connect_to (fixture));
  assert_works ();
}

static gboolean
is_told (ObWitnessKind kind, int fd)
{
  const ObWitnessQuestion question = { .kind = kind, .pid = (guint32) getpid () };
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);

  g_assert_cmpint (ob_witness_ask (&question, fd, answer), ==, 0);

  return answer->is_told != 0;
}

static void
test_kinds_and_descriptors (Fixture *fixture, gconstpointer data)
{
  const int roots = open ("/", O_PATH | O_CLOEXEC), null = open ("/dev/null", O_RDONLY | O_CLOEXEC);

  g_assert_true (is_told (OB_WITNESS_WHO, -1));
  g_assert_true (is_told (OB_WITNESS_ROOTS, roots));
  g_assert_false (is_told (OB_WITNESS_ROOTS, -1));
  g_assert_false (is_told (2, -1));
  g_assert_false (is_told (G_MAXUINT32, roots));
  /* No pidfd: it does not say that the process is alive. */
  g_assert_false (is_told (OB_WITNESS_WHO, null));
  (void) close (roots);
  (void) close (null);
}

static void
test_two_descriptors (Fixture *fixture, gconstpointer data)
{
  const ObWitnessQuestion question = { .kind = OB_WITNESS_WHO, .pid = (guint32) getpid () };
  const int fds[] = { STDERR_FILENO, STDERR_FILENO }, fd = connect_to (fixture);
  union
  {
    struct cmsghdr header;
    char bytes[CMSG_SPACE (sizeof fds)];
  } passed = { .header = { .cmsg_len = CMSG_LEN (sizeof fds), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS } };
  struct iovec part = { (gpointer) &question, sizeof question };
  const struct msghdr message
      = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &passed, .msg_controllen = sizeof passed };
  char answer[sizeof (ObWitnessAnswer)];

  memcpy (CMSG_DATA (&passed.header), fds, sizeof fds);
  g_assert_cmpint (sendmsg (fd, &message, MSG_NOSIGNAL), ==, sizeof question);
  g_assert_cmpint (recv (fd, answer, sizeof answer, 0), <=, 0);
  (void) close (fd);
  assert_works ();
}

/* Whoever holds connections open keeps nobody else from being told, until there are too many; and is forgotten when they are closed. */
static void
test_connections_that_say_nothing (Fixture *fixture, gconstpointer data)
{
  int fds[200];
  g_autoptr (ObCaller) caller = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    {
      fds[i] = connect_to (fixture);
      if (i == 100)
        assert_works ();
    }
  caller = ob_process_identify ((guint32) getpid (), -1, 0, &error);
  g_assert_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED);
  for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
    (void) close (fds[i]);
  for (guint i = 0; i < 1000 && !caller; i++)
    {
      test_wait_ms (10);
      caller = ob_process_identify ((guint32) getpid (), -1, 0, NULL);
    }
  g_assert_nonnull (caller);
}

/* By whoever does not ask who listens. */
static gboolean
gets_no_answer (gpointer data)
{
  const ObWitnessQuestion question = { .kind = OB_WITNESS_WHO, .pid = (guint32) getppid () };
  char answer[sizeof (ObWitnessAnswer)];
  const int fd = connect_to (data);

  (void) send (fd, &question, sizeof question, MSG_NOSIGNAL);

  return recv (fd, answer, sizeof answer, 0) <= 0;
}

static gboolean
asks_nobody_elses (gpointer data)
{
  const ObWitnessQuestion question = { .kind = OB_WITNESS_WHO, .pid = (guint32) getppid () };
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);

  return ob_witness_ask (&question, -1, answer) == EPERM;
}

/* By its rights the socket is its user's alone; should they be wider, both ends ask who the other is. */
static void
test_another_user (Fixture *fixture, gconstpointer data)
{
  if (geteuid () != 0)
    {
      g_test_skip ("only root can be somebody else");
      return;
    }
  g_assert_cmpint (chmod (fixture->folder, 0711), ==, 0);
  g_assert_cmpint (chmod (test_witness_get_path (fixture->witness), 0666), ==, 0);
  assert_in_namespace (PERSON, gets_no_answer, fixture);
  assert_in_namespace (PERSON, asks_nobody_elses, NULL);
  assert_works ();
}

static void
test_killed_and_started_again (Fixture *fixture, gconstpointer data)
{
  assert_works ();
  test_witness_kill (fixture->witness);
  test_witness_restart (fixture->witness);
  assert_works ();
}

static void
add (const char *name, void (*test) (Fixture *fixture, gconstpointer data))
{
  g_autofree char *path = g_strconcat ("/witness/", name, NULL);

  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  if (argc == 3 && g_str_equal (argv[1], "--ask-about"))
    return ask_about_files (argv[2]);
  g_test_init (&argc, &argv, NULL);
  if (!test_witness_is_possible ())
    {
      g_print ("1..0 # SKIP there are no user namespaces here\n");
      return 0;
    }
  add ("who-calls", test_who_calls);
  add ("as-it-is-seen-outside", test_as_it_is_seen_outside);
  g_test_add ("/witness/whose-a-file-is", Fixture, argv[0], set_up, test_whose_a_file_is, tear_down);
  add ("what-is-no-question", test_what_is_no_question);
  add ("kinds-and-descriptors", test_kinds_and_descriptors);
  add ("two-descriptors", test_two_descriptors);
  add ("connections-that-say-nothing", test_connections_that_say_nothing);
  add ("another-user", test_another_user);
  add ("killed-and-started-again", test_killed_and_started_again);

  return g_test_run ();
}
