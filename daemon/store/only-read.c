/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * By https://sqlite.org/wal.html (sections 5 and 8), https://sqlite.org/vfs.html and what SQLite 3.40 was seen to do. Main
 * thread.
 */
#include "store/only-read.h"

#include "base/files.h"
#include "dbus/mark.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* Unix without locks: on a file that is opened to be read, SQLite cannot take the one that its own index needs. */
#define WITHOUT_LOCKS "unix-none"

gboolean
ob_only_read_check (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0 && errno != ENOENT)
    {
      ob_file_set_error (error, errno, S_ ("Cannot write %s: %s"), path);
      return FALSE;
    }
  if (fd >= 0)
    (void) close (fd);

  return TRUE;
}

sqlite3 *
ob_only_read_open (const char *path)
{
  g_autofree char *log = g_strconcat (path, "-wal", NULL);
  g_autofree char *file = g_filename_to_uri (path, NULL, NULL);
  gboolean has_log = g_access (log, F_OK) == 0;
  g_autofree char *uri = g_strconcat (file ? file : path, has_log ? "" : "?immutable=1", NULL);
  sqlite3 *handle = NULL;

  if (sqlite3_open_v2 (uri, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, has_log ? WITHOUT_LOCKS : NULL)
          == SQLITE_OK
      && sqlite3_exec (handle, "PRAGMA locking_mode = EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK
      /* What is in the log stays there: it is the past of whoever writes next. */
      && sqlite3_db_config (handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL) == SQLITE_OK)
    return handle;
  (void) sqlite3_close_v2 (handle);

  return NULL;
}
