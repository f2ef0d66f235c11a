/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process that watches leads a group of its own, in which the program and all that it starts are, unless they leave it. It answers
 * with a head, the output and the words, and then kills the group, itself included.
 */
#include "base/program.h"

#include "base/errand.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The exit code of a program that could not be started, with its errno behind it in the pipe of words. */
#define NOT_STARTED 127

struct _ObProgram
{
  ObErrand *errand;
  ObProgramDone done;
  gpointer user_data;
};

typedef struct
{
  const char *const *argv;
  const char *const *environment;
  gint64 most_ms;
} Plan;

/* What the watching process sends first. */
typedef struct
{
  gint32 fate;
  gint32 number;
  guint32 output_bytes;
  guint32 words_bytes;
} Head;

/* --- In the process: no memory allocation, no locks, no GLib --- */

static char output[OB_PROGRAM_MOST_BYTES + 1];
static char words[OB_PROGRAM_MOST_WORDS_BYTES];

static gint64
get_ms (void)
{
  struct timespec now;

  (void) clock_gettime (CLOCK_MONOTONIC, &now);

  return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* No standard stream is open: what is opened next must not become one. */
static void
fill_streams (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDWR);
  while (fd >= 0 && fd < STDERR_FILENO);
}

/* The end that is read from must not block; the other is a program's standard stream, and has to. Returns: whether there is one */
static gboolean
open_pipe (int ends[2])
{
  return pipe2 (ends, O_CLOEXEC) == 0 && fcntl (ends[0], F_SETFL, O_NONBLOCK) == 0;
}

/* The program's own process. */
static void
become_program (const Plan *plan, int out, int err, int failed)
{
  int error;

  (void) syscall (SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (chdir ("/") == 0 && dup2 (out, STDOUT_FILENO) >= 0 && dup2 (err, STDERR_FILENO) >= 0)
    (void) execve (plan->argv[0], (char *const *) plan->argv, (char *const *) plan->environment);
  error = errno;
  (void) !write (failed, &error, sizeof error);
  _exit (NOT_STARTED);
}

/* Reads what is there now. Returns: FALSE at the end */
static gboolean
take (int fd, char *into, guint32 most, guint32 *n)
{
  static char rest[4096];
  gsize room = most - *n;
  gssize got = read (fd, room > 0 ? into + *n : rest, room > 0 ? room : sizeof rest);

  if (got > 0 && room > 0)
    *n += (guint32) got;

  return got > 0 || (got < 0 && (errno == EAGAIN || errno == EINTR));
}

/* Takes all that is in the pipes, without waiting for more: something that the program has left behind may hold them open. */
static void
take_rest (int out, int err, Head *head)
{
  struct pollfd polled[] = { { out, POLLIN, 0 }, { err, POLLIN, 0 } };

  while (poll (polled, 2, 0) > 0 && head->output_bytes <= OB_PROGRAM_MOST_BYTES)
    {
      if (polled[0].revents && !take (out, output, sizeof output, &head->output_bytes))
        polled[0].fd = -1;
      if (polled[1].revents && !take (err, words, sizeof words, &head->words_bytes))
        polled[1].fd = -1;
    }
}

/* Returns: whether the program ended by itself */
static gboolean
watch (int process, int out, int err, gint64 most_ms, Head *head)
{
  struct pollfd polled[] = { { process, POLLIN, 0 }, { out, POLLIN, 0 }, { err, POLLIN, 0 } };
  gint64 end_ms = get_ms () + most_ms;

  for (;;)
    {
      gint64 left_ms = end_ms - get_ms ();

      if (head->output_bytes > OB_PROGRAM_MOST_BYTES)
        head->fate = OB_PROGRAM_TOO_MUCH;
      else if (left_ms <= 0 || (poll (polled, 3, (int) left_ms) < 0 && errno != EINTR))
        head->fate = OB_PROGRAM_LATE;
      else if (polled[0].revents)
        return TRUE;
      else
        {
          if (polled[1].revents && !take (out, output, sizeof output, &head->output_bytes))
            polled[1].fd = -1;
          if (polled[2].revents && !take (err, words, sizeof words, &head->words_bytes))
            polled[2].fd = -1;
          continue;
        }
      return FALSE;
    }
}

static void
note_end (pid_t pid, int failed, Head *head)
{
  int status = 0, error = 0;

  while (waitpid (pid, &status, 0) < 0 && errno == EINTR)
    ;
  head->fate = WIFSIGNALED (status) ? OB_PROGRAM_SIGNALLED : OB_PROGRAM_EXITED;
  head->number = WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status);
  if (head->fate == OB_PROGRAM_EXITED && head->number == NOT_STARTED
      && read (failed, &error, sizeof error) == (gssize) sizeof error)
    {
      head->fate = OB_PROGRAM_MISSING;
      head->number = error;
    }
  if (head->output_bytes > OB_PROGRAM_MOST_BYTES)
    head->fate = OB_PROGRAM_TOO_MUCH;
}

static void
send_end (int pipe, const Head *head)
{
  gboolean has_output = head->fate == OB_PROGRAM_EXITED;
  Head sent = *head;

  sent.output_bytes = has_output ? head->output_bytes : 0;
  ob_errand_send (pipe, &sent, sizeof sent);
  ob_errand_send (pipe, output, sent.output_bytes);
  ob_errand_send (pipe, words, sent.words_bytes);
}

static void
supervise (gconstpointer data, int pipe)
{
  const Plan *plan = data;
  Head head = { OB_PROGRAM_MISSING, 0, 0, 0 };
  int out[2], err[2], failed[2], process = -1;
  pid_t pid = -1;

  (void) setsid ();
  ob_errand_set_name ("outbox-program");
  fill_streams ();
  if (open_pipe (out) && open_pipe (err) && open_pipe (failed))
    pid = fork ();
  if (pid == 0)
    become_program (plan, out[1], err[1], failed[1]);
  if (pid > 0)
    process = (int) syscall (SYS_pidfd_open, pid, 0);
  head.number = errno;
  if (process >= 0)
    {
      (void) close (out[1]);
      (void) close (err[1]);
      if (watch (process, out[0], err[0], plan->most_ms, &head))
        {
          take_rest (out[0], err[0], &head);
          note_end (pid, failed[0], &head);
        }
    }
  send_end (pipe, &head);
  (void) kill (0, SIGKILL);
}

/* --- In this process --- */

/* Returns: (transfer full) */
static GStrv
make_environment (void)
{
  static const char *const kept[] = { "HOME", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS" };
  GStrv environment = g_environ_setenv (NULL, "PATH", "/usr/local/bin:/usr/bin:/bin", TRUE);

  environment = g_environ_setenv (environment, "LANG", "C.UTF-8", TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (kept); i++)
    if (g_getenv (kept[i]))
      environment = g_environ_setenv (environment, kept[i], g_getenv (kept[i]), TRUE);

  return environment;
}

/* Returns: (transfer full): words for the log, in which a program may have repeated its output */
static char *
dup_words (const char *bytes, gsize size, const char *text)
{
  g_autoptr (GString) line = g_string_new_len (bytes, (gssize) size);
  g_autofree char *secret = g_strstrip (g_strdup (text));

  if (*secret)
    (void) g_string_replace (line, secret, "…", 0);

  return ob_text_dup_clean (line->str, -1, 300);
}

static void
on_ended (GBytes *answer, gpointer user_data)
{
  ObProgram *program = user_data;
  gsize size = answer ? g_bytes_get_size (answer) : 0;
  const char *bytes = size > 0 ? g_bytes_get_data (answer, NULL) : NULL;
  ObProgramEnd end = { 0 };
  Head head;

  if (size < sizeof head)
    {
      program->done (NULL, program->user_data);
      return;
    }
  memcpy (&head, bytes, sizeof head);
  if (size != sizeof head + head.output_bytes + head.words_bytes)
    {
      program->done (NULL, program->user_data);
      return;
    }
  end.fate = (ObProgramFate) head.fate;
  end.number = head.number;
  end.output_bytes = head.output_bytes;
  end.output = g_strndup (bytes + sizeof head, head.output_bytes);
  memcpy (end.output, bytes + sizeof head, head.output_bytes);
  end.words = dup_words (bytes + sizeof head + head.output_bytes, head.words_bytes, end.output);
  program->done (&end, program->user_data);
  explicit_bzero (end.output, head.output_bytes);
  g_free (end.output);
  g_free (end.words);
}

ObProgram *
ob_program_start (const char *const *argv, gint64 most_ms, ObProgramDone done, gpointer user_data)
{
  g_auto (GStrv) environment = make_environment ();
  const Plan plan = { argv, (const char *const *) environment, most_ms };
  ObErrand *errand = ob_errand_start (supervise, &plan, -1, NULL);
  ObProgram *program;

  if (!errand)
    {
      done (NULL, user_data);
      return NULL;
    }
  program = g_new0 (ObProgram, 1);
  program->errand = errand;
  program->done = done;
  program->user_data = user_data;
  ob_errand_collect (errand, sizeof (Head) + OB_PROGRAM_MOST_BYTES + OB_PROGRAM_MOST_WORDS_BYTES, on_ended, program);

  return program;
}

void
ob_program_free (ObProgram *program)
{
  ob_errand_free (program->errand);
  g_free (program);
}
