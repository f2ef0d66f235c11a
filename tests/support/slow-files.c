/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As much of the FUSE protocol (linux/fuse.h) as one file takes, in a process of its own.
 */
#include "support/slow-files.h"

#include "support/fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REQUEST_MAX_BYTES (256 * 1024)

struct _TestSlowFiles
{
  pid_t server;
  char *folder;
  gint *hung; /* shared with the server; atomic */
};

/* --- The server --- */

static struct fuse_attr
make_attributes (guint64 node)
{
  gboolean is_file = node == TEST_FUSE_FILE;

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
      return hang == TEST_HANGS_AT_GETATTR && request->nodeid == TEST_FUSE_FILE;
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
  const struct fuse_entry_out entry = { .nodeid = TEST_FUSE_FILE, .attr = make_attributes (TEST_FUSE_FILE) };
  gboolean is_known = g_str_equal ((const char *) (request + 1), "photo.jpg");

  test_fuse_answer (device, request, is_known ? 0 : ENOENT, &entry, is_known ? sizeof entry : 0);
}

static void
answer_read (int device, const struct fuse_in_header *request)
{
  const struct fuse_read_in *read = (const struct fuse_read_in *) (request + 1);
  guint64 left = read->offset < TEST_SLOW_FILE_BYTES ? TEST_SLOW_FILE_BYTES - read->offset : 0;
  static char bytes[REQUEST_MAX_BYTES];

  memset (bytes, 'x', sizeof bytes);
  test_fuse_answer (device, request, 0, bytes, MIN (MIN (read->size, left), sizeof bytes));
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
      test_fuse_answer (device, request, 0, &init, sizeof init);
      break;
    case FUSE_LOOKUP:
      answer_lookup (device, request);
      break;
    case FUSE_GETATTR:
      test_fuse_answer (device, request, 0, &attributes, sizeof attributes);
      break;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
      test_fuse_answer (device, request, 0, &opened, sizeof opened);
      break;
    case FUSE_READ:
      answer_read (device, request);
      break;
    default:
      test_fuse_answer_any (device, request);
    }
}

typedef struct
{
  int device;
  TestHang hang;
  gint *hung;
} Server;

static void
handle (const struct fuse_in_header *request, gpointer user_data)
{
  const Server *server = user_data;

  if (!is_hang (server->hang, request) || !is_asked_by_daemon (request))
    {
      answer_any (server->device, request);
      return;
    }
  g_atomic_int_inc (server->hung);
  if (server->hang == TEST_FAILS_AT_LATER_READ)
    test_fuse_answer (server->device, request, EIO, NULL, 0);
}

/* --- The test --- */

TestSlowFiles *
test_slow_files_new (const char *folder, TestHang hang)
{
  Server server = { .device = test_fuse_mount ("slow", folder), .hang = hang };
  TestSlowFiles *files;

  if (server.device < 0)
    return NULL;
  files = g_new0 (TestSlowFiles, 1);
  files->folder = g_strdup (folder);
  files->hung = mmap (NULL, sizeof *files->hung, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (files->hung != MAP_FAILED);
  files->server = fork ();
  g_assert_cmpint (files->server, >=, 0);
  if (files->server == 0)
    {
      server.hung = files->hung;
      test_fuse_serve (server.device, REQUEST_MAX_BYTES, handle, &server);
    }
  (void) close (server.device);

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
