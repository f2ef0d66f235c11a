/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Reads a folder once, sorted, before handing anything over. Does not follow links to folders, which may lead in a circle.
 * Tells what it leaves out.
 */
#include "expand.h"

#include "print.h"

#include "config.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct
{
  GPtrArray *files;
  gboolean is_recursive;
  gboolean is_whole;
} Expansion;

static void
leave_out (Expansion *expansion, const char *path, const char *why)
{
  g_autofree char *name = g_filename_display_name (path);
  g_autofree char *safe = cli_text_dup_safe (name);

  g_printerr ("outbox: %s: %s\n", safe, why);
  expansion->is_whole = FALSE;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

/* Returns: (transfer full) (nullable): the sorted paths of the folder's content */
static GPtrArray *
read_folder (const char *path, GError **error)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, error);
  g_autoptr (GPtrArray) entries = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  if (!folder)
    return NULL;
  while ((name = g_dir_read_name (folder)))
    g_ptr_array_add (entries, g_build_filename (path, name, NULL));
  g_ptr_array_sort (entries, compare_paths);

  return g_steal_pointer (&entries);
}

/* Returns: (nullable): why a path that a person typed cannot be uploaded; a path that cannot be looked at fails later,
 * when it is opened. Opens nothing, since opening a device may do something. */
static const char *
find_fault (const char *path)
{
  struct stat info;

  if (g_stat (path, &info) != 0 || S_ISREG (info.st_mode))
    return NULL;
  if (S_ISFIFO (info.st_mode))
    return _ ("this is a pipe: save what comes out of it in a file, and add that");

  return S_ISSOCK (info.st_mode) ? _ ("this is a socket: only files can be added")
                                 : _ ("this is a device: only files can be added");
}

static void
add_path (Expansion *expansion, const char *path, gboolean is_operand)
{
  g_autoptr (GPtrArray) entries = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_test (path, G_FILE_TEST_IS_DIR))
    {
      const char *fault = find_fault (path);

      /* Skip a pipe or device found in a folder: it was hardly meant. */
      if (fault)
        leave_out (expansion, path, is_operand ? fault : _ ("left out: it is not a file"));
      else
        g_ptr_array_add (expansion->files, g_strdup (path));
      return;
    }
  if (!expansion->is_recursive)
    {
      leave_out (expansion, path, _ ("this is a folder: --recursive adds what is in it"));
      return;
    }
  if (!is_operand && g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      leave_out (expansion, path, _ ("left out: it is a link to a folder"));
      return;
    }
  entries = read_folder (path, &error);
  if (!entries)
    leave_out (expansion, path, error->message);
  for (guint i = 0; entries && i < entries->len; i++)
    add_path (expansion, entries->pdata[i], FALSE);
}

GPtrArray *
cli_expand_files (char *const *paths, gboolean is_recursive, gboolean *is_whole)
{
  Expansion expansion
      = { .files = g_ptr_array_new_with_free_func (g_free), .is_recursive = is_recursive, .is_whole = TRUE };

  for (; *paths; paths++)
    add_path (&expansion, *paths, TRUE);
  *is_whole = expansion.is_whole;

  return expansion.files;
}
