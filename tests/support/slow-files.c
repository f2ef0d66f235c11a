/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As much of the FUSE protocol (linux/fuse.h) as one file takes, in a process of its own.
 */
#include "support/slow-files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILE_NODE 2
#define REQUEST_MAX_BYTES (256 * 1024)

struct _TestSlowFiles
{
  pid_t server;
  char *folder;
  gint *hung; /* shared with the server; atomic */
};

/* --- The server --- */

static void
answer (int device, const struct fuse_in_header *request, int error, const void *bytes, gsize size)
{
  struct fuse_out_header header
      = { .len = (guint32) (sizeof header + size), .error = -error, .unique = request->unique };
  const struct iovec parts[] = { { &header, sizeof header }, { (void *) bytes, size } };

  (void) !writev (device, parts, size > 0 ? 2 : 1);
}

static struct fuse_attr
make_attributes (guint64 node)
{
  gboolean is_file = node == FILE_NODE;

  return (struct fuse_attr){ .ino = node,
                             .size = is_file ? TEST_SLOW_FILE_BYTES : 0,
                             .mtime = 1700000000,
                             .ctime = 1700000000,
                             .mode = is_file ? S_IFREG | 0644 : S_IFDIR | 0755,
                             .nlink = 1,
                             .blksize = 4096 };
}

static gboolean
is_asked_by_daemon (const struct fuse_in_header *request)
{
  char path[64], program[4096];
  gssize size;

  (void) snprintf (path, sizeof path, "/proc/%u/exe", request->pid);
  size = readlink (path, program, sizeof program - 1);
  program[MAX (size, 0)] = '\0';

  return g_str_has_suffix (program, "/outboxd");
}

static gboolean
is_hang (TestHang hang, const struct fuse_in_header *request)
{
  const struct fuse_read_in *read = (const struct fuse_read_in *) (request + 1);

  switch (request->opcode)
    {
    case FUSE_LOOKUP:
      return hang == TEST_HANGS_AT_LOOKUP;
    case FUSE_OPEN:
      return hang == TEST_HANGS_AT_OPEN;
    case FUSE_GETATTR:
      return hang == TEST_HANGS_AT_GETATTR && request->nodeid == FILE_NODE;
    case FUSE_READ:
      return read->offset == 0 ? hang == TEST_HANGS_AT_FIRST_READ
                               : hang == TEST_HANGS_AT_LATER_READ || hang == TEST_FAILS_AT_LATER_READ;
    case FUSE_FLUSH:
      return hang == TEST_HANGS_AT_FLUSH;
    default:
      return FALSE;
    }
}

static void
answer_lookup (int device, const struct fuse_in_header *request)
{
  const struct fuse_entry_out entry = { .nodeid = FILE_NODE, .attr = make_attributes (FILE_NODE) };
  gboolean is_known = g_str_equal ((const char *) (request + 1), "photo.jpg");

  answer (device, request, is_known ? 0 : ENOENT, &entry, is_known ? sizeof entry : 0);
}

static void
answer_read (int device, const struct fuse_in_header *request)
{
  const struct fuse_read_in *read = (const struct fuse_read_in *) (request + 1);
  guint64 left = read->offset < TEST_SLOW_FILE_BYTES ? TEST_SLOW_FILE_BYTES - read->offset : 0;
  static char bytes[REQUEST_MAX_BYTES];

  memset (bytes, 'x', sizeof bytes);
  answer (device, request, 0, bytes, MIN (MIN (read->size, left), sizeof bytes));
}

static void
answer_any (int device, const struct fuse_in_header *request)
{
  const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
                                      .minor = 31,
                                      .max_readahead = 65536,
                                      .max_background = 12,
                                      .congestion_threshold = 10,
                                      .max_write = 65536,
                                      .time_gran = 1 };
  /* Never from the cache, neither attributes nor bytes. */
  const struct fuse_attr_out attributes = { .attr = make_attributes (request->nodeid) };
  const struct fuse_open_out opened = { .fh = 1, .open_flags = FOPEN_DIRECT_IO };

  switch (request->opcode)
    {
    case FUSE_INIT:
      answer (device, request, 0, &init, sizeof init);
      break;
    case FUSE_LOOKUP:
      answer_lookup (device, request);
      break;
    case FUSE_GETATTR:
      answer (device, request, 0, &attributes, sizeof attributes);
      break;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
      answer (device, request, 0, &opened, sizeof opened);
      break;
    case FUSE_READ:
      answer_read (device, request);
      break;
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
      answer (device, request, 0, NULL, 0);
      break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      break;
    default:
      answer (device, request, ENOSYS, NULL, 0);
    }
}

static void
serve (int device, TestHang hang, gint *hung)
{
  static union
  {
    struct fuse_in_header header;
    char bytes[REQUEST_MAX_BYTES];
  } request;

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  for (;;)
    {
      gssize got = read (device, &request, sizeof request);

      if (got < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
        continue;
      if (got < (gssize) sizeof request.header)
        _exit (0);
      if (!is_hang (hang, &request.header) || !is_asked_by_daemon (&request.header))
        {
          answer_any (device, &request.header);
          continue;
        }
      g_atomic_int_inc (hung);
      if (hang == TEST_FAILS_AT_LATER_READ)
        answer (device, &request.header, EIO, NULL, 0);
    }
}

/* --- The test --- */

TestSlowFiles *
test_slow_files_new (const char *folder, TestHang hang)
{
  int device = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  g_autofree char *options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  TestSlowFiles *files;

  if (device < 0 || mount ("slow", folder, "fuse.slow", MS_NOSUID | MS_NODEV, options) != 0)
    {
      if (device >= 0)
        (void) close (device);
      return NULL;
    }
  files = g_new0 (TestSlowFiles, 1);
  files->folder = g_strdup (folder);
  files->hung = mmap (NULL, sizeof *files->hung, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (files->hung != MAP_FAILED);
  files->server = fork ();
  g_assert_cmpint (files->server, >=, 0);
  if (files->server == 0)
    serve (device, hang, files->hung);
  (void) close (device);

  return files;
}

guint
test_slow_files_count_hung (TestSlowFiles *files)
{
  return (guint) g_atomic_int_get (files->hung);
}

void
test_slow_files_free (TestSlowFiles *files)
{
  /* With the last descriptor of the device, the kernel answers all that wait. */
  (void) kill (files->server, SIGKILL);
  (void) waitpid (files->server, NULL, 0);
  (void) umount2 (files->folder, MNT_DETACH);
  (void) munmap (files->hung, sizeof *files->hung);
  g_free (files->folder);
  g_free (files);
}
