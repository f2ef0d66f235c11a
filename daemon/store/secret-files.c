/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The files of secrets. Main thread.
 */
#include "store/secret-files.h"

#include "base/crash.h"
#include "base/files.h"
#include "base/identity.h"
#include "base/secret.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A secret is at most 64 KiB when it is given, and has names with it. */
#define MOST_BYTES (256 * 1024)

#define SECRET ".secret"
#define ITEM ".keyring"
#define GONE ".gone"
#define OLD ".old"

struct _ObSecretFiles
{
  char *data_folder;
  char *folder; /* in it */
};

const char *
ob_secret_files_get_data_folder (ObSecretFiles *self)
{
  return self->data_folder;
}

/* A destination may be called "..": its file is not. */
static char *
dup_path (ObSecretFiles *self, const char *name, const char *suffix)
{
  return g_strconcat (self->folder, G_DIR_SEPARATOR_S, name, suffix, NULL);
}

/* --- The secret itself --- */

gboolean
ob_secret_files_has (ObSecretFiles *self, const char *name)
{
  g_autofree char *path = dup_path (self, name, SECRET);

  return g_access (path, F_OK) == 0 || !ob_errno_is_missing (errno);
}

char *
ob_secret_files_read (ObSecretFiles *self, const char *name, GError **error)
{
  g_autofree char *path = dup_path (self, name, SECRET);

  if (ob_secret_files_has (self, name))
    return ob_file_read_own (path, MOST_BYTES, NULL, error);
  g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_NOT_FOUND, S_ ("There is no secret for %s"), name);

  return NULL;
}

gboolean
ob_secret_files_write (ObSecretFiles *self, const char *name, const char *secret, GError **error)
{
  g_autofree char *path = dup_path (self, name, SECRET);

  return ob_folder_ensure (self->folder, error) && ob_file_replace (path, secret, "secret-written", error);
}

static void
overwrite (const char *path)
{
  static const char zeros[4096];
  const int fd = open (path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat info;

  if (fd < 0)
    return;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    for (off_t at = 0; at < info.st_size; at += sizeof zeros)
      if (pwrite (fd, zeros, MIN (sizeof zeros, (gsize) (info.st_size - at)), at) <= 0)
        break;
  (void) fdatasync (fd);
  (void) close (fd);
}

/* Errors: Storage. */
static gboolean
remove_file (ObSecretFiles *self, const char *path, GError **error)
{
  if (ob_file_remove (path) == 0)
    return ob_folder_sync (self->folder, error);
  if (ob_errno_is_missing (errno))
    return TRUE;
  ob_file_set_error (error, errno, S_ ("Cannot remove %s: %s"), path);

  return FALSE;
}

/* A secret that is half overwritten must not be taken for one: it has another name by then, on the disk too. */
gboolean
ob_secret_files_remove (ObSecretFiles *self, const char *name, GError **error)
{
  g_autofree char *path = dup_path (self, name, SECRET);
  g_autofree char *old = dup_path (self, name, OLD);

  if (g_rename (path, old) != 0)
    {
      if (!ob_errno_is_missing (errno))
        ob_file_set_error (error, errno, S_ ("Cannot remove %s: %s"), path);
      return ob_errno_is_missing (errno);
    }
  if (!ob_folder_sync (self->folder, error))
    return FALSE;
  overwrite (old);

  return remove_file (self, old, error);
}

/* --- Where else it is --- */

char *
ob_secret_files_dup_item (ObSecretFiles *self, const char *name)
{
  g_autofree char *path = dup_path (self, name, ITEM);
  g_autofree char *id = g_access (path, F_OK) == 0 ? ob_file_read_own (path, OB_ID_LENGTH, NULL, NULL) : NULL;

  return id && ob_id_is_valid (id) ? g_steal_pointer (&id) : NULL;
}

gboolean
ob_secret_files_set_item (ObSecretFiles *self, const char *name, const char *id, GError **error)
{
  g_autofree char *path = dup_path (self, name, ITEM);

  return ob_folder_ensure (self->folder, error) && ob_file_replace (path, id, "secret-item", error);
}

gboolean
ob_secret_files_leave_item (ObSecretFiles *self, const char *name, GError **error)
{
  g_autofree char *path = dup_path (self, name, ITEM);
  g_autofree char *id = ob_secret_files_dup_item (self, name);
  g_autofree char *gone = id ? dup_path (self, id, GONE) : NULL;

  if (!id)
    return remove_file (self, path, error);
  if (g_rename (path, gone) == 0)
    return ob_folder_sync (self->folder, error);
  ob_file_set_error (error, errno, S_ ("Cannot rename %s: %s"), path);

  return FALSE;
}

gboolean
ob_secret_files_forget_item (ObSecretFiles *self, const char *id, GError **error)
{
  g_autofree char *path = dup_path (self, id, GONE);

  return remove_file (self, path, error);
}

/* --- All of them --- */

static GPtrArray *
list (ObSecretFiles *self, const char *suffix)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *file;

  while (dir && (file = g_dir_read_name (dir)))
    if (g_str_has_suffix (file, suffix))
      g_ptr_array_add (names, g_strndup (file, strlen (file) - strlen (suffix)));

  return names;
}

GPtrArray *
ob_secret_files_list (ObSecretFiles *self)
{
  return list (self, SECRET);
}

GPtrArray *
ob_secret_files_list_items (ObSecretFiles *self)
{
  return list (self, ITEM);
}

GPtrArray *
ob_secret_files_list_gone (ObSecretFiles *self)
{
  GPtrArray *ids = list (self, GONE);

  for (guint i = ids->len; i > 0; i--)
    if (!ob_id_is_valid (ids->pdata[i - 1]))
      g_ptr_array_remove_index (ids, i - 1);

  return ids;
}

/* --- Life --- */

/* What the last process had no time for. */
static void
remove_old (ObSecretFiles *self)
{
  g_autoptr (GPtrArray) names = list (self, OLD);

  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *path = dup_path (self, names->pdata[i], OLD);

      overwrite (path);
      (void) g_unlink (path);
    }
}

ObSecretFiles *
ob_secret_files_new (const char *data_folder)
{
  ObSecretFiles *self = g_new0 (ObSecretFiles, 1);

  self->data_folder = g_strdup (data_folder);
  self->folder = g_build_filename (data_folder, "secrets", NULL);
  remove_old (self);

  return self;
}

void
ob_secret_files_free (ObSecretFiles *self)
{
  g_free (self->data_folder);
  g_free (self->folder);
  g_free (self);
}
