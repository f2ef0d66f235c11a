/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The kernel's side of FUSE. In the process that serves, but for the mount.
 */
#include "support/fuse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

int
test_fuse_mount (const char *name, const char *folder)
{
  int device = open ("/dev/fuse", O_RDWR | O_CLOEXEC);
  g_autofree char *options = g_strdup_printf ("fd=%d,rootmode=40000,user_id=0,group_id=0", device);
  g_autofree char *type = g_strconcat ("fuse.", name, NULL);

  if (device < 0 || mount (name, folder, type, MS_NOSUID | MS_NODEV, options) == 0)
    return device;
  (void) close (device);

  return -1;
}

void
test_fuse_answer (int device, const struct fuse_in_header *request, int error, const void *bytes, gsize size)
{
  struct fuse_out_header header
      = { .len = (guint32) (sizeof header + size), .error = -error, .unique = request->unique };
  const struct iovec parts[] = { { &header, sizeof header }, { (void *) bytes, size } };

  (void) !writev (device, parts, size > 0 ? 2 : 1);
}

void
test_fuse_answer_any (int device, const struct fuse_in_header *request)
{
  switch (request->opcode)
    {
    case FUSE_FLUSH:
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
      test_fuse_answer (device, request, 0, NULL, 0);
      break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT:
      break;
    default:
      test_fuse_answer (device, request, ENOSYS, NULL, 0);
    }
}

void
test_fuse_serve (int device, gsize size_bytes,
                 void (*handle) (const struct fuse_in_header *request, gpointer user_data), gpointer user_data)
{
  struct fuse_in_header *request = g_malloc (size_bytes);

  (void) prctl (PR_SET_PDEATHSIG, SIGKILL);
  for (;;)
    {
      gssize got = read (device, request, size_bytes);

      if (got < 0 && (errno == EINTR || errno == ENOENT || errno == EAGAIN))
        continue;
      if (got < (gssize) sizeof *request)
        _exit (0);
      handle (request, user_data);
    }
}
