/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Uses statfs(2), mountinfo(5) and sysfs. Any thread.
 */
#include "base/disk.h"

#include "dbus/error.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#ifndef RAMFS_MAGIC
#define RAMFS_MAGIC 0x858458f6
#endif

static gboolean
is_memory_type (const struct statfs *disk)
{
  return (guint32) disk->f_type == TMPFS_MAGIC || (guint32) disk->f_type == (guint32) RAMFS_MAGIC;
}

/* /sys/dev/block/MAJOR:MINOR is a link to a folder with the device's name. */
static gboolean
is_memory_device (int fd)
{
  g_autofree char *link = NULL;
  g_autofree char *target = NULL;
  g_autofree char *name = NULL;
  struct stat info;

  if (fstat (fd, &info) != 0)
    return FALSE;
  link = g_strdup_printf ("/sys/dev/block/%u:%u", major (info.st_dev), minor (info.st_dev));
  target = g_file_read_link (link, NULL);
  name = target ? g_path_get_basename (target) : NULL;

  return name && (g_str_has_prefix (name, "zram") || g_str_has_prefix (name, "ram"));
}

/* mountinfo writes blanks and the like as \040. */
static char *
dup_unescaped (const char *text, gsize length)
{
  g_autofree char *escaped = g_strndup (text, length);

  return g_strcompress (escaped);
}

char *
ob_disk_find_upper (const char *mountinfo, guint64 mount)
{
  g_auto (GStrv) lines = g_strsplit (mountinfo, "\n", -1);

  for (guint i = 0; lines[i]; i++)
    {
      const char *options = strstr (lines[i], " - overlay ");
      const char *upper = options ? strstr (options, "upperdir=") : NULL;

      if (upper && g_ascii_strtoull (lines[i], NULL, 10) == mount)
        {
          upper += strlen ("upperdir=");
          return dup_unescaped (upper, strcspn (upper, ","));
        }
    }

  return NULL;
}

static char *
dup_upper (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fdinfo/%d", fd);
  g_autofree char *text = NULL;
  g_autofree char *mountinfo = NULL;
  const char *number;

  if (!g_file_get_contents (path, &text, NULL, NULL) || !(number = strstr (text, "mnt_id:"))
      || !g_file_get_contents ("/proc/self/mountinfo", &mountinfo, NULL, NULL))
    return NULL;

  return ob_disk_find_upper (mountinfo, g_ascii_strtoull (number + strlen ("mnt_id:"), NULL, 10));
}

/* An overlay reports the size of its upper layer. */
static gboolean
fits_into_memory (const struct statfs *disk)
{
  guint64 memory_bytes = (guint64) sysconf (_SC_PHYS_PAGES) * (guint64) sysconf (_SC_PAGESIZE);

  return disk->f_blocks > 0 && (guint64) disk->f_blocks * (guint64) disk->f_bsize <= memory_bytes;
}

static gboolean
is_overlay_in_memory (int fd, const struct statfs *disk)
{
  g_autofree char *upper = dup_upper (fd);
  int upper_fd = upper ? open (upper, O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
  struct statfs upper_disk;
  gboolean is_in_memory = fits_into_memory (disk);

  if (upper_fd < 0)
    return is_in_memory;
  if (fstatfs (upper_fd, &upper_disk) == 0)
    is_in_memory = is_memory_type (&upper_disk) || is_memory_device (upper_fd);
  (void) close (upper_fd);

  return is_in_memory;
}

gboolean
ob_disk_is_in_memory (int fd)
{
  struct statfs disk;

  if (fstatfs (fd, &disk) != 0)
    return FALSE;
  if (disk.f_type == OVERLAYFS_SUPER_MAGIC)
    return is_overlay_in_memory (fd, &disk);

  return is_memory_type (&disk) || is_memory_device (fd);
}

char *
ob_disk_dup_name (int fd)
{
  struct statfs disk = { 0 };
  int parts[2] = { 0, 0 };

  (void) fstatfs (fd, &disk);
  memcpy (parts, &disk.f_fsid, MIN (sizeof parts, sizeof disk.f_fsid));

  return g_strdup_printf ("%lx-%08x%08x", (unsigned long) disk.f_type, (guint) parts[0], (guint) parts[1]);
}

gboolean
ob_error_is_of_disk (const GError *error)
{
  return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE)
         || g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_DISK_FULL);
}
