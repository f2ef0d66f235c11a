/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Ends a command whose output nobody reads, even while it waits, and reports output that was lost.
 */
#include "streams.h"

#include "cli.h"
#include "print.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The reader of the pipe is gone: nobody is left to tell. */
static gboolean
on_reader_gone (gint fd, GIOCondition condition, gpointer user_data)
{
  _exit (CLI_FAILED);
}

static int lost_errno; /* of output that was lost; 0: none was */
static gboolean is_closed;

void
cli_streams_write (const char *text)
{
  if ((fputs (text, stdout) < 0 || fflush (stdout) != 0) && lost_errno == 0)
    lost_errno = errno;
}

/* Prints in the person's charset, as GLib does. */
static void
print_text (const char *text)
{
  const char *charset;
  g_autofree char *converted = NULL;

  if (!g_get_charset (&charset))
    converted = g_convert_with_fallback (text, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
  cli_streams_write (converted ? converted : text);
}

/* All errors go through here, since they may repeat names and servers' words. */
static void
print_error (const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    {
      g_autofree char *safe = cli_text_dup_safe (lines[i]);

      (void) fputs (safe, stderr);
      if (lines[i + 1])
        (void) fputc ('\n', stderr);
    }
  (void) fflush (stderr);
}

/* A standard stream that the shell has closed would leave its number to the next file that is opened, such as the bus.
 * Take the number with a file that cannot be written to. */
static void
occupy_numbers (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO)
    (void) close (fd);
}

/* GLib ends the process itself after printing its help. */
static void
on_exit_of_another (void)
{
  if (!is_closed && cli_streams_close (CLI_DONE) != CLI_DONE)
    _exit (CLI_FAILED);
}

void
cli_streams_open (void)
{
  const char *charset;
  struct stat info;

  occupy_numbers ();
  (void) atexit (on_exit_of_another);
  /* Cron and services have the locale C, in which GLib refuses options that are not ASCII. */
  if (!g_get_charset (&charset) && g_str_equal (charset, "ANSI_X3.4-1968"))
    (void) setlocale (LC_CTYPE, "C.UTF-8");
  g_set_print_handler (print_text);
  g_set_printerr_handler (print_error);
  if (fstat (STDOUT_FILENO, &info) == 0 && (S_ISFIFO (info.st_mode) || S_ISSOCK (info.st_mode)))
    (void) g_unix_fd_add (STDOUT_FILENO, G_IO_ERR | G_IO_HUP, on_reader_gone, NULL);
}

int
cli_streams_close (int exit_code)
{
  is_closed = TRUE;
  /* Some file systems report a full disk or quota only on close(). */
  if (lost_errno == 0 && close (STDOUT_FILENO) != 0 && errno != EBADF)
    lost_errno = errno;
  if (lost_errno == 0)
    return exit_code;
  if (lost_errno != EPIPE)
    g_printerr (_ ("outbox: the output is lost: %s\n"), g_strerror (lost_errno));

  return exit_code == CLI_DONE ? CLI_FAILED : exit_code;
}
