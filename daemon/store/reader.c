/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The process is a fork that makes system calls and nothing else. It closes the descriptors of its parent, except those of
 * files that may hang: closing them could hang as well (FUSE asks its program at each close()).
 */
#include "store/reader.h"

#include "dbus/error.h"
#include "store/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK_BYTES (64 * 1024)
#define PIPE_BYTES (1024 * 1024)
#define WRITER_MS 100

/* A file system that works closes a file in less time. */
#define RELEASE_MS 200

typedef enum
{
  FACTS,  /* the file's facts before it is read */
  DATA,   /* @bytes of data follow */
  END,    /* the file's facts after it was read */
  CLOSED, /* close() returned */
} FrameKind;

typedef struct
{
  FrameKind kind;
  int error; /* errno; 0: none */
  guint32 bytes;
  gboolean comes_again; /* with END: the file is read a second time */
  struct stat info;
} Frame;

struct _ObReader
{
  GPid pid;
  int pipe;
  Frame frame; /* the last one received */
  gboolean has_frame;
  char block[BLOCK_BYTES]; /* its bytes */
};

/* --- In the process: no memory allocation, no locks, no GLib --- */

static void
send_bytes (int pipe, const void *bytes, gsize size)
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

static int
read_pass (int fd, int pipe)
{
  char block[BLOCK_BYTES];
  off_t done = 0;

  for (;;)
    {
      gssize got = pread (fd, block, sizeof block, done);
      Frame frame = { .kind = DATA, .bytes = (guint32) MAX (got, 0) };

      if (got < 0 && errno == EINTR)
        continue;
      if (got < 0)
        return errno;
      if (got == 0)
        return 0;
      done += got;
      send_bytes (pipe, &frame, sizeof frame);
      send_bytes (pipe, block, (gsize) got);
    }
}

/* See copy.c. */
static gboolean
may_have_writer (int fd)
{
  if ((fcntl (fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
    return TRUE;
  if (fcntl (fd, F_SETLEASE, F_RDLCK) != 0)
    return errno == EAGAIN;
  (void) fcntl (fd, F_SETLEASE, F_UNLCK);

  return FALSE;
}

/* @before: the facts when the first pass began; NULL in the second pass. If they have changed, it may be only a rename:
 * read once more. */
static void
send_pass (int fd, int pipe, const struct stat *before)
{
  Frame end = { .kind = END };

  end.error = read_pass (fd, pipe);
  if (end.error == 0 && fstat (fd, &end.info) != 0)
    end.error = errno;
  end.comes_again = before && end.error == 0
                    && (before->st_ctim.tv_sec != end.info.st_ctim.tv_sec
                        || before->st_ctim.tv_nsec != end.info.st_ctim.tv_nsec || may_have_writer (fd));
  send_bytes (pipe, &end, sizeof end);
  if (end.comes_again)
    {
      (void) usleep (WRITER_MS * 1000);
      send_pass (fd, pipe, NULL);
    }
}

static void
send_file (int fd, int pipe)
{
  Frame facts = { .kind = FACTS };

  if (fstat (fd, &facts.info) != 0)
    facts.error = errno;
  send_bytes (pipe, &facts, sizeof facts);
  if (facts.error == 0 && S_ISREG (facts.info.st_mode))
    send_pass (fd, pipe, &facts.info);
}

static void
send_closed (int fd, int pipe)
{
  Frame closed = { .kind = CLOSED };

  (void) close (fd);
  send_bytes (pipe, &closed, sizeof closed);
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

static void
run_process (void (*work) (int fd, int pipe), int fd, int pipe, const int *kept, guint n_kept)
{
  (void) prctl (PR_SET_NAME, "outbox-reader");
  (void) signal (SIGTERM, SIG_DFL);
  (void) signal (SIGINT, SIG_DFL);
  (void) signal (SIGPIPE, SIG_DFL);
  close_all_but (kept, n_kept);
  work (fd, pipe);
  _exit (0);
}

/* --- In this process --- */

static gint
compare_ints (gconstpointer a, gconstpointer b)
{
  return *(const int *) a - *(const int *) b;
}

static ObReader *
start (void (*work) (int fd, int pipe), int fd, GError **error)
{
  g_autoptr (GArray) kept = NULL;
  ObReader *reader;
  int ends[2];
  GPid pid = -1;

  if (pipe2 (ends, O_CLOEXEC) == 0)
    {
      kept = ob_mounts_list_hanging ();
      g_array_append_val (kept, fd);
      g_array_append_val (kept, ends[1]);
      g_array_sort (kept, compare_ints);
      (void) fcntl (ends[0], F_SETPIPE_SZ, PIPE_BYTES);
      pid = fork ();
      if (pid == 0)
        run_process (work, fd, ends[1], (const int *) (void *) kept->data, kept->len);
      (void) close (ends[1]);
      if (pid < 0)
        (void) close (ends[0]);
    }
  if (pid < 0)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "No process can be started to read the file: %s",
                   g_strerror (errno));
      return NULL;
    }
  reader = g_new0 (ObReader, 1);
  reader->pid = pid;
  reader->pipe = ends[0];
  (void) g_unix_set_fd_nonblocking (reader->pipe, TRUE, NULL);

  return reader;
}

ObReader *
ob_reader_start (int fd, GError **error)
{
  return start (send_file, fd, error);
}

static void
on_reaped (GPid pid, gint status, gpointer user_data)
{
}

void
ob_reader_free (ObReader *reader)
{
  (void) kill (reader->pid, SIGKILL);
  g_child_watch_add (reader->pid, on_reaped, NULL);
  (void) close (reader->pipe);
  g_free (reader);
}

/* Returns: FALSE also at the end of the pipe */
static gboolean
read_bytes (ObReader *reader, void *bytes, gsize size, GCancellable *cancellable, int timeout_ms, GError **error)
{
  GPollFD polled[2] = { { reader->pipe, G_IO_IN, 0 }, { -1, 0, 0 } };
  gboolean has_cancellable = cancellable && g_cancellable_make_pollfd (cancellable, &polled[1]);
  char *next = bytes;

  while (size > 0)
    {
      gssize got = read (reader->pipe, next, size);

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
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_FAILED, "The process that reads the file has ended");

  return FALSE;
}

/* Receives the next frame, unless one has not been taken yet. */
static gboolean
have_frame (ObReader *reader, GCancellable *cancellable, GError **error)
{
  if (reader->has_frame)
    return TRUE;
  reader->has_frame = read_bytes (reader, &reader->frame, sizeof reader->frame, cancellable, -1, error)
                      && reader->frame.bytes <= BLOCK_BYTES
                      && read_bytes (reader, reader->block, reader->frame.bytes, cancellable, -1, error);

  return reader->has_frame;
}

gboolean
ob_reader_get_facts (ObReader *reader, GCancellable *cancellable, struct stat *before, GError **error)
{
  if (!have_frame (reader, cancellable, error))
    return FALSE;
  reader->has_frame = FALSE;
  if (reader->frame.error != 0)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The file cannot be read: %s",
                   g_strerror (reader->frame.error));
      return FALSE;
    }
  *before = reader->frame.info;

  return TRUE;
}

char *
ob_reader_peek (ObReader *reader, GCancellable *cancellable, gsize *size_bytes, GError **error)
{
  *size_bytes = 0;
  if (!have_frame (reader, cancellable, error))
    return NULL;
  if (reader->frame.kind == DATA)
    {
      *size_bytes = reader->frame.bytes;
      return reader->block;
    }
  if (reader->frame.error != 0)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "The file cannot be read: %s",
                 g_strerror (reader->frame.error));

  return NULL;
}

void
ob_reader_take (ObReader *reader)
{
  reader->has_frame = FALSE;
}

void
ob_reader_get_end (ObReader *reader, struct stat *after, gboolean *comes_again)
{
  *after = reader->frame.info;
  *comes_again = reader->frame.comes_again;
  reader->has_frame = FALSE;
}

/* --- Letting go of files --- */

typedef struct
{
  ObReader *reader;
  int fd;
} Release;

static gpointer
close_on_thread (gpointer data)
{
  (void) close (GPOINTER_TO_INT (data));

  return NULL;
}

static gboolean
on_released (int pipe, GIOCondition condition, gpointer user_data)
{
  Release *release = user_data;

  g_thread_unref (g_thread_new ("close", close_on_thread, GINT_TO_POINTER (release->fd)));
  ob_reader_free (release->reader);
  g_free (release);

  return G_SOURCE_REMOVE;
}

void
ob_reader_release_fd (int fd)
{
  g_autoptr (ObReader) reader = start (send_closed, fd, NULL);
  Release *release;
  Frame frame;

  if (!reader)
    return;
  if (read_bytes (reader, &frame, sizeof frame, NULL, RELEASE_MS, NULL))
    {
      (void) close (fd);
      return;
    }
  release = g_new0 (Release, 1);
  release->fd = fd;
  release->reader = g_steal_pointer (&reader);
  (void) g_unix_fd_add (release->reader->pipe, G_IO_IN, on_released, release);
}

static int
hold_files (void *data)
{
  pid_t parent = *(pid_t *) data;

  (void) prctl (PR_SET_NAME, "outbox-closer");
  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  while (getppid () == parent)
    (void) usleep (100 * 1000);
  _exit (0);
}

/* It shares the descriptor table with this process, so that the end of the one closes no file while the other lives. */
void
ob_reader_leave_files (void)
{
  g_autoptr (GArray) files = ob_mounts_list_hanging ();
  char stack[16 * 1024] __attribute__ ((aligned (16)));
  pid_t parent = getpid ();

  if (files->len > 0)
    (void) clone (hold_files, stack + sizeof stack, CLONE_FILES | SIGCHLD, &parent);
}
