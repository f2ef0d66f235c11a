/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads /proc/self/fdinfo and /proc/self/mountinfo (proc(5)).
 */
#include "base/mounts.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDINFO_MAX_BYTES 512

/* File systems that need only the kernel, and through it a disk. */
static const char *const local_types[]
    = { "bcachefs", "btrfs", "devtmpfs", "exfat",  "ext2",  "ext3",    "ext4", "f2fs",  "hfs",      "hfsplus",
        "iso9660",  "jfs",   "msdos",    "nilfs2", "ntfs3", "overlay", "proc", "ramfs", "reiserfs", "rootfs",
        "squashfs", "sysfs", "tmpfs",    "ubifs",  "udf",   "vfat",    "xfs",  "zfs",   "erofs",    NULL };

guint64
ob_mounts_find (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
  int info = open (path, O_RDONLY | O_CLOEXEC);
  char text[FDINFO_MAX_BYTES];
  gssize got = info >= 0 ? read (info, text, sizeof text - 1) : -1;
  const char *line;

  if (info >= 0)
    (void) close (info);
  if (got <= 0)
    return 0;
  text[got] = '\0';
  line = strstr (text, "mnt_id:");

  return line ? strtoull (line + strlen ("mnt_id:"), NULL, 10) : 0;
}

/* Parses a line like: 36 35 98:0 /root /mnt rw,noatime shared:1 - ext4 /dev/sda1 rw
 * Returns: (transfer full) (nullable): the type of its file system */
static char *
dup_type (const char *line)
{
  const char *end = strstr (line, " - ");

  return end ? g_strndup (end + 3, strcspn (end + 3, " \n")) : NULL;
}

static gboolean
is_local (const char *line)
{
  g_autofree char *type = dup_type (line);

  return type && g_strv_contains (local_types, type);
}

/* Returns: (transfer full): the set of ids of local mounts */
static GHashTable *
find_local (void)
{
  GHashTable *local = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/mountinfo", &text, NULL, NULL))
    return local;
  line = text;
  while (line && *line)
    {
      char *next = strchr (line, '\n');

      if (next)
        *next++ = '\0';
      if (is_local (line))
        {
          gint64 number = (gint64) strtoull (line, NULL, 10);

          (void) g_hash_table_add (local, g_memdup2 (&number, sizeof number));
        }
      line = next;
    }

  return local;
}

/* Returns the same set, and reads it again only after a mount has come or gone, which polling mountinfo tells (proc(5)).
 * Borrowed; under @lock. */
static GHashTable *
find_local_again (void)
{
  static int list = -1;
  static GHashTable *local;
  struct pollfd change = { list, POLLPRI, 0 };

  if (local && list >= 0 && poll (&change, 1, 0) == 0)
    return local;
  if (list < 0)
    list = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  g_clear_pointer (&local, g_hash_table_unref);
  local = find_local ();

  return local;
}

/* Only files in memory have seals (fcntl(2)); a memfd is on a mount that mountinfo does not list. */
static gboolean
is_in_memory (int fd)
{
  return fcntl (fd, F_GET_SEALS) != -1;
}

static gboolean
is_on (GHashTable *local, int fd)
{
  gint64 number = (gint64) ob_mounts_find (fd);

  return g_hash_table_contains (local, &number) || is_in_memory (fd);
}

gboolean
ob_mounts_may_hang (int fd)
{
  static GMutex lock;
  g_autoptr (GMutexLocker) locker = NULL;

  if (is_in_memory (fd))
    return FALSE;
  locker = g_mutex_locker_new (&lock);

  return !is_on (find_local_again (), fd);
}

/* Returns: (transfer full) (nullable): the line of the descriptor's mount */
static char *
dup_line (const char *mountinfo, int fd)
{
  const guint64 number = ob_mounts_find (fd);

  for (const char *line = mountinfo; line && number != 0; line = strchr (line, '\n'))
    {
      line += *line == '\n' ? 1 : 0;
      if (strtoull (line, NULL, 10) == number)
        return g_strndup (line, strcspn (line, "\n"));
    }

  return NULL;
}

gboolean
ob_mounts_is_local_by (const char *mountinfo, int fd)
{
  g_autofree char *line = dup_line (mountinfo, fd);

  return line && is_local (line);
}

char *
ob_mounts_dup_type (int fd)
{
  g_autofree char *mountinfo = NULL;
  g_autofree char *line = NULL;

  if (!g_file_get_contents ("/proc/self/mountinfo", &mountinfo, NULL, NULL))
    return NULL;
  line = dup_line (mountinfo, fd);

  return line ? dup_type (line) : NULL;
}

/* Returns: whether it is a file: pipes and sockets have no path. */
static gboolean
is_file (int fd)
{
  g_autofree char *link = g_strdup_printf ("/proc/self/fd/%d", fd);
  char first;

  return readlink (link, &first, 1) == 1 && first == '/';
}

GArray *
ob_mounts_list_hanging (void)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (int));
  g_autoptr (GHashTable) local = find_local ();
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while (folder && (name = g_dir_read_name (folder)) != NULL)
    {
      int fd = atoi (name);

      if (fd > STDERR_FILENO && is_file (fd) && !is_on (local, fd))
        g_array_append_val (list, fd);
    }

  return list;
}
