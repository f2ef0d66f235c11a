/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Owns the spool's two folders, the reserve and the shared sync. Any thread; the lock guards the sync alone.
 */
#include "store/spool.h"

#include "base/crash.h"
#include "base/debug.h"
#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SETTINGS_MAX_BYTES (64 * 1024 * 1024)

/* One sync of the folder, and the threads that wait for it. */
typedef struct
{
  gboolean is_done;
  GError *error; /* owned; NULL: it is on the disk */
} Sync;

struct _ObSpool
{
  char *data_folder;
  char *folder;
  char *staging;          /* where the folders are of what is to be moved into it */
  struct stat opened;     /* of the data folder when it was opened */
  gboolean lacks_reserve; /* atomic, as is the next */
  gint wanted_kib;        /* KiB that removals must free before the reserve is tried again; 0 or less: try it */
  GMutex lock;            /* guards the following, and every Sync */
  GCond synced;
  gboolean is_syncing;
  Sync *next_sync; /* owned; a sync that has not begun; NULL: nobody waits for one */
};

static char *
incoming_path (ObSpool *spool, const char *id, const char *suffix)
{
  return g_strconcat (spool->staging, "/incoming/", id, suffix, NULL);
}

static char *
spool_path (ObSpool *spool, const char *id, const char *suffix)
{
  return g_strconcat (spool->folder, G_DIR_SEPARATOR_S, id, suffix, NULL);
}

static ObSpool *
new_spool (const char *data_folder)
{
  ObSpool *spool = g_new0 (ObSpool, 1);

  g_mutex_init (&spool->lock);
  g_cond_init (&spool->synced);
  spool->data_folder = g_strdup (data_folder);
  spool->folder = g_build_filename (data_folder, "spool", NULL);
  spool->staging = g_strdup (data_folder);

  return spool;
}

static gboolean
note_folder (ObSpool *spool, GError **error)
{
  if (stat (spool->data_folder, &spool->opened) == 0)
    return TRUE;
  ob_file_set_error (error, errno, S_ ("Cannot open folder %s: %s"), spool->data_folder);

  return FALSE;
}

/* A rename does not leave a disk: where a person has put the spool on one of its own, by a mount or a link, whatever becomes
 * part of it begins there as well. */
static void
note_staging (ObSpool *spool)
{
  struct stat own;

  if (stat (spool->folder, &own) != 0 || own.st_dev == spool->opened.st_dev)
    return;
  g_free (spool->staging);
  spool->staging = g_strdup (spool->folder);
}

static gboolean
clear_incoming (ObSpool *spool, GError **error)
{
  g_autofree char *folder = incoming_path (spool, "", "");

  return ob_folder_ensure (folder, error) && ob_folder_clear (folder, error) && ob_folder_sync (spool->staging, error);
}

ObSpool *
ob_spool_open (const char *data_folder, GError **error)
{
  g_autoptr (ObSpool) spool = new_spool (data_folder);

  if (!ob_folder_ensure (spool->folder, error) || !clear_incoming (spool, error) || !note_folder (spool, error))
    return NULL;
  note_staging (spool);
  if (!g_str_equal (spool->staging, data_folder) && !clear_incoming (spool, error))
    return NULL;

  return g_steal_pointer (&spool);
}

ObSpool *
ob_spool_open_to_read (const char *data_folder, GError **error)
{
  g_autoptr (ObSpool) spool = new_spool (data_folder);

  if (!note_folder (spool, error))
    return NULL;
  note_staging (spool);

  return g_steal_pointer (&spool);
}

void
ob_spool_free (ObSpool *spool)
{
  g_free (spool->data_folder);
  g_free (spool->folder);
  g_free (spool->staging);
  g_mutex_clear (&spool->lock);
  g_cond_clear (&spool->synced);
  g_free (spool);
}

gboolean
ob_spool_is_there (ObSpool *spool)
{
  struct stat info;

  return stat (spool->data_folder, &info) == 0 && info.st_dev == spool->opened.st_dev
         && info.st_ino == spool->opened.st_ino;
}

/* --- Room for the database --- */

/* Some file systems do not know their size: assume that there is room. */
static gboolean
has_room (int fd, guint64 bytes)
{
  guint64 free_bytes, size_bytes;

  return !ob_fd_get_room (fd, &free_bytes, &size_bytes) || free_bytes >= bytes;
}

gboolean
ob_spool_get_room (ObSpool *spool, guint64 *free_bytes, guint64 *size_bytes)
{
  return ob_folder_get_room (spool->data_folder, free_bytes, size_bytes);
}

static char *
reserve_path (ObSpool *spool)
{
  return g_build_filename (spool->data_folder, "reserve", NULL);
}

/* posix_fallocate() writes zeros if the file system cannot allocate. A quota shows only by an error, after the try has
 * taken the last room for a moment: try again only when removals have freed enough. */
static gboolean
fill_reserve (ObSpool *spool, int fd)
{
  if (posix_fallocate (fd, 0, OB_COPY_RESERVE_BYTES) == 0)
    return TRUE;
  g_atomic_int_set (&spool->wanted_kib, 2 * OB_COPY_RESERVE_BYTES / 1024);

  return FALSE;
}

void
ob_spool_take_reserve (ObSpool *spool)
{
  g_autofree char *path = reserve_path (spool);
  int fd = open (path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat info;
  gboolean is_there;

  is_there = fd >= 0 && fstat (fd, &info) == 0
             && (info.st_size == OB_COPY_RESERVE_BYTES
                 || (has_room (fd, 2 * (guint64) OB_COPY_RESERVE_BYTES) && fill_reserve (spool, fd)));
  if (fd >= 0)
    (void) close (fd);
  if (!is_there)
    (void) g_unlink (path);
  ob_debug (OB_DEBUG_STORE, NULL, "the reserve %s", is_there ? "is there" : "has no room on the disk");
  g_atomic_int_set (&spool->lacks_reserve, !is_there);
}

gboolean
ob_spool_give_reserve (ObSpool *spool)
{
  g_autofree char *path = reserve_path (spool);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean is_quota = fd >= 0 && has_room (fd, 2 * (guint64) OB_COPY_RESERVE_BYTES);

  if (fd >= 0)
    (void) close (fd);
  if (g_unlink (path) != 0)
    return FALSE;
  ob_debug (OB_DEBUG_STORE, NULL, "the disk is full: the reserve is given to the queue%s",
            is_quota ? ", under a quota" : "");
  /* A full disk that claims to have room has a quota: taking the reserve again at once would fill it again. */
  if (is_quota)
    g_atomic_int_set (&spool->wanted_kib, 2 * OB_COPY_RESERVE_BYTES / 1024);
  g_atomic_int_set (&spool->lacks_reserve, TRUE);

  return TRUE;
}

/* A program that tidies up may have removed the empty folder. */
static int
create_incoming (ObSpool *spool, const char *path)
{
  const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (path, flags, 0600);

  return fd < 0 && errno == ENOENT && g_mkdir (folder, 0700) == 0 ? open (path, flags, 0600) : fd;
}

gboolean
ob_spool_copy_source (ObSpool *spool, const char *id, const ObSource *source, GCancellable *cancellable,
                      gint64 *copied_bytes, ObSpoolCopy *copy, GBytes **blocks, GError **error)
{
  g_autofree char *path = incoming_path (spool, id, "");
  int target = create_incoming (spool, path);
  gboolean is_good;

  if (target < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot create %s: %s"), path);
      return FALSE;
    }
  /* Check the room after copying, since a copy with holes takes less than its size. */
  is_good = ob_copy_and_digest (source, target, path, cancellable, copied_bytes, copy, blocks, error)
            && ob_copy_has_room (target, 0, error);
  (void) close (target);
  if (!is_good)
    (void) g_unlink (path);

  return is_good;
}

gboolean
ob_spool_copy (ObSpool *spool, const char *id, int fd, GCancellable *cancellable, gint64 *copied_bytes,
               ObSpoolCopy *copy, GError **error)
{
  g_autoptr (ObSource) source = ob_source_open (fd, cancellable, error);

  return source && ob_spool_copy_source (spool, id, source, cancellable, copied_bytes, copy, NULL, error);
}

gboolean
ob_spool_digest_source (const ObSource *source, GCancellable *cancellable, gint64 *copied_bytes, ObSpoolCopy *copy,
                        GError **error)
{
  return ob_copy_and_digest (source, -1, NULL, cancellable, copied_bytes, copy, NULL, error);
}

gboolean
ob_spool_digest (int fd, GCancellable *cancellable, ObSpoolCopy *copy, GError **error)
{
  g_autoptr (ObSource) source = ob_source_open (fd, cancellable, error);

  return source && ob_spool_digest_source (source, cancellable, NULL, copy, error);
}

static void
sync_clear (gpointer data)
{
  g_clear_error (&((Sync *) data)->error);
}

/* Waits for a sync of the folder that began after the caller's rename. The first to come runs it for all who wait. The
 * kernel reports a lost write only once, so all of them get the same result, and are told the same. */
static gboolean
sync_folder (ObSpool *spool, GError **error)
{
  GError *fault;
  Sync *sync;

  g_mutex_lock (&spool->lock);
  if (!spool->next_sync)
    spool->next_sync = g_rc_box_new0 (Sync);
  sync = g_rc_box_acquire (spool->next_sync);
  while (!sync->is_done && spool->is_syncing)
    g_cond_wait (&spool->synced, &spool->lock);
  if (!sync->is_done)
    {
      g_clear_pointer (&spool->next_sync, g_rc_box_release);
      spool->is_syncing = TRUE;
      g_mutex_unlock (&spool->lock);
      fault = NULL;
      (void) ob_folder_sync (spool->folder, &fault);
      g_mutex_lock (&spool->lock);
      spool->is_syncing = FALSE;
      sync->is_done = TRUE;
      sync->error = fault;
      g_cond_broadcast (&spool->synced);
    }
  fault = sync->error ? g_error_copy (sync->error) : NULL;
  g_rc_box_release_full (sync, sync_clear);
  g_mutex_unlock (&spool->lock);
  if (!fault)
    return TRUE;
  g_propagate_error (error, fault);

  return FALSE;
}

static gboolean
rename_file (const char *from, const char *to, GError **error)
{
  if (g_rename (from, to) == 0)
    return TRUE;
  ob_file_set_error (error, errno, S_ ("Cannot rename %s: %s"), from);

  return FALSE;
}

void
ob_spool_discard (ObSpool *spool, const char *id)
{
  g_autofree char *bytes = incoming_path (spool, id, "");
  g_autofree char *record = incoming_path (spool, id, ".json");

  (void) ob_file_remove (bytes);
  (void) g_unlink (record);
}

static gboolean
remove_one (ObSpool *spool, const char *id, const char *suffix, GError **error)
{
  g_autofree char *path = spool_path (spool, id, suffix);
  struct stat info;

  if (g_atomic_int_get (&spool->wanted_kib) > 0 && lstat (path, &info) == 0)
    g_atomic_int_add (&spool->wanted_kib, -(gint) MIN (info.st_blocks / 2, G_MAXINT / 4));
  if (ob_file_remove (path) == 0 || errno == ENOENT)
    return TRUE;
  ob_file_set_error (error, errno, S_ ("Cannot remove %s: %s"), path);

  return FALSE;
}

/* Moves the bytes at @path and the record into the spool. @is_begun: (out): some of it may be there already */
static gboolean
commit (ObSpool *spool, const char *id, const char *path, const char *record, gboolean *is_begun, GError **error)
{
  g_autofree char *record_path = incoming_path (spool, id, ".json");
  g_autofree char *record_to = spool_path (spool, id, ".json");
  g_autofree char *to = spool_path (spool, id, "");

  /* Start writing both to the disk before waiting for either. Rename the record first, so that bytes in the spool always
   * have one. */
  *is_begun = ob_file_write (record_path, record, strlen (record), error) && ob_file_sync (path, error)
              && ob_file_sync (record_path, error);
  if (!*is_begun || !rename_file (record_path, record_to, error))
    return FALSE;
  ob_crash_point ("half-renamed");
  if (!rename_file (path, to, error))
    return FALSE;
  ob_crash_point ("spool-renamed");

  return sync_folder (spool, error);
}

gboolean
ob_spool_commit (ObSpool *spool, const char *id, const char *record, GError **error)
{
  g_autofree char *path = incoming_path (spool, id, "");
  gboolean is_begun;

  if (commit (spool, id, path, record, &is_begun, error))
    return TRUE;
  ob_spool_discard (spool, id);
  if (is_begun)
    (void) ob_spool_remove (spool, id, NULL);

  return FALSE;
}

gboolean
ob_spool_commit_file (ObSpool *spool, const char *id, const char *path, const char *record, GError **error)
{
  g_autofree char *record_path = incoming_path (spool, id, ".json");
  g_autofree char *bytes = spool_path (spool, id, "");
  gboolean is_begun;

  if (commit (spool, id, path, record, &is_begun, error))
    return TRUE;
  (void) g_unlink (record_path);
  /* Where the bytes cannot go back they keep their record: without one, no upload could be made of them. */
  if (is_begun && (g_access (path, F_OK) == 0 || g_rename (bytes, path) == 0))
    (void) remove_one (spool, id, ".json", NULL);

  return FALSE;
}

gboolean
ob_spool_remove (ObSpool *spool, const char *id, GError **error)
{
  /* Remove the bytes first: a crash in between leaves a record without bytes, which means nothing. */
  if (!remove_one (spool, id, "", error))
    return FALSE;
  ob_crash_point ("half-removed");
  if (g_atomic_int_get (&spool->lacks_reserve) && g_atomic_int_get (&spool->wanted_kib) <= 0)
    ob_spool_take_reserve (spool);

  return remove_one (spool, id, ".json", error);
}

void
ob_spool_drop_lone_record (ObSpool *spool, const char *id)
{
  g_autofree char *bytes = spool_path (spool, id, "");

  if (g_access (bytes, F_OK) != 0 && errno == ENOENT)
    (void) remove_one (spool, id, ".json", NULL);
}

gboolean
ob_spool_has (ObSpool *spool, const char *id)
{
  g_autofree char *bytes = spool_path (spool, id, "");
  g_autofree char *record = spool_path (spool, id, ".json");

  return g_access (bytes, R_OK) == 0 && g_access (record, R_OK) == 0;
}

ObKept
ob_spool_examine (ObSpool *spool, const char *id, const char *sha256, GCancellable *cancellable, ObSpoolCopy *found)
{
  g_autofree char *path = spool_path (spool, id, "");
  int fd = ob_file_open_own (path);
  gboolean is_good;

  *found = (ObSpoolCopy){ 0 };
  if (fd < 0)
    return errno == ENOENT ? OB_KEPT_MISSING : OB_KEPT_DAMAGED;
  is_good = ob_spool_digest (fd, cancellable, found, NULL) && (!sha256 || g_str_equal (sha256, found->sha256))
            && ob_spool_has (spool, id);
  (void) close (fd);

  return is_good ? OB_KEPT_GOOD : OB_KEPT_DAMAGED;
}

const char *
ob_spool_get_staging (ObSpool *spool)
{
  return spool->staging;
}

char *
ob_spool_get_incoming_path (ObSpool *spool, const char *id)
{
  return incoming_path (spool, id, "");
}

char *
ob_spool_get_path (ObSpool *spool, const char *id)
{
  return spool_path (spool, id, "");
}

static char *
settings_path (ObSpool *spool)
{
  return g_build_filename (spool->data_folder, "settings.json", NULL);
}

gboolean
ob_spool_save_settings (ObSpool *spool, const char *text, GError **error)
{
  g_autofree char *path = settings_path (spool);

  return ob_file_replace (path, text, "settings-written", error);
}

char *
ob_spool_load_settings (ObSpool *spool, gsize *size_bytes)
{
  g_autofree char *path = settings_path (spool);

  return ob_file_read_own (path, SETTINGS_MAX_BYTES, size_bytes, NULL);
}
