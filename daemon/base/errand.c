/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process is a fork that makes system calls and nothing else.
 */
#include "base/errand.h"

#include "base/mounts.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIPE_BYTES (1024 * 1024)
#define PART_BYTES (64 * 1024)

/* A process that has not closed its files by then hangs. */
#define BEGIN_US (5 * G_USEC_PER_SEC)

/* So many processes that nobody waits for any more may hang where nothing can kill them. */
#define KILLED_MOST 256

struct _ObErrand
{
  GPid pid;
  int pipe;
  GByteArray *answer; /* NULL: it is not collected, or was too much */
  gsize most_bytes;
  guint source; /* while it is collected */
  ObErrandDone done;
  gpointer user_data;
};

static gint n_killed; /* atomic: processes that were killed and have not ended yet */

/* --- In the process: no memory allocation, no locks, no GLib --- */

void
ob_errand_send (int pipe, const void *bytes, gsize size)
{
  const char *next = bytes;

  while (size > 0)
    {
      gssize sent = write (pipe, next, size);

      if (sent < 0 && errno != EINTR)
        _exit (1); /* the parent does not read any more */
      if (sent > 0)
        {
          next += sent;
          size -= (gsize) sent;
        }
    }
}

static void
close_between (int first, int last)
{
  if (first <= last)
    (void) syscall (SYS_close_range, (unsigned int) first, (unsigned int) last, 0);
}

/* @kept: in ascending order */
static void
close_all_but (const int *kept, guint n_kept)
{
  int first = 0;

  for (guint i = 0; i < n_kept; i++)
    {
      close_between (first, kept[i] - 1);
      first = kept[i] + 1;
    }
  close_between (first, G_MAXINT);
}

/* Not by prctl() of the library: a sanitizer's takes a lock that a thread may have held at the moment of the fork. */
void
ob_errand_set_name (const char *name)
{
  (void) syscall (SYS_prctl, PR_SET_NAME, name, 0, 0, 0);
}

static void
run_process (ObErrandWork work, gconstpointer data, int pipe, const GArray *kept)
{
  ob_errand_set_name ("outbox-reader");
  (void) signal (SIGTERM, SIG_DFL);
  (void) signal (SIGINT, SIG_DFL);
  (void) signal (SIGPIPE, SIG_DFL);
  close_all_but ((const int *) (void *) kept->data, kept->len);
  ob_errand_send (pipe, "", 1);
  work (data, pipe);
  _exit (0);
}

/* --- In this process --- */

static gint
compare_ints (gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

/* Returns: (transfer full): what stays open in the process, in ascending order */
static GArray *
list_kept (int fd, int pipe)
{
  GArray *kept = ob_mounts_list_hanging ();

  if (fd >= 0)
    g_array_append_val (kept, fd);
  g_array_append_val (kept, pipe);
  g_array_sort (kept, compare_ints);

  return kept;
}

/* Waits until the process has closed what it does not keep: if this one ended before that, its lock, and the disk of its folder,
 * would not be free yet. Returns: %FALSE if it has not come that far after seconds: nobody may be made to wait for it longer */
static gboolean
wait_until_closed (int pipe)
{
  const gint64 end_us = g_get_monotonic_time () + BEGIN_US;
  GPollFD polled = { pipe, G_IO_IN, 0 };
  char closed;
  gint64 left_us;

  while ((left_us = end_us - g_get_monotonic_time ()) > 0)
    if (g_poll (&polled, 1, (gint) (left_us / 1000) + 1) > 0)
      return read (pipe, &closed, 1) == 1;

  return FALSE;
}

static void
on_reaped (GPid pid, gint status, gpointer user_data)
{
  (void) g_atomic_int_dec_and_test (&n_killed);
}

/* A process that leads a group is killed with that. */
static void
kill_all (GPid pid)
{
  (void) kill (-pid, SIGKILL);
  (void) kill (pid, SIGKILL);
}

/* Its end is seen by the main loop: what hangs where nothing can kill it ends with its file system. */
static void
leave (GPid pid)
{
  kill_all (pid);
  g_atomic_int_inc (&n_killed);
  g_child_watch_add (pid, on_reaped, NULL);
}

ObErrand *
ob_errand_start (ObErrandWork work, gconstpointer data, int fd, GError **error)
{
  g_autoptr (GArray) kept = NULL;
  ObErrand *errand;
  int ends[2];
  GPid pid = -1;

  errno = EAGAIN;
  if (g_atomic_int_get (&n_killed) < KILLED_MOST && pipe2 (ends, O_CLOEXEC) == 0)
    {
      kept = list_kept (fd, ends[1]);
      (void) fcntl (ends[0], F_SETPIPE_SZ, PIPE_BYTES);
      pid = fork ();
      if (pid == 0)
        run_process (work, data, ends[1], kept);
      (void) close (ends[1]);
      if (pid > 0 && !wait_until_closed (ends[0]))
        {
          leave (pid);
          pid = -1;
          errno = ETIMEDOUT;
        }
      if (pid < 0)
        (void) close (ends[0]);
    }
  if (pid < 0)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, S_ ("No process can be started to read the file: %s"),
                   g_strerror (errno));
      return NULL;
    }
  errand = g_new0 (ObErrand, 1);
  errand->pid = pid;
  errand->pipe = ends[0];
  (void) g_unix_set_fd_nonblocking (errand->pipe, TRUE, NULL);

  return errand;
}

void
ob_errand_kill (ObErrand *errand)
{
  kill_all (errand->pid);
}

void
ob_errand_free (ObErrand *errand)
{
  leave (errand->pid);
  g_clear_handle_id (&errand->source, g_source_remove);
  g_clear_pointer (&errand->answer, g_byte_array_unref);
  (void) close (errand->pipe);
  g_free (errand);
}

int
ob_errand_get_pipe (ObErrand *errand)
{
  return errand->pipe;
}

gboolean
ob_errand_read (ObErrand *errand, void *bytes, gsize size, GCancellable *cancellable, int timeout_ms, GError **error)
{
  GPollFD polled[2] = { { errand->pipe, G_IO_IN, 0 }, { -1, 0, 0 } };
  gboolean has_cancellable = cancellable && g_cancellable_make_pollfd (cancellable, &polled[1]);
  char *next = bytes;

  while (size > 0)
    {
      gssize got = read (errand->pipe, next, size);

      if (got > 0)
        {
          next += got;
          size -= (gsize) got;
          continue;
        }
      if (got == 0 || (errno != EAGAIN && errno != EINTR) || g_cancellable_is_cancelled (cancellable))
        break;
      if (g_poll (polled, has_cancellable ? 2 : 1, timeout_ms) == 0)
        break;
    }
  if (has_cancellable)
    g_cancellable_release_fd (cancellable);
  if (size == 0)
    return TRUE;
  if (!g_cancellable_set_error_if_cancelled (cancellable, error))
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, S_ ("The process that reads the file has ended"));

  return FALSE;
}

/* --- The whole answer --- */

/* Reads what has come. Returns: whether there can be more */
static gboolean
take_part (ObErrand *errand)
{
  guint8 part[PART_BYTES];
  gssize got = read (errand->pipe, part, sizeof part);

  if (got < 0)
    return errno == EAGAIN || errno == EINTR;
  if (got == 0)
    return FALSE;
  g_byte_array_append (errand->answer, part, (guint) got);
  if (errand->answer->len <= errand->most_bytes)
    return TRUE;
  g_clear_pointer (&errand->answer, g_byte_array_unref);

  return FALSE;
}

/* The receiver may free the errand. */
static void
end_collecting (ObErrand *errand)
{
  GByteArray *answer = g_steal_pointer (&errand->answer);
  g_autoptr (GBytes) bytes = answer ? g_byte_array_free_to_bytes (answer) : NULL;

  errand->source = 0;
  errand->done (bytes, errand->user_data);
}

static gboolean
on_part (int pipe, GIOCondition condition, gpointer user_data)
{
  ObErrand *errand = user_data;

  if (take_part (errand))
    return G_SOURCE_CONTINUE;
  end_collecting (errand);

  return G_SOURCE_REMOVE;
}

void
ob_errand_collect (ObErrand *errand, gsize most_bytes, ObErrandDone done, gpointer user_data)
{
  errand->answer = g_byte_array_new ();
  errand->most_bytes = most_bytes;
  errand->done = done;
  errand->user_data = user_data;
  errand->source = g_unix_fd_add (errand->pipe, G_IO_IN | G_IO_HUP | G_IO_ERR, on_part, errand);
}

gboolean
ob_errand_wait (ObErrand *errand, gint64 until_us)
{
  GPollFD polled = { errand->pipe, G_IO_IN, 0 };

  while (errand->source != 0)
    {
      gint64 left_us = until_us - g_get_monotonic_time ();

      if (left_us <= 0 || g_poll (&polled, 1, (gint) (left_us / 1000) + 1) == 0)
        return FALSE;
      if (!take_part (errand))
        {
          g_clear_handle_id (&errand->source, g_source_remove);
          end_collecting (errand);
          return TRUE;
        }
    }

  return TRUE;
}
