/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the descriptors of the folder and of its lock. The note about it is `$XDG_STATE_HOME/outbox/queue-HASH`: disk and
 * epoch of the queue at the path with that hash. Main thread.
 */
#include "store/home.h"

#include "base/disk.h"
#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/only-read.h"
#include "store/partial-join.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_MS 500
#define NOTE_MAX_BYTES (64 * 1024)
#define NOTE_GROUP "Queue"
#define PROBE "probe"
#define PROBE_BYTES (256 * 1024)

#define LOCK_MOST_US (500 * 1000)
#define LOCK_TRY_US (10 * 1000)

struct _ObHome
{
  char *path;
  char *note;
  char *disk; /* identifies its file system */
  int fd;
  int lock;    /* -1: the file system has no locks */
  int mounts;  /* mountinfo, which tells of every mount and unmount; -1: not watched, as is the next */
  int changes; /* tells when the folder is renamed or removed */
  guint mounts_source;
  guint changes_source;
  guint quiet_source; /* runs while files are being removed, until that stops */
  void (*on_moved) (gpointer user_data);
  gpointer user_data;
};

/* Nobody else may read bytes and secrets. A file system without owners cannot keep that. */
static gboolean
close_to_others (ObHome *home, const struct stat *info, GError **error)
{
  if (info->st_uid != geteuid ())
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_ALLOWED, "%s belongs to another user", home->path);
      return FALSE;
    }
  if ((info->st_mode & 077) != 0 && fchmod (home->fd, 0700) != 0)
    g_warning ("%s is open to other users: %s", home->path, g_strerror (errno));

  return TRUE;
}

/* A process that a killed daemon had just forked (base/errand.h) has the lock until it has closed it, which nobody can be told of.
 * Returns: FALSE with errno */
static gboolean
take_lock (int fd)
{
  gint64 until_us = g_get_monotonic_time () + LOCK_MOST_US;

  while (flock (fd, LOCK_EX | LOCK_NB) != 0)
    {
      if (errno != EWOULDBLOCK || g_get_monotonic_time () > until_us)
        return FALSE;
      g_usleep (LOCK_TRY_US);
    }

  return TRUE;
}

/* The kernel drops the lock when the process ends in any way, so only "locked" means that another daemon is alive.
 * Network homes without locks are used without one: the name on the bus keeps a second daemon away. */
static gboolean
lock (ObHome *home, GError **error)
{
  home->lock = openat (home->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  /* On a disk that cannot be written there is no lock; one daemon tells what the queue has. */
  if (home->lock < 0)
    home->lock = openat (home->fd, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (home->lock < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot open the lock of %s: %s"), home->path);
      return FALSE;
    }
  if (take_lock (home->lock))
    return TRUE;
  if (errno == EWOULDBLOCK)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_WRONG_STATE, "Another outboxd uses %s", home->path);
      return FALSE;
    }
  g_warning ("%s cannot be locked, and is used without: %s", home->path, g_strerror (errno));

  return TRUE;
}

static char *
note_path (const char *path)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, path, -1);
  g_autofree char *name = g_strdup_printf ("queue-%.16s", hash);

  return g_build_filename (g_get_user_state_dir (), "outbox", name, NULL);
}

ObHome *
ob_home_open (const char *path, GError **error)
{
  g_autoptr (ObHome) home = g_new0 (ObHome, 1);
  struct stat info;

  home->lock = home->mounts = home->changes = -1;
  home->path = g_strdup (path);
  home->note = note_path (path);
  home->fd = -1;
  if (!ob_folder_ensure (path, error))
    return NULL;
  home->fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (home->fd < 0 || fstat (home->fd, &info) != 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot open folder %s: %s"), path);
      return NULL;
    }
  if (!close_to_others (home, &info, error) || !lock (home, error))
    return NULL;
  home->disk = ob_disk_dup_name (home->fd);

  return g_steal_pointer (&home);
}

static void
close_one (int *fd)
{
  if (*fd >= 0)
    (void) close (*fd);
  *fd = -1;
}

static void
stop_watching (ObHome *home)
{
  g_clear_handle_id (&home->mounts_source, g_source_remove);
  g_clear_handle_id (&home->changes_source, g_source_remove);
  g_clear_handle_id (&home->quiet_source, g_source_remove);
  close_one (&home->mounts);
  close_one (&home->changes);
}

void
ob_home_free (ObHome *home)
{
  stop_watching (home);
  /* Closing it would leave it with a process that was just forked. */
  if (home->lock >= 0)
    (void) flock (home->lock, LOCK_UN);
  close_one (&home->lock);
  close_one (&home->fd);
  g_free (home->path);
  g_free (home->note);
  g_free (home->disk);
  g_free (home);
}

gboolean
ob_home_is_there (ObHome *home)
{
  struct stat there, held;

  return stat (home->path, &there) == 0 && fstat (home->fd, &held) == 0 && there.st_dev == held.st_dev
         && there.st_ino == held.st_ino;
}

gboolean
ob_home_lost_queue (ObHome *home)
{
  g_autofree char *path = g_build_filename (home->path, "queue.db", NULL);
  struct stat info;

  return fstatat (home->fd, "queue.db", &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT && lstat (path, &info) != 0
         && errno == ENOENT;
}

/* Returns: whether everything is there that a queue in use has in the folder. */
static gboolean
is_whole (ObHome *home)
{
  static const char *const names[] = { "queue.db", "spool", "incoming" };
  struct stat info;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (fstatat (home->fd, names[i], &info, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
      return FALSE;

  return TRUE;
}

/* Tries what opening a queue takes: a page, a mark, and the index of the log. */
gboolean
ob_home_can_be_written (ObHome *home)
{
  g_autofree char *database = g_build_filename (home->path, "queue.db", NULL);
  int fd = openat (home->fd, PROBE, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  gboolean has_room = fd >= 0 && posix_fallocate (fd, 0, PROBE_BYTES) == 0;

  if (fd >= 0)
    {
      (void) close (fd);
      (void) unlinkat (home->fd, PROBE, 0);
    }

  return has_room && ob_only_read_check (database, NULL);
}

const char *
ob_home_get_path (ObHome *home)
{
  return home->path;
}

static gboolean
on_quiet (gpointer user_data)
{
  ObHome *home = user_data;
  gboolean is_there = ob_home_is_there (home);

  home->quiet_source = 0;
  if (is_there && is_whole (home))
    return G_SOURCE_REMOVE;
  if (!is_there)
    stop_watching (home);
  home->on_moved (home->user_data);

  return G_SOURCE_REMOVE;
}

/* Somebody who removes the folder removes one file after the other: wait until that is over, or the queue that is opened
 * anew is removed too. */
static void
look_when_quiet (ObHome *home)
{
  g_clear_handle_id (&home->quiet_source, g_source_remove);
  home->quiet_source = g_timeout_add (QUIET_MS, on_quiet, home);
}

/* For both sources. A mount happens at once and needs no wait. Read the kernel's events, or they would wake us again and
 * again. */
static gboolean
on_something (gint fd, GIOCondition condition, gpointer user_data)
{
  ObHome *home = user_data;
  char events[4096];

  if (fd == home->changes)
    while (read (fd, events, sizeof events) > 0)
      ;
  if (fd == home->changes && (!ob_home_is_there (home) || !is_whole (home)))
    look_when_quiet (home);
  if (fd == home->changes || ob_home_is_there (home))
    return G_SOURCE_CONTINUE;
  home->mounts_source = 0;
  stop_watching (home);
  home->on_moved (home->user_data);

  return G_SOURCE_REMOVE;
}

/* A removed folder that is held open tells nothing: the folder around it does. */
static gboolean
watch_changes (ObHome *home)
{
  g_autofree char *around = g_path_get_dirname (home->path);

  (void) inotify_add_watch (home->changes, around, IN_DELETE | IN_ONLYDIR);

  return inotify_add_watch (home->changes, home->path,
                            IN_ATTRIB | IN_DELETE | IN_MOVED_FROM | IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR)
         >= 0;
}

/* Polling mountinfo tells of mounts (proc(5)). */
void
ob_home_watch (ObHome *home, void (*on_moved) (gpointer user_data), gpointer user_data)
{
  stop_watching (home);
  home->on_moved = on_moved;
  home->user_data = user_data;
  home->mounts = open ("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
  if (home->mounts >= 0)
    home->mounts_source = g_unix_fd_add (home->mounts, G_IO_PRI, on_something, home);
  home->changes = inotify_init1 (IN_CLOEXEC | IN_NONBLOCK);
  if (home->changes >= 0 && watch_changes (home))
    home->changes_source = g_unix_fd_add (home->changes, G_IO_IN, on_something, home);
}

gboolean
ob_home_is_in_memory (ObHome *home)
{
  int spool = openat (home->fd, "spool", O_PATH | O_DIRECTORY | O_CLOEXEC);
  gboolean is_in_memory = ob_disk_is_in_memory (home->fd) || (spool >= 0 && ob_disk_is_in_memory (spool));

  if (spool >= 0)
    (void) close (spool);

  return is_in_memory;
}

char *
ob_home_dup_held_path (ObHome *home)
{
  return g_strdup_printf ("/proc/self/fd/%d", home->fd);
}

gboolean
ob_home_has_recordings_in_use (ObHome *home)
{
  g_autofree char *folder = ob_home_dup_held_path (home);

  return ob_partial_is_in_use (folder);
}

void
ob_home_remember (ObHome *home, gint64 epoch)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_path_get_dirname (home->note);

  /* A queue that was in memory is gone, and not on another disk. */
  if (ob_home_is_in_memory (home))
    return;
  g_key_file_set_string (note, NOTE_GROUP, "Folder", home->path);
  g_key_file_set_string (note, NOTE_GROUP, "Disk", home->disk);
  g_key_file_set_int64 (note, NOTE_GROUP, "Epoch", epoch);
  if (!ob_folder_ensure (folder, &error) || !g_key_file_save_to_file (note, home->note, &error))
    g_info ("Nobody will know that the queue was on this disk: %s", error->message);
}

/* On the same disk, the queue was removed on purpose: it is not missing. */
gboolean
ob_home_misses_queue (ObHome *home, gint64 epoch)
{
  g_autoptr (GKeyFile) note = g_key_file_new ();
  g_autofree char *text = ob_file_read_own (home->note, NOTE_MAX_BYTES, NULL, NULL);
  g_autofree char *disk = NULL;

  if (!text || !g_key_file_load_from_data (note, text, strlen (text), G_KEY_FILE_NONE, NULL))
    return FALSE;
  disk = g_key_file_get_string (note, NOTE_GROUP, "Disk", NULL);

  return disk && !g_str_equal (disk, home->disk) && g_key_file_get_int64 (note, NOTE_GROUP, "Epoch", NULL) != epoch;
}
