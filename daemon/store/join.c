/* SPDX-FileCopyrightText: The Outbox authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Takes over uploads that were accepted while the path of the data folder led elsewhere. The start that follows makes their
 * rows from their records. Main thread.
 */
#include "store/spool.h"

#include "base/blocks.h"
#include "base/files.h"
#include "base/identity.h"
#include "dbus/mark.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <unistd.h>

/* A file is removed there only once it is on the disk here. */
static gboolean
join_one (ObSpool *spool, const char *folder, const char *id, GError **error)
{
  g_autofree char *path = g_build_filename (folder, id, NULL);
  g_autofree char *record_path = g_strconcat (path, ".json", NULL);
  g_autofree char *record = NULL;
  ObSpoolCopy copy;
  gboolean is_good;
  int fd;

  fd = ob_file_open_own (path);
  /* Skip a record without bytes, and what is not a regular file. But fail on bytes that cannot be opened now: if they
   * were left behind, no start would look for them. */
  if (fd < 0 && ob_errno_is_missing (errno))
    return TRUE;
  if (fd < 0)
    {
      ob_file_set_error (error, errno, S_ ("Cannot read %s: %s"), path);
      return FALSE;
    }
  record = ob_file_read_own (record_path, OB_RECORD_MAX_BYTES, NULL, error);
  is_good
      = record
        && (ob_spool_has (spool, id)
            || (ob_spool_copy (spool, id, fd, NULL, NULL, &copy, error) && ob_spool_commit (spool, id, record, error)));
  (void) close (fd);
  if (!is_good)
    return FALSE;
  (void) g_unlink (path);
  (void) g_unlink (record_path);

  return TRUE;
}

gboolean
ob_spool_join (ObSpool *spool, const char *folder, GError **error)
{
  g_autoptr (GDir) entries = g_dir_open (folder, 0, NULL);
  const char *name;

  while (entries && (name = g_dir_read_name (entries)))
    if (g_str_has_suffix (name, ".json"))
      {
        g_autofree char *id = g_strndup (name, strlen (name) - strlen (".json"));

        if (ob_id_is_valid (id) && !join_one (spool, folder, id, error))
          return FALSE;
      }

  return TRUE;
}
