/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Writes the rows of a queue that is still open, though its file was removed, to a new file of its name. Main thread.
 */
#include "store/rescue.h"

#include "base/files.h"
#include "dbus/error.h"
#include "dbus/mark.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sqlite3.h>

static gboolean
write_rows (ObDatabase *database, const char *path, GError **error)
{
  char *sql = sqlite3_mprintf ("VACUUM INTO %Q", path);
  gboolean is_good;

  (void) g_unlink (path);
  is_good = sql && ob_database_run (database, sql, error) && ob_file_sync (path, error);
  sqlite3_free (sql);

  return is_good;
}

/* Remove a log that the removed file has left: it must not be applied to the new one. */
static gboolean
name_it (const char *rescued, const char *data_folder, GError **error)
{
  g_autofree char *path = g_build_filename (data_folder, "queue.db", NULL);
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autofree char *index = g_strconcat (path, "-shm", NULL);

  (void) g_unlink (log);
  (void) g_unlink (index);
  if (g_rename (rescued, path) != 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot rename %s: %s"), rescued);
      return FALSE;
    }

  return ob_folder_sync (data_folder, error);
}

void
ob_rescue_queue (ObDatabase *database, const char *data_folder)
{
  g_autofree char *path = g_build_filename (data_folder, "queue.db.rescued", NULL);
  g_autoptr (GError) error = NULL;
  gboolean is_written = ob_folder_ensure (data_folder, &error) && write_rows (database, path, &error);

  /* Close the old database first: it removes its log by name, which would be the new one's. */
  ob_database_free (database);
  if (!is_written || !name_it (path, data_folder, &error))
    g_warning ("The queue that was removed from %s could not be written again: %s", data_folder, error->message);
}
