/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads the configuration files, and watches the folders that they are in or could be in. Main thread.
 */
#include "policy/configuration.h"

#include "config.h"

#include "base/files.h"
#include "dbus/error.h"
#include "policy/folder-watch.h"
#include "policy/rules-file.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <stdlib.h>

#define FILE_NAME "outbox.conf"
#define DROP_INS FILE_NAME ".d"

/* Wait for an editor to be done: saving takes several steps. */
#define QUIET_MS 100

#define MOST_BYTES (1 << 20)

struct _ObConfiguration
{
  GObject parent_instance;

  char **folders;
  char *own_file;
  ObRules *rules;
  char **files;  /* that the rules in force were read from */
  char *digest;  /* of the text that the rules in force were read from */
  char *problem; /* what is wrong with the files now; NULL: nothing */
  GPtrArray *watches;
  guint reload_source;
};

G_DEFINE_FINAL_TYPE (ObConfiguration, ob_configuration, G_TYPE_OBJECT)

/* --- Reading --- */

/* The outcome of reading a set of files. */
typedef struct
{
  ObRules *rules;
  GPtrArray *files;
  GChecksum *checksum;
} Reading;

static void
reading_init (Reading *reading)
{
  reading->rules = ob_rules_new ();
  reading->files = g_ptr_array_new_with_free_func (g_free);
  reading->checksum = g_checksum_new (G_CHECKSUM_SHA256);
}

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->rules, ob_rules_unref);
  g_clear_pointer (&reading->files, g_ptr_array_unref);
  g_clear_pointer (&reading->checksum, g_checksum_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

static gint
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
list_drop_ins (const char *folder, GPtrArray *paths)
{
  g_autofree char *path = g_build_filename (folder, DROP_INS, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (g_str_has_suffix (name, ".conf") && name[0] != '.')
      g_ptr_array_add (found, g_build_filename (path, name, NULL));
  g_ptr_array_sort (found, compare_paths);
  g_ptr_array_extend_and_steal (paths, g_steal_pointer (&found));
}

/* Lists the files in the order in which they count. Each folder's main file is in the list even if it does not exist. */
static GPtrArray *
list_paths (ObConfiguration *self)
{
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);

  for (char **folder = self->folders; *folder; folder++)
    {
      g_ptr_array_add (paths, g_build_filename (*folder, FILE_NAME, NULL));
      list_drop_ins (*folder, paths);
    }

  return paths;
}

/* @text: (out): NULL if the file does not exist */
static gboolean
load (const char *path, char **text, gsize *size_bytes, GError **error)
{
  g_autoptr (GError) read_error = NULL;
  GStatBuf status;

  *text = NULL;
  if (g_stat (path, &status) != 0)
    {
      if (errno == ENOENT || errno == ENOTDIR)
        return TRUE;
      ob_file_set_error (error, errno, "Cannot read", path);
      return FALSE;
    }
  if (!S_ISREG (status.st_mode) || status.st_size > MOST_BYTES)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: not a file of at most 1 MiB", path);
      return FALSE;
    }
  if (g_file_get_contents (path, text, size_bytes, &read_error)
      || g_error_matches (read_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return TRUE;
  g_set_error_literal (error, OUTBOX_ERROR, OUTBOX_ERROR_STORAGE, read_error->message);

  return FALSE;
}

static gboolean
add_text (Reading *reading, const char *path, const char *text, gsize size_bytes, GError **error)
{
  g_checksum_update (reading->checksum, (const guchar *) path, (gssize) strlen (path) + 1);
  g_checksum_update (reading->checksum, (const guchar *) text, (gssize) size_bytes);
  g_ptr_array_add (reading->files, g_strdup (path));

  return ob_rules_read (reading->rules, text, size_bytes, path, error);
}

/* @own_text: (nullable): read in place of @own_file. @bad: (out): the index of the file with the error */
static gboolean
read_paths (GPtrArray *paths, const char *own_file, const char *own_text, Reading *reading, guint *bad, GError **error)
{
  for (*bad = 0; *bad < paths->len; (*bad)++)
    {
      const char *path = paths->pdata[*bad];
      g_autofree char *text = NULL;
      gsize size_bytes = 0;

      if (own_text && g_str_equal (path, own_file))
        {
          text = g_strdup (own_text);
          size_bytes = strlen (own_text);
        }
      else if (!load (path, &text, &size_bytes, error))
        return FALSE;
      if (text && !add_text (reading, path, text, size_bytes, error))
        return FALSE;
    }

  return TRUE;
}

/* --- What is in force --- */

static void
take (ObConfiguration *self, Reading *reading)
{
  g_clear_pointer (&self->rules, ob_rules_unref);
  self->rules = g_steal_pointer (&reading->rules);
  g_strfreev (self->files);
  g_ptr_array_add (reading->files, NULL);
  self->files = (char **) g_ptr_array_steal (reading->files, NULL);
  g_free (self->digest);
  self->digest = g_strdup (g_checksum_get_string (reading->checksum));
}

/* At the start there are no last good rules: leave out the files that are bad. */
static void
read_first (ObConfiguration *self)
{
  g_autoptr (GPtrArray) paths = list_paths (self);

  for (;;)
    {
      g_auto (Reading) reading = { 0 };
      g_autoptr (GError) error = NULL;
      guint bad;

      reading_init (&reading);
      if (read_paths (paths, self->own_file, NULL, &reading, &bad, &error))
        {
          take (self, &reading);
          return;
        }
      g_warning ("%s", error->message);
      if (!self->problem)
        self->problem = g_strdup (error->message);
      g_ptr_array_remove_index (paths, bad);
    }
}

static void
reload (ObConfiguration *self)
{
  g_autoptr (GPtrArray) paths = list_paths (self);
  g_autoptr (GError) error = NULL;
  g_auto (Reading) reading = { 0 };
  guint bad;

  reading_init (&reading);
  if (!read_paths (paths, self->own_file, NULL, &reading, &bad, &error))
    {
      if (g_strcmp0 (self->problem, error->message) == 0)
        return;
      g_warning ("%s", error->message);
      g_free (self->problem);
      self->problem = g_strdup (error->message);
    }
  else if (self->problem || !g_str_equal (self->digest, g_checksum_get_string (reading.checksum)))
    {
      g_clear_pointer (&self->problem, g_free);
      take (self, &reading);
    }
  else
    return;
  g_signal_emit_by_name (self, "changed");
}

static gboolean
on_quiet (gpointer user_data)
{
  ObConfiguration *self = user_data;

  self->reload_source = 0;
  reload (self);

  return G_SOURCE_REMOVE;
}

static void
on_folder_changed (gpointer user_data)
{
  ObConfiguration *self = user_data;

  if (self->reload_source == 0)
    self->reload_source = g_timeout_add (QUIET_MS, on_quiet, self);
}

static void
watch (ObConfiguration *self, const char *folder)
{
  g_autofree char *drop_ins = g_build_filename (folder, DROP_INS, NULL);

  g_ptr_array_add (self->watches, ob_folder_watch_new (folder, on_folder_changed, self));
  g_ptr_array_add (self->watches, ob_folder_watch_new (drop_ins, on_folder_changed, self));
}

/* --- The person's own file --- */

gboolean
ob_configuration_check (ObConfiguration *self, const char *text, GError **error)
{
  g_autoptr (GPtrArray) paths = list_paths (self);
  g_auto (Reading) reading = { 0 };
  guint bad;

  if (strlen (text) > MOST_BYTES)
    {
      g_set_error (error, OUTBOX_ERROR, OUTBOX_ERROR_INVALID_ARGUMENT, "%s: not a file of at most 1 MiB",
                   self->own_file);
      return FALSE;
    }
  reading_init (&reading);

  return read_paths (paths, self->own_file, text, &reading, &bad, error);
}

/* Returns: (transfer full): the file behind a link, so that writing keeps the link */
static char *
dup_target (const char *path)
{
  char *target = realpath (path, NULL);

  return target ? target : g_strdup (path);
}

static gboolean
replace_own (ObConfiguration *self, const char *text, GError **error)
{
  g_autofree char *file = dup_target (self->own_file);
  g_autofree char *folder = g_path_get_dirname (file);

  return ob_folder_ensure (folder, error) && ob_file_replace (file, text, "rules-written", error);
}

gboolean
ob_configuration_write_own (ObConfiguration *self, const char *text, GError **error)
{
  if (!ob_configuration_check (self, text, error) || !replace_own (self, text, error))
    return FALSE;
  reload (self);

  return TRUE;
}

/* --- The object --- */

ObRules *
ob_configuration_get_rules (ObConfiguration *self)
{
  return self->rules;
}

char *
ob_configuration_dup_problem (ObConfiguration *self)
{
  return g_strdup (self->problem);
}

const char *const *
ob_configuration_get_files (ObConfiguration *self)
{
  return (const char *const *) self->files;
}

const char *
ob_configuration_get_own_file (ObConfiguration *self)
{
  return self->own_file;
}

static void
ob_configuration_finalize (GObject *object)
{
  ObConfiguration *self = OB_CONFIGURATION (object);

  g_clear_handle_id (&self->reload_source, g_source_remove);
  g_ptr_array_unref (self->watches);
  g_clear_pointer (&self->rules, ob_rules_unref);
  g_strfreev (self->folders);
  g_strfreev (self->files);
  g_free (self->own_file);
  g_free (self->digest);
  g_free (self->problem);
  G_OBJECT_CLASS (ob_configuration_parent_class)->finalize (object);
}

static void
ob_configuration_class_init (ObConfigurationClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ob_configuration_finalize;
  g_signal_new ("changed", OB_TYPE_CONFIGURATION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
ob_configuration_init (ObConfiguration *self)
{
  self->watches = g_ptr_array_new_with_free_func ((GDestroyNotify) ob_folder_watch_free);
}

ObConfiguration *
ob_configuration_new (const char *const *folders)
{
  ObConfiguration *self = g_object_new (OB_TYPE_CONFIGURATION, NULL);

  self->folders = g_strdupv ((char **) folders);
  self->own_file = g_build_filename (folders[g_strv_length ((char **) folders) - 1], FILE_NAME, NULL);
  /* Watch before reading, so that no change in between is missed. */
  for (; *folders; folders++)
    watch (self, *folders);
  read_first (self);

  return self;
}

char **
ob_configuration_list_folders (void)
{
  const char *elsewhere = g_getenv ("OUTBOX_CONFIG_FOLDERS");
  g_auto (GStrv) given = g_strsplit (elsewhere ? elsewhere : OB_VENDOR_FOLDER ":/etc/outbox", ":", -1);
  g_autoptr (GStrvBuilder) folders = g_strv_builder_new ();
  g_autofree char *own = g_build_filename (g_get_user_config_dir (), "outbox", NULL);

  for (guint i = 0; given[i]; i++)
    if (g_path_is_absolute (given[i]))
      g_strv_builder_add (folders, given[i]);
  g_strv_builder_add (folders, own);

  return g_strv_builder_end (folders);
}
