/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * outbox-witness: tells outboxd what it cannot see from its user namespace (base/witness.h). The service manager gives it the socket at
 * which it listens (sd_listen_fds(3)); it has no other door, and no network. It waits in the kernel, and has a thread for each question, since a
 * process that is looked at may be on a file system that does not answer. Exit codes: 1 failed, 2 usage.
 */
#include "base/witness.h"

#include "config.h"
#include "ipc/process.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first that it is given. */
#define LISTENER 3

/* More than outboxd asks at a time. */
#define MOST_QUESTIONS 128

static gint n_questions = 0;

static void
tell_who (const ObWitnessQuestion *question, int pidfd, ObWitnessAnswer *answer)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ObCaller) caller = ob_process_look (question->pid, pidfd, question->connected_us, &error);

  answer->is_told = caller && strlen (caller->app) < sizeof answer->text;
  answer->caller = caller ? caller->kind : 0;
  g_strlcpy (answer->text, caller ? caller->app : error->message, sizeof answer->text);
}

static void
tell_whose (int file, ObWitnessAnswer *answer)
{
  struct stat info;

  answer->is_told = file >= 0 && fstat (file, &info) == 0 && info.st_uid == 0;
}

static gpointer
answer_question (gpointer data)
{
  const int connection = GPOINTER_TO_INT (data);
  g_autofree ObWitnessAnswer *answer = g_new0 (ObWitnessAnswer, 1);
  ObWitnessQuestion question;
  int fd;

  if (ob_witness_receive (connection, &question, &fd))
    {
      if (question.kind == OB_WITNESS_WHO)
        tell_who (&question, fd, answer);
      else if (question.kind == OB_WITNESS_ROOTS)
        tell_whose (fd, answer);
      ob_witness_reply (connection, answer);
    }
  (void) close (connection);
  g_atomic_int_add (&n_questions, -1);
  /* Last: closing may hang where the file does. */
  if (fd >= 0)
    (void) close (fd);

  return NULL;
}

static void
begin_answer (int connection)
{
  GThread *thread = NULL;

  if (g_atomic_int_get (&n_questions) < MOST_QUESTIONS)
    {
      g_atomic_int_inc (&n_questions);
      thread = g_thread_try_new ("question", answer_question, GINT_TO_POINTER (connection), NULL);
      if (!thread)
        g_atomic_int_add (&n_questions, -1);
    }
  if (thread)
    g_thread_unref (thread);
  else
    (void) close (connection);
}

static gboolean
is_given_a_socket (void)
{
  const char *pid = g_getenv ("LISTEN_PID"), *count = g_getenv ("LISTEN_FDS");

  return g_strcmp0 (count, "1") == 0 && pid && g_ascii_strtoll (pid, NULL, 10) == getpid ();
}

static void
parse_options (int *argc, char ***argv)
{
  gboolean wants_version = FALSE;
  const GOptionEntry entries[] = {
    { "version", 0, 0, G_OPTION_ARG_NONE, &wants_version, "Print the version", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (
      context, "Tells outboxd which app another process is, where outboxd has a user namespace of its own.\n"
               "outbox-witness.socket starts it.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error) || *argc > 1)
    {
      g_printerr ("outbox-witness: %s\n", error ? error->message : "takes no arguments");
      exit (2);
    }
  if (wants_version)
    {
      g_print ("outbox-witness %s\n", OB_VERSION);
      exit (0);
    }
  if (!is_given_a_socket ())
    {
      g_printerr ("outbox-witness: is started by outbox-witness.socket, which it has not been\n");
      exit (2);
    }
}

int
main (int argc, char *argv[])
{
  (void) setlocale (LC_CTYPE, "");
  parse_options (&argc, &argv);
  for (;;)
    {
      const int connection = accept4 (LISTENER, NULL, NULL, SOCK_CLOEXEC);

      if (connection >= 0)
        begin_answer (connection);
      else if (errno != EINTR && errno != ECONNABORTED)
        {
          g_printerr ("outbox-witness: %s\n", g_strerror (errno));
          /* Threads may be in the kernel. */
          _exit (1);
        }
    }
}
