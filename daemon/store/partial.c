/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The folder of partial files. Plain system calls; no state but what is on the disk.
 */
#include "store/partial.h"

#include "base/crash.h"
#include "base/files.h"
#include "base/identity.h"
#include "base/json.h"
#include "base/text.h"
#include "dbus/error.h"
#include "dbus/mark.h"
#include "store/copy.h"
#include "store/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* Far more than an app can say of a file; see broker/submission.c. */
#define RECORD_MAX_BYTES (1024 * 1024)

/* Of the bytes. */
#define MODE 0600

/* More room behind the end of a file than this is given back. */
#define SPARE_MAX_BYTES (1024 * 1024)

#define RECORD_ENDING ".json"
#define NEW_ENDING ".json.new"

ObPartial *
ob_partial_new (const char *id, gint64 size_bytes, char *about, gint64 now_ms)
{
  ObPartial *partial = g_new0 (ObPartial, 1);

  partial->id = g_strdup (id);
  partial->about = about;
  partial->size_bytes = size_bytes;
  partial->begun_at_ms = now_ms;

  return partial;
}

void
ob_partial_free (ObPartial *partial)
{
  g_free (partial->id);
  g_free (partial->about);
  g_free (partial);
}

gboolean
ob_partial_is_whole (const ObPartial *partial)
{
  return partial->is_streamed && partial->size_bytes >= 0 && partial->durable_bytes == (guint64) partial->size_bytes;
}

static char *
dup_folder (ObSpool *spool)
{
  return g_build_filename (ob_spool_get_staging (spool), "partial", NULL);
}

static char *
dup_path (ObSpool *spool, const char *id, const char *ending)
{
  g_autofree char *folder = dup_folder (spool);

  return g_strconcat (folder, G_DIR_SEPARATOR_S, id, ending, NULL);
}

char *
ob_partial_dup_path (ObSpool *spool, const char *id)
{
  return dup_path (spool, id, "");
}

static gboolean
sync_folder (ObSpool *spool, GError **error)
{
  g_autofree char *folder = dup_folder (spool);

  return ob_folder_sync (folder, error);
}

/* --- The record --- */

static char *
write_record (const ObPartial *partial)
{
  return g_strdup_printf ("{\"id\":\"%s\",\"size\":%" G_GINT64_FORMAT ",\"durable\":%" G_GUINT64_FORMAT
                          ",\"begun_at\":%" G_GINT64_FORMAT ",%s\"about\":%s}",
                          partial->id, partial->size_bytes, partial->durable_bytes, partial->begun_at_ms,
                          partial->is_streamed ? "\"streamed\":1," : "", partial->about);
}

static ObPartial *
read_record (const char *id, const char *text, gsize size_bytes, GError **error)
{
  g_autoptr (JsonNode) root = ob_json_parse (text, size_bytes, error);
  JsonObject *object = root && JSON_NODE_HOLDS_OBJECT (root) ? json_node_get_object (root) : NULL;
  JsonNode *about = object ? json_object_get_member (object, "about") : NULL;
  gint64 size, durable, begun_at_ms, streamed;
  ObPartial *partial;

  if (!root)
    return NULL;
  if (!about || !JSON_NODE_HOLDS_OBJECT (about) || g_strcmp0 (ob_json_get_text (object, "id"), id) != 0
      || !ob_json_read_number (object, "size", -1, OB_LIMIT_SIZE, &size)
      || !ob_json_read_number (object, "durable", 0, size >= 0 ? size : OB_LIMIT_SIZE, &durable)
      || !ob_json_read_number (object, "begun_at", 0, OB_TIME_MAX_MS, &begun_at_ms))
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "It is no record of a file in pieces");
      return NULL;
    }
  partial = ob_partial_new (id, size, json_to_string (about, FALSE), begun_at_ms);
  partial->durable_bytes = (guint64) durable;
  partial->is_streamed = ob_json_read_number (object, "streamed", 0, 1, &streamed) && streamed == 1;

  return partial;
}

gboolean
ob_partial_save (ObSpool *spool, const ObPartial *partial, GError **error)
{
  g_autofree char *path = dup_path (spool, partial->id, RECORD_ENDING);
  g_autofree char *text = write_record (partial);

  return ob_file_replace (path, text, "partial-record", error);
}

ObPartial *
ob_partial_load (ObSpool *spool, const char *id, GError **error)
{
  g_autofree char *path = dup_path (spool, id, RECORD_ENDING);
  g_autofree char *text = NULL;
  gsize size_bytes;

  if (g_access (path, F_OK) != 0 && errno == ENOENT)
    {
      ob_text_set_not_found (error, "There is no file in pieces %s", id);
      return NULL;
    }
  text = ob_file_read_own (path, RECORD_MAX_BYTES, &size_bytes, error);

  return text ? read_record (id, text, size_bytes, error) : NULL;
}

/* --- The bytes --- */

static gboolean
ensure_folder (ObSpool *spool, GError **error)
{
  g_autofree char *folder = dup_folder (spool);

  return g_file_test (folder, G_FILE_TEST_IS_DIR)
         || (ob_folder_ensure (folder, error) && ob_folder_sync (ob_spool_get_staging (spool), error));
}

static int
create_bytes (ObSpool *spool, const ObPartial *partial, GError **error)
{
  g_autofree char *path = dup_path (spool, partial->id, "");
  int fd = open (path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, MODE);

  if (fd < 0)
    ob_file_set_error (error, errno, S_ ("Cannot create %s: %s"), path);

  return fd;
}

int
ob_partial_begin (ObSpool *spool, const ObPartial *partial, GError **error)
{
  int fd = -1;

  if (ensure_folder (spool, error) && ob_partial_save (spool, partial, error))
    {
      ob_crash_point ("partial-recorded");
      fd = create_bytes (spool, partial, error);
    }
  if (fd >= 0 && ob_copy_has_room (fd, (guint64) MAX (partial->size_bytes, 0), error) && sync_folder (spool, error))
    {
      ob_crash_point ("partial-begun");
      return fd;
    }
  if (fd >= 0)
    (void) close (fd);
  (void) ob_partial_remove (spool, partial->id, NULL);

  return -1;
}

gboolean
ob_partial_take (ObSpool *spool, const ObPartial *partial, const char *path, GError **error)
{
  g_autofree char *bytes = dup_path (spool, partial->id, "");

  if (!ensure_folder (spool, error) || !ob_file_sync (path, error) || !ob_partial_save (spool, partial, error))
    return FALSE;
  if (g_rename (path, bytes) == 0)
    return sync_folder (spool, error);
  ob_file_set_error (error, errno, S_ ("Cannot rename %s: %s"), path);

  return FALSE;
}

/* An app can change the mode of the file that it was given: to one that shuts us out, or lets others in. */
static void
reset_mode (const char *path)
{
  struct stat info;

  if (lstat (path, &info) == 0 && S_ISREG (info.st_mode) && (info.st_mode & 07777) != MODE)
    (void) g_chmod (path, MODE);
}

int
ob_partial_open (ObSpool *spool, const char *id, int flags, GError **error)
{
  g_autofree char *path = dup_path (spool, id, "");
  struct stat info;
  int fd;

  reset_mode (path);
  fd = open (path, flags | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);

  if (fd >= 0 && fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    return fd;
  if (fd >= 0)
    {
      (void) close (fd);
      errno = EINVAL;
    }
  if (errno == ENOENT)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND,
                 S_ ("The file that was being saved is gone: %s was moved or removed"), path);
  else if (errno == EINVAL || errno == ELOOP || errno == ENXIO)
    g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE, "Something else than a file is at %s", path);
  else if (errno == EWOULDBLOCK)
    ob_partial_set_busy (error);
  else
    ob_file_set_error (error, errno, S_ ("Cannot open %s: %s"), path);

  return -1;
}

void
ob_partial_set_busy (GError **error)
{
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY,
               S_ ("The file is still open, or mapped, to be written: close it, and commit it then"));
}

gboolean
ob_partial_has_writer (ObSpool *spool, const char *id)
{
  g_autoptr (GError) error = NULL;
  int fd = ob_partial_open (spool, id, O_RDONLY, &error);
  gboolean is_refused;

  if (fd < 0)
    return g_error_matches (error, OUTBOX_ERROR, OUTBOX_ERROR_BUSY);
  is_refused = fcntl (fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  /* Closing drops the lease, so that nobody waits for it. */
  (void) close (fd);

  return is_refused;
}

/* Nobody else can open the file while we have a write lease, so that no writer finds it shorter than it left it. The file keeps its
 * time. */
static gboolean
cut_at (ObSpool *spool, const char *id, off_t end, const struct stat *info, GError **error)
{
  const struct timespec times[] = { info->st_atim, info->st_mtim };
  int fd = ob_partial_open (spool, id, O_RDWR, error);
  gboolean is_cut = FALSE;

  if (fd < 0)
    return FALSE;
  if (fcntl (fd, F_SETLEASE, F_WRLCK) != 0 && errno == EAGAIN)
    ob_partial_set_busy (error);
  else if (ftruncate (fd, end) != 0)
    ob_file_set_error (error, errno, S_ ("Cannot size %s: %s"), id);
  else
    is_cut = TRUE;
  if (is_cut)
    (void) futimens (fd, times);
  (void) close (fd);

  return is_cut;
}

/* A recorder may have had the disk give it room in advance (fallocate(2)), which nobody needs any more. */
static gboolean
has_spare_room (const struct stat *info)
{
  return (guint64) info->st_blocks * 512 > (guint64) info->st_size + SPARE_MAX_BYTES;
}

gboolean
ob_partial_cut (ObSpool *spool, const char *id, GError **error)
{
  g_autoptr (ObPartial) partial = ob_partial_load (spool, id, NULL);
  g_autofree char *path = dup_path (spool, id, "");
  struct stat info;
  off_t end;

  if (lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
    return TRUE;
  end = partial && partial->is_streamed ? MIN ((off_t) partial->durable_bytes, info.st_size) : info.st_size;

  return (end == info.st_size && !has_spare_room (&info)) || cut_at (spool, id, end, &info, error);
}

guint64
ob_partial_get_bytes (ObSpool *spool, const char *id)
{
  g_autofree char *path = dup_path (spool, id, "");
  struct stat info;

  return lstat (path, &info) == 0 && S_ISREG (info.st_mode) ? (guint64) info.st_size : 0;
}

gboolean
ob_partial_finish (ObSpool *spool, const char *id, const char *record, GError **error)
{
  g_autofree char *path = dup_path (spool, id, "");
  g_autofree char *own_record = dup_path (spool, id, RECORD_ENDING);

  if (!ob_spool_commit_file (spool, id, path, record, error))
    return FALSE;
  ob_crash_point ("partial-finished");
  (void) g_unlink (own_record);

  return TRUE;
}

static gboolean
remove_one (ObSpool *spool, const char *id, const char *ending, GError **error)
{
  g_autofree char *path = dup_path (spool, id, ending);

  if (ob_file_remove (path) == 0 || errno == ENOENT)
    return TRUE;
  ob_file_set_error (error, errno, S_ ("Cannot remove %s: %s"), path);

  return FALSE;
}

gboolean
ob_partial_remove (ObSpool *spool, const char *id, GError **error)
{
  /* Remove the bytes first: a crash in between leaves a record without bytes, which means nothing. */
  if (!remove_one (spool, id, "", error))
    return FALSE;
  ob_crash_point ("partial-half-removed");

  return remove_one (spool, id, NEW_ENDING, error) && remove_one (spool, id, RECORD_ENDING, error);
}

/* --- The folder --- */

static gboolean
is_file (ObSpool *spool, const char *id)
{
  g_autofree char *path = dup_path (spool, id, "");
  struct stat info;

  return lstat (path, &info) == 0 && S_ISREG (info.st_mode);
}

/* Something else than a file under this name is not ours; leave its record alone too. */
static void
drop_lone_record (ObSpool *spool, const char *id)
{
  g_autofree char *path = dup_path (spool, id, "");
  struct stat info;

  if (lstat (path, &info) != 0 && errno == ENOENT)
    (void) ob_partial_remove (spool, id, NULL);
}

GPtrArray *
ob_partial_list (ObSpool *spool)
{
  g_autofree char *path = dup_folder (spool);
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  GPtrArray *ids = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (folder && (name = g_dir_read_name (folder)))
    {
      g_autofree char *id = g_strndup (name, strcspn (name, "."));

      if (!ob_id_is_valid (id))
        continue;
      if (!g_str_equal (id, name))
        drop_lone_record (spool, id);
      else if (is_file (spool, id))
        g_ptr_array_add (ids, g_steal_pointer (&id));
    }

  return ids;
}
