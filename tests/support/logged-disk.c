/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As much of the FUSE protocol (linux/fuse.h) as a file for a loop device takes, in a process of its own. It answers one request
 * after the other, so that the log has them in the order in which the disk was told of them.
 */
#include "support/logged-disk.h"

#include "support/fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITE_MAX_BYTES (1024 * 1024)
#define REQUEST_MAX_BYTES (WRITE_MAX_BYTES + 4096)
#define CACHED_S 3600

struct _TestLoggedDisk
{
  pid_t server;
  char *folder;
  guint64 *position; /* shared with the server; atomic */
};

typedef struct
{
  int device;
  int image;
  int log;
  guint64 size_bytes;
  guint64 *position;
  char *read_bytes;
} Server;

/* --- The server --- */

static void
answer (Server *server, const struct fuse_in_header *request, int error, const void *bytes, gsize size)
{
  test_fuse_answer (server->device, request, error, bytes, size);
}

/* The line is whole before the disk answers. A log that cannot be written would show less than there was. */
static void
note (Server *server, TestDiskKind kind, guint64 offset, guint32 length, const void *bytes)
{
  TestDiskEntry entry = { g_get_real_time (), offset, length, kind };
  const gsize n_bytes = kind == TEST_DISK_WRITE ? length : 0;
  const struct iovec parts[] = { { &entry, sizeof entry }, { (void *) bytes, n_bytes } };

  if (writev (server->log, parts, n_bytes > 0 ? 2 : 1) != (gssize) (sizeof entry + n_bytes))
    _exit (1);
  (void) __atomic_add_fetch (server->position, 1, __ATOMIC_SEQ_CST);
}

static struct fuse_attr
make_attributes (const Server *server, guint64 node)
{
  const gboolean is_file = node == TEST_FUSE_FILE;

  return (struct fuse_attr){ .ino = node,
                             .size = is_file ? server->size_bytes : 0,
                             .blocks = is_file ? server->size_bytes / 512 : 0,
                             .mode = is_file ? S_IFREG | 0600 : S_IFDIR | 0700,
                             .nlink = 1,
                             .blksize = 4096 };
}

static void
answer_lookup (Server *server, const struct fuse_in_header *request)
{
  const struct fuse_entry_out entry = { .nodeid = TEST_FUSE_FILE,
                                        .entry_valid = CACHED_S,
                                        .attr_valid = CACHED_S,
                                        .attr = make_attributes (server, TEST_FUSE_FILE) };
  const gboolean is_known = strcmp ((const char *) (request + 1), "disk.img") == 0;

  answer (server, request, is_known ? 0 : ENOENT, &entry, is_known ? sizeof entry : 0);
}

static void
answer_read (Server *server, const struct fuse_in_header *request)
{
  const struct fuse_read_in *wanted = (const struct fuse_read_in *) (request + 1);
  const gssize n
      = pread (server->image, server->read_bytes, MIN (wanted->size, WRITE_MAX_BYTES), (off_t) wanted->offset);

  answer (server, request, n < 0 ? errno : 0, server->read_bytes, n < 0 ? 0 : (gsize) n);
}

static void
answer_write (Server *server, const struct fuse_in_header *request)
{
  const struct fuse_write_in *wanted = (const struct fuse_write_in *) (request + 1);
  const struct fuse_write_out written = { .size = wanted->size };

  if (pwrite (server->image, wanted + 1, wanted->size, (off_t) wanted->offset) != (gssize) wanted->size)
    _exit (1);
  note (server, TEST_DISK_WRITE, wanted->offset, wanted->size, wanted + 1);
  answer (server, request, 0, &written, sizeof written);
}

/* A loop device discards, and writes zeros, by it. */
static void
answer_fallocate (Server *server, const struct fuse_in_header *request)
{
  const struct fuse_fallocate_in *wanted = (const struct fuse_fallocate_in *) (request + 1);

  if (!(wanted->mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) || wanted->length > G_MAXUINT32)
    {
      answer (server, request, EOPNOTSUPP, NULL, 0);
      return;
    }
  if (fallocate (server->image, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t) wanted->offset,
                 (off_t) wanted->length)
      != 0)
    _exit (1);
  note (server, TEST_DISK_DISCARD, wanted->offset, (guint32) wanted->length, NULL);
  answer (server, request, 0, NULL, 0);
}

static void
handle (const struct fuse_in_header *request, gpointer user_data)
{
  Server *server = user_data;
  const struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
                                      .minor = 31,
                                      .max_readahead = 65536,
                                      .flags = FUSE_BIG_WRITES | FUSE_MAX_PAGES,
                                      .max_background = 12,
                                      .congestion_threshold = 10,
                                      .max_write = WRITE_MAX_BYTES,
                                      .max_pages = WRITE_MAX_BYTES / 4096,
                                      .time_gran = 1 };
  const struct fuse_attr_out attributes = { .attr_valid = CACHED_S, .attr = make_attributes (server, request->nodeid) };
  const struct fuse_open_out opened = { .fh = 1, .open_flags = FOPEN_KEEP_CACHE };

  switch (request->opcode)
    {
    case FUSE_INIT:
      answer (server, request, 0, &init, sizeof init);
      break;
    case FUSE_LOOKUP:
      answer_lookup (server, request);
      break;
    case FUSE_GETATTR:
    case FUSE_SETATTR:
      answer (server, request, 0, &attributes, sizeof attributes);
      break;
    case FUSE_OPEN:
    case FUSE_OPENDIR:
      answer (server, request, 0, &opened, sizeof opened);
      break;
    case FUSE_READ:
      answer_read (server, request);
      break;
    case FUSE_WRITE:
      answer_write (server, request);
      break;
    case FUSE_FALLOCATE:
      answer_fallocate (server, request);
      break;
    case FUSE_FSYNC:
      note (server, TEST_DISK_FLUSH, 0, 0, NULL);
      answer (server, request, 0, NULL, 0);
      break;
    default:
      test_fuse_answer_any (server->device, request);
    }
}

/* --- The test --- */

static void
begin_server (TestLoggedDisk *disk, int device, const char *image, const char *log)
{
  Server server = { .device = device,
                    .image = open (image, O_RDWR | O_CLOEXEC),
                    .log = open (log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600),
                    .position = disk->position };
  struct stat info;

  g_assert_cmpint (server.image, >=, 0);
  g_assert_cmpint (server.log, >=, 0);
  g_assert_cmpint (fstat (server.image, &info), ==, 0);
  server.size_bytes = (guint64) info.st_size;
  disk->server = fork ();
  g_assert_cmpint (disk->server, >=, 0);
  if (disk->server == 0)
    {
      server.read_bytes = g_malloc (WRITE_MAX_BYTES);
      test_fuse_serve (device, REQUEST_MAX_BYTES, handle, &server);
    }
  (void) close (server.image);
  (void) close (server.log);
}

TestLoggedDisk *
test_logged_disk_new (const char *folder, const char *image, const char *log)
{
  const int device = test_fuse_mount ("disk", folder);
  TestLoggedDisk *disk;

  if (device < 0)
    return NULL;
  disk = g_new0 (TestLoggedDisk, 1);
  disk->folder = g_strdup (folder);
  disk->position = mmap (NULL, sizeof *disk->position, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  g_assert_true (disk->position != MAP_FAILED);
  begin_server (disk, device, image, log);
  (void) close (device);

  return disk;
}

guint64
test_logged_disk_get_position (TestLoggedDisk *disk)
{
  return __atomic_load_n (disk->position, __ATOMIC_SEQ_CST);
}

void
test_logged_disk_free (TestLoggedDisk *disk)
{
  (void) umount2 (disk->folder, MNT_DETACH);
  (void) kill (disk->server, SIGKILL);
  (void) waitpid (disk->server, NULL, 0);
  (void) munmap (disk->position, sizeof *disk->position);
  g_free (disk->folder);
  g_free (disk);
}
