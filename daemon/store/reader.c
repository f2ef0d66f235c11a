/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is sent is frames: facts, data, facts again.
 */
#include "store/reader.h"

#include "base/errand.h"
#include "base/mounts.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define BLOCK_BYTES (64 * 1024)
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
  ObErrand *errand;
  Frame frame; /* the last one received */
  gboolean has_frame;
  char block[BLOCK_BYTES]; /* its bytes */
};

/* --- In the process: no memory allocation, no locks, no GLib --- */

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
      ob_errand_send (pipe, &frame, sizeof frame);
      ob_errand_send (pipe, block, (gsize) got);
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
  ob_errand_send (pipe, &end, sizeof end);
  if (end.comes_again)
    {
      (void) usleep (WRITER_MS * 1000);
      send_pass (fd, pipe, NULL);
    }
}

static void
send_file (gconstpointer data, int pipe)
{
  int fd = *(const int *) data;
  Frame facts = { .kind = FACTS };

  if (fstat (fd, &facts.info) != 0)
    facts.error = errno;
  ob_errand_send (pipe, &facts, sizeof facts);
  if (facts.error == 0 && S_ISREG (facts.info.st_mode))
    send_pass (fd, pipe, &facts.info);
}

static void
send_closed (gconstpointer data, int pipe)
{
  Frame closed = { .kind = CLOSED };

  (void) close (*(const int *) data);
  ob_errand_send (pipe, &closed, sizeof closed);
}

/* --- In this process --- */

static ObReader *
start (ObErrandWork work, int fd, GError **error)
{
  ObErrand *errand = ob_errand_start (work, &fd, fd, error);
  ObReader *reader;

  if (!errand)
    return NULL;
  reader = g_new0 (ObReader, 1);
  reader->errand = errand;

  return reader;
}

ObReader *
ob_reader_start (int fd, GError **error)
{
  return start (send_file, fd, error);
}

void
ob_reader_free (ObReader *reader)
{
  ob_errand_free (reader->errand);
  g_free (reader);
}

/* Receives the next frame, unless one has not been taken yet. */
static gboolean
have_frame (ObReader *reader, GCancellable *cancellable, GError **error)
{
  if (reader->has_frame)
    return TRUE;
  reader->has_frame = ob_errand_read (reader->errand, &reader->frame, sizeof reader->frame, cancellable, -1, error)
                      && reader->frame.bytes <= BLOCK_BYTES
                      && ob_errand_read (reader->errand, reader->block, reader->frame.bytes, cancellable, -1, error);

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
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("The file cannot be read: %s"),
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
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, S_ ("The file cannot be read: %s"),
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
  if (ob_errand_read (reader->errand, &frame, sizeof frame, NULL, RELEASE_MS, NULL))
    {
      (void) close (fd);
      return;
    }
  release = g_new0 (Release, 1);
  release->fd = fd;
  release->reader = g_steal_pointer (&reader);
  (void) g_unix_fd_add (ob_errand_get_pipe (release->reader->errand), G_IO_IN, on_released, release);
}

static int
hold_files (void *data)
{
  pid_t parent = *(pid_t *) data;

  ob_errand_set_name ("outbox-closer");
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
