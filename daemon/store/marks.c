/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Empty files. Main thread.
 */
#include "store/marks.h"

#include "base/files.h"

#include <glib/gstdio.h>

static char *
mark_path (const char *path, const char *mark)
{
  return g_strconcat (path, ".", mark, NULL);
}

gboolean
ob_mark_is_set (const char *path, const char *mark)
{
  g_autofree char *marked = mark_path (path, mark);

  return g_access (marked, F_OK) == 0;
}

gboolean
ob_mark_set (const char *path, const char *mark, GError **error)
{
  g_autofree char *marked = mark_path (path, mark);
  g_autofree char *folder = g_path_get_dirname (path);

  return ob_file_write_durably (marked, "", 0, error) && ob_folder_sync (folder, error);
}

void
ob_mark_clear (const char *path, const char *mark)
{
  g_autofree char *marked = mark_path (path, mark);

  (void) g_unlink (marked);
}
